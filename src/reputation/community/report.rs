//! How a community fares: part of an entity's standing.

use serde::{Deserialize, Serialize};

use super::advocates::Advocate;
use super::excerpt::Excerpt;
use super::questions::RepeatedQuestion;

/// How the community fares. What cannot be known from mentions is `None`; docs/COMMUNITY.md says what each figure means, and
/// when it is not known.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CommunityReport {
    /// Posts of the last 30 days to the entity that nobody answered, older than `reputation.unanswered_after`; at most 1,000.
    pub unanswered: Option<u64>,
    /// Age of the oldest of them, in seconds.
    pub oldest_unanswered_seconds: Option<f64>,
    /// The 25 oldest and the 25 newest of them, oldest first.
    pub unanswered_posts: Vec<Excerpt>,
    /// Time to the entity's own first reply, in seconds.
    pub first_reply_seconds: Option<Quantiles>,
    /// Time to anyone's first reply, in seconds.
    pub first_answer_seconds: Option<Quantiles>,
    /// Posts, comments, replies and reviews that others wrote in 30 days.
    pub contributions: u64,
    /// Their authors.
    pub active_authors: Option<u64>,
    /// Those of them who wrote for the first time.
    pub newcomers: Option<u64>,
    /// Share of newcomers among active authors.
    pub newcomer_share: Option<f64>,
    /// Share of the authors of the 30 days before who wrote in the last 30 days too.
    pub retention: Option<f64>,
    /// Replies between members over all replies, in 30 days.
    pub conversation_index: Option<f64>,
    /// Authors who speak well of the entity again and again; at most 20.
    pub advocates: Vec<Advocate>,
    /// Questions that several people asked; at most 10.
    pub questions: Vec<RepeatedQuestion>,
}

/// Median and ninth decile, by nearest rank.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Median.
    pub median: f64,
    /// 90th percentile.
    pub p90: f64,
    /// Of how many.
    pub count: u64,
}

impl Quantiles {
    /// Of times in milliseconds, in seconds; `None` if there are none.
    pub(super) fn of(mut times: Vec<i64>) -> Option<Self> {
        times.sort_unstable();
        let rank = |tenths: usize| times.get((times.len() * tenths).div_ceil(10).checked_sub(1)?);
        let seconds = |tenths| rank(tenths).map(|time| *time as f64 / 1_000.0);
        Some(Self { median: seconds(5)?, p90: seconds(9)?, count: times.len() as u64 })
    }
}
