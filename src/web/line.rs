//! What the page is told of one event: little enough to keep hundreds of them, whatever a post carries.

use serde::Serialize;

use crate::enrich::EnrichedEvent;
use crate::enrich::event::{CorrectedRef, EvidenceRef, Field, LanguageRef, Matched, Signals, TopicRef};
use crate::mention::{Author, Kind, Op, Rejection};
use crate::model::SentimentLabel;
use crate::watch::{EntityKind, Relation};

/// Code points of a text that are shown.
const TEXT: usize = 1_000;
/// Code points of a title.
const TITLE: usize = 300;
/// Code points of an id, a name, a link.
const SHORT: usize = 200;
/// Pieces of evidence, matches and topics.
const PIECES: usize = 12;

/// One event, as JSON for the page.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    op: Op,
    relation: Option<Relation>,
    entity: Option<Entity<'a>>,
    source: &'a str,
    kind: Option<Kind>,
    author: Option<&'a str>,
    url: Option<&'a str>,
    created_at: jiff::Timestamp,
    title: Option<&'a str>,
    text: &'a str,
    /// The text went on.
    cut: bool,
    matched: Vec<&'a Matched>,
    evidence: Vec<&'a EvidenceRef>,
    sentiment: Option<Sentiment<'a>>,
    language: &'a LanguageRef,
    topics: &'a [TopicRef],
    signals: &'a Signals,
}

#[derive(Serialize)]
struct Entity<'a> {
    id: &'a str,
    name: &'a str,
    kind: EntityKind,
}

#[derive(Serialize)]
struct Sentiment<'a> {
    label: SentimentLabel,
    score: f32,
    negative: f32,
    neutral: f32,
    positive: f32,
    abstained: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrected: Option<Corrected<'a>>,
}

/// That the lexicon corrected it, and what the model had said.
#[derive(Serialize)]
struct Corrected<'a> {
    by: Vec<&'a str>,
    label: SentimentLabel,
    score: f32,
}

impl<'a> Corrected<'a> {
    fn of(corrected: &'a CorrectedRef) -> Self {
        let by = corrected.by.iter().take(PIECES).map(|name| short(name)).collect();
        Self { by, label: corrected.was.label, score: corrected.was.score }
    }
}

/// The first `limit` code points, and whether there were more.
pub(super) fn clip(text: &str, limit: usize) -> (&str, bool) {
    match text.char_indices().nth(limit) {
        Some((end, _)) => (&text[..end], true),
        None => (text, false),
    }
}

fn short(text: &str) -> &str {
    clip(text, SHORT).0
}

fn shown_name(author: &Author) -> Option<&str> {
    [&author.name, &author.handle, &author.id]
        .into_iter()
        .flatten()
        .map(|name| short(name))
        .find(|name| !name.is_empty())
}

/// A link that is safe to follow, and whole: half a link leads elsewhere.
pub(super) fn link(url: &str) -> Option<&str> {
    let web = url.starts_with("https://") || url.starts_with("http://");
    (web && url.len() <= 2_000).then_some(url)
}

/// Whether a piece lies in what is shown.
fn fits(end: u32, field: Field) -> bool {
    end as usize <= if field.is_text() { TEXT } else { TITLE }
}

/// An event as the page reads it: JSON on one line.
pub(super) fn mention(event: &EnrichedEvent) -> String {
    let mention = &*event.mention;
    let (text, cut) = clip(&mention.text, TEXT);
    let sentiment = event.sentiment.as_ref();
    let line = Line {
        id: short(&event.id),
        op: event.op,
        relation: event.relation,
        entity: event.entity.as_ref().map(|e| Entity { id: &e.id, name: short(&e.name), kind: e.kind }),
        source: short(&mention.source),
        kind: mention.kind,
        author: mention.author.as_ref().and_then(shown_name),
        url: mention.url.as_deref().and_then(link),
        created_at: mention.created_at,
        title: mention.title.as_deref().map(|title| clip(title, TITLE).0),
        text,
        cut,
        matched: event
            .entity
            .iter()
            .flat_map(|entity| &entity.matched)
            .filter(|piece| fits(piece.end, piece.field))
            .take(PIECES)
            .collect(),
        evidence: sentiment
            .iter()
            .flat_map(|sentiment| &sentiment.evidence)
            .filter(|piece| fits(piece.end, piece.field))
            .take(PIECES)
            .collect(),
        sentiment: sentiment.map(|s| Sentiment {
            label: s.label,
            score: s.score,
            negative: s.negative,
            neutral: s.neutral,
            positive: s.positive,
            abstained: s.abstained,
            corrected: s.corrected.as_ref().map(Corrected::of),
        }),
        language: &event.language,
        topics: &event.topics[..event.topics.len().min(PIECES)],
        signals: &event.signals,
    };
    json(&line)
}

/// A dead letter as the page reads it.
pub(super) fn rejection(rejection: &Rejection) -> String {
    json(&serde_json::json!({
        "reason": rejection.reason.name(),
        "field": rejection.field.as_deref().map(short),
        "detail": clip(&rejection.detail, TITLE).0,
    }))
}

fn json(value: &impl Serialize) -> String {
    // Plain structs with string keys do not fail to serialise.
    serde_json::to_string(value).unwrap_or_else(|_| "{}".to_owned())
}
