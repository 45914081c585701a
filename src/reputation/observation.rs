//! An enriched event as the second stage reads it: the fields it needs, borrowed from the record where that can be.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::enrich::event::Field;
use crate::mention::{Kind, Op};
use crate::model::SentimentLabel;
use crate::watch::{EntityKind, Relation};

/// The `schema` field of the events that are understood.
const SCHEMA: &str = "undertone.enriched/1";

/// One enriched event. docs/schemas/enriched.v1.json describes it; fields that are not read here are passed over.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation<'a> {
    /// `<source>:<mention id>#<entity id>`.
    pub id: Cow<'a, str>,
    /// What happened to the mention.
    pub op: Op,
    /// Counts up with each edit.
    pub revision: u64,
    /// How the mention concerns the entity.
    pub relation: Option<Relation>,
    /// The mention.
    pub mention: Said<'a>,
    /// The entity; `None` where the event was made without a watchlist.
    pub entity: Option<Concerned<'a>>,
    /// Its language.
    pub language: Language<'a>,
    /// Sentiment toward the entity; `None` without a model.
    pub sentiment: Option<Meant>,
    /// Topics over their threshold, best first.
    pub topics: Vec<Topic<'a>>,
    /// Complaint, question, spam, offensive.
    pub signals: Signals,
    /// 64-bit SimHash of the normalised text.
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
    #[serde(borrow, default, deserialize_with = "optional")]
    pub url: Option<Cow<'a, str>>,
    /// When it was written: event time.
    pub created_at: Timestamp,
    /// What sort of thing it is.
    #[serde(default)]
    pub kind: Option<Kind>,
    /// The mention it answers.
    #[serde(borrow, default, deserialize_with = "optional")]
    pub parent_id: Option<Cow<'a, str>>,
    /// Who wrote the mention it answers.
    #[serde(borrow, default, deserialize_with = "optional")]
    pub parent_author: Option<Cow<'a, str>>,
    /// The conversation it stands in.
    #[serde(borrow, default, deserialize_with = "optional")]
    pub thread_id: Option<Cow<'a, str>>,
    /// Who wrote it.
    #[serde(borrow, default)]
    pub author: Option<Author<'a>>,
    /// How others reacted.
    #[serde(default)]
    pub engagement: Option<crate::mention::Engagement>,
    /// The community it stands in.
    #[serde(borrow, default, deserialize_with = "optional")]
    pub in_community: Option<Cow<'a, str>>,
}

/// Who wrote a mention.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Author<'a> {
    /// The source's stable id.
    #[serde(borrow, default, deserialize_with = "optional")]
    pub id: Option<Cow<'a, str>>,
    /// The name shown.
    #[serde(borrow, default, deserialize_with = "optional")]
    pub name: Option<Cow<'a, str>>,
    /// The handle, without `@`.
    #[serde(borrow, default, deserialize_with = "optional")]
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
    /// The words that satisfied its query.
    #[serde(default)]
    pub matched: Vec<Place>,
}

/// Where a word stands that satisfied the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Place {
    /// First code point.
    pub start: u32,
    /// Of which text.
    #[serde(default, rename = "in")]
    pub field: Field,
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

/// An event as it is written: what [`Observation`] has, and the schema, which is checked and left behind.
#[derive(Deserialize)]
struct Written<'a> {
    #[serde(rename = "schema", deserialize_with = "known_schema")]
    _schema: (),
    #[serde(borrow)]
    id: Cow<'a, str>,
    op: Op,
    revision: u64,
    relation: Option<Relation>,
    #[serde(borrow)]
    mention: Said<'a>,
    #[serde(borrow)]
    entity: Option<Concerned<'a>>,
    #[serde(borrow)]
    language: Language<'a>,
    sentiment: Option<Meant>,
    #[serde(borrow)]
    topics: Vec<Topic<'a>>,
    signals: Signals,
    #[serde(deserialize_with = "hexadecimal")]
    fingerprint: u64,
}

/// Text that is borrowed unless it has escapes. (serde borrows a bare `Cow`, but none inside an `Option`.)
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn optional<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    Ok(Option::<Text<'a>>::deserialize(deserializer)?.map(|text| text.0))
}

