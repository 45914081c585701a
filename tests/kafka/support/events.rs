//! Enriched events of the tests' own, and the standings that come of them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::topics::{Read, Send};

/// Entities that events are about; they are on the watchlist of every test.
pub(crate) const ENTITIES: [&str; 2] = ["lumen", "kestrel"];

/// When the first event was written.
pub(crate) const BEGINS: &str = "2026-03-02T00:00:00Z";
/// Seconds from one event to the next.
const STEP: i64 = 60;

/// The event of a number. Every third is about the second entity. From `drop` on, what is said of the first is bad, and it is
/// about prices.
pub(crate) fn event(number: usize, drop: std::ops::Range<usize>) -> Send {
    let entity = ENTITIES[usize::from(number % 3 == 2)];
    let is_bad = entity == ENTITIES[0] && drop.contains(&number);
    // Any fixed spread will do.
    let chance = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) % 100;
    let positive = if is_bad { chance < 5 } else { chance < 70 };
    let (positive, negative) = if positive { (0.9, 0.05) } else { (0.05, 0.9) };
    let begins: Timestamp = BEGINS.parse().unwrap();
    let at = begins + SignedDuration::from_secs(number as i64 * STEP);
    let value = json!({
        "schema": "undertone.enriched/1", "id": format!("test:{number}#{entity}"), "op": "observed", "revision": 0,
        "relation": "mention",
        "mention": {
            "id": number.to_string(), "source": "test", "text": format!("number {number} about {entity}"), "created_at": at.to_string(),
            "author": { "handle": format!("user{}", number % 997), "followers": number % 50 },
        },
        "entity": { "id": entity, "name": entity, "kind": "brand", "matched": [] },
        "language": { "code": "en", "confidence": 0.9, "measured": true },
        "sentiment": {
            "label": if positive > negative { "positive" } else { "negative" }, "score": positive - negative,
            "negative": negative, "neutral": 0.05, "positive": positive, "abstained": false, "evidence": [],
        },
        "topics": if is_bad { json!([{ "id": "price", "score": 0.8 }]) } else { json!([]) },
        "signals": { "complaint": 0.1, "question": false, "spam": 0.01, "offensive": 0.01 },
        "fingerprint": format!("{:016x}", (number as u64).wrapping_mul(0xd6e8_feb8_6659_fd93)),
        "truncated": false, "model": null, "watchlist": null,
        "origin": { "topic": "mentions", "partition": 0, "offset": number }, "processed_at": at.to_string(),
    });
    Send { key: Some(entity.into()), ..Send::value(value.to_string()) }
}

/// Events without a drop.
pub(crate) fn events(numbers: std::ops::Range<usize>) -> Vec<Send> {
    numbers.map(|number| event(number, 0..0)).collect()
}

/// Any events as records of the enriched topic, in order of time.
pub(crate) fn in_order(events: impl Iterator<Item = Value>) -> Vec<Send> {
    let mut events: Vec<Value> = events.collect();
    events.sort_by_key(|event| event["mention"]["created_at"].as_str().unwrap().parse::<Timestamp>().unwrap());
    let send = |event: &Value| Send {
        key: Some(event["entity"]["id"].as_str().unwrap().into()),
        ..Send::value(event.to_string())
    };
    events.iter().map(send).collect()
}

/// The last record of each key; tombstones are gone.
pub(crate) fn latest(records: &[Read]) -> BTreeMap<String, Value> {
    let mut latest = BTreeMap::new();
    for record in records {
        let key = String::from_utf8(record.key.clone().unwrap()).unwrap();
        match &record.value {
            Some(_) => drop(latest.insert(key, record.json())),
            None => drop(latest.remove(&key)),
        }
    }
    latest
}

/// Whether standings exist for all entities as of the last of so many events.
pub(crate) fn are_final(records: &[Read], count: usize) -> bool {
    let latest = latest(records);
    let begins: Timestamp = BEGINS.parse().unwrap();
    ENTITIES.iter().enumerate().all(|(index, entity)| {
        let last = (0..count).rev().find(|number| usize::from(number % 3 == 2) == index).unwrap();
        let at = begins + SignedDuration::from_secs(last as i64 * STEP);
        latest.get(*entity).and_then(|one| one["at"].as_str()?.parse::<Timestamp>().ok()).is_some_and(|own| own >= at)
    })
}

/// Holds two JSON values against each other; numbers may differ by a millionth of themselves.
pub(crate) fn assert_alike(one: &Value, other: &Value, path: &str) {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1.0), "{path}: {a} and {b}");
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{path}: {one} and {other}");
            a.iter().zip(b).enumerate().for_each(|(n, (a, b))| assert_alike(a, b, &format!("{path}[{n}]")));
        }
        (Value::Object(a), Value::Object(b)) => {
            assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{path}");
            a.iter().for_each(|(key, a)| assert_alike(a, &b[key], &format!("{path}.{key}")));
        }
        _ => assert_eq!(one, other, "{path}"),
    }
}
