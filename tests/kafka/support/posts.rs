//! Posts of the tests' own, and what must become of them.

use std::collections::BTreeMap;

use serde_json::json;

use super::topics::{Read, Send};

/// What the watchlist of every test listens for.
pub(crate) const ENTITIES: [&str; 2] = ["lumen", "kestrel"];

/// The entities that the post of a number speaks of: none, one or both.
pub(crate) fn entities_of(number: usize) -> &'static [&'static str] {
    match number % 10 {
        0 => &[],
        1 | 2 => &ENTITIES,
        3..=6 => &ENTITIES[..1],
        _ => &ENTITIES[1..],
    }
}

/// The post of a number, on the partition that the number says.
pub(crate) fn post(number: usize, partitions: i32) -> Send {
    let names = entities_of(number).join(" and the ");
    let text = if names.is_empty() {
        format!("number {number} speaks of nobody")
    } else {
        format!("number {number}: the {names} made my day")
    };
    let value = json!({
        "id": number.to_string(), "source": "test", "created_at": "2026-01-01T12:00:00Z", "text": text,
        "author": { "handle": format!("user{}", number % 97) },
    });
    let partition = i32::try_from(number).unwrap() % partitions;
    Send { partition: Some(partition), ..Send::value(value.to_string()) }
}

pub(crate) fn posts(numbers: std::ops::Range<usize>, partitions: i32) -> Vec<Send> {
    numbers.map(|number| post(number, partitions)).collect()
}

/// How many events the posts of these numbers make.
pub(crate) fn expected_events(numbers: std::ops::Range<usize>) -> usize {
    numbers.map(|number| entities_of(number).len()).sum()
}

/// Holds events against the posts of these numbers: each (mention, entity) once and no other, keyed by entity, and in the
/// order of each input partition.
pub(crate) fn assert_exactly_once(events: &[Read], numbers: std::ops::Range<usize>) {
    let mut seen: BTreeMap<(usize, String), u32> = BTreeMap::new();
    let mut last: BTreeMap<(i64, String), i64> = BTreeMap::new();
    for event in events {
        let json = event.json();
        let number: usize = json["mention"]["id"].as_str().unwrap().parse().unwrap();
        let entity = json["entity"]["id"].as_str().unwrap().to_owned();
        assert_eq!(event.key.as_deref(), Some(entity.as_bytes()), "the key is the entity");
        let (partition, offset) =
            (json["origin"]["partition"].as_i64().unwrap(), json["origin"]["offset"].as_i64().unwrap());
        if let Some(before) = last.insert((partition, entity.clone()), offset) {
            assert!(before < offset, "{entity} of input partition {partition}: {offset} came after {before}");
        }
        *seen.entry((number, entity)).or_default() += 1;
    }
    let twice: Vec<_> = seen.iter().filter(|(_, count)| **count > 1).take(5).collect();
    assert!(twice.is_empty(), "more than once: {twice:?}");
    let expected: Vec<(usize, String)> = numbers
        .flat_map(|number| entities_of(number).iter().map(move |entity| (number, (*entity).to_owned())))
        .collect();
    let lost: Vec<_> = expected.iter().filter(|pair| !seen.contains_key(pair)).take(5).collect();
    assert!(lost.is_empty(), "lost: {lost:?} and perhaps more");
    assert_eq!(seen.len(), expected.len(), "events that nobody expects");
}
