//! A sequence classifier of Hugging Face as a sentiment model: what it says of a text is said of every entity in it. It has no
//! signals, no topics and names no evidence.

use super::ModelError;
use super::engine::{Engine, Packed};
use super::head::Head;
use super::math::softmax_all;
use super::scores::{Scores, Sentiment, SentimentLabel};
use super::stored::Family;
use super::weights::TensorFile;
use super::workers::Item;

/// What reads the vector of the first token.
pub(super) struct Classifier {
    hidden: usize,
    /// How many layers it follows.
    pub(super) layers: usize,
    /// Before the outputs.
    dense: Head,
    activation: fn(f32) -> f32,
    outputs: Head,
    /// The sentiment that each output stands for.
    sentiments: Vec<SentimentLabel>,
    abstain_below: f32,
}

impl Classifier {
    /// Loads the head that a family puts on its encoder; `sentiments` are those of its outputs.
    pub(super) fn load(
        file: &TensorFile<'_>,
        family: Family,
        [hidden, layers]: [usize; 2],
        sentiments: Vec<SentimentLabel>,
        abstain_below: f32,
    ) -> Result<Self, ModelError> {
        let (dense, activation, outputs): (_, fn(f32) -> f32, _) = match family {
            Family::DistilBert => ("pre_classifier", |x| x.max(0.0), "classifier"),
            Family::Roberta { .. } => ("classifier.dense", f32::tanh, "classifier.out_proj"),
            Family::Bert | Family::Bare => ("bert.pooler.dense", f32::tanh, "classifier"),
        };
        let head = |name: &str, rows| {
            Head::load(file, &format!("{name}.weight"), Some(&format!("{name}.bias")), [rows, hidden])
        };
        let (dense, outputs) = (head(dense, hidden)?, head(outputs, sentiments.len())?);
        Ok(Self { hidden, layers, dense, activation, outputs, sentiments, abstain_below })
    }

    /// Scores a batch: each item with what is said of it.
    pub(super) fn score<'a>(
        &self,
        engine: &mut dyn Engine,
        items: &'a [Item],
    ) -> Result<Vec<(&'a Item, Scores)>, String> {
        let mut batch = Packed::default();
        items.iter().for_each(|item| batch.push(&item.input.ids));
        let vectors = engine.encode(&batch)?;
        let read = |(item, range): (&'a Item, std::ops::Range<usize>)| {
            let first = &vectors[range.start * self.hidden..(range.start + 1) * self.hidden];
            (item, self.say(item, first))
        };
        Ok(items.iter().zip(batch.sequences()).map(read).collect())
    }

    fn say(&self, item: &Item, first: &[f32]) -> Scores {
        let pooled: Vec<f32> = self.dense.outputs(first).into_iter().map(self.activation).collect();
        let mut said = self.outputs.outputs(&pooled);
        softmax_all(&mut said, 1.0);
        let mut probabilities = [0.0; 3];
        self.sentiments.iter().zip(said).for_each(|(sentiment, said)| probabilities[*sentiment as usize] += said);
        let surest = probabilities.iter().copied().fold(0.0, f32::max);
        let text = Sentiment { probabilities, abstained: surest < self.abstain_below, evidence: Vec::new() };
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Scores {
            targets: vec![text.clone(); item.input.targets.len()],
            text,
            signals: None,
            topics: Vec::new(),
            tokens: count(item.input.ids.len()),
            layers: count(self.layers),
            truncated: item.input.truncated,
        }
    }
}
