//! Community health: who waits for an answer, who came, who stayed, who talks to whom.

use serde::{Deserialize, Serialize};

use super::Rules;
use super::observation::Observation;
use super::score::Folded;

/// What is remembered of one entity's community.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Community {}

/// How the community fares. What cannot be known from mentions is `None`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CommunityReport {
    /// Posts to the entity that nobody answered, older than `reputation.unanswered_after`.
    pub unanswered: u64,
    /// Age of the oldest of them, in seconds.
    pub oldest_unanswered_seconds: Option<f64>,
    /// Time to the entity's own first reply, in seconds.
    pub first_reply_seconds: Option<Quantiles>,
    /// Time to anyone's first reply, in seconds.
    pub first_answer_seconds: Option<Quantiles>,
    /// Authors in 30 days.
    pub active_authors: u64,
    /// Share of them who wrote for the first time.
    pub newcomer_share: Option<f64>,
    /// Replies between members over all replies.
    pub conversation_index: Option<f64>,
}

/// Median and ninth decile.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Median.
    pub median: f64,
    /// 90th percentile.
    pub p90: f64,
}

impl Community {
    /// Takes note of an event.
    pub fn notice(&mut self, _event: &Observation<'_>, _folded: Folded) {}

    /// How it fares at a moment (milliseconds since the epoch).
    pub fn report(&self, _at: i64, _rules: &Rules) -> CommunityReport {
        CommunityReport::default()
    }
}
