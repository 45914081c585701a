//! An enriched event as the second stage reads it: the fields it needs, borrowed from the record where that can be.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::mention::{Kind, Op};
use crate::model::SentimentLabel;
use crate::watch::{EntityKind, Relation};

/// One enriched event. docs/schemas/enriched.v1.json describes it; fields that are not read here are passed over.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Observation<'a> {
    /// `<source>:<mention id>#<entity id>`.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// What happened to the mention.
    pub op: Op,
    /// Counts up with each edit.
    pub revision: u64,
    /// How the mention concerns the entity.
    pub relation: Option<Relation>,
    /// The mention.
    #[serde(borrow)]
    pub mention: Said<'a>,
    /// The entity; `None` where the event was made without a watchlist.
    #[serde(borrow)]
    pub entity: Option<Concerned<'a>>,
    /// Its language.
    #[serde(borrow)]
    pub language: Language<'a>,
    /// Sentiment toward the entity; `None` without a model.
    pub sentiment: Option<Meant>,
    /// Topics over their threshold, best first.
    #[serde(borrow)]
    pub topics: Vec<Topic<'a>>,
    /// Complaint, question, spam, offensive.
    pub signals: Signals,
    /// 64-bit SimHash of the normalised text.
    #[serde(deserialize_with = "hexadecimal")]
    pub fingerprint: u64,
}

/// The mention of an event.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Said<'a> {
    /// Unique within its source.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The platform or feed.
    #[serde(borrow)]
    pub source: Cow<'a, str>,
    /// What was written.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// Where it can be read.
    #[serde(borrow, default)]
    pub url: Option<Cow<'a, str>>,
    /// When it was written: event time.
    pub created_at: Timestamp,
    /// What sort of thing it is.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// The mention it answers.
    #[serde(borrow, default)]
    pub parent_id: Option<Cow<'a, str>>,
    /// Who wrote the mention it answers.
    #[serde(borrow, default)]
    pub parent_author: Option<Cow<'a, str>>,
    /// The conversation it stands in.
    #[serde(borrow, default)]
    pub thread_id: Option<Cow<'a, str>>,
    /// Who wrote it.
    #[serde(borrow, default)]
    pub author: Option<Author<'a>>,
    /// How others reacted.
    #[serde(default)]
    pub engagement: Option<crate::mention::Engagement>,
    /// The community it stands in.
    #[serde(borrow, default)]
    pub in_community: Option<Cow<'a, str>>,
}

/// Who wrote a mention.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Author<'a> {
    /// The source's stable id.
    #[serde(borrow, default)]
    pub id: Option<Cow<'a, str>>,
    /// The name shown.
    #[serde(borrow, default)]
    pub name: Option<Cow<'a, str>>,
    /// The handle, without `@`.
    #[serde(borrow, default)]
    pub handle: Option<Cow<'a, str>>,
    /// How many follow them.
    #[serde(default)]
    pub followers: Option<u64>,
    /// Whether the account says it is a bot.
    #[serde(default)]
    pub bot: Option<bool>,
}

/// The entity of an event.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Concerned<'a> {
    /// Id on the watchlist.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Name on the watchlist.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Kind on the watchlist.
    pub kind: EntityKind,
}

/// The language of an event.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Language<'a> {
    /// ISO 639-1, `und` where it could not be told.
    #[serde(borrow)]
    pub code: Cow<'a, str>,
}

/// Sentiment toward the entity.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Meant {
    /// The likeliest class.
    pub label: SentimentLabel,
    /// Probability of negative.
    pub negative: f64,
    /// Probability of neutral.
    pub neutral: f64,
    /// Probability of positive.
    pub positive: f64,
    /// The model is not sure enough.
    pub abstained: bool,
}

/// A topic of an event.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Topic<'a> {
    /// Id in the taxonomy.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// 0 to 1.
    pub score: f64,
}

/// Probabilities of 0 to 1; `None` where no model looked.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Signals {
    /// It complains.
    pub complaint: Option<f64>,
    /// It asks.
    pub question: bool,
    /// It is spam.
    pub spam: Option<f64>,
    /// It offends.
    pub offensive: Option<f64>,
}

fn hexadecimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let digits = Cow::<'de, str>::deserialize(deserializer)?;
    u64::from_str_radix(&digits, 16)
        .map_err(|_| serde::de::Error::invalid_value(serde::de::Unexpected::Str(&digits), &"16 hexadecimal digits"))
}

impl<'a> Observation<'a> {
    /// Reads a record of the enriched topic.
    ///
    /// # Errors
    /// It is not an enriched event; says where and why.
    pub fn from_json(value: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(value)
    }

    /// Whom to count the mention under: the author's id within the source, or the handle, or the name; `None` if nobody is named.
    pub fn author(&self) -> Option<&str> {
        let author = self.mention.author.as_ref()?;
        author.id.as_deref().or(author.handle.as_deref()).or(author.name.as_deref())
    }

    /// `created_at` in milliseconds since the epoch.
    pub fn at(&self) -> i64 {
        self.mention.created_at.as_millisecond()
    }
}
