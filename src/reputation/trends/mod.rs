//! What rises: topics, hashtags and phrases said by many authors, and more than before.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Rules;
use super::observation::Observation;
use super::score::Folded;

/// What is counted of one entity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Trends {}

/// Something that rises.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// What sort of thing.
    pub kind: TrendKind,
    /// Topic id, hashtag without `#`, or phrase.
    pub term: Arc<str>,
    /// Mentions an hour now.
    pub rate: f64,
    /// Mentions an hour before.
    pub before: f64,
    /// Distinct authors, counted while it rises.
    pub authors: u64,
    /// Standard deviations above what was expected.
    pub strength: f64,
}

/// What sort of thing rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrendKind {
    /// A topic of the taxonomy.
    Topic,
    /// A hashtag.
    Hashtag,
    /// A phrase.
    Phrase,
}

impl Trends {
    /// Counts an event.
    pub fn notice(&mut self, _event: &Observation<'_>, _folded: Folded) {}

    /// What rises at a moment (milliseconds since the epoch), strongest first, at most ten.
    pub fn rising(&self, _at: i64, _rules: &Rules) -> Vec<Trend> {
        Vec::new()
    }
}
