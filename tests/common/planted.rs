//! Weeks of enriched events of one entity, and a drop planted at their end. Made from a seed; nobody wrote these posts.

use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// 2026-03-01T12:00:00Z: where the planted drop has come to. Fixed, so that every run sees the same stream.
pub(crate) const NOW: i64 = 1_772_366_400_000;
/// The topic that the planted drop is about.
pub(crate) const CAUSE: &str = "luggage";
const TOPICS: [&str; 3] = ["service", CAUSE, "food"];
const HOUR: i64 = 3_600_000;
const WEEK: i64 = 7 * 24 * HOUR;

/// A stretch of event time, in milliseconds since the epoch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stretch {
    pub(crate) from: i64,
    pub(crate) until: i64,
    /// Mentions an hour at noon, mean over the topics.
    pub(crate) rate: f64,
    /// Those who speak of [`CAUSE`] speak ill of it.
    pub(crate) spoilt: bool,
}

/// Four weeks of a usual life, and then `hours` in which one topic goes wrong, up to [`NOW`].
pub(crate) fn weeks_then_drop(hours: i64) -> [Stretch; 2] {
    let turn = NOW - hours * HOUR;
    [
        Stretch { from: turn - 4 * WEEK, until: turn, rate: 20.0, spoilt: false },
        Stretch { from: turn, until: NOW, rate: 20.0, spoilt: true },
    ]
}

/// The enriched events of a stretch, in order of time. Same arguments, same events.
pub(crate) fn events(entity: &str, stretch: Stretch) -> impl Iterator<Item = Value> {
    let entity = entity.to_owned();
    let mut at = stretch.from;
    std::iter::from_fn(move || {
        // Nights are quieter than days; gaps between 0.5 and 1.5 of the mean.
        let day = (at.rem_euclid(24 * HOUR) as f64 / (24 * HOUR) as f64 * std::f64::consts::TAU - 3.0).sin();
        let gap = HOUR as f64 / (stretch.rate * (1.0 + 0.6 * day));
        at += (gap * (0.5 + chance(at, 0))).max(1.0) as i64;
        (at < stretch.until).then(|| event(&entity, at, stretch.spoilt))
    })
}

/// From 0 to 1: which, `draw` and the moment say.
fn chance(at: i64, draw: u64) -> f64 {
    (xxh3_64_with_seed(&at.to_le_bytes(), draw) >> 11) as f64 / (1u64 << 53) as f64
}

fn event(entity: &str, at: i64, spoilt: bool) -> Value {
    // In a drop, half of what is said is about the one topic.
    let topic = if spoilt && chance(at, 1) < 0.5 { CAUSE } else { TOPICS[(chance(at, 2) * 3.0) as usize % 3] };
    let ill = chance(at, 3) < if spoilt && topic == CAUSE { 0.95 } else { 0.3 };
    let (negative, positive, label) = if ill { (0.85, 0.05, "negative") } else { (0.05, 0.8, "positive") };
    let author = (chance(at, 4) * 2_000.0) as u32;
    json!({
        "schema": "undertone.enriched/1", "id": format!("test:{at}#{entity}"), "op": "observed", "revision": 0,
        "relation": "mention",
        "mention": {
            "id": at.to_string(), "source": (if chance(at, 5) < 0.7 { "x" } else { "bluesky" }),
            "text": format!("number {at} about the {topic} of {entity}"), "url": format!("https://posts.example/{at}"),
            "created_at": jiff::Timestamp::from_millisecond(at).unwrap(),
            "author": { "id": author.to_string(), "handle": format!("user{author}"), "followers": author },
        },
        "entity": { "id": entity, "name": entity, "kind": "brand", "matched": [] },
        "language": { "code": (if chance(at, 6) < 0.8 { "en" } else { "is" }), "confidence": 0.9, "measured": true },
        "sentiment": {
            "label": label, "score": positive - negative, "negative": negative, "neutral": 1.0 - positive - negative,
            "positive": positive, "abstained": false, "evidence": [],
        },
        "topics": [{ "id": topic, "score": 0.8 }],
        "signals": { "complaint": (if ill { 0.9 } else { 0.1 }), "question": false, "spam": 0.02, "offensive": 0.01 },
        "fingerprint": format!("{:016x}", xxh3_64_with_seed(&at.to_le_bytes(), 7)), "truncated": false,
        "model": { "name": "default", "version": "1" }, "watchlist": { "version": "1" },
        "origin": { "topic": "mentions", "partition": 0, "offset": 0 },
        "processed_at": jiff::Timestamp::from_millisecond(at).unwrap(),
    })
}
