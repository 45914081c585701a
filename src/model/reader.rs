//! What reads the token vectors of a model: our heads, or the head of a classifier.

use super::classifier::Classifier;
use super::effort::Depths;
use super::engine::Engine;
use super::scores::Scores;
use super::topics::Prototypes;
use super::workers::Item;

/// One of the two.
pub(super) enum Reader {
    /// Our heads, at all depths, and the topics they know.
    Heads(Box<Depths>, Prototypes),
    /// A classifier's.
    Classifier(Box<Classifier>),
}

impl Reader {
    /// The numbers of layers after which a text may leave, the last of which is all.
    pub(super) fn layers(&self) -> Vec<usize> {
        match self {
            Self::Heads(depths, _) => depths.layers().collect(),
            Self::Classifier(classifier) => vec![classifier.layers],
        }
    }

    /// Scores a batch: each item with what is said of it, in the order in which they leave.
    pub(super) fn score<'a>(
        &self,
        engine: &mut dyn Engine,
        items: &'a [Item],
    ) -> Result<Vec<(&'a Item, Scores)>, String> {
        match self {
            Self::Heads(depths, prototypes) => depths.score(engine, items, prototypes),
            Self::Classifier(classifier) => classifier.score(engine, items),
        }
    }
}
