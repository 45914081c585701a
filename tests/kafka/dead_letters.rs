//! What cannot be read or handled is kept: untouched bytes and headers, the reason, the origin.

use std::time::Duration;

use serde_json::json;

use crate::support::broker::shared;
use crate::support::posts::{assert_exactly_once, expected_events, posts};
use crate::support::topics::{HeaderList, Read, Send};
use crate::support::world::{Options, World};

const PATIENCE: Duration = Duration::from_secs(240);

/// A reason, a value that is refused for it, and the field it is about.
type Case = (&'static str, Option<Vec<u8>>, Option<&'static str>);

/// The headers that came with the record, and those that were added.
fn split(letter: &Read) -> (HeaderList, Vec<&str>) {
    let (added, own) = letter.headers.iter().cloned().partition::<Vec<_>, _>(|(key, _)| key.starts_with("undertone-"));
    assert_eq!(letter.headers, [own.clone(), added].concat(), "its own headers come first, in order");
    let names =
        letter.headers.iter().map(|(key, _)| key.as_str()).filter(|key| key.starts_with("undertone-")).collect();
    (own, names)
}

#[test]
fn each_reason_with_untouched_bytes_and_headers() {
    let good = json!({ "id": "1", "source": "test", "text": "lumen", "created_at": "2026-01-01T00:00:00Z" });
    let with = |field: &str, value: serde_json::Value| {
        let mut changed = good.clone();
        changed[field] = value;
        changed.to_string().into_bytes()
    };
    let huge = format!("{}{}", " ".repeat(1_000_000), good).into_bytes();
    let cases: [Case; 8] = [
        ("empty", None, None),
        ("too_large", Some(huge), None),
        ("not_utf8", Some(b"{\"id\": \"\xff\xfe\"}".to_vec()), None),
        ("not_json", Some(b"lumen, but no JSON".to_vec()), None),
        ("missing_field", Some(with("id", json!(null))), Some("id")),
        ("mistyped_field", Some(with("author", json!({ "followers": "many" }))), Some("author.followers")),
        ("invalid_value", Some(with("kind", json!("poem"))), Some("kind")),
        ("time_out_of_range", Some(with("created_at", json!("2099-01-01T00:00:00Z"))), Some("created_at")),
    ];
    let world = World::new(&shared().bootstrap, "letters", Options { partitions: 1, ..Options::default() });
    let own = vec![
        ("trace".to_owned(), Some(b"a".to_vec())),
        ("trace".to_owned(), Some(vec![0, 0xff])),
        ("nothing".to_owned(), None),
    ];
    let records: Vec<Send> = cases
        .iter()
        .map(|(reason, value, _)| Send {
            partition: Some(0),
            key: Some(format!("key of {reason}").into_bytes()),
            value: value.clone(),
            headers: own.clone(),
        })
        .chain([Send::value(good.to_string())])
        .collect();
    world.send(&records);
    let process = world.start("one");
    let mut reader = world.letters();
    let letters = reader.until(PATIENCE, |read| read.len() >= cases.len());
    assert_eq!(letters.len(), cases.len());
    for (offset, (letter, (reason, value, field))) in letters.iter().zip(&cases).enumerate() {
        assert_eq!(letter.header("undertone-reason"), Some(*reason), "{letter:?}");
        assert_eq!(letter.value, *value, "{reason}: the bytes");
        assert_eq!(letter.key, records[offset].key, "{reason}: the key");
        let (came, added) = split(letter);
        assert_eq!(came, own, "{reason}: the headers");
        assert_eq!(letter.header("undertone-field"), *field, "{reason}");
        assert!(letter.header("undertone-detail").is_some_and(|detail| !detail.is_empty()), "{reason}");
        assert_eq!(letter.header("undertone-topic"), Some(world.input().as_str()));
        assert_eq!(letter.header("undertone-partition"), Some("0"));
        assert_eq!(letter.header("undertone-offset"), Some(offset.to_string().as_str()));
        assert_eq!(added.len(), if field.is_some() { 6 } else { 5 }, "{added:?}");
        assert_eq!(process.metric(&format!("undertone_dead_letters_total{{reason=\"{reason}\"}}")), Some(1.0));
    }
    let mut events = world.events();
    assert_eq!(events.until(PATIENCE, |read| !read.is_empty()).len(), 1, "its neighbour is read");
}

#[test]
fn a_record_whose_event_the_broker_refuses_is_set_aside_and_the_others_pass() {
    // The enriched topic takes little, so that one long post makes an event that the broker refuses.
    let options = Options { enriched: &[("max.message.bytes", "60000")], chunk_records: 60, ..Options::default() };
    let world = World::new(&shared().bootstrap, "poison", options);
    let mut records = posts(0..600, 4);
    let filler: String = (0..12_500u64).map(|n| format!("{:016x}", n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let long = json!({
        "id": "999999", "source": "test", "created_at": "2026-01-01T00:00:00Z", "text": format!("lumen {filler}"),
    });
    records.insert(300, Send { partition: Some(2), ..Send::value(long.to_string()) });
    world.send(&records);
    let process = world.start("one");
    let mut reader = world.letters();
    let letter = reader.until(PATIENCE, |read| !read.is_empty())[0].clone();
    assert_eq!(letter.header("undertone-reason"), Some("unprocessable"));
    assert_eq!(letter.value.as_deref(), Some(long.to_string().as_bytes()));
    let mut events = world.events();
    events.until(PATIENCE, |read| read.len() >= expected_events(0..600));
    assert!(process.metric("undertone_transactions_total{outcome=\"aborted\"}").unwrap() >= 3.0);
    let (status, log) = process.terminate();
    assert!(status.success(), "{log}");
    assert_exactly_once(events.rest(Duration::from_millis(300)), 0..600);
    assert_eq!(reader.rest(Duration::from_millis(100)).len(), 1);
}
