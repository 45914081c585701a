//! docs/schemas against what is really read and written.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use jsonschema::{Draft, Validator};
use proptest::prelude::*;
use serde_json::{Value, json};
use undertone::enrich::EnrichedEvent;
use undertone::enrich::event::{
    CorrectedRef, EntityRef, EvidenceRef, Field, LanguageRef, LexiconRef, Matched, ModelRef, OriginRef, SCHEMA,
    SentimentRef, Signals, TopicRef, WasRef, WatchlistRef,
};
use undertone::mention::{Mention, Op, Reason};
use undertone::model::SentimentLabel;
use undertone::watch::{EntityKind, Relation};

use crate::support::{any_json, any_mention, decode};

pub(crate) fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schemas/{name}.v1.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn validator(name: &str) -> Validator {
    jsonschema::options().with_draft(Draft::Draft202012).should_validate_formats(true).build(&schema(name)).unwrap()
}

const NAMES: [&str; 6] = ["mention", "enriched", "dead-letter", "reputation", "alert", "reputation-state"];

static MENTION: LazyLock<Validator> = LazyLock::new(|| validator("mention"));
static ENRICHED: LazyLock<Validator> = LazyLock::new(|| validator("enriched"));
static DEAD_LETTER: LazyLock<Validator> = LazyLock::new(|| validator("dead-letter"));

/// What is wrong with a value, each with its place.
pub(crate) fn complaints(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn holds(validator: &Validator, value: &Value) -> Result<(), TestCaseError> {
    let errors = complaints(validator, value);
    prop_assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
    Ok(())
}

#[test]
fn the_schemas_are_schemas() {
    for name in NAMES {
        jsonschema::draft202012::meta::validate(&schema(name)).unwrap();
    }
}

/// Every part of a schema says what it is.
#[test]
fn every_field_is_described() {
    fn undescribed(value: &Value, path: &str, found: &mut Vec<String>) {
        let Some(object) = value.as_object() else { return };
        for (name, field) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let path = format!("{path}.{name}");
            if field.get("description").is_none() && field.get("$ref").is_none() && path != ".anyOf" {
                found.push(path.clone());
            }
            undescribed(field, &path, found);
            undescribed(field.get("items").unwrap_or(&Value::Null), &path, found);
        }
    }
    let mut found = Vec::new();
    for name in NAMES {
        undescribed(&schema(name), name, &mut found);
        for (part, described) in schema(name).get("$defs").and_then(Value::as_object).into_iter().flatten() {
            undescribed(described, &format!("{name}: {part}"), &mut found);
        }
    }
    assert_eq!(found, [] as [String; 0]);
}

/// The mention is described twice, as it is read and as it is written: with the same fields in the same words.
#[test]
fn both_mentions_have_the_same_fields() {
    fn words(mention: &Value) -> Vec<(String, Value)> {
        let fields = mention["properties"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "op" | "revision"));
        let inner = |field: &Value| if field.get("properties").is_some() { json!(words(field)) } else { Value::Null };
        fields.map(|(name, field)| (name.clone(), json!([field["description"], inner(field)]))).collect()
    }
    assert_eq!(words(&schema("mention")), words(&schema("enriched")["$defs"]["mention"]));
}

#[test]
fn the_reasons_are_those_of_the_program() {
    let reasons: Vec<&str> = Reason::ALL.iter().map(|reason| reason.name()).collect();
    assert_eq!(schema("dead-letter")["properties"]["undertone-reason"]["enum"], json!(reasons));
    for reason in reasons {
        let headers = json!({
            "undertone-reason": reason, "undertone-detail": "", "undertone-topic": "mentions", "undertone-partition": "0",
            "undertone-offset": "41", "traceparent": "00-1", "empty": null,
        });
        assert!(DEAD_LETTER.is_valid(&headers));
    }
    assert!(!DEAD_LETTER.is_valid(&json!({"undertone-reason": "unlucky"})));
}

