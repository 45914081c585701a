//! The current standing of an entity: the record of `undertone.reputation`. docs/schemas/reputation.v1.json says the same.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::community::CommunityReport;
use super::trends::Trend;
use crate::watch::EntityKind;

/// The `schema` field.
pub const SCHEMA: &str = "undertone.reputation/1";

/// Whose standing it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// Id on the watchlist.
    pub id: Arc<str>,
    /// Name on the watchlist.
    pub name: Arc<str>,
    /// Kind on the watchlist.
    pub kind: EntityKind,
}

/// An entity's standing, all windows in one record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// [`SCHEMA`].
    pub schema: Arc<str>,
    /// Whose.
    pub entity: Named,
    /// For which moment of event time.
    pub at: Timestamp,
    /// By window: `1h`, `24h`, `7d`.
    pub windows: BTreeMap<Arc<str>, WindowStanding>,
    /// What rises now, strongest first.
    pub trends: Vec<Trend>,
    /// How the community fares.
    pub community: CommunityReport,
    /// Alerts that are open now.
    pub alerts: Vec<OpenAlert>,
}

/// One window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowStanding {
    /// 0 (all against) to 100 (all for).
    pub reputation: f64,
    /// Lower end of the 95 % band.
    pub low: f64,
    /// Upper end of the 95 % band.
    pub high: f64,
    /// 2 · reputation − 100.
    pub net_sentiment: f64,
    /// Independent opinionated mentions that this rests on.
    pub effective_mentions: f64,
    /// Decayed mentions, whatever their weight.
    pub mentions: f64,
    /// Decayed weight, which share of voice is made of.
    pub weight: f64,
    /// What moved it away from the next longer window (`1h` from `24h`, `24h` from `7d`, `7d` from the long run), in points.
    pub change: Change,
}

/// What moved a score, in points. Each list sums to `points`, but for rounding.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// All of it.
    pub points: f64,
    /// By topic, largest first.
    pub topics: Vec<Part>,
    /// By source, largest first.
    pub sources: Vec<Part>,
    /// By language, largest first.
    pub languages: Vec<Part>,
}

/// One topic's, source's or language's part in a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Topic, source or language.
    pub id: Arc<str>,
    /// Points; below zero pulled down.
    pub points: f64,
}

/// An alert that is open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenAlert {
    /// Its id.
    pub id: Arc<str>,
    /// What it is about.
    pub kind: super::alert::AlertKind,
    /// How bad.
    pub severity: super::alert::Severity,
    /// What moved most: a topic, source or language of closed sets.
    pub cause: Arc<str>,
    /// Since when.
    pub opened_at: Timestamp,
    /// The sentence.
    pub summary: String,
}
