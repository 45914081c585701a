//! A chunk as it goes out: events and dead letters, serialised, with their headers.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use rdkafka::message::{Header, OwnedHeaders};

use crate::enrich::{Enriched, EnrichedEvent};
use crate::mention::{Reason, Record, Rejection};
use crate::model::SentimentLabel;
use crate::telemetry::Correction;

/// `ce_type` of enriched events.
pub(super) const EVENT_TYPE: &str = "undertone.enriched.v1";
/// Serialised events of a chunk, at most. Each event carries its mention whole, so one large mention of many entities could
/// take any amount of memory; a chunk over this is tried in halves, and a record that is over it alone becomes a dead letter.
const MAX_BYTES: usize = 64 << 20;
const TRACEPARENT: &str = "traceparent";
/// A W3C `traceparent` has 55 bytes; later versions may add to it.
const TRACEPARENT_BYTES: usize = 256;

/// Everything that one transaction writes, and what to count and to show once it is committed.
#[derive(Default)]
pub(super) struct Outgoing {
    /// The values of `lines`, one after the other.
    pub(super) values: Vec<u8>,
    pub(super) lines: Vec<Line>,
    /// The event of each line.
    pub(super) events: Vec<Arc<EnrichedEvent>>,
    pub(super) letters: Vec<Letter>,
    pub(super) unmatched: u64,
    /// Per entity and label.
    pub(super) counts: HashMap<(Option<Arc<str>>, Option<SentimentLabel>), u64>,
    /// Events whose sentiment the lexicon corrected, by how.
    pub(super) corrections: HashMap<Correction, u64>,
    /// From when the age of each event counts: when it was written or when it reached Kafka, whichever is later, in
    /// milliseconds since the epoch.
    pub(super) since: Vec<i64>,
}

/// One enriched event.
pub(super) struct Line {
    pub(super) value: Range<usize>,
    pub(super) headers: OwnedHeaders,
}

/// One dead letter.
pub(super) struct Letter {
    pub(super) record: Record,
    pub(super) rejection: Rejection,
    /// Leave the record's key, value and headers out: they cannot be written.
    pub(super) bare: bool,
}

impl Outgoing {
    /// Serialises a chunk. `source` becomes `ce_source`.
    pub(super) fn of(chunk: Vec<Enriched>, source: &str) -> Result<Self, String> {
        let mut outgoing = Self::default();
        outgoing.lines.reserve(chunk.len());
        outgoing.events.reserve(chunk.len());
        for enriched in chunk {
            outgoing.add(enriched, source)?;
        }
        Ok(outgoing)
    }

    /// A chunk that is one dead letter.
    pub(super) fn letter(record: Record, rejection: Rejection, bare: bool) -> Self {
        Self { letters: vec![Letter { record, rejection, bare }], ..Self::default() }
    }

    fn add(&mut self, enriched: Enriched, source: &str) -> Result<(), String> {
        let Enriched { record, events, unmatched, rejection } = enriched;
        let traceparent = traceparent(&record);
        for event in events {
            let start = self.values.len();
            serde_json::to_writer(&mut self.values, &*event)
                .map_err(|error| format!("event {} cannot be serialised: {error}", event.id))?;
            if self.values.len() > MAX_BYTES {
                return Err(format!("its events take more than {} MiB", MAX_BYTES >> 20));
            }
            self.lines
                .push(Line { value: start..self.values.len(), headers: event_headers(&event, source, traceparent) });
            let written = event.mention.created_at.as_millisecond();
            self.since.push(written.max(record.timestamp.unwrap_or(written)));
            let entity = event.entity.as_ref().map(|entity| Arc::clone(&entity.id));
            *self.counts.entry((entity, event.sentiment.as_ref().map(|s| s.label))).or_default() += 1;
            if let Some(corrected) = event.sentiment.as_ref().and_then(|sentiment| sentiment.corrected.as_ref()) {
                let how = if corrected.shift.is_some() { Correction::Shifted } else { Correction::Fixed };
                *self.corrections.entry(how).or_default() += 1;
            }
            self.events.push(event);
        }
        self.unmatched += unmatched;
        if let Some(rejection) = rejection {
            self.letters.push(Letter { record, rejection, bare: false });
        }
        Ok(())
    }

