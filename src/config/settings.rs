//! What a run needs to know, validated.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::ConfigErrors;
use crate::enrich::Lexicon;
use crate::mention::Mapping;
use crate::model::ModelOptions;
use crate::reputation::Rules;
use crate::watch::Watchlist;

/// `undertone.toml` and everything it points to.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How to reach Kafka.
    pub kafka: Kafka,
    /// The input topics.
    pub inputs: Vec<Input>,
    /// The output topics.
    pub output: Output,
    /// Bounds.
    pub limits: Limits,
    /// The second stage.
    pub reputation: Reputation,
    /// The model; `None` (`engine = "off"`) runs the pipeline without one.
    pub model: Option<ModelOptions>,
    /// Whether language is detected (`[language] detect`); without it the platform's hint stands.
    pub detect_language: bool,
    /// Where HTTP listens; loopback unless told otherwise.
    pub http_addr: SocketAddr,
    /// Entities and topics.
    pub watchlist: Arc<Watchlist>,
    /// What the user knows better than the model.
    pub lexicon: Option<Arc<Lexicon>>,
}

impl Settings {
    /// Reads `undertone.toml` and everything it points to: watchlist, lexicon, mappings, secrets. Relative paths are seen from the
    /// file that names them. Connects to nothing and loads no model.
    ///
    /// # Errors
    /// Everything that is wrong, each with file, line, field, what was found and what was expected.
    pub fn load(path: &Path) -> Result<Self, ConfigErrors> {
        let (settings, warnings) = Self::load_with_warnings(path)?;
        warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        Ok(settings)
    }

    /// As [`Settings::load`], and says what is allowed and often not meant.
    ///
    /// # Errors
    /// As [`Settings::load`].
    pub fn load_with_warnings(path: &Path) -> Result<(Self, Vec<String>), ConfigErrors> {
        super::load::load(path, &|name| std::env::var(name).ok())
    }
}

/// How long the group waits for a silent member before its partitions go to others, unless the file says otherwise. Members
/// are static, so this is also how long the partitions of a process that left for good lie still.
pub const SESSION_TIMEOUT: Duration = Duration::from_secs(15);

/// How long the broker lets a transaction stand open, unless the file says otherwise. Longer than any drain; it is also the
/// longest that a commit waits for a broker that is away.
pub const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(30);

/// `[kafka]`.
#[derive(Clone)]
pub struct Kafka {
    /// `host:port,host:port`.
    pub bootstrap: String,
    /// Consumer group; also the first part of the transactional id.
    pub group: String,
    /// Stable name of this process among its peers: `transactional.id` and `group.instance.id` come from role and instance.
    pub instance: String,
    /// Passed to librdkafka as they are, for consumer and producer alike (TLS, SASL, tuning).
    pub properties: BTreeMap<String, String>,
}

/// Shows which properties are set, not what they are set to: some are secrets.
impl fmt::Debug for Kafka {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kafka")
            .field("bootstrap", &self.bootstrap)
            .field("group", &self.group)
            .field("instance", &self.instance)
            .field("properties", &self.properties.keys())
            .finish()
    }
}

/// `[[input]]`.
#[derive(Debug, Clone)]
pub struct Input {
    /// Topic.
    pub topic: Arc<str>,
    /// How to read a feed that has a shape of its own.
    pub mapping: Option<Arc<Mapping>>,
}

/// `[output]`.
#[derive(Debug, Clone)]
pub struct Output {
    /// Enriched events.
    pub enriched: String,
    /// Dead letters.
    pub dead_letters: String,
    /// Standings.
    pub reputation: String,
    /// Alerts.
    pub alerts: String,
    /// What the second stage remembers.
    pub reputation_state: String,
    /// Partitions of topics that `topics --create` makes.
    pub partitions: i32,
    /// Replication factor of the same; −1 leaves it to the broker.
    pub replication: i32,
}

/// `[limits]`.
#[derive(Debug, Clone)]
pub struct Limits {
    /// A larger record is a dead letter.
    pub max_record_bytes: usize,
    /// Records of a chunk, at most.
    pub chunk_records: usize,
    /// Tokens of a chunk, at most.
    pub chunk_tokens: usize,
    /// How much work a chunk should hold before it is committed (100 ms).
    pub commit_every: Duration,
    /// How long a revocation may wait for the chunk in hand.
    pub drain: Duration,
}

/// `[reputation]`.
#[derive(Debug, Clone)]
pub struct Reputation {
    /// An entity's standing is published at most this often.
    pub publish_every: Duration,
    /// What changed is kept at most this often.
    pub snapshot_every: Duration,
    /// What makes time pass.
    pub clock: Clock,
    /// An entity of which nothing was heard for so long is forgotten.
    pub forget_after: Duration,
    /// The rules of scores and alerts.
    pub rules: Rules,
}

/// What makes time pass in the second stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// Events, and the wall clock where there are none to read: a quiet stream decays, and its alerts resolve.
    Wall,
    /// Events alone: for a stream of the past, which would be forgotten on arrival.
    Events,
}

impl Default for Reputation {
    fn default() -> Self {
        Self {
            publish_every: Duration::from_secs(2),
            snapshot_every: Duration::from_secs(10),
            clock: Clock::Wall,
            forget_after: Duration::from_secs(90 * 24 * 3_600),
            rules: Rules::default(),
        }
    }
}