#[test]
fn events_are_closed() {
    let event = serde_json::to_value(sample()).unwrap();
    assert!(ENRICHED.is_valid(&event));
    for pointer in ["", "/mention", "/mention/author", "/entity", "/sentiment", "/origin", "/language", "/signals"] {
        let mut more = event.clone();
        more.pointer_mut(pointer).unwrap()["surprise"] = json!(1);
        assert!(!ENRICHED.is_valid(&more), "{pointer}");
    }
    for field in event.as_object().unwrap().keys() {
        let mut less = event.clone();
        less.as_object_mut().unwrap().remove(field);
        assert!(!ENRICHED.is_valid(&less), "{field} is always there");
    }
}

/// A correction is told in whole, and is one.
#[test]
fn a_correction_names_its_phrases_and_what_the_model_said() {
    let mut event = sample();
    let sentiment = event.sentiment.as_mut().unwrap();
    sentiment.corrected = Some(was(sentiment, None));
    event.lexicon = Some(LexiconRef { version: "def".into() });
    let event = serde_json::to_value(event).unwrap();
    assert_eq!(complaints(&ENRICHED, &event), [] as [String; 0]);
    for (pointer, by) in [
        ("/sentiment/corrected/by", json!([])),
        ("/sentiment/corrected/shift", json!(9)),
        ("/sentiment/corrected/was", json!({})),
        ("/sentiment/corrected/was/label", json!("mixed")),
        ("/lexicon", json!(null)),
        ("/lexicon/version", json!(1)),
    ] {
        let mut wrong = event.clone();
        *wrong.pointer_mut(pointer).unwrap() = by;
        assert!(!ENRICHED.is_valid(&wrong), "{pointer}");
    }
    let read: EnrichedEvent = serde_json::from_value(event.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), event);
}

