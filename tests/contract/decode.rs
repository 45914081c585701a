//! The canonical mention: what is read, what is kept, what is refused and in which words.

use proptest::prelude::*;
use serde_json::{Value, json};
use undertone::mention::{Decoded, Decoder, Kind, Mention, Op, Reason, Rejection};

use crate::support::{decode, record};

fn minimal() -> Value {
    json!({"id": "1", "source": "forum", "text": "The cups leak.", "created_at": "2026-03-01T11:00:00Z"})
}

fn full() -> Value {
    json!({
        "id": "81", "source": "x", "text": "Þetta kaffi er of kalt", "title": "Kaffi", "url": "https://example.com/81", "language": "is",
        "created_at": "2026-03-01T12:30:00.25+01:00", "kind": "reply", "parent_id": "80", "parent_author": "kaffistofa", "thread_id": "79",
        "author": {"id": "5", "name": "Ana", "handle": "ana", "followers": 12, "verified": false, "bot": false},
        "engagement": {"likes": -2, "shares": 0, "replies": 1, "views": 99},
        "rating": {"value": 2, "scale": 5}, "in_community": "kaffi", "extra": {"brand": "Kaffistofa"},
    })
}

fn with(mut base: Value, pointer: &str, value: Value) -> Value {
    *base.pointer_mut(pointer).unwrap() = value;
    base
}

fn without(mut base: Value, field: &str) -> Value {
    base.as_object_mut().unwrap().remove(field);
    base
}

fn read(value: &Value) -> Decoded {
    let mut decoded = decode(value.to_string(), None);
    assert_eq!(decoded.len(), 1);
    decoded.remove(0).unwrap_or_else(|rejection| panic!("{rejection}"))
}

fn refused(payload: impl Into<Vec<u8>>) -> Rejection {
    let mut decoded = decode(payload, None);
    assert_eq!(decoded.len(), 1);
    decoded.remove(0).expect_err("it should be refused")
}

#[test]
fn the_four_required_fields_suffice() {
    let decoded = read(&minimal());
    assert_eq!((decoded.op, decoded.revision), (Op::Observed, 0));
    assert_eq!(decoded.mention.text, "The cups leak.");
    assert_eq!(decoded.mention.author, None);
}

#[test]
fn every_field_is_read() {
    let mention = read(&full()).mention;
    assert_eq!(mention.created_at.to_string(), "2026-03-01T11:30:00.25Z");
    assert_eq!(mention.kind, Some(Kind::Reply));
    assert_eq!(mention.parent_author.as_deref(), Some("kaffistofa"));
    let mut written = serde_json::to_value(&mention).unwrap();
    written["created_at"] = full()["created_at"].clone();
    written["rating"] = full()["rating"].clone();
    assert_eq!(written, full(), "nothing is lost on the way");
}

#[test]
fn edits_and_deletions_are_told_beside_the_fields() {
    let mut edited = full();
    edited["op"] = json!("edited");
    edited["revision"] = json!(3);
    let decoded = read(&edited);
    assert_eq!((decoded.op, decoded.revision), (Op::Edited, 3));
    assert_eq!(decoded.mention.extra, full()["extra"].as_object().cloned(), "op and revision are no extra");

    let mut deleted = without(minimal(), "text");
    deleted["op"] = json!("deleted");
    assert_eq!(read(&deleted).op, Op::Deleted);
}

#[test]
fn what_the_schema_does_not_name_is_kept_under_extra() {
    let mut value = full();
    value["pinned"] = json!(true);
    value["author"]["location"] = json!("Novi Sad");
    value["brand"] = json!("another");
    let mention = read(&value).mention;
    let expected = json!({"brand": "Kaffistofa", "pinned": true, "author.location": "Novi Sad"});
    assert_eq!(Value::from(mention.extra.unwrap()), expected, "and what stands there already is not overwritten");
    assert_eq!(mention.author.unwrap().handle.as_deref(), Some("ana"));
}

#[test]
fn null_is_absence() {
    let mut value = minimal();
    for field in ["title", "author", "rating", "engagement", "extra", "kind"] {
        value[field] = Value::Null;
    }
    assert_eq!(read(&value), read(&minimal()));
}

#[test]
fn a_text_may_be_empty_beside_a_title_or_a_rating() {
    for (field, value) in [("title", json!("Broken lids")), ("rating", json!({"value": 1, "scale": 5}))] {
        let mut mention = with(minimal(), "/text", json!(""));
        mention[field] = value;
        assert_eq!(read(&mention).mention.text, "");
    }
    let rejection = refused(with(minimal(), "/text", json!(" \n")).to_string());
    assert_eq!((rejection.reason, rejection.field.as_deref()), (Reason::MissingField, Some("text")));
}

