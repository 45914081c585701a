//! The parts together: what holds of a book, whatever its parts are.

use std::cell::Cell;
use std::sync::Arc;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::json;

use super::alert::{Alert, AlertKind, AlertState};
use super::{Book, Digested, Observation, Rules, Snapshot, Standing, side_by_side};

mod gathering;

const START: i64 = 1_772_000_000_000;
const MINUTE: i64 = 60_000;

/// Something that was said: who, when (minutes after the start), of which entity, how.
#[derive(Debug, Clone)]
struct Post {
    id: u32,
    minute: i64,
    entity: u8,
    author: u32,
    positive: f64,
    text: String,
    op: &'static str,
    revision: u64,
    /// Posts of one number are copies.
    copy_of: u32,
    topic: String,
}

impl Post {
    fn new(id: u32, minute: i64) -> Self {
        let chance = f64::from(id.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24);
        Self {
            id,
            minute,
            entity: 0,
            author: id,
            positive: chance * 0.9,
            text: format!("post number{id} with words of its own{}", id % 7),
            op: "observed",
            revision: 0,
            copy_of: id,
            topic: "price".to_owned(),
        }
    }

    fn json(&self) -> String {
        let Self { id, entity, author, positive, text, op, revision, copy_of, topic, .. } = self;
        let at = Timestamp::from_millisecond(START + self.minute * MINUTE).unwrap().to_string();
        json!({
            "schema": "undertone.enriched/1", "id": format!("test:{id}#e{entity}"), "op": op, "revision": revision, "relation": "mention",
            "mention": {
                "id": id.to_string(), "source": "test", "text": text, "created_at": at, "url": format!("https://posts.example/{id}"),
                "author": { "handle": format!("author{author}") }, "parent_id": (id % 2 == 0).then(|| (id / 2).to_string()),
            },
            "entity": { "id": format!("e{entity}"), "name": format!("Entity {entity}"), "kind": "brand", "matched": [] },
            "language": { "code": "en", "confidence": 0.9, "measured": true },
            "sentiment": {
                "label": "neutral", "score": 0, "negative": 0.95 - positive, "neutral": 0.05, "positive": positive,
                "abstained": false, "evidence": [],
            },
            "topics": [{ "id": topic, "score": 0.8 }],
            "signals": { "complaint": 0.1, "question": id % 3 == 0, "spam": 0.01, "offensive": 0.01 },
            "fingerprint": format!("{:016x}", u64::from(*copy_of).wrapping_mul(0xd6e8_feb8_6659_fd93)),
            "truncated": false, "model": null, "watchlist": null,
            "origin": { "topic": "mentions", "partition": 0, "offset": id }, "processed_at": at,
        })
        .to_string()
    }
}

fn fold(book: &mut Book, post: &Post) {
    book.fold(&Observation::from_json(post.json().as_bytes()).unwrap());
}

fn digested(records: &[String]) -> Vec<Digested<'_>> {
    let keys: Vec<_> =
        records.iter().map(|record| Observation::from_json(record.as_bytes()).unwrap().entity.unwrap().id).collect();
    let order = side_by_side(keys.iter().map(|key| Some(key.as_bytes())));
    let read = |place: usize| Digested::new(Observation::from_json(records[place].as_bytes()).unwrap(), place);
    order.into_iter().map(read).collect()
}

fn book() -> Book {
    Book::new(Arc::new(Rules::default()))
}

/// A weekly quiet stream of two entities; from `drop` on the first is spoken of badly.
fn stream(count: u32, drop: std::ops::Range<u32>) -> Vec<Post> {
    (0..count)
        .map(|id| {
            let mut post = Post { entity: (id % 2) as u8, ..Post::new(id, i64::from(id) * 3) };
            if post.entity == 0 && drop.contains(&id) {
                (post.positive, post.topic) = (0.02, "delivery".to_owned());
            }
            post
        })
        .collect()
}

