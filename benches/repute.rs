//! The second stage without Kafka: decoded events through a book on one core, and records to events.
//!
//! `cargo bench --bench repute -- --memory` measures no time but what ten thousand entities of a hundred events take.

// The memory figure goes to stdout.
#![allow(clippy::print_stdout)]

use std::borrow::Cow;
use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group};
use jiff::Timestamp;
use serde_json::json;
use undertone::mention::Op;
use undertone::model::SentimentLabel;
use undertone::reputation::observation::{Author, Concerned, Language, Meant, Said, Signals, Topic};
use undertone::reputation::{Book, Digested, Observation, Rules, side_by_side};
use undertone::watch::{EntityKind, Relation};

/// The product's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const START: i64 = 1_772_323_200_000;
const EVENTS: u64 = 200_000;
/// Events of a chunk: what `limits.chunk_records` allows, and about a tenth of a second of work.
const CHUNK: usize = 16_000;
/// Words that people choose from.
const WORDS: u64 = 20_000;

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// A word, the n-th with a chance of about 1/n (Zipf 1935), of three to twelve letters.
    fn word(&mut self) -> String {
        let mut letters = Self((WORDS as f64).powf(self.part()) as u64);
        (0..3 + letters.below(10)).map(|_| char::from(b'a' + letters.below(26) as u8)).collect()
    }

    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Synthetic posts: many authors of whom some write more, a tenth copies, up to three of ten topics, a reply in four.
fn event(number: u64, entities: u64, step: i64, dice: &mut Dice) -> Observation<'static> {
    let entity = dice.below(entities);
    let copied = dice.below(10) == 0;
    let mut words = Dice(if copied { dice.below(200) } else { dice.next() });
    let fingerprint = words.next();
    let text: Vec<String> = (0..14).map(|_| words.word()).collect();
    let most = 1 + dice.below(50_000);
    let author = dice.below(most);
    let positive = dice.part();
    let negative = (1.0 - positive) * dice.part();
    let reply = dice.below(4) == 0;
    let topics: Vec<Topic<'static>> =
        (0..dice.below(4)).map(|_| Topic { id: Cow::Owned(format!("topic{}", dice.below(10))), score: 0.6 }).collect();
    Observation {
        id: Cow::Owned(format!("x:{number}#brand{entity}")),
        op: Op::Observed,
        revision: 0,
        relation: Some(if reply { Relation::Reply } else { Relation::Mention }),
        mention: Said {
            id: Cow::Owned(number.to_string()),
            source: Cow::Borrowed(["x", "reddit", "forum", "reviews"][dice.below(4) as usize]),
            text: Cow::Owned(text.join(" ")),
            url: Some(Cow::Owned(format!("https://example.com/posts/{number}"))),
            created_at: Timestamp::from_millisecond(START + number as i64 * step).unwrap_or_default(),
            kind: None,
            parent_id: reply.then(|| Cow::Owned(number.saturating_sub(dice.below(100)).to_string())),
            parent_author: None,
            thread_id: None,
            author: Some(Author {
                id: Some(Cow::Owned(format!("author{author}"))),
                followers: Some(author % 5_000),
                ..Author::default()
            }),
            engagement: None,
            in_community: None,
        },
        entity: Some(Concerned {
            id: Cow::Owned(format!("brand{entity}")),
            name: Cow::Owned(format!("Brand {entity}")),
            kind: EntityKind::Brand,
            matched: Vec::new(),
        }),
        language: Language { code: Cow::Borrowed(["en", "es", "vi", "sr", "is"][dice.below(5) as usize]) },
        sentiment: Some(Meant {
            label: SentimentLabel::Neutral,
            negative,
            neutral: 1.0 - positive - negative,
            positive,
            abstained: false,
        }),
        topics,
        signals: Signals { complaint: Some(0.1), question: false, spam: Some(dice.part() * 0.1), offensive: Some(0.0) },
        fingerprint,
    }
}

fn events(count: u64, entities: u64, step: i64) -> impl Iterator<Item = Observation<'static>> {
    let mut dice = Dice(7);
    (0..count).map(move |number| event(number, entities, step, &mut dice))
}

fn records(count: u64, entities: u64, step: i64) -> Vec<Written> {
    events(count, entities, step).map(|event| record(&event)).collect()
}

/// A record of the enriched topic.
struct Written {
    /// The entity's id.
    key: String,
    value: String,
}

fn order(records: &[Written]) -> Vec<usize> {
    side_by_side(records.iter().map(|record| Some(record.key.as_bytes())))
}

fn decoded<'a>(records: &'a [Written], order: &[usize]) -> Vec<Digested<'a>> {
    let read = |&place: &usize| {
        let event = Observation::from_json(records[place].value.as_bytes()).ok()?;
        Some(Digested::new(event, place))
    };
    order.iter().filter_map(read).collect()
}