#[test]
fn refusals_name_reason_and_field() {
    let cases: Vec<(Value, Reason, &str, &str)> = vec![
        (without(full(), "id"), Reason::MissingField, "id", "found nothing, expected a string"),
        (with(full(), "/source", json!("")), Reason::MissingField, "source", "not empty"),
        (without(full(), "created_at"), Reason::MissingField, "created_at", "2026-03-01T09:30:00Z"),
        (with(full(), "/id", json!(81)), Reason::MistypedField, "id", "found the number 81, expected a string"),
        (with(full(), "/text", json!(["a"])), Reason::MistypedField, "text", "found an array of 1"),
        (
            with(full(), "/author", json!("ana")),
            Reason::MistypedField,
            "author",
            "found the string \"ana\", expected an object",
        ),
        (
            with(full(), "/author/followers", json!("12")),
            Reason::MistypedField,
            "author.followers",
            "a whole number of 0 or more",
        ),
        (with(full(), "/author/followers", json!(-1)), Reason::InvalidValue, "author.followers", "found \"-1\""),
        (with(full(), "/author/verified", json!(1)), Reason::MistypedField, "author.verified", "true or false"),
        (with(full(), "/engagement/likes", json!(1.5)), Reason::InvalidValue, "engagement.likes", "a whole number"),
        (
            with(full(), "/kind", json!("tweet")),
            Reason::InvalidValue,
            "kind",
            "one of post, comment, reply, review, share",
        ),
        (with(full(), "/rating", json!({"value": 3})), Reason::MissingField, "rating.scale", "a number"),
        (with(full(), "/rating/value", json!(6)), Reason::InvalidValue, "rating.value", "a number from 0 to"),
        (with(full(), "/rating/scale", json!(0)), Reason::InvalidValue, "rating.scale", "above 0"),
        (with(full(), "/created_at", json!("yesterday")), Reason::InvalidValue, "created_at", "found \"yesterday\""),
        (
            with(full(), "/created_at", json!("2026-03-01T12:30:00")),
            Reason::InvalidValue,
            "created_at",
            "a time such as",
        ),
        (with(full(), "/created_at", json!(1772366400)), Reason::MistypedField, "created_at", "the number 1772366400"),
    ];
    for (value, reason, field, detail) in cases {
        let rejection = refused(value.to_string());
        assert_eq!((rejection.reason, rejection.field.as_deref()), (reason, Some(field)), "{rejection}");
        assert!(rejection.detail.contains(detail), "{rejection}");
    }
    let mut unknown_op = full();
    unknown_op["op"] = json!("gone");
    assert_eq!(refused(unknown_op.to_string()).field.as_deref(), Some("op"));
}

#[test]
fn what_is_no_json_object_is_refused() {
    assert_eq!(refused(Vec::new()).reason, Reason::Empty);
    assert_eq!(refused(vec![b'{', 0xff, b'}']).reason, Reason::NotUtf8);
    for text in ["hello", "[1]", "\"text\"", "{\"id\": ", "{} {}", "{\"id\": \"\\ud83d\"}"] {
        let rejection = refused(text);
        assert_eq!(rejection.reason, Reason::NotJson, "{text}: {rejection}");
    }
    assert_eq!(refused(" ".repeat(100_001)).reason, Reason::TooLarge);
    let deep = format!("{{\"id\": {}1{}}}", "[".repeat(40_000), "]".repeat(40_000));
    assert_eq!(refused(deep).reason, Reason::NotJson, "depth does not overflow the stack");
    let mut tombstone = record("");
    tombstone.payload = None;
    let decoder = Decoder { mapping: None, max_record_bytes: 10 };
    assert_eq!(decoder.decode(&tombstone)[0].as_ref().unwrap_err().reason, Reason::Empty);
}

#[test]
fn time_must_be_possible() {
    let at = |time: &str| with(minimal(), "/created_at", json!(time)).to_string();
    for fine in ["2026-03-01T12:05:00Z", "1990-01-01T00:00:00Z", "2015-02-16T23:36:05-08:00"] {
        assert!(decode(at(fine), None)[0].is_ok(), "{fine}");
    }
    for wrong in ["2026-03-01T12:05:01Z", "1989-12-31T23:59:59Z"] {
        let rejection = refused(at(wrong));
        assert_eq!((rejection.reason, rejection.field.as_deref()), (Reason::TimeOutOfRange, Some("created_at")));
    }
    let mut timeless = record(at("2031-01-01T00:00:00Z"));
    timeless.timestamp = None;
    assert!(
        Decoder { mapping: None, max_record_bytes: 1000 }.decode(&timeless)[0].is_ok(),
        "a file's lines have no time"
    );
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    assert!(decode(format!("\u{feff}{}", minimal()), None)[0].is_ok());
}

#[test]
fn details_are_short_and_printable() {
    let rejection = refused(with(full(), "/kind", json!("\u{1}ж".repeat(5000))).to_string());
    assert!(rejection.detail.chars().count() <= 300);
    assert!(!rejection.detail.contains(char::is_control));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        decode(bytes, None);
    }

    #[test]
    fn no_json_makes_it_panic(value in crate::support::any_json()) {
        for rejection in decode(value.to_string(), None).into_iter().filter_map(Result::err) {
            prop_assert!(rejection.detail.chars().count() <= 300);
        }
    }

    #[test]
    fn what_is_written_is_read_back(mention in crate::support::any_mention()) {
        let mention: Mention = mention;
        let decoded = read(&serde_json::to_value(&mention).unwrap());
        prop_assert_eq!(&decoded.mention, &mention);
        prop_assert_eq!(read(&serde_json::to_value(&decoded).unwrap()), decoded);
        let edited = Decoded { mention, op: Op::Edited, revision: 4 };
        prop_assert_eq!(read(&serde_json::to_value(&edited).unwrap()), edited);
    }

    #[test]
    fn the_patient_way_agrees_with_the_fast_one(mention in crate::support::any_mention()) {
        let mut value = serde_json::to_value(&mention).unwrap();
        value["unknown"] = json!(1);
        let mut decoded = read(&value).mention;
        let extra = decoded.extra.as_mut().unwrap();
        prop_assert_eq!(extra.remove("unknown"), Some(json!(1)));
        if mention.extra.is_none() && extra.is_empty() {
            decoded.extra = None;
        }
        prop_assert_eq!(decoded, mention);
    }
}
