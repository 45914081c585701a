//! The schemas of what the second stage writes, against what it writes.

use std::sync::{Arc, LazyLock};

use jsonschema::Validator;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use undertone::reputation::alert::{AlertKind, AlertState};
use undertone::reputation::{Alert, Book, Checkpoint, Observation, Rules, Snapshot, Standing};

use crate::planted::{NOW, events, weeks_then_drop};
use crate::schemas::{complaints, schema, validator};

static ENRICHED: LazyLock<Validator> = LazyLock::new(|| validator("enriched"));
static REPUTATION: LazyLock<Validator> = LazyLock::new(|| validator("reputation"));
static ALERT: LazyLock<Validator> = LazyLock::new(|| validator("alert"));
static STATE: LazyLock<Validator> = LazyLock::new(|| validator("reputation-state"));

fn standing() -> Value {
    let quantiles = json!({ "median": 312.5, "p90": 7_200.0, "count": 96 });
    let excerpt = json!({
        "id": "x:80#kaffistofa", "source": "x", "author": "ana_ns", "url": "https://x.example/80",
        "text": "Are the new lids any better?", "created_at": "2026-02-28T11:00:00Z",
    });
    let change = change();
    let window = json!({
        "reputation": 41.5, "low": 36.0, "high": 47.0, "net_sentiment": -17.0, "effective_mentions": 212.5, "mentions": 300.0,
        "weight": 412.75, "change": change,
    });
    json!({
        "schema": "undertone.reputation/1",
        "entity": { "id": "kaffistofa", "name": "Kaffistofa", "kind": "brand" },
        "at": "2026-03-01T12:00:00Z",
        "windows": { "1h": window, "24h": window, "7d": window },
        "trends": [
            { "kind": "hashtag", "term": "lidgate", "rate": 14.0, "before": 0.25, "authors": 37, "strength": 9.5 },
            { "kind": "topic", "term": "quality", "rate": 20.0, "before": 4.0, "authors": 51, "strength": 6.0 },
            { "kind": "phrase", "term": "the new lids", "rate": 6.0, "before": 0.0, "authors": 9, "strength": 4.5 },
        ],
        "community": {
            "unanswered": 12, "oldest_unanswered_seconds": 90_000.0, "unanswered_posts": [excerpt], "first_reply_seconds": quantiles,
            "first_answer_seconds": quantiles, "contributions": 2_100, "active_authors": 840, "newcomers": 210,
            "newcomer_share": 0.25, "retention": 0.5, "conversation_index": 0.5,
            "advocates": [{
                "author": "ana_ns", "source": "x", "positive": 7, "negative": 1, "last_at": "2026-02-27T08:00:00Z",
            }],
            "questions": [{ "count": 5, "authors": 4, "example": excerpt }],
        },
        "alerts": [{
            "id": "kaffistofa#reputation_drop#2026-03-01T11:35:00Z", "kind": "reputation_drop", "severity": "critical",
            "cause": "quality", "opened_at": "2026-03-01T11:35:00Z", "summary": "Reputation fell from 62 to 41.",
        }],
    })
}

fn change() -> Value {
    json!({
        "points": -20.5,
        "topics": [{ "id": "quality", "points": -18.5 }, { "id": "other", "points": -2.0 }],
        "sources": [{ "id": "x", "points": -20.5 }],
        "languages": [{ "id": "is", "points": -12.0 }, { "id": "en", "points": -8.5 }],
    })
}

fn alert() -> Value {
    json!({
        "schema": "undertone.alert/1",
        "id": "kaffistofa#reputation_drop#2026-03-01T11:35:00Z",
        "entity": { "id": "kaffistofa", "name": "Kaffistofa", "kind": "brand" },
        "kind": "reputation_drop", "state": "opened", "severity": "critical", "detectors": ["cusum", "band"],
        "at": "2026-03-01T11:35:00Z", "opened_at": "2026-03-01T11:35:00Z",
        "before": { "value": 62.0, "low": 58.5, "high": 65.0, "effective_mentions": 900.0 },
        "after": { "value": 41.5, "low": 36.0, "high": 47.0, "effective_mentions": 64.0 },
        "change": change(), "cause": "quality",
        "examples": [
            {
                "id": "x:81#kaffistofa", "source": "x", "author": "ana_ns", "url": "https://x.example/81",
                "text": "The lids leak again", "score": -0.75,
            },
            { "id": "reddit:7#kaffistofa", "source": "reddit", "text": "", "score": -0.5 },
        ],
        "summary": "Reputation fell from 62 to 41, mostly over quality.",
    })
}