/// Adds records up as the stage does, a chunk at a time; and how long that took without decoding them: putting them in order, and adding
/// them up.
fn fold_all(records: &[Written]) -> (Book, Duration) {
    let mut book = Book::new(Arc::new(Rules::default()));
    let mut took = Duration::ZERO;
    for chunk in records.chunks(CHUNK) {
        let started = Instant::now();
        let order = order(chunk);
        took += started.elapsed();
        let events = decoded(chunk, &order);
        let started = Instant::now();
        book.fold_chunk(&events, &Cell::new(0));
        black_box(book.news());
        took += started.elapsed();
    }
    (book, took)
}

/// 200,000 decoded events, over so many entities and with so many milliseconds of event time between two events.
fn fold(c: &mut Criterion) {
    let mut group = c.benchmark_group("repute");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS));
    for (name, entities, step) in [
        // As fast as it is asked to be, live: 2,000 a second for each entity.
        ("live_100_entities", 100, 0),
        ("live_one_entity", 1, 0),
        // A history of 23 days, 100 entities with 87 mentions a day each.
        ("replay_100_entities", 100, 10_000),
        ("replay_one_entity", 1, 10_000),
    ] {
        let records = records(EVENTS, entities, step);
        group.bench_function(name, |b| b.iter_custom(|times| (0..times).map(|_| fold_all(&records).1).sum()));
    }
    group.finish();
}

/// Standings of entities that just changed, as they are published.
fn standings(c: &mut Criterion) {
    let (book, _) = fold_all(&records(100_000, 20, 100));
    let mut group = c.benchmark_group("repute");
    group.throughput(Throughput::Elements(1));
    group.bench_function("standing", |b| b.iter(|| book.standing(black_box("brand7"))));
    group.finish();
}

/// An event as the first stage writes it.
fn record(event: &Observation<'_>) -> Written {
    let Observation { id, mention, entity, language, sentiment, topics, signals, fingerprint, .. } = event;
    let key = entity.as_ref().map(|entity| entity.id.to_string()).unwrap_or_default();
    let author = mention
        .author
        .as_ref()
        .map(|author| json!({"id": author.id, "name": "Ana Ns", "handle": "ana", "followers": author.followers}));
    let entity = entity.as_ref().map(
        |entity| json!({"id": entity.id, "name": entity.name, "kind": "brand", "matched": [{"start": 3, "end": 9}]}),
    );
    let sentiment = sentiment.as_ref().map(|meant| {
        json!({"label": "neutral", "score": meant.positive - meant.negative, "negative": meant.negative, "neutral": meant.neutral,
            "positive": meant.positive, "abstained": false,
            "evidence": [{"start": 10, "end": 22, "weight": -1.25}, {"start": 30, "end": 41, "weight": -0.5}]})
    });
    let topics: Vec<_> = topics.iter().map(|topic| json!({"id": topic.id, "score": topic.score})).collect();
    let value = json!({"schema": "undertone.enriched/1", "id": id, "op": "observed", "revision": 0,
        "relation": if mention.parent_id.is_some() { "reply" } else { "mention" },
        "mention": {"id": mention.id, "source": mention.source, "text": mention.text, "url": mention.url,
            "created_at": mention.created_at, "parent_id": mention.parent_id, "author": author},
        "entity": entity, "language": {"code": language.code, "confidence": 0.98, "measured": true}, "sentiment": sentiment,
        "topics": topics,
        "signals": {"complaint": 0.1, "question": false, "spam": signals.spam, "offensive": 0.0},
        "fingerprint": format!("{fingerprint:016x}"), "truncated": false, "model": {"name": "default", "version": "1"},
        "watchlist": {"version": "abc"}, "origin": {"topic": "mentions", "partition": 0, "offset": 7},
        "processed_at": "2026-03-01T00:00:01Z"});
    Written { key, value: value.to_string() }
}

/// Records of a chunk to events, with what each says by itself: in the order of the log, and entity by entity, as the stage does.
fn decode(c: &mut Criterion) {
    let records = records(CHUNK as u64, 100, 0);
    let mut group = c.benchmark_group("repute");
    group.sample_size(10).throughput(Throughput::Elements(records.len() as u64));
    for (name, order) in
        [("decode_in_order_of_the_log", (0..records.len()).collect()), ("decode_side_by_side", order(&records))]
    {
        group.bench_function(name, |b| b.iter(|| decoded(&records, &order).len()));
    }
    group.finish();
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0)
}

/// Ten thousand entities of a hundred events each, of which nothing but the book is kept.
fn memory() {
    const ENTITIES: u64 = 10_000;
    let mut book = Book::new(Arc::new(Rules::default()));
    let mut dice = Dice(7);
    let before = resident();
    for number in 0..100 * ENTITIES {
        book.fold(&event(number, ENTITIES, 600, &mut dice));
        if number % 1_000 == 999 {
            black_box(book.news());
        }
    }
    let kept = (resident() - before) / 1_024;
    let snapshot =
        book.snapshot("brand7", 0, 1, 0).and_then(|it| serde_json::to_vec(&it).ok()).map_or(0, |it| it.len());
    println!("{} entities of 100 events: {kept} MiB resident; one snapshot: {snapshot} bytes", book.len());
}

criterion_group!(benches, fold, standings, decode);

fn main() {
    if std::env::args().any(|argument| argument == "--memory") {
        return memory();
    }
    benches();
    Criterion::default().configure_from_args().final_summary();
}