/// Everything that is told while the posts come, news being asked for after every so many of them, and how it stands then.
fn told(posts: &[Post], every: usize) -> (Vec<Alert>, [Standing; 2]) {
    let mut book = book();
    let mut alerts = Vec::new();
    for some in posts.chunks(every) {
        let records: Vec<String> = some.iter().map(Post::json).collect();
        book.fold_chunk(&digested(&records), &Cell::new(0));
        alerts.extend(book.news().alerts);
    }
    // Entities are asked one after the other, so that batches change the order between them.
    alerts.sort_by(|a, b| (&a.entity.id, a.at).cmp(&(&b.entity.id, b.at)));
    (alerts, ["e0", "e1"].map(|entity| book.standing(entity).unwrap()))
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() <= 1e-9 * one.abs().max(1.0)
}

#[test]
fn a_drop_is_told_with_its_cause_however_events_are_batched() {
    let posts = stream(16_000, 15_000..15_400);
    let (alerts, standings) = told(&posts, 1);
    let first = alerts.first().expect("an alert");
    assert_eq!(
        (&*first.entity.id, first.kind, &*first.cause),
        ("e0", AlertKind::ReputationDrop, "delivery"),
        "{first:#?}"
    );
    assert!(alerts.iter().any(|alert| alert.state == AlertState::Resolved), "{alerts:#?}");
    for every in [97, 16_000] {
        let (batched, its_standings) = told(&posts, every);
        let what = |alert: &Alert| (alert.id.clone(), alert.state, alert.severity, alert.at, alert.cause.clone());
        let [batched_alerts, alerts] = [&batched, &alerts].map(|alerts| alerts.iter().map(what).collect::<Vec<_>>());
        assert_eq!(batched_alerts, alerts, "news after every {every}");
        for (one, other) in standings.iter().zip(&its_standings) {
            for (window, one) in &one.windows {
                let other = &other.windows[window];
                assert!(near(one.reputation, other.reputation) && near(one.low, other.low), "{window}");
                assert!(near(one.weight, other.weight) && near(one.change.points, other.change.points), "{window}");
            }
        }
    }
}

#[test]
fn a_book_taken_back_from_its_snapshots_has_the_same_future() {
    let posts = stream(16_000, 15_000..15_400);
    let (before, after) = posts.split_at(15_100);
    let mut one = book();
    before.iter().for_each(|post| fold(&mut one, post));
    one.news();
    let mut other = book();
    for entity in ["e0", "e1"] {
        let kept = serde_json::to_string(&one.snapshot(entity, 0, 1, 0)).unwrap();
        other.restore(serde_json::from_str::<Snapshot>(&kept).unwrap());
    }
    other.tick(one.clock());
    let future = |book: &mut Book| {
        let mut alerts = Vec::new();
        for post in after {
            fold(book, post);
            alerts.extend(
                book.news().alerts.into_iter().map(|alert| (alert.id, alert.state, alert.severity, alert.cause)),
            );
        }
        alerts
    };
    let expected = future(&mut one);
    assert!(!expected.is_empty());
    assert_eq!(future(&mut other), expected);
}

#[test]
fn a_book_taken_back_may_be_asked_before_its_clock_begins() {
    let mut one = book();
    stream(10, 0..0).iter().for_each(|post| fold(&mut one, post));
    let kept = serde_json::to_string(&one.snapshot("e0", 0, 1, 0)).unwrap();
    let mut other = book();
    other.restore(serde_json::from_str::<Snapshot>(&kept).unwrap());
    assert!(other.news().alerts.is_empty());
}

#[test]
fn silence_ends_an_alert() {
    let mut book = book();
    let posts = stream(15_100, 15_000..15_100);
    posts.iter().for_each(|post| fold(&mut book, post));
    let opened = book.news().alerts;
    assert!(!book.standing("e0").unwrap().alerts.is_empty(), "{opened:#?}");
    let mut alerts = Vec::new();
    for hour in 1..=96 {
        book.tick(START + (15_100 * 3 + hour * 60) * MINUTE);
        alerts.extend(book.news().alerts);
    }
    assert!(alerts.iter().any(|alert| alert.state == AlertState::Resolved), "{alerts:#?}");
    assert!(book.standing("e0").unwrap().alerts.is_empty());
}

