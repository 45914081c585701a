//! What the loop does when processing fails or takes long, with cores that do so on cue.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use undertone::enrich::{Enriched, Enricher, Parts, Pending, Scored};
use undertone::mention::{Decoder, Record};
use undertone::stream::Core;

use crate::support::broker::shared;
use crate::support::posts::{assert_exactly_once, expected_events, posts};
use crate::support::process::eventually;
use crate::support::topics::{Isolation, Reader, Send, send};
use crate::support::within::{Running, settings, watchlist};

const PATIENCE: Duration = Duration::from_secs(240);

/// The real core without a model.
fn core() -> Enricher {
    Enricher::new(Parts {
        decoders: HashMap::new(),
        default_decoder: Decoder { mapping: None, max_record_bytes: 256 << 10 },
        watchlist: Some(watchlist()),
        lexicon: None,
        language: None,
        scorer: None,
    })
}

fn mention(number: usize) -> Send {
    let value = json!({
        "id": number.to_string(), "source": "test", "created_at": "2026-01-01T00:00:00Z",
        "text": format!("the lumen number {number} works"),
    });
    Send { partition: Some((number % 3) as i32), ..Send::value(value.to_string()) }
}

/// Fails each chunk that holds a given text.
struct Failing {
    core: Enricher,
    on: &'static str,
    how: fn(&str) -> String,
}

impl Core for Failing {
    type Pending = Result<Pending, String>;
    type Scored = Scored;

    fn begin(&self, records: Vec<Record>) -> Self::Pending {
        let holds = |r: &Record| r.payload.as_ref().is_some_and(|p| String::from_utf8_lossy(p).contains(self.on));
        if records.iter().any(holds) {
            return Err((self.how)(self.on));
        }
        Ok(self.core.begin(records))
    }

    fn tokens(&self, _pending: &Self::Pending) -> usize {
        0
    }

    fn wait(&self, pending: Self::Pending) -> Result<Scored, String> {
        self.core.wait(pending?).map_err(|error| error.to_string())
    }

    fn assemble(&self, scored: Scored, processed_at: Timestamp) -> Vec<Enriched> {
        self.core.assemble(scored, processed_at)
    }
}

fn one_offender(how: fn(&str) -> String, detail: &str) {
    let bootstrap = &shared().bootstrap;
    let settings = settings(bootstrap, "offender", 3);
    let (input, output) = (settings.inputs[0].topic.to_string(), settings.output.clone());
    let records: Vec<Send> = (0..900).map(mention).collect();
    send(bootstrap, &input, &records);
    let running = Running::start(settings, Failing { core: core(), on: "number 450 ", how });

    let mut letters = Reader::new(bootstrap, &output.dead_letters, Isolation::ReadCommitted);
    let letter = letters.until(PATIENCE, |read| !read.is_empty())[0].clone();
    assert_eq!(letter.header("undertone-reason"), Some("unprocessable"));
    assert!(letter.header("undertone-detail").unwrap().contains(detail), "{letter:?}");
    assert_eq!(letter.value, records[450].value, "the untouched bytes");

    let mut events = Reader::new(bootstrap, &output.enriched, Isolation::ReadCommitted);
    events.until(PATIENCE, |read| read.len() >= 899);
    assert_eq!(running.health.not_ready(), None);
    running.stop().unwrap();
    assert_eq!(letters.rest(Duration::from_millis(300)).len(), 1);
    let ids: Vec<usize> = events
        .rest(Duration::from_millis(300))
        .iter()
        .map(|event| event.json()["mention"]["id"].as_str().unwrap().parse().unwrap())
        .collect();
    assert_eq!(ids.len(), 899, "each once");
    for partition in 0..3 {
        let of_partition: Vec<usize> = ids.iter().copied().filter(|id| id % 3 == partition).collect();
        let expected: Vec<usize> = (0..900).filter(|id| id % 3 == partition && *id != 450).collect();
        assert_eq!(of_partition, expected, "the order of input partition {partition}");
    }
}