fn known_schema<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    match &*Text::deserialize(deserializer)?.0 {
        SCHEMA => Ok(()),
        other => Err(serde::de::Error::invalid_value(serde::de::Unexpected::Str(other), &SCHEMA)),
    }
}

fn hexadecimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let digits = Text::deserialize(deserializer)?.0;
    u64::from_str_radix(&digits, 16)
        .map_err(|_| serde::de::Error::invalid_value(serde::de::Unexpected::Str(&digits), &"16 hexadecimal digits"))
}

impl<'de: 'a, 'a> Deserialize<'de> for Observation<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let Written {
            id,
            op,
            revision,
            relation,
            mention,
            entity,
            language,
            sentiment,
            topics,
            signals,
            fingerprint,
            ..
        } = written;
        Ok(Self { id, op, revision, relation, mention, entity, language, sentiment, topics, signals, fingerprint })
    }
}

impl<'a> Observation<'a> {
    /// Reads a record of the enriched topic.
    ///
    /// # Errors
    /// It is not an enriched event of the first version; says where and why.
    pub fn from_json(value: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(value)
    }

    /// Whom to count the mention under: the author's id within the source, or the handle, or the name; `None` if nobody is named.
    pub fn author(&self) -> Option<&str> {
        let author = self.mention.author.as_ref()?;
        author.id.as_deref().or(author.handle.as_deref()).or(author.name.as_deref())
    }

    /// Whether its text names the entity by a handle (`@…`).
    pub fn names_handle(&self) -> bool {
        let text = &*self.mention.text;
        let is_handle = |place: &Place| {
            // A handle that was looked for begins with the mark; one whose name satisfied a plain word has it in front.
            let start = place.start as usize;
            let mut around = text.chars().skip(start.saturating_sub(1)).take(1 + start.min(1));
            place.field == Field::Text && around.any(|c| matches!(c, '@' | '＠'))
        };
        let mut matched = self.entity.iter().flat_map(|entity| &entity.matched).peekable();
        // One mark after the other: that is a search for a byte each.
        matched.peek().is_some() && (text.contains('@') || text.contains('＠')) && matched.any(is_handle)
    }

    /// Reads, a cache line at a time, what adding it up reads of its strings; of what is in it.
    pub(super) fn read_through(&self) -> usize {
        let lines = |string: &str| string.as_bytes().iter().step_by(64).fold(0, |sum, byte| sum ^ usize::from(*byte));
        let topics = self.topics.iter().fold(0, |sum, topic| sum ^ lines(&topic.id));
        lines(&self.mention.source) ^ lines(&self.language.code) ^ topics
    }

    /// `created_at` in milliseconds since the epoch.
    pub fn at(&self) -> i64 {
        self.mention.created_at.as_millisecond()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"schema":"undertone.enriched/1","id":"x:1#a","op":"observed","revision":0,"relation":"mention",
        "mention":{"id":"1","source":"x","text":"slow \"again\"","url":"http://x/1","created_at":"2026-03-01T11:30:00Z","author":{"handle":"ana"}},
        "entity":{"id":"a","name":"A","kind":"brand","matched":[]},"language":{"code":"en","confidence":1.0,"measured":true},"sentiment":null,
        "topics":[],"signals":{"complaint":null,"question":false,"spam":null,"offensive":null},"fingerprint":"00000000000000ff","truncated":false}"#;

    #[test]
    fn what_has_no_escapes_is_borrowed() {
        let event = Observation::from_json(EVENT.as_bytes()).unwrap();
        assert_eq!((event.fingerprint, event.author()), (255, Some("ana")));
        assert!(matches!(event.mention.text, Cow::Owned(_)));
        assert!(matches!(event.mention.url, Some(Cow::Borrowed("http://x/1"))));
        assert!(matches!(event.mention.author.unwrap().handle, Some(Cow::Borrowed("ana"))));
    }

    #[test]
    fn another_schema_is_refused() {
        let other = EVENT.replace("enriched/1", "enriched/2");
        let error = Observation::from_json(other.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("undertone.enriched/2") && error.contains(SCHEMA), "{error}");
        let without = EVENT.replace(r#""schema":"undertone.enriched/1","#, "");
        assert!(Observation::from_json(without.as_bytes()).is_err());
        assert_eq!(SCHEMA, crate::enrich::event::SCHEMA);
    }
}