/// What the stage writes for a value that it reads: the same, if the schema names the fields that the program knows and no other.
fn rewritten<T: Serialize + DeserializeOwned>(value: &Value) -> Value {
    serde_json::to_value(serde_json::from_value::<T>(value.clone()).unwrap()).unwrap()
}

fn assert_holds(validator: &Validator, value: &Value) {
    assert_eq!(complaints(validator, value), [] as [String; 0], "{value:#}");
}

#[test]
fn the_schemas_name_the_fields_that_the_program_has() {
    assert_eq!(rewritten::<Standing>(&standing()), standing());
    assert_holds(&REPUTATION, &standing());
    assert_eq!(rewritten::<Alert>(&alert()), alert());
    assert_holds(&ALERT, &alert());
}

#[test]
fn what_is_unknown_is_null() {
    let mut unknown = standing();
    for field in [
        "unanswered",
        "oldest_unanswered_seconds",
        "first_reply_seconds",
        "first_answer_seconds",
        "active_authors",
        "newcomers",
        "newcomer_share",
        "retention",
        "conversation_index",
    ] {
        unknown["community"][field] = Value::Null;
    }
    for list in ["/trends", "/alerts", "/community/unanswered_posts", "/community/advocates", "/community/questions"] {
        *unknown.pointer_mut(list).unwrap() = json!([]);
    }
    assert_eq!(rewritten::<Standing>(&unknown), unknown);
    assert_holds(&REPUTATION, &unknown);
}

#[test]
fn kinds_states_and_severities_are_those_of_the_program() {
    for kind in [AlertKind::ReputationDrop, AlertKind::VolumeSpike, AlertKind::TopicSurge] {
        assert_eq!(json!(kind), json!(kind.name()));
        assert_holds(&ALERT, &with(alert(), "/kind", json!(kind)));
        assert_holds(&REPUTATION, &with(standing(), "/alerts/0/kind", json!(kind)));
    }
    for state in [AlertState::Opened, AlertState::Updated, AlertState::Resolved] {
        assert_holds(&ALERT, &with(alert(), "/state", json!(state)));
    }
    for severity in ["warning", "critical"] {
        assert_holds(&ALERT, &with(alert(), "/severity", json!(severity)));
    }
}

fn with(mut value: Value, pointer: &str, by: Value) -> Value {
    *value.pointer_mut(pointer).unwrap() = by;
    value
}

/// Every object is closed, and of its fields only those may be missing that the schema says.
#[test]
fn records_are_closed_and_whole() {
    for (validator, value) in [(&*REPUTATION, standing()), (&*ALERT, alert())] {
        for pointer in objects(&value, String::new()) {
            let mut more = value.clone();
            more.pointer_mut(&pointer).unwrap()["surprise"] = json!(1);
            assert!(!validator.is_valid(&more), "{pointer} takes anything");
            for field in value.pointer(&pointer).unwrap().as_object().unwrap().keys() {
                let mut less = value.clone();
                less.pointer_mut(&pointer).unwrap().as_object_mut().unwrap().remove(field);
                let is_mention = ["/examples/", "/community/unanswered_posts/", "/community/questions/0/example"]
                    .iter()
                    .any(|part| pointer.starts_with(part));
                let optional = is_mention && matches!(field.as_str(), "author" | "url");
                assert_eq!(validator.is_valid(&less), optional, "{pointer} without {field}");
            }
        }
    }
}

/// Pointers of all objects within a value, itself included.
fn objects(value: &Value, at: String) -> Vec<String> {
    match value {
        Value::Object(fields) => {
            let inner = fields.iter().flat_map(|(name, field)| objects(field, format!("{at}/{name}")));
            inner.chain([at.clone()]).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, item)| objects(item, format!("{at}/{index}"))).collect()
        }
        _ => Vec::new(),
    }
}

