//! The core is pure: what comes out depends on the records alone, not on how they were cut into chunks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{EnrichedEvent, Enricher, Parts};
use crate::mention::{Decoder, Origin, Reason, Record};
use crate::watch::{Account, Entity, EntityKind, Relation, Watchlist};

fn entity(id: &str, query: &str, handle: &str) -> Entity {
    Entity {
        id: id.into(),
        name: id.to_uppercase(),
        kind: EntityKind::Brand,
        group: None,
        query: Some(query.into()),
        accounts: vec![Account { source: Some("x".into()), handle: Some(handle.into()), id: None }],
        spaces: Vec::new(),
    }
}

fn enricher() -> Enricher {
    let entities = vec![entity("zeta", "zeta", "zetaphones"), entity("nova", "nova OR \"new wave\"", "nova")];
    Enricher::new(Parts {
        decoders: HashMap::new(),
        default_decoder: Decoder { mapping: None, max_record_bytes: 10_000 },
        watchlist: Some(Watchlist::new(entities, Vec::new()).unwrap().into()),
        lexicon: None,
        language: None,
        scorer: None,
    })
}

fn record(offset: i64, payload: &[u8]) -> Record {
    Record {
        origin: Origin { topic: "mentions".into(), partition: 0, offset },
        key: None,
        payload: Some(payload.to_vec()),
        headers: Vec::new(),
        timestamp: None,
    }
}

fn mention(text: &str) -> Value {
    json!({ "id": "7", "source": "x", "text": text, "created_at": "2026-05-01T12:00:00Z", "language": "en-GB" })
}

/// What came out, as JSON: events, or the reason, or nothing.
fn outcome(enricher: &Enricher, chunks: &[&[Record]]) -> Vec<(i64, Value, u64, Option<Reason>)> {
    let at = Timestamp::UNIX_EPOCH;
    chunks
        .iter()
        .flat_map(|chunk| enricher.finish(enricher.begin(chunk.to_vec()), at).unwrap())
        .map(|enriched| {
            let events = serde_json::to_value(&enriched.events).unwrap();
            (enriched.record.origin.offset, events, enriched.unmatched, enriched.rejection.map(|r| r.reason))
        })
        .collect()
}

fn one(payload: &Value) -> (Value, u64, Option<Reason>) {
    let (_, events, unmatched, reason) =
        outcome(&enricher(), &[&[record(0, payload.to_string().as_bytes())]]).remove(0);
    (events, unmatched, reason)
}

#[test]
fn one_event_for_each_entity_in_the_order_of_the_watchlist() {
    let (events, unmatched, reason) = one(&mention("From new wave to Zeta, and happy"));
    assert_eq!((unmatched, reason), (0, None));
    let ids: Vec<_> = events.as_array().unwrap().iter().map(|event| event["id"].clone()).collect();
    assert_eq!(ids, ["x:7#zeta", "x:7#nova"]);
    assert_eq!(events[0]["entity"]["matched"], json!([{ "start": 17, "end": 21 }]));
    assert_eq!(events[1]["entity"]["matched"], json!([{ "start": 5, "end": 13 }]));
    assert_eq!(events[0]["language"], json!({ "code": "en", "confidence": 0.5, "measured": false }));
    assert_eq!((&events[0]["sentiment"], &events[0]["model"]), (&Value::Null, &Value::Null));
}

#[test]
fn what_matches_nothing_is_counted_and_what_cannot_be_read_says_why() {
    assert_eq!(one(&mention("Nobody named here")), (json!([]), 1, None));
    assert_eq!(one(&json!({ "id": "1" })).2, Some(Reason::MissingField));
}

#[test]
fn own_posts_and_replies_need_no_words() {
    let mut own = mention("We are hiring");
    own["author"] = json!({ "handle": "ZetaPhones" });
    assert_eq!(one(&own).0[0]["relation"], json!(Relation::Own));
    let mut reply = mention("When, please?");
    reply["parent_author"] = json!("zetaphones");
    let (events, ..) = one(&reply);
    assert_eq!((&events[0]["relation"], &events[0]["signals"]["question"]), (&json!(Relation::Reply), &json!(true)));
}

