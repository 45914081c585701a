//! An alert: the record of `undertone.alerts`. docs/schemas/alert.v1.json says the same.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::standing::{Change, Named};

/// The `schema` field.
pub const SCHEMA: &str = "undertone.alert/1";

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// The entity is spoken of worse than before.
    ReputationDrop,
    /// It is spoken of much more than usual.
    VolumeSpike,
    /// One topic is spoken of much more than usual.
    TopicSurge,
}

/// How bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// One detector says so.
    Warning,
    /// Two agree.
    Critical,
}

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// It begins.
    Opened,
    /// It goes on and got worse, or its cause changed.
    Updated,
    /// It is over.
    Resolved,
}

/// One piece of news about an alert.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// [`SCHEMA`].
    pub schema: Arc<str>,
    /// `<entity>#<kind>#<opened_at>`: the same from opened to resolved.
    pub id: Arc<str>,
    /// Whose.
    pub entity: Named,
    /// What it is about.
    pub kind: AlertKind,
    /// Where it stands.
    pub state: AlertState,
    /// How bad.
    pub severity: Severity,
    /// The detectors that say so.
    pub detectors: Vec<Arc<str>>,
    /// The moment of event time that this is about.
    pub at: Timestamp,
    /// When it began.
    pub opened_at: Timestamp,
    /// Before it.
    pub before: Level,
    /// Now.
    pub after: Level,
    /// What moved it.
    pub change: Change,
    /// What moved it most: the id of a topic, source or language, or `other`.
    pub cause: Arc<str>,
    /// Mentions to look at, at most five.
    pub examples: Vec<Example>,
    /// One sentence for people.
    pub summary: String,
}

/// A level with its band: reputation (0 to 100) for a drop, mentions an hour for a spike or a surge.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Level {
    /// The level.
    pub value: f64,
    /// Lower end of its 95 % band.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// What it rests on.
    pub effective_mentions: f64,
}

/// A mention to look at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// Id of the enriched event.
    pub id: String,
    /// The platform or feed.
    pub source: String,
    /// Who wrote it: handle, or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The beginning of its text.
    pub text: String,
    /// p(positive) − p(negative).
    pub score: f64,
}

impl AlertKind {
    /// The name in records and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReputationDrop => "reputation_drop",
            Self::VolumeSpike => "volume_spike",
            Self::TopicSurge => "topic_surge",
        }
    }
}

impl Severity {
    /// The name in records and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}