#[test]
fn a_record_that_fails_the_model_becomes_a_dead_letter_and_the_others_pass_in_order() {
    one_offender(|on| format!("the model fails on {on}"), "the model fails on");
}

#[test]
fn a_record_that_panics_the_core_becomes_a_dead_letter_and_the_others_pass_in_order() {
    one_offender(|on| panic!("no idea what {on} is"), "panicked: no idea what");
}

/// Takes its time for the first chunk.
struct Slow {
    core: Enricher,
    first: AtomicBool,
    takes: Duration,
}

impl Slow {
    fn new(takes: Duration) -> Self {
        Self { core: core(), first: AtomicBool::new(true), takes }
    }
}

impl Core for Slow {
    type Pending = Pending;
    type Scored = Scored;

    fn begin(&self, records: Vec<Record>) -> Pending {
        self.core.begin(records)
    }

    fn tokens(&self, _pending: &Pending) -> usize {
        0
    }

    fn wait(&self, pending: Pending) -> Result<Scored, String> {
        if self.first.swap(false, Ordering::SeqCst) {
            std::thread::sleep(self.takes);
        }
        self.core.wait(pending).map_err(|error| error.to_string())
    }

    fn assemble(&self, scored: Scored, processed_at: Timestamp) -> Vec<Enriched> {
        self.core.assemble(scored, processed_at)
    }
}

#[test]
fn a_chunk_that_takes_very_long_causes_no_rebalance() {
    let bootstrap = &shared().bootstrap;
    let mut settings = settings(bootstrap, "slow", 3);
    // Who does not poll for so long is thrown out of the group; the chunk takes longer.
    settings.kafka.properties.insert("max.poll.interval.ms".to_owned(), "6000".to_owned());
    let (input, output) = (settings.inputs[0].topic.to_string(), settings.output.clone());
    send(bootstrap, &input, &posts(0..20_000, 3));
    let running = Running::start(settings, Slow::new(Duration::from_secs(9)));
    let mut events = Reader::new(bootstrap, &output.enriched, Isolation::ReadCommitted);
    events.until(PATIENCE, |read| read.len() >= expected_events(0..20_000));
    let metrics = running.metrics.render();
    assert!(metrics.contains("undertone_rebalances_total{kind=\"assigned\"} 1\n"), "{metrics}");
    assert!(metrics.contains("undertone_transactions_total{outcome=\"aborted\"} 0\n"), "{metrics}");
    running.stop().unwrap();
    assert_exactly_once(events.rest(Duration::from_millis(300)), 0..20_000);
}

#[test]
fn a_chunk_that_outlasts_the_drain_is_left_to_the_next_owner() {
    let bootstrap = &shared().bootstrap;
    let mut settings = settings(bootstrap, "cut", 3);
    settings.limits.drain = Duration::from_millis(500);
    let (input, output) = (settings.inputs[0].topic.to_string(), settings.output.clone());
    send(bootstrap, &input, &posts(0..3_000, 3));
    let mut second = settings.clone();
    second.kafka.instance = "two".to_owned();
    let one = Running::start(settings, Slow::new(Duration::from_secs(6)));
    eventually(PATIENCE, || "not ready".to_owned(), || one.health.not_ready().is_none().then_some(()));
    let two = Running::start(second, core());
    let mut events = Reader::new(bootstrap, &output.enriched, Isolation::ReadCommitted);
    events.until(PATIENCE, |read| read.len() >= expected_events(0..3_000));
    let metrics = one.metrics.render();
    assert!(metrics.contains("undertone_rebalances_total{kind=\"revoked\"} 1\n"), "{metrics}");
    one.stop().unwrap();
    two.stop().unwrap();
    assert_exactly_once(events.rest(Duration::from_millis(300)), 0..3_000);
}