#[test]
fn the_snapshot_of_a_full_entity_fits_a_record() {
    let mut book = book();
    let mut random = 1_u32;
    let mut next = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        random >> 8
    };
    for id in 0..30_000 {
        let words: Vec<String> = (0..12).map(|_| format!("слово{}", next() % 4_000)).collect();
        let post = Post {
            text: format!("#tag{} {}? @author{}", next() % 900, words.join(" "), next() % 9_000),
            author: next() % 20_000,
            topic: format!("topic-{}", next() % 60),
            ..Post::new(id, i64::from(id) * 2)
        };
        fold(&mut book, &post);
        if id % 500 == 0 {
            book.news();
        }
    }
    let bytes = |value: &dyn erased::Json| value.bytes();
    let snapshot = book.snapshot("e0", 0, 1, 0).unwrap();
    let (score, community) = (bytes(&snapshot.state.score), bytes(&snapshot.state.community));
    let (trends, detectors) = (bytes(&snapshot.state.trends), bytes(&snapshot.state.detectors));
    let whole = bytes(&snapshot);
    println!("score {score}, community {community}, trends {trends}, detectors {detectors}: {whole} bytes");
    // A broker takes records of 1,048,588 bytes unless told otherwise.
    assert!(whole < 1_000_000, "score {score}, community {community}, trends {trends}, detectors {detectors}: {whole}");
    let standing = bytes(&book.standing("e0"));
    assert!(standing < 200_000, "{standing}");
}

mod erased {
    /// How long a value is as JSON.
    pub(super) trait Json {
        fn bytes(&self) -> usize;
    }

    impl<T: serde::Serialize> Json for T {
        fn bytes(&self) -> usize {
            serde_json::to_vec(self).unwrap().len()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_comes_a_score_stays_in_its_band_and_the_order_does_not_move_it(
        seeds in proptest::collection::vec((0_u32..60, 0_i64..3_000, 0_u32..12, 0.0..0.95_f64, 0_usize..8), 1..120),
        at in 0_usize..120,
    ) {
        let mut posts: Vec<Post> = seeds
            .into_iter()
            .map(|(id, minute, author, positive, op)| Post {
                author, positive, op: if op == 0 { "deleted" } else { "observed" }, ..Post::new(id, minute)
            })
            .collect();
        // One version of each mention: which of two equal ones counts is what their order decides.
        posts.sort_by_key(|post| post.id);
        posts.dedup_by_key(|post| post.id);
        let standing = |posts: &[Post]| {
            let mut book = book();
            posts.iter().for_each(|post| fold(&mut book, post));
            book.tick(START + 3_001 * MINUTE);
            book.standing("e0").unwrap().windows
        };
        let one = standing(&posts);
        let middle = at % posts.len();
        posts.rotate_left(middle);
        let other = standing(&posts);
        for (window, one) in &one {
            let other = &other[window];
            prop_assert!(0.0 <= one.low && one.low <= one.reputation && one.reputation <= one.high && one.high <= 100.0);
            prop_assert!((one.net_sentiment - (2.0 * one.reputation - 100.0)).abs() < 1e-9);
            for (a, b) in [(one.reputation, other.reputation), (one.low, other.low), (one.weight, other.weight)] {
                prop_assert!((a - b).abs() <= 1e-6 * a.abs().max(1.0), "{window}: {a} and {b}");
            }
            let parts: f64 = one.change.sources.iter().map(|part| part.points).sum();
            prop_assert!((parts - one.change.points).abs() < 1e-6, "{window}: {parts} of {}", one.change.points);
        }
    }
}