#[test]
fn offsets_of_a_title_are_said_to_be_of_the_title() {
    let mut post = mention("Tốt lắm, zeta");
    post["title"] = json!("Đánh giá Zeta");
    let (events, ..) = one(&post);
    assert_eq!(
        events[0]["entity"]["matched"],
        json!([{ "start": 9, "end": 13, "in": "title" }, { "start": 9, "end": 13 }])
    );
}

/// Each of these takes minutes where time grows with the square of the length.
#[test]
fn a_hostile_record_takes_no_longer_than_an_ordinary_one_of_its_size() {
    let size = 900_000;
    let filled = |piece: &str| piece.repeat(size / piece.len());
    let mut entities = vec![entity("acme", "acme OR #acme OR \"acme acme\"", "acme")];
    // Whoever is named, everybody is woken.
    entities.extend((0..1000).map(|n| entity(&format!("e{n}"), &format!("acme AND (nobody{n} OR acme)"), "nobody")));
    let enricher = Enricher::new(Parts {
        decoders: HashMap::new(),
        default_decoder: Decoder { mapping: None, max_record_bytes: 8 << 20 },
        watchlist: Some(Watchlist::new(entities, Vec::new()).unwrap().into()),
        lexicon: None,
        language: None,
        scorer: None,
    });
    let took = |text: &str| {
        let record = record(0, mention(text).to_string().as_bytes());
        let began = Instant::now();
        let enriched = enricher.finish(enricher.begin(vec![record]), Timestamp::UNIX_EPOCH).unwrap().remove(0);
        assert_eq!((enriched.rejection.is_none(), enriched.events.len()), (true, 1001), "{text:.20}");
        let most = |event: &Arc<EnrichedEvent>| event.entity.as_ref().unwrap().matched.len();
        assert!(enriched.events.iter().map(most).max() <= Some(32));
        began.elapsed()
    };
    let ordinary = took(&filled("Acme is what all of us would buy again. "));
    let mut hostile: Vec<String> = [
        "acme-",
        "_acme",
        "acme_",
        "acme ",
        "@acme ",
        "#acme",
        "acme,",
        "é acme ",
        "https://acme.",
        "\u{301}acme.",
        "🙂acme",
    ]
    .iter()
    .map(|piece| format!("acme {}", filled(piece)))
    .collect();
    hostile.push(format!("acme {}", filled("x")));
    hostile.push(format!("{} acme", filled("漢")));
    for text in &hostile {
        let took = took(text);
        assert!(took < 20 * ordinary + Duration::from_secs(2), "{text:.20}: {took:?}, ordinary {ordinary:?}");
    }
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    let words =
        prop::sample::select(vec!["zeta", "nova", "new wave", "good", "плохо", "😀", "@zetaphones", "&amp;", "?"]);
    prop_oneof![
        8 => prop::collection::vec(words, 0..8).prop_map(|words| mention(&words.join(" ")).to_string().into_bytes()),
        1 => Just(b"{ not json".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

proptest! {
    #[test]
    fn chunks_do_not_matter(payloads in prop::collection::vec(payload(), 1..80), cuts in prop::collection::vec(0usize..80, 0..6)) {
        let records: Vec<Record> = (0..).zip(&payloads).map(|(offset, payload)| record(offset, payload)).collect();
        let enricher = enricher();
        let whole = outcome(&enricher, &[&records]);
        let mut cuts: Vec<usize> = cuts.into_iter().filter(|cut| *cut < records.len()).chain([0, records.len()]).collect();
        cuts.sort_unstable();
        let pieces: Vec<&[Record]> = cuts.windows(2).map(|cut| &records[cut[0]..cut[1]]).collect();
        prop_assert_eq!(outcome(&enricher, &pieces), whole);
    }
}
