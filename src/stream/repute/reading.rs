//! Records of the enriched topic to events, or to the reason why they are none.

use rayon::prelude::*;
use rdkafka::Message;
use rdkafka::message::BorrowedMessage;

use super::placement::partition_of;
use crate::mention::{Reason, Rejection, time};
use crate::reputation::{Digested, Observation};
use crate::stream::stages::guarded;

/// From so many records on, decoding is spread over the cores.
const SPREAD: usize = 64;

/// Why a record is no event that could be added up.
pub(super) enum Unread {
    /// It is none.
    Rejected(Rejection),
    /// It made the core panic.
    Panicked(String),
}

/// Decodes records, each with its place in the chunk, in the order in which they are given, and reads what each says by itself.
pub(super) fn decode<'m>(
    messages: &[(usize, &'m BorrowedMessage<'_>)],
    partitions: i32,
) -> Vec<Result<Digested<'m>, Unread>> {
    let decode = |(place, message): &(usize, &'m BorrowedMessage<'_>)| {
        let record = (message.key(), message.payload(), message.timestamp().to_millis());
        let observation = observation(record, (message.partition(), partitions)).map_err(Unread::Rejected)?;
        guarded(|| Digested::new(observation, *place)).map_err(Unread::Panicked)
    };
    if messages.len() < SPREAD {
        return messages.iter().map(decode).collect();
    }
    messages.par_iter().with_min_len(SPREAD / 2).map(decode).collect()
}

/// A record's key, value and time (milliseconds since the epoch).
type Record<'k, 'm> = (Option<&'k [u8]>, Option<&'m [u8]>, Option<i64>);

/// Decodes a record of a partition out of so many.
fn observation<'m>(
    (key, value, recorded): Record<'_, 'm>,
    (partition, partitions): (i32, i32),
) -> Result<Observation<'m>, Rejection> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        return Err(Rejection::new(Reason::Empty, None, "found no value, expected an enriched event"));
    };
    let observation = Observation::from_json(value).map_err(|error| rejection(&error, value))?;
    let Some(entity) = &observation.entity else { return Ok(observation) };
    // One event from the far future would move the clock of the whole book, and nothing moves it back.
    time(observation.mention.created_at, recorded)?;
    if key != Some(entity.id.as_bytes()) {
        let detail = format!("found another key, expected the entity's id {:?}", entity.id);
        return Err(Rejection::new(Reason::InvalidValue, Some("key"), detail));
    }
    // An entity's state lives on one partition: what lies elsewhere would make it two.
    let home = partition_of(entity.id.as_bytes(), partitions);
    if home != partition {
        let detail = format!("found on partition {partition}, expected on {home}, where entity {:?} lives", entity.id);
        return Err(Rejection::new(Reason::InvalidValue, Some("partition"), detail));
    }
    Ok(observation)
}

fn rejection(error: &serde_json::Error, value: &[u8]) -> Rejection {
    let detail = format!("found no enriched event: {error}");
    if std::str::from_utf8(value).is_err() {
        return Rejection::new(Reason::NotUtf8, None, detail);
    }
    if !error.is_data() {
        return Rejection::new(Reason::NotJson, None, detail);
    }
    let said = error.to_string();
    let missing = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match missing {
        Some(field) => Rejection::new(Reason::MissingField, Some(field), detail),
        None if said.starts_with("invalid type") => Rejection::new(Reason::MistypedField, None, detail),
        None => Rejection::new(Reason::InvalidValue, None, detail),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// 2026-03-01T10:00:00Z.
    const RECORDED: i64 = 1_772_359_200_000;

    fn event() -> serde_json::Value {
        json!({
            "schema": "undertone.enriched/1", "id": "test:1#acme", "op": "observed", "revision": 0, "relation": "mention",
            "mention": { "id": "1", "source": "test", "text": "x", "created_at": "2026-03-01T10:00:00Z" },
            "entity": { "id": "acme", "name": "Acme", "kind": "brand", "matched": [] },
            "language": { "code": "en" }, "sentiment": null, "topics": [],
            "signals": { "complaint": null, "question": false, "spam": null, "offensive": null },
            "fingerprint": "0000000000000000",
        })
    }

    fn reason(key: Option<&[u8]>, value: Option<&[u8]>, partition: i32) -> Result<(), (Reason, Option<String>)> {
        let record = (key, value, Some(RECORDED));
        observation(record, (partition, 4)).map(drop).map_err(|rejection| (rejection.reason, rejection.field))
    }

    #[test]
    fn what_is_no_enriched_event_is_told_apart() {
        let whole = event().to_string().into_bytes();
        let home = partition_of(b"acme", 4);
        assert_eq!(reason(Some(b"acme"), Some(&whole), home), Ok(()));
        let elsewhere = Err((Reason::InvalidValue, Some("partition".to_owned())));
        assert_eq!(reason(Some(b"acme"), Some(&whole), (home + 1) % 4), elsewhere);
        let wrong_key = Err((Reason::InvalidValue, Some("key".to_owned())));
        assert_eq!(reason(Some(b"other"), Some(&whole), home), wrong_key);
        assert_eq!(reason(None, Some(&whole), home), wrong_key);
        assert_eq!(reason(None, None, home), Err((Reason::Empty, None)));
        assert_eq!(reason(None, Some(b"{\"id\": \"\xff\"}"), home), Err((Reason::NotUtf8, None)));
        assert_eq!(reason(None, Some(b"lumen"), home), Err((Reason::NotJson, None)));
        let missing = Err((Reason::MissingField, Some("schema".to_owned())));
        assert_eq!(reason(None, Some(b"{}"), home), missing);
        let mut odd = event();
        odd["topics"] = json!(7);
        assert_eq!(reason(None, Some(odd.to_string().as_bytes()), home), Err((Reason::MistypedField, None)));
        for (created_at, expected) in [
            ("2026-03-01T10:05:00Z", Ok(())),
            ("2026-03-01T10:05:01Z", Err((Reason::TimeOutOfRange, Some("created_at".to_owned())))),
            ("1989-12-31T23:59:59Z", Err((Reason::TimeOutOfRange, Some("created_at".to_owned())))),
        ] {
            let mut dated = event();
            dated["mention"]["created_at"] = json!(created_at);
            assert_eq!(reason(Some(b"acme"), Some(dated.to_string().as_bytes()), home), expected, "{created_at}");
        }
        let mut nobody = event();
        nobody["entity"] = json!(null);
        assert_eq!(reason(None, Some(nobody.to_string().as_bytes()), 0), Ok(()), "whatever its key");
    }
}
