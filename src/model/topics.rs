//! Zero-shot topics: a mention has a topic if its embedding lies close enough to the topic's prototype.

use super::math::{dot, mean, normalise};

/// The embedding that stands for a topic.
struct Prototype {
    vector: Vec<f32>,
    threshold: f32,
}

/// The prototypes of a taxonomy, in its order.
#[derive(Default)]
pub(super) struct Prototypes(Vec<Prototype>);

impl Prototypes {
    /// Adds a topic: the mean of the embeddings of its sentences, and the similarity from which a mention has it.
    pub(super) fn push(&mut self, sentences: &[Vec<f32>], threshold: f32) {
        let width = sentences.first().map_or(0, Vec::len);
        let mut vector = mean(sentences.iter().map(Vec::as_slice), width).unwrap_or_default();
        normalise(&mut vector);
        self.0.push(Prototype { vector, threshold });
    }

    /// Whether there is no topic.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The topics of an embedding of length 1: index and score, best first. The score is the cosine, with what lies below
    /// 0 held at 0; thresholds are in the same measure.
    pub(super) fn of(&self, embedding: &[f32]) -> Vec<(u16, f32)> {
        let scored =
            self.0.iter().zip(0..).map(|(topic, at)| (topic, at, dot(&topic.vector, embedding).clamp(0.0, 1.0)));
        let mut found: Vec<(u16, f32)> =
            scored.filter(|(topic, _, score)| *score >= topic.threshold).map(|(_, at, score)| (at, score)).collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::Prototypes;

    #[test]
    fn topics_over_their_own_threshold_best_first() {
        let mut prototypes = Prototypes::default();
        prototypes.push(&[vec![1.0, 0.0]], 0.5);
        prototypes.push(&[vec![0.0, 1.0]], 0.5);
        prototypes.push(&[vec![1.0, 0.0], vec![0.0, 1.0]], 0.99);
        prototypes.push(&[vec![-1.0, 0.0]], 0.0);
        let found = prototypes.of(&[0.8, 0.6]);
        let ids: Vec<u16> = found.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, [0, 1, 3], "the third misses its threshold by a little");
        assert!((found[0].1 - 0.8).abs() < 1e-6 && found[2].1 == 0.0);
    }
}