fn sample() -> EnrichedEvent {
    let mention = json!({
        "id": "1", "source": "x", "text": "The cups leak", "created_at": "2026-03-01T11:00:00Z", "author": {"handle": "ana"},
    });
    EnrichedEvent {
        schema: SCHEMA.into(),
        id: "x:1#kaffistofa".to_owned(),
        op: Op::Observed,
        revision: 0,
        relation: Some(Relation::Mention),
        mention: Arc::new(serde_json::from_value(mention).unwrap()),
        entity: Some(EntityRef {
            id: "kaffistofa".into(),
            name: "Kaffistofa".into(),
            kind: EntityKind::Brand,
            matched: vec![
                Matched { start: 0, end: 3, field: Field::Text },
                Matched { start: 0, end: 1, field: Field::Title },
            ],
        }),
        language: LanguageRef { code: "en".into(), confidence: 0.9, measured: true },
        sentiment: Some(SentimentRef {
            label: SentimentLabel::Negative,
            score: -0.7,
            negative: 0.8,
            neutral: 0.1,
            positive: 0.1,
            abstained: false,
            evidence: vec![EvidenceRef { start: 9, end: 13, field: Field::Text, weight: -1.5 }],
            corrected: None,
        }),
        topics: vec![TopicRef { id: "quality".into(), score: 0.5 }],
        signals: Signals { complaint: Some(0.9), question: false, spam: Some(0.0), offensive: Some(1.0) },
        fingerprint: format!("{:016x}", 0xabcu64),
        truncated: false,
        model: Some(ModelRef { name: "default".into(), version: "1".into(), layers: None }),
        watchlist: Some(WatchlistRef { version: "abc".into() }),
        lexicon: None,
        origin: OriginRef { topic: "mentions".into(), partition: 0, offset: 41 },
        processed_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

/// A correction of a sentiment.
fn was(sentiment: &SentimentRef, shift: Option<f32>) -> CorrectedRef {
    let &SentimentRef { label, score, negative, neutral, positive, abstained, .. } = sentiment;
    let was = WasRef { label, score, negative, neutral, positive, abstained };
    CorrectedRef { by: vec!["mind the gap".into()], shift, was }
}

/// Events of any mention, with and without watchlist and model.
fn any_event() -> impl Strategy<Value = EnrichedEvent> {
    let relations = prop::sample::select(vec![Relation::Own, Relation::Reply, Relation::Mention, Relation::Community]);
    let kinds =
        prop::sample::select(vec![EntityKind::Brand, EntityKind::Product, EntityKind::Person, EntityKind::Competitor]);
    let ops = prop::sample::select(vec![Op::Observed, Op::Edited, Op::Deleted]);
    let shifts = prop::option::of(-8f32..=8.0);
    (any_mention(), relations, kinds, ops, any::<[bool; 5]>(), (0f32..=1.0, shifts), any::<(u64, u64, u32)>()).prop_map(
        |(mention, relation, kind, op, flags, (p, shift), (revision, fingerprint, at))| {
            let [watched, modelled, corrected, with_lexicon, early] = flags;
            let mut event = sample();
            event.id = format!("{}:{}#", mention.source, mention.id);
            event.mention = Arc::new(mention);
            (event.op, event.revision, event.relation) = (op, revision, Some(relation));
            event.fingerprint = format!("{fingerprint:016x}");
            event.origin.offset = i64::from(at);
            if let Some(entity) = &mut event.entity {
                entity.kind = kind;
                entity.matched[0].end = at;
            }
            if let Some(sentiment) = &mut event.sentiment {
                (sentiment.negative, sentiment.positive, sentiment.neutral) = (p, 1.0 - p, 0.0);
                sentiment.score = sentiment.positive - sentiment.negative;
                sentiment.corrected = corrected.then(|| was(sentiment, shift));
            }
            if with_lexicon {
                event.lexicon = Some(LexiconRef { version: "def".into() });
            }
            if let Some(model) = &mut event.model {
                model.layers = early.then_some(at.max(1));
            }
            if !watched {
                (event.relation, event.entity, event.watchlist) = (None, None, None);
            }
            if !modelled {
                (event.sentiment, event.model) = (None, None);
                event.signals = Signals { complaint: None, question: true, spam: None, offensive: None };
            }
            event
        },
    )
}

proptest! {
    #[test]
    fn every_event_holds(event in any_event()) {
        holds(&ENRICHED, &serde_json::to_value(&event)?)?;
    }

    #[test]
    fn every_mention_holds(mention in any_mention()) {
        holds(&MENTION, &serde_json::to_value(&mention)?)?;
    }

    /// A feed that follows the schema has no dead letters but for impossible times, and a rating above its scale.
    #[test]
    fn what_holds_is_read(value in damaged()) {
        let decoded = decode(value.to_string(), None).remove(0);
        if MENTION.is_valid(&value) {
            prop_assert!(decoded.is_ok(), "{}\n{value:#}", decoded.unwrap_err());
        } else {
            prop_assert!(decoded.is_err(), "read though it does not hold: {value:#}");
        }
    }
}

/// Mentions of which one field was replaced or taken away.
fn damaged() -> impl Strategy<Value = Value> {
    let fields = prop::sample::select(vec![
        "/id",
        "/source",
        "/text",
        "/title",
        "/url",
        "/created_at",
        "/kind",
        "/author",
        "/author/followers",
        "/author/bot",
        "/author/name",
        "/engagement",
        "/engagement/likes",
        "/engagement/views",
        "/rating",
        "/extra",
        "/op",
        "/revision",
        "/unknown",
    ]);
    (any_mention(), fields, prop::option::of(any_json())).prop_filter_map(
        "times are not compared",
        |(mention, field, by): (Mention, _, _)| {
            let mut value = serde_json::to_value(mention).unwrap();
            let (parent, name) = field.rsplit_once('/').unwrap();
            let parent = value.pointer_mut(parent)?.as_object_mut()?;
            match by {
                Some(by) => parent.insert(name.to_owned(), by),
                None => parent.remove(name),
            };
            Some(value)
        },
    )
}