    /// Dead letters per reason.
    pub(super) fn reasons(&self) -> impl Iterator<Item = (Reason, u64)> {
        Reason::ALL.into_iter().filter_map(|reason| {
            let count = self.letters.iter().filter(|letter| letter.rejection.reason == reason).count();
            (count > 0).then_some((reason, count as u64))
        })
    }
}

/// CloudEvents in binary mode: the attributes in headers, the event as the value.
fn event_headers(event: &EnrichedEvent, source: &str, traceparent: Option<&[u8]>) -> OwnedHeaders {
    let time = event.mention.created_at.to_string();
    let headers = OwnedHeaders::new_with_capacity(7);
    let headers = [
        ("ce_specversion", "1.0"),
        ("ce_id", &event.id),
        ("ce_source", source),
        ("ce_type", EVENT_TYPE),
        ("ce_time", &time),
        ("content-type", "application/json"),
    ]
    .into_iter()
    .fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(value) }));
    match traceparent {
        None => headers,
        Some(value) => headers.insert(Header { key: TRACEPARENT, value: Some(value) }),
    }
}

impl Letter {
    /// The record's own headers, untouched and in order, then why it is here and where it came from.
    pub(super) fn headers(&self) -> OwnedHeaders {
        let Self { record, rejection, bare } = self;
        let own = record
            .headers
            .iter()
            .filter(|_| !bare)
            .fold(OwnedHeaders::new_with_capacity(record.headers.len() + 6), |headers, (key, value)| {
                headers.insert(Header { key, value: value.as_deref() })
            });
        let origin = &record.origin;
        let (partition, offset) = (origin.partition.to_string(), origin.offset.to_string());
        [
            ("undertone-reason", Some(rejection.reason.name())),
            ("undertone-field", rejection.field.as_deref()),
            ("undertone-detail", Some(rejection.detail.as_str())),
            ("undertone-topic", Some(&*origin.topic)),
            ("undertone-partition", Some(partition.as_str())),
            ("undertone-offset", Some(offset.as_str())),
        ]
        .into_iter()
        .filter(|(_, value)| value.is_some())
        .fold(own, |headers, (key, value)| headers.insert(Header { key, value }))
    }

    /// Bytes of the record's key, value and headers.
    pub(super) fn bytes(&self) -> usize {
        let Record { key, payload, headers, .. } = &self.record;
        let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        length(key) + length(payload) + headers.iter().map(|(name, value)| name.len() + length(value)).sum::<usize>()
    }

    /// The record's key, unless it cannot be written.
    pub(super) fn key(&self) -> Option<&[u8]> {
        if self.bare { None } else { self.record.key.as_deref() }
    }

    /// The record's value, unless it cannot be written.
    pub(super) fn value(&self) -> Option<&[u8]> {
        if self.bare { None } else { self.record.payload.as_deref() }
    }
}

fn traceparent(record: &Record) -> Option<&[u8]> {
    let (_, value) = record.headers.iter().find(|(key, _)| key == TRACEPARENT)?;
    value.as_deref().filter(|value| value.len() <= TRACEPARENT_BYTES)
}

#[cfg(test)]
mod tests {
    use rdkafka::message::Headers;

    use super::*;
    use crate::mention::Origin;

    fn record(headers: Vec<(String, Option<Vec<u8>>)>) -> Record {
        Record {
            origin: Origin { topic: "mentions".into(), partition: 3, offset: 41 },
            key: Some(b"k".to_vec()),
            payload: Some(b"\xff\x00not json".to_vec()),
            headers,
            timestamp: Some(1_700_000_000_000),
        }
    }

    fn pairs(headers: &OwnedHeaders) -> Vec<(String, Option<Vec<u8>>)> {
        headers.iter().map(|h| (h.key.to_owned(), h.value.map(<[u8]>::to_vec))).collect()
    }

