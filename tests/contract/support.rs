//! Records and mentions for the tests of this folder.

use std::sync::Arc;

use proptest::prelude::*;
use serde_json::Value;
use undertone::mention::{
    Author, Decoded, Decoder, Engagement, Kind, Mapping, Mention, Origin, Rating, Record, Rejection,
};

/// 2026-03-01T12:00:00Z: the timestamp of every record made here, in milliseconds.
pub(crate) const RECORDED: i64 = 1_772_366_400_000;

pub(crate) fn record(payload: impl Into<Vec<u8>>) -> Record {
    Record {
        origin: Origin { topic: "mentions".into(), partition: 0, offset: 7 },
        key: None,
        payload: Some(payload.into()),
        headers: Vec::new(),
        timestamp: Some(RECORDED),
    }
}

pub(crate) fn decode(payload: impl Into<Vec<u8>>, mapping: Option<Mapping>) -> Vec<Result<Decoded, Rejection>> {
    let decoder = Decoder { mapping: mapping.map(Arc::new), max_record_bytes: 100_000 };
    decoder.decode(&record(payload))
}

/// JSON values with the field names of a mention, of any type and shape.
pub(crate) fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        Just(Value::from("2026-03-01T11:00:00Z")),
    ];
    let names = prop::sample::select(vec![
        "id",
        "source",
        "text",
        "created_at",
        "author",
        "rating",
        "followers",
        "value",
        "scale",
        "kind",
        "op",
        "extra",
    ]);
    leaf.prop_recursive(3, 40, 12, move |inner| {
        let object = prop::collection::btree_map(names.clone(), inner.clone(), 0..10);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            object
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Value>()),
        ]
    })
}

/// Mentions that decoding accepts.
pub(crate) fn any_mention() -> impl Strategy<Value = Mention> {
    let word = "[\\PC\n]{1,12}";
    let maybe = prop::option::of(word);
    let kinds = prop::sample::select(vec![Kind::Post, Kind::Comment, Kind::Reply, Kind::Review, Kind::Share]);
    let author = (
        maybe.clone(),
        maybe.clone(),
        maybe.clone(),
        any::<Option<u64>>(),
        any::<Option<bool>>(),
        any::<Option<bool>>(),
    )
        .prop_map(|(id, name, handle, followers, verified, bot)| Author {
            id,
            name,
            handle,
            followers,
            verified,
            bot,
        });
    let engagement = any::<(Option<i64>, Option<u64>, Option<u64>, Option<u64>)>()
        .prop_map(|(likes, shares, replies, views)| Engagement { likes, shares, replies, views });
    let rating = (0u32..=10, 10u32..=100)
        .prop_map(|(value, scale)| Rating { value: f64::from(value) / 2.0, scale: f64::from(scale) });
    let extra = prop::collection::btree_map(
        "[a-z_]{1,8}",
        prop_oneof![any::<i64>().prop_map(Value::from), word.prop_map(Value::from)],
        0..3,
    )
    .prop_map(|fields| fields.into_iter().collect());
    let required = ("[!-~]{1,12}", "[a-z]{1,8}", "[!-~][\\PC\n]{0,60}", 631_152_000_000i64..=RECORDED);
    let optional = (maybe.clone(), maybe.clone(), maybe.clone(), maybe.clone(), maybe.clone(), maybe.clone(), maybe);
    let objects = (
        prop::option::of(kinds),
        prop::option::of(author),
        prop::option::of(engagement),
        prop::option::of(rating),
        prop::option::of(extra),
    );
    (required, optional, objects).prop_map(
        |((id, source, text, millis), optional, (kind, author, engagement, rating, extra))| {
            let (title, url, language, parent_id, parent_author, thread_id, in_community) = optional;
            let created_at = jiff::Timestamp::from_millisecond(millis).unwrap();
            Mention {
                id,
                source,
                text,
                title,
                url,
                language,
                created_at,
                kind,
                parent_id,
                parent_author,
                thread_id,
                author,
                engagement,
                rating,
                in_community,
                extra,
            }
        },
    )
}
