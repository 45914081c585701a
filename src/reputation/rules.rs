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
/// How many opinionated mentions the long-run share weighs against at first (κ₀)…
pub const PRIOR_STRENGTH: f64 = 20.0;
/// … at the least, against any number of mentions…
pub const PRIOR_LEAST: f64 = 1.0;
/// … and midway between both against so many: what is said now may be nothing like before, and a band that leans on the past then
/// promises more than it holds.
pub const PRIOR_MIDWAY: f64 = 200.0;
/// Followers at which a mention weighs twice as much as one that nobody follows (R0).
pub const REACH_SCALE: f64 = 10_000.0;
/// The exponent by which copies weigh less (β): a cluster of n near-duplicates weighs n^(1 − β).
pub const COPY_DAMPING: f64 = 0.5;
/// Mentions of one entity that are open at most: an open one can be edited, deleted and known again. The oldest is settled first.
pub const OPEN_MENTIONS: usize = 2_048;
/// A mention is settled when it is older than this, counted from the newest of its entity.
pub const OPEN_FOR: Duration = Duration::from_secs(7 * 24 * 3_600);
/// One author gives at most this part of an entity's decayed weight…
pub const AUTHOR_SHARE: f64 = 0.1;
/// … once there are so many authors in the window…
pub const ENOUGH_AUTHORS: usize = 10;
/// … each of whom weighs at least this: a sixteenth of an ordinary mention as old as the newest. Whoever wrote more than four
/// half-lives before the newest mention is not in the window any more.
pub const AUTHOR_PRESENCE: f64 = 1.0 / 16.0;
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