    #[test]
    fn a_dead_letter_keeps_bytes_and_headers_and_tells_its_origin() {
        let own =
            vec![("x".to_owned(), Some(b"1".to_vec())), ("x".to_owned(), Some(vec![0xff])), ("empty".to_owned(), None)];
        let rejection = Rejection { reason: Reason::NotJson, field: None, detail: "found é".into() };
        let letter = Letter { record: record(own.clone()), rejection, bare: false };
        let headers = pairs(&letter.headers());
        assert_eq!(headers[..3], own[..]);
        let told: Vec<_> = headers[3..]
            .iter()
            .map(|(key, value)| (key.as_str(), std::str::from_utf8(value.as_deref().unwrap()).unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                ("undertone-reason", "not_json"),
                ("undertone-detail", "found é"),
                ("undertone-topic", "mentions"),
                ("undertone-partition", "3"),
                ("undertone-offset", "41"),
            ]
        );
        assert_eq!(letter.value(), Some(&b"\xff\x00not json"[..]));
    }

    #[test]
    fn a_bare_dead_letter_leaves_the_bytes_in_the_input() {
        let rejection = Rejection { reason: Reason::Unprocessable, field: None, detail: "x".into() };
        let outgoing = Outgoing::letter(record(vec![("big".to_owned(), Some(vec![0; 1_000]))]), rejection, true);
        let letter = &outgoing.letters[0];
        assert_eq!((letter.key(), letter.value()), (None, None));
        assert!(pairs(&letter.headers()).iter().all(|(key, _)| key.starts_with("undertone-")));
        assert_eq!(outgoing.reasons().collect::<Vec<_>>(), [(Reason::Unprocessable, 1)]);
    }

    /// An event of zeta whose model said negative; `shift` is what the lexicon did to it.
    fn corrected(label: &str, shift: Option<Option<f64>>) -> Arc<EnrichedEvent> {
        let said = serde_json::json!({
            "label": "negative", "score": -0.7, "negative": 0.8, "neutral": 0.1, "positive": 0.1, "abstained": false,
        });
        let mut sentiment = said.clone();
        sentiment["evidence"] = serde_json::json!([]);
        sentiment["label"] = label.into();
        if let Some(shift) = shift {
            sentiment["corrected"] = serde_json::json!({ "by": ["war zone"], "shift": shift, "was": said });
        }
        let event = serde_json::json!({
            "schema": "undertone.enriched/1", "id": "x:1#zeta", "op": "observed", "revision": 0, "relation": "mention",
            "mention": { "id": "1", "source": "x", "text": "zeta", "created_at": "2026-01-01T00:00:00Z" },
            "entity": { "id": "zeta", "name": "Zeta", "kind": "brand", "matched": [] },
            "language": { "code": "en", "confidence": 0.9, "measured": true }, "sentiment": sentiment, "topics": [],
            "signals": { "complaint": 0.1, "question": false, "spam": 0.1, "offensive": 0.1 },
            "fingerprint": "0000000000000000", "truncated": false, "model": null, "watchlist": null,
            "origin": { "topic": "mentions", "partition": 0, "offset": 0 }, "processed_at": "2026-01-01T00:00:00Z",
        });
        Arc::new(serde_json::from_value(event).unwrap())
    }

    #[test]
    fn corrections_are_counted_by_how_and_events_by_the_label_after_it() {
        let events = vec![
            corrected("negative", None),
            corrected("neutral", Some(None)),
            corrected("positive", Some(Some(3.0))),
            corrected("positive", Some(Some(1.5))),
        ];
        let enriched = Enriched { record: record(Vec::new()), events, unmatched: 0, rejection: None };
        let outgoing = Outgoing::of(vec![enriched], "/test").unwrap();
        assert_eq!(outgoing.corrections, HashMap::from([(Correction::Fixed, 1), (Correction::Shifted, 2)]));
        let counted = |label| outgoing.counts[&(Some("zeta".into()), Some(label))];
        let labels = [SentimentLabel::Negative, SentimentLabel::Neutral, SentimentLabel::Positive];
        assert_eq!(labels.map(counted), [1, 1, 2]);
    }

    #[test]
    fn an_absurd_traceparent_is_not_passed_on() {
        let with = |value: Vec<u8>| record(vec![(TRACEPARENT.to_owned(), Some(value))]);
        assert_eq!(traceparent(&with(b"00-abc".to_vec())), Some(&b"00-abc"[..]));
        assert_eq!(traceparent(&with(vec![b'a'; 10_000])), None);
        assert_eq!(traceparent(&record(Vec::new())), None);
    }
}