#[test]
fn what_is_wrong_is_refused() {
    let standings = [
        ("/schema", json!("undertone.reputation/2")),
        ("/entity/id", json!("")),
        ("/entity/kind", json!("planet")),
        ("/at", json!("yesterday")),
        ("/windows/24h/reputation", json!(100.5)),
        ("/windows/24h/low", json!(-1)),
        ("/windows/1h/net_sentiment", json!(-101)),
        ("/windows/7d/effective_mentions", Value::Null),
        ("/trends/0/kind", json!("emoji")),
        ("/trends/0/authors", json!(1.5)),
        ("/community/unanswered", json!(-1)),
        ("/community/contributions", Value::Null),
        ("/community/advocates/0/positive", json!(0.5)),
        ("/community/questions/0/example/created_at", json!("now")),
        ("/community/newcomer_share", json!(1.25)),
        ("/community/first_reply_seconds/p90", json!(-1)),
        ("/alerts/0/severity", json!("info")),
    ];
    for (pointer, by) in standings {
        assert!(!REPUTATION.is_valid(&with(standing(), pointer, by.clone())), "{pointer} took {by}");
    }
    let alerts = [
        ("/schema", json!("undertone.reputation/1")),
        ("/kind", json!("drop")),
        ("/state", json!("closed")),
        ("/severity", json!("Critical")),
        ("/opened_at", json!(1_772_364_900_000i64)),
        ("/before/value", Value::Null),
        ("/cause", json!("")),
        ("/examples/0/score", json!(1.5)),
        ("/examples", json!(vec![alert()["examples"][0].clone(); 6])),
        ("/summary", json!("")),
    ];
    for (pointer, by) in alerts {
        assert!(!ALERT.is_valid(&with(alert(), pointer, by.clone())), "{pointer} took {by}");
    }
}

/// What both schemas hold is described in the same words.
#[test]
fn shared_parts_are_the_same() {
    for part in ["named", "change", "part"] {
        assert_eq!(schema("reputation")["$defs"][part], schema("alert")["$defs"][part], "{part}");
    }
}

/// Four weeks of events and a drop, as the stage would see them: all that it writes meanwhile holds.
#[test]
fn what_the_stage_writes_holds() {
    let mut book = Book::new(Arc::new(Rules::default()));
    let mut alerts = Vec::new();
    let mut folded = 0;
    for stretch in weeks_then_drop(6) {
        for event in events("kaffistofa", stretch) {
            if folded % 1_000 == 0 {
                assert_holds(&ENRICHED, &event);
            }
            let bytes = event.to_string();
            book.fold(&Observation::from_json(bytes.as_bytes()).unwrap());
            folded += 1;
            if folded % 100 == 0 {
                alerts.extend(book.news().alerts);
                assert_holds(&REPUTATION, &json!(book.standing("kaffistofa").unwrap()));
            }
        }
    }
    assert!(folded > 10_000, "{folded}");
    let open = book.standing("kaffistofa").unwrap();
    book.tick(NOW + 7 * 24 * 3_600_000);
    alerts.extend(book.news().alerts);
    for alert in &alerts {
        assert_holds(&ALERT, &json!(alert));
    }
    let dropped = |alert: &&Alert| alert.kind == AlertKind::ReputationDrop && alert.entity.id == open.entity.id;
    let states: Vec<AlertState> = alerts.iter().filter(dropped).map(|alert| alert.state).collect();
    assert_eq!(states.first(), Some(&AlertState::Opened), "the planted drop was found: {alerts:#?}");
    assert_eq!(states.last(), Some(&AlertState::Resolved), "and ended in the silence that followed");
    assert!(!open.alerts.is_empty());
    assert_holds(&REPUTATION, &json!(open));
    assert_holds(&REPUTATION, &json!(book.standing("kaffistofa").unwrap()));

    let snapshot = json!(book.snapshot("kaffistofa", 3, 12, 41).unwrap());
    assert_holds(&STATE, &snapshot);
    assert_eq!(rewritten::<Snapshot>(&snapshot), snapshot, "a state survives being kept");
    for (pointer, by) in [
        ("/schema", json!("undertone.reputation-state/2")),
        ("/partition", json!(-1)),
        ("/partitions", json!(0)),
        ("/offset", json!(1.5)),
        ("/clock", json!("2026-03-01T12:00:00Z")),
        ("/state", Value::Null),
    ] {
        assert!(!STATE.is_valid(&with(snapshot.clone(), pointer, by)), "{pointer}");
    }
    let mut more = snapshot.clone();
    more["surprise"] = json!(1);
    assert!(!STATE.is_valid(&more));
}

#[test]
fn a_checkpoint_is_no_state() {
    let checkpoint = json!({
        "schema": "undertone.reputation-checkpoint/1", "partition": 3, "partitions": 12, "offset": 41, "clock": NOW,
    });
    assert_holds(&STATE, &checkpoint);
    assert_eq!(rewritten::<Checkpoint>(&checkpoint), checkpoint);
    let mut more = checkpoint.clone();
    more["state"] = json!({});
    assert!(!STATE.is_valid(&more));
    assert!(!STATE.is_valid(&with(checkpoint, "/schema", json!("undertone.reputation-state/1"))));
}
