//! Enriched event v1: docs/schemas/enriched.v1.json says the same for other languages.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::mention::{Mention, Op};
use crate::model::SentimentLabel;
use crate::watch::{EntityKind, Relation};

/// The `schema` field of every event.
pub const SCHEMA: &str = "undertone.enriched/1";

/// One mention's meaning for one entity. Offsets in it count Unicode code points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrichedEvent {
    /// [`SCHEMA`].
    pub schema: Arc<str>,
    /// `<source>:<mention id>#<entity id>`; `#` stands alone where there is no watchlist.
    pub id: String,
    /// What happened to the mention.
    pub op: Op,
    /// Counts up with each edit.
    pub revision: u64,
    /// How the mention concerns the entity; `None` without a watchlist.
    pub relation: Option<Relation>,
    /// The mention, as it came.
    pub mention: Arc<Mention>,
    /// The entity; `None` without a watchlist.
    pub entity: Option<EntityRef>,
    /// Its language.
    pub language: LanguageRef,
    /// Sentiment toward the entity; `None` with the engine off.
    pub sentiment: Option<SentimentRef>,
    /// Topics over their threshold, best first.
    pub topics: Vec<TopicRef>,
    /// Complaint, question, spam, offensive.
    pub signals: Signals,
    /// 64-bit SimHash of the normalised text, 16 hexadecimal digits.
    pub fingerprint: String,
    /// The text was longer than the model reads.
    pub truncated: bool,
    /// The model; `None` with the engine off.
    pub model: Option<ModelRef>,
    /// The watchlist; `None` without one.
    pub watchlist: Option<WatchlistRef>,
    /// The lexicon that was in force, whether it corrected this event or not; not written without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lexicon: Option<LexiconRef>,
    /// Where the mention was read.
    pub origin: OriginRef,
    /// When it was processed.
    pub processed_at: Timestamp,
}

/// The entity of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EntityRef {
    /// Id on the watchlist.
    pub id: Arc<str>,
    /// Name on the watchlist.
    pub name: Arc<str>,
    /// Kind on the watchlist.
    pub kind: EntityKind,
    /// The words that satisfied the query, at most the first 32.
    pub matched: Vec<Matched>,
}

/// A piece of the mention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Matched {
    /// First code point.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// Of which text.
    #[serde(default, rename = "in", skip_serializing_if = "Field::is_text")]
    pub field: Field,
}

/// Which text of a mention a piece lies in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    /// `mention.text`.
    #[default]
    Text,
    /// `mention.title`.
    Title,
}

impl Field {
    /// Whether it is the default, which is not written.
    pub const fn is_text(&self) -> bool {
        matches!(self, Self::Text)
    }
}

/// The language of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LanguageRef {
    /// ISO 639-1, `und` where it could not be told.
    pub code: Cow<'static, str>,
    /// 0 to 1.
    pub confidence: f32,
    /// Whether the model was measured on this language.
    pub measured: bool,
}

/// Sentiment toward the entity (of the text, where there is none).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentimentRef {
    /// The likeliest class.
    pub label: SentimentLabel,
    /// `positive − negative`, −1 to 1.
    pub score: f32,
    /// Probability of negative.
    pub negative: f32,
    /// Probability of neutral.
    pub neutral: f32,
    /// Probability of positive.
    pub positive: f32,
    /// It is not sure enough; never where the lexicon fixed the label.
    pub abstained: bool,
    /// What moved the model's label, strongest first.
    pub evidence: Vec<EvidenceRef>,
    /// What the lexicon made of it; not written where the model's word stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<CorrectedRef>,
}

/// Who corrected a sentiment, and what the model had said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CorrectedRef {
    /// The phrases of the lexicon that did it, each by the spelling that was said first, as the lexicon has it, in the order of
    /// the mention; the first 32.
    pub by: Vec<Arc<str>>,
    /// Logits by which they shifted positive against negative; `None` where they fixed the label.
    pub shift: Option<f32>,
    /// What the model had said.
    pub was: WasRef,
}

/// A sentiment as the model had it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WasRef {
    /// The likeliest class.
    pub label: SentimentLabel,
    /// `positive − negative`, −1 to 1.
    pub score: f32,
    /// Probability of negative.
    pub negative: f32,
    /// Probability of neutral.
    pub neutral: f32,
    /// Probability of positive.
    pub positive: f32,
    /// The model was not sure enough.
    pub abstained: bool,
}

/// A piece of the mention that moved the label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EvidenceRef {
    /// First code point.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// Of which text.
    #[serde(default, rename = "in", skip_serializing_if = "Field::is_text")]
    pub field: Field,
    /// Above zero speaks for the entity, below against.
    pub weight: f32,
}

/// A topic of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TopicRef {
    /// Id in the taxonomy.
    pub id: Arc<str>,
    /// 0 to 1.
    pub score: f32,
}

/// Probabilities of 0 to 1, yes from 0.5 on; `None` where no model looked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signals {
    /// It complains.
    pub complaint: Option<f32>,
    /// It asks.
    pub question: bool,
    /// It is spam.
    pub spam: Option<f32>,
    /// It offends.
    pub offensive: Option<f32>,
}

/// The model of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRef {
    /// Name.
    pub name: Arc<str>,
    /// Version.
    pub version: Arc<str>,
    /// How many of its layers this text went through, where it was sure before the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layers: Option<u32>,
}

/// The watchlist of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WatchlistRef {
    /// Hash of its content.
    pub version: Arc<str>,
}

/// The lexicon of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LexiconRef {
    /// Hash of its content.
    pub version: Arc<str>,
}

/// Where a mention was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OriginRef {
    /// Topic.
    pub topic: Arc<str>,
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
}
