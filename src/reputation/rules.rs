//! What may be tuned.

use std::time::Duration;

/// Half-lives of the windows that are published, with their names.
pub const WINDOWS: [(&str, Duration); 3] = [
    ("1h", Duration::from_secs(3_600)),
    ("24h", Duration::from_secs(24 * 3_600)),
    ("7d", Duration::from_secs(7 * 24 * 3_600)),
];
/// Half-life of the entity's own long-run share, which scores shrink toward.
pub const LONG_RUN: Duration = Duration::from_secs(28 * 24 * 3_600);
/// How many opinionated mentions the long-run share weighs against (κ).
pub const PRIOR_STRENGTH: f64 = 20.0;
/// Followers at which a mention weighs twice as much as one that nobody follows (R0).
pub const REACH_SCALE: f64 = 10_000.0;
/// The exponent by which copies weigh less (β): a cluster of n near-duplicates weighs n^(1 − β).
pub const COPY_DAMPING: f64 = 0.5;
/// Detectors look at each whole step of event time.
pub const STEP: Duration = Duration::from_secs(300);

/// The rules of the second stage: `[reputation]` of the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// An alert needs this many effective mentions in its window.
    pub min_mentions: f64,
    /// A drop needs this many points.
    pub min_points: f64,
    /// After an alert is resolved, its kind is quiet for so long.
    pub cooldown: Duration,
    /// A post without an answer counts as unanswered from this age on.
    pub unanswered_after: Duration,
    /// A trend needs this many authors.
    pub trend_authors: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            min_mentions: 15.0,
            min_points: 8.0,
            cooldown: Duration::from_secs(6 * 3_600),
            unanswered_after: Duration::from_secs(3_600),
            trend_authors: 5,
        }
    }
}
