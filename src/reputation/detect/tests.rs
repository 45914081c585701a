use std::borrow::Cow;

use jiff::Timestamp;

use super::*;
use crate::model::SentimentLabel;
use crate::reputation::alert::Severity;
use crate::reputation::entity::EntityState;
use crate::reputation::observation::{Author, Concerned, Language, Meant, Said, Signals, Topic};
use crate::watch::{EntityKind, Relation};

/// A Monday at midnight.
const MONDAY: i64 = 1_740_960_000_000;
const MINUTE: i64 = 60_000;

/// What is said, and by whom.
#[derive(Clone)]
struct Post {
    positive: bool,
    topic: &'static str,
    source: &'static str,
    author: String,
    text: String,
}

struct World {
    state: EntityState,
    rules: Rules,
    clock: i64,
    random: u64,
    said: u64,
    alerts: Vec<Alert>,
}

impl World {
    fn new() -> Self {
        let concerned = Concerned {
            id: Cow::from("borealis"),
            name: Cow::from("Borealis"),
            kind: EntityKind::Brand,
            matched: Vec::new(),
        };
        let state = EntityState::new(&concerned, MONDAY);
        Self { state, rules: Rules::default(), clock: MONDAY, random: 7, said: 0, alerts: Vec::new() }
    }

    /// 0 to 1, the same in every run (SplitMix64).
    fn chance(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn say(&mut self, at: i64, post: &Post) {
        self.said += 1;
        let (positive, negative) = if post.positive { (0.85, 0.05) } else { (0.05, 0.85) };
        let event = Observation {
            id: Cow::from(format!("{}:{}#borealis", post.source, self.said)),
            op: Op::Observed,
            revision: 0,
            relation: Some(Relation::Mention),
            mention: Said {
                id: Cow::from(self.said.to_string()),
                source: Cow::from(post.source),
                text: Cow::from(&*post.text),
                url: None,
                created_at: Timestamp::from_millisecond(at).unwrap(),
                kind: None,
                parent_id: None,
                parent_author: None,
                thread_id: None,
                author: Some(Author { handle: Some(Cow::from(&*post.author)), ..Author::default() }),
                engagement: None,
                in_community: None,
            },
            entity: Some(Concerned {
                id: Cow::from("borealis"),
                name: Cow::from("Borealis"),
                kind: EntityKind::Brand,
                matched: Vec::new(),
            }),
            language: Language { code: Cow::from("en") },
            sentiment: Some(Meant {
                label: if post.positive { SentimentLabel::Positive } else { SentimentLabel::Negative },
                negative,
                neutral: 0.1,
                positive,
                abstained: false,
            }),
            topics: vec![Topic { id: Cow::from(post.topic), score: 0.9 }],
            signals: Signals::default(),
            fingerprint: xxhash_rust::xxh3::xxh3_64(post.text.as_bytes()),
        };
        self.state.fold(&event);
    }

    /// Lets hours pass with so many mentions in each, of which a share is good, on a topic each for good and bad.
    fn pass(&mut self, hours: i64, rate: i64, share: f64, bad: &'static str) -> &mut Self {
        for _ in 0..hours * 12 {
            let start = self.clock;
            self.clock += 5 * MINUTE;
            for _ in 0..rate {
                if self.chance() < 1.0 / 12.0 {
                    let positive = self.chance() < share;
                    let topic = if positive { "service" } else { bad };
                    let at = start + (self.chance() * 5.0 * MINUTE as f64) as i64;
                    let author = format!("author {}", self.said);
                    self.say(at, &Post { positive, topic, source: "x", author, text: format!("post {}", self.said) });
                }
            }
            self.tick();
        }
        self
    }

    fn tick(&mut self) {
        self.state.advance(self.clock, &self.rules, &mut self.alerts);
    }

    fn taken(&mut self) -> Vec<Alert> {
        std::mem::take(&mut self.alerts)
    }

    /// Alerts of one kind.
    fn of(&mut self, kind: AlertKind) -> Vec<Alert> {
        self.taken().into_iter().filter(|alert| alert.kind == kind).collect()
    }
}

fn told(alerts: &[Alert]) -> Vec<(AlertKind, AlertState)> {
    alerts.iter().map(|alert| (alert.kind, alert.state)).collect()
}

#[test]
fn a_drop_is_told_with_its_cause_and_resolved_when_it_is_over() {
    let mut world = World::new();
    assert_eq!(told(&world.pass(10 * 24, 20, 0.6, "price").taken()), []);

    let alerts = world.pass(8, 20, 0.2, "delivery").of(AlertKind::ReputationDrop);
    let first = &alerts[0];
    assert_eq!((first.kind, first.state), (AlertKind::ReputationDrop, AlertState::Opened));
    assert_eq!(&*first.cause, "delivery");
    assert!((1..=5).contains(&first.examples.len()));
    assert!(first.examples.iter().all(|example| example.score < 0.0));
    assert!(first.before.low > first.after.value && first.after.high < first.before.value, "{first:?}");
    assert!((first.change.points - (first.after.value - first.before.value)).abs() < 1e-9);
    for parts in [&first.change.topics, &first.change.sources, &first.change.languages] {
        let sum: f64 = parts.iter().map(|part| part.points).sum();
        assert!((sum - first.change.points).abs() < 1e-9);
    }
    assert!(first.summary.starts_with("Reputation of Borealis fell from "), "{}", first.summary);
    assert!(first.summary.contains("mostly about delivery, on x, in English; "), "{}", first.summary);
    assert!(
        world.state.detectors.open().iter().any(|open| open.kind == AlertKind::ReputationDrop && open.id == first.id)
    );

    let alerts = world.pass(24, 20, 0.6, "price").of(AlertKind::ReputationDrop);
    let last = alerts.last().unwrap();
    assert_eq!((last.kind, last.state, &last.id), (AlertKind::ReputationDrop, AlertState::Resolved, &first.id));
    assert!(last.summary.starts_with("Reputation of Borealis is back at"), "{}", last.summary);
    assert!(world.state.detectors.open().iter().all(|open| open.kind != AlertKind::ReputationDrop));
}

#[test]
fn silence_resolves() {
    let mut world = World::new();
    world.pass(10 * 24, 20, 0.6, "price").pass(8, 20, 0.2, "delivery").taken();
    let alerts = world.pass(48, 0, 0.5, "price").of(AlertKind::ReputationDrop);
    assert_eq!(told(&alerts), [(AlertKind::ReputationDrop, AlertState::Resolved)]);
    assert!(alerts[0].summary.contains("too little is said"), "{}", alerts[0].summary);
}

#[test]
fn no_history_no_drop() {
    let mut world = World::new();
    // Within the first hours nobody knows what is usual, however bad it is.
    assert_eq!(world.pass(6, 20, 0.1, "delivery").of(AlertKind::ReputationDrop).len(), 0);

    let mut world = World::new();
    world.pass(24, 40, 0.9, "price");
    let alerts = world.pass(6, 40, 0.1, "price").of(AlertKind::ReputationDrop);
    assert_eq!(
        told(&alerts)[..1],
        [(AlertKind::ReputationDrop, AlertState::Opened)],
        "a crash is seen on the second day"
    );
    assert_eq!(*alerts[0].detectors, [Arc::from("bands")]);
    assert_eq!(alerts[0].severity, Severity::Warning);
}

#[test]
fn one_loud_author_is_no_crowd_and_no_drop() {
    let mut world = World::new();
    world.pass(10 * 24, 20, 0.6, "price").taken();
    let post =
        Post { positive: false, topic: "delivery", source: "x", author: "loud".to_owned(), text: "again".to_owned() };
    for _ in 0..12 {
        for second in 0..20 {
            world.say(world.clock + second * 1000, &post);
        }
        world.pass(0, 20, 0.6, "price");
        world.clock += 5 * MINUTE;
        world.tick();
    }
    assert_eq!(told(&world.taken()), []);
}

#[test]
fn a_text_that_goes_round_is_no_drop() {
    let mut world = World::new();
    world.pass(10 * 24, 20, 0.6, "price").taken();
    // Two hundred people within an hour, and one voice.
    for step in 0..12 {
        for second in 0..17 {
            let author = format!("sharer {step} {second}");
            let text = "the parcel came open and empty again".to_owned();
            let post = Post { positive: false, topic: "delivery", source: "x", author, text };
            world.say(world.clock + second * 1000, &post);
        }
        world.clock += 5 * MINUTE;
        world.tick();
    }
    assert_eq!(told(&world.of(AlertKind::ReputationDrop)), []);
    assert_eq!(told(&world.pass(6, 20, 0.6, "price").of(AlertKind::ReputationDrop)), []);
}

#[test]
fn a_drop_that_gets_much_worse_is_told_again_and_not_at_every_step() {
    let mut world = World::new();
    world.pass(14 * 24, 20, 0.8, "price").taken();
    let alerts = world.pass(12, 20, 0.5, "price").of(AlertKind::ReputationDrop);
    let told = alerts.last().expect("a drop of thirty points").after.value;
    let alerts = world.pass(8, 20, 0.02, "price").of(AlertKind::ReputationDrop);
    assert!(alerts.iter().all(|alert| alert.state == AlertState::Updated), "{alerts:?}");
    assert!((1..=5).contains(&alerts.len()), "{} updates", alerts.len());
    assert!(alerts.iter().any(|alert| alert.after.value < told - 8.0), "{told}: {alerts:?}");
}

#[test]
fn a_topic_that_many_bring_up_surges_and_is_over_when_it_goes() {
    let mut world = World::new();
    world.pass(10 * 24, 20, 0.6, "price").taken();
    // Half of them speak of what nobody spoke of.
    let alerts = world.pass(6, 36, 0.5, "recall").of(AlertKind::TopicSurge);
    assert_eq!(told(&alerts)[..1], [(AlertKind::TopicSurge, AlertState::Opened)]);
    assert_eq!(&*alerts[0].cause, "recall");
    assert!(alerts[0].examples.iter().all(|example| example.text.starts_with("post ")), "{:?}", alerts[0].examples);
    let alerts = world.pass(24, 20, 0.6, "price").of(AlertKind::TopicSurge);
    assert_eq!(told(&alerts), [(AlertKind::TopicSurge, AlertState::Resolved)]);
}

#[test]
fn a_crowd_is_told_and_over_when_it_goes() {
    let mut world = World::new();
    world.pass(10 * 24, 20, 0.6, "price").taken();
    let alerts = world.pass(4, 120, 0.6, "price").of(AlertKind::VolumeSpike);
    assert_eq!(told(&alerts)[..1], [(AlertKind::VolumeSpike, AlertState::Opened)]);
    assert!(alerts[0].after.low > alerts[0].before.high);
    assert!(alerts[0].summary.starts_with("Borealis is mentioned "), "{}", alerts[0].summary);
    let alerts = world.pass(12, 20, 0.6, "price").of(AlertKind::VolumeSpike);
    assert_eq!(told(&alerts), [(AlertKind::VolumeSpike, AlertState::Resolved)]);
}

#[test]
fn after_an_alert_its_kind_is_quiet_and_comes_once() {
    let mut world = World::new();
    world.pass(14 * 24, 20, 0.6, "price").taken();
    world.pass(8, 20, 0.2, "price").pass(12, 20, 0.6, "price");
    let alerts = world.of(AlertKind::ReputationDrop);
    let states: Vec<AlertState> = alerts.iter().map(|alert| alert.state).collect();
    assert_eq!(states.first(), Some(&AlertState::Opened));
    assert_eq!(states.last(), Some(&AlertState::Resolved));
    assert!(states.len() <= 5, "{states:?}");
    assert_eq!(states.iter().filter(|state| **state == AlertState::Opened).count(), 1, "it flaps: {states:?}");

    let over = alerts.last().map(|alert| alert.at.as_millisecond()).unwrap();
    let alerts = world.pass(12, 20, 0.1, "price").of(AlertKind::ReputationDrop);
    let again = alerts.iter().find(|alert| alert.state == AlertState::Opened).expect("it falls again");
    assert!(again.at.as_millisecond() - over >= world.rules.cooldown.as_millis() as i64);
}

#[test]
fn a_restart_tells_the_same() {
    let mut world = World::new();
    world.pass(10 * 24, 20, 0.6, "price").pass(2, 20, 0.3, "delivery").taken();
    let kept = serde_json::to_string(&world.state).unwrap();
    assert!(serde_json::to_string(&world.state.detectors).unwrap().len() < 60_000);
    let (clock, random, said) = (world.clock, world.random, world.said);
    // But for rounding: the score sums anew what it kept.
    let news = |alerts: Vec<Alert>| -> Vec<_> {
        let told = |alert: Alert| {
            (alert.id, alert.at, alert.state, alert.severity, alert.cause, alert.summary, alert.examples)
        };
        alerts.into_iter().map(told).collect()
    };
    let expected = news(world.pass(12, 20, 0.2, "delivery").taken());

    let state: EntityState = serde_json::from_str(&kept).unwrap();
    let mut again = World { state, rules: Rules::default(), clock, random, said, alerts: Vec::new() };
    assert_eq!(news(again.pass(12, 20, 0.2, "delivery").taken()), expected);
    assert!(!expected.is_empty());
}

#[test]
fn a_late_crowd_does_not_reopen() {
    let mut world = World::new();
    world.pass(14 * 24, 20, 0.6, "price").pass(6, 20, 0.2, "price").pass(24, 20, 0.6, "price").taken();
    let late = world.clock - 24 * HOUR;
    for number in 0..300 {
        let author = format!("late {number}");
        let post = Post { positive: false, topic: "price", source: "x", author, text: String::new() };
        world.say(late + number * 1000, &post);
    }
    assert_eq!(told(&world.pass(2, 20, 0.6, "price").taken()), []);
}
