//! What the second stage does when adding up fails, and how it lets time pass, with a core and a clock of the tests' choosing.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use undertone::config::Settings;
use undertone::reputation::{Book, Digested};
use undertone::stream::repute::Fold;
use undertone::stream::{Repute, RunError};
use undertone::telemetry::{Allowed, Metrics};
use undertone::web::{Feed, Health};

use crate::support::broker::shared;
use crate::support::events::{BEGINS, are_final, events, latest};
use crate::support::topics::{Isolation, Read, Reader, Send, send};
use crate::support::within::settings;

const PATIENCE: Duration = Duration::from_secs(90);
const QUIET: Duration = Duration::from_millis(500);

/// The stage on a thread of the test's.
struct Running {
    stop: watch::Sender<bool>,
    metrics: Arc<Metrics>,
    clock: Arc<AtomicI64>,
    thread: std::thread::JoinHandle<Result<(), RunError>>,
}

impl Running {
    fn start(settings: &Settings, fold: Fold) -> Self {
        let (stop, stopped) = watch::channel(false);
        let entities = vec!["lumen".to_owned(), "kestrel".to_owned()];
        let metrics = Arc::new(Metrics::new(&Allowed { entities, ..Allowed::default() }));
        let clock = Arc::new(AtomicI64::new(0));
        let repute = Repute {
            settings: Arc::new(settings.clone()),
            metrics: Arc::clone(&metrics),
            health: Health::default(),
            feed: Feed::default(),
            clock: Some(Arc::clone(&clock)),
            fold,
        };
        let thread = std::thread::spawn(move || repute.run(stopped));
        Self { stop, metrics, clock, thread }
    }

    fn stop(self) -> Result<(), RunError> {
        self.stop.send_replace(true);
        self.thread.join().unwrap()
    }
}

fn reader(settings: &Settings, topic: &str) -> Reader {
    Reader::new(&settings.kafka.bootstrap, topic, Isolation::ReadCommitted)
}

fn mentions(read: &[Read], entity: &str) -> f64 {
    latest(read).get(entity).map_or(0.0, |one| one["windows"]["7d"]["mentions"].as_f64().unwrap())
}

#[test]
fn an_event_that_makes_the_core_panic_becomes_a_dead_letter_and_stays_out_of_a_restore() {
    static TRIES: AtomicU32 = AtomicU32::new(0);
    fn fold(book: &mut Book, events: &[Digested<'_>], at: &Cell<usize>) {
        book.fold_chunk(events, at);
        if let Some(bad) = events.iter().position(|it| it.event.mention.id == "150") {
            TRIES.fetch_add(1, Ordering::SeqCst);
            at.set(bad);
            panic!("no idea what 150 is");
        }
    }
    let mut settings = settings(&shared().bootstrap, "panics", 2);
    settings.reputation.publish_every = Duration::from_millis(20);
    // Nothing is kept but at the end, so that a restore meets the event again.
    settings.reputation.snapshot_every = Duration::from_secs(3_600);
    let records = events(0..300);
    send(&settings.kafka.bootstrap, &settings.output.enriched, &records);
    let running = Running::start(&settings, fold);
    let mut letters = reader(&settings, &settings.output.dead_letters);
    let letter = letters.until(PATIENCE, |read| !read.is_empty())[0].clone();
    assert_eq!(letter.header("undertone-reason"), Some("unprocessable"));
    assert!(letter.header("undertone-detail").unwrap().contains("panicked: no idea what 150 is"), "{letter:?}");
    assert_eq!(letter.value, records[150].value, "the untouched bytes");
    let mut standings = reader(&settings, &settings.output.reputation);
    standings.until(PATIENCE, |read| are_final(read, 300));
    assert_eq!(TRIES.load(Ordering::SeqCst), 3);
    running.stop().unwrap();
    // Begin anew without what was kept: all is added up again but for the dead letter.
    let expected = mentions(standings.rest(QUIET), "lumen");
    assert_eq!(letters.rest(QUIET).len(), 1);
    let mut again = settings.clone();
    again.output.reputation_state = format!("{}.again", settings.output.reputation_state);
    let admin = crate::support::topics::admin(&settings.kafka.bootstrap);
    crate::support::topics::create(&admin, &again.output.reputation_state, 2, &[]).unwrap();
    let before = standings.records.len();
    let running = Running::start(&again, fold);
    standings.until(PATIENCE, |read| are_final(&read[before..], 300));
    running.stop().unwrap();
    assert_eq!(mentions(standings.rest(QUIET), "lumen"), expected);
    assert_eq!(letters.rest(QUIET).len(), 1, "it is no dead letter twice");
}

/// More of them in the first chunk (of 256) than may fail in a row, but what lies between them is committed.
#[test]
fn events_far_apart_that_make_the_core_panic_are_set_aside_one_by_one() {
    // Eleven, where ten in a row are too many; each costs three restores.
    const BAD: [usize; 11] = [10, 30, 50, 70, 90, 110, 130, 150, 170, 190, 210];
    fn is_bad(event: &Digested<'_>) -> bool {
        event.event.mention.id.parse().is_ok_and(|id: usize| BAD.contains(&id))
    }
    fn fold(book: &mut Book, events: &[Digested<'_>], at: &Cell<usize>) {
        if let Some(bad) = events.iter().position(is_bad) {
            at.set(bad);
            panic!("no idea what that is");
        }
        book.fold_chunk(events, at);
    }
    let settings = settings(&shared().bootstrap, "apart", 1);
    let records = events(0..300);
    send(&settings.kafka.bootstrap, &settings.output.enriched, &records);
    let running = Running::start(&settings, fold);
    let mut letters = reader(&settings, &settings.output.dead_letters);
    let mut values: Vec<_> =
        letters.until(PATIENCE, |read| read.len() >= BAD.len()).iter().map(|letter| letter.value.clone()).collect();
    values.sort();
    let mut bad: Vec<_> = BAD.iter().map(|bad| records[*bad].value.clone()).collect();
    bad.sort();
    assert_eq!(values, bad);
    running.stop().unwrap();
}

#[test]
fn a_core_that_fails_with_every_event_ends_it_instead_of_emptying_the_stream() {
    fn fold(_: &mut Book, _: &[Digested<'_>], _: &Cell<usize>) {
        panic!("broken");
    }
    let settings = settings(&shared().bootstrap, "broken", 1);
    send(&settings.kafka.bootstrap, &settings.output.enriched, &events(0..100));
    let (_stop, stopped) = watch::channel(false);
    let repute = Repute {
        settings: Arc::new(settings.clone()),
        metrics: Arc::default(),
        health: Health::default(),
        feed: Feed::default(),
        clock: None,
        fold,
    };
    let error = repute.run(stopped).unwrap_err().to_string();
    assert!(error.contains("in a row") && error.contains("broken"), "{error}");
    assert!(reader(&settings, &settings.output.dead_letters).rest(QUIET).is_empty(), "nothing is set aside");
}

#[test]
fn where_nothing_comes_the_clock_goes_on_and_what_is_silent_for_long_is_forgotten() {
    let mut settings = settings(&shared().bootstrap, "quiet", 1);
    settings.reputation.publish_every = Duration::from_millis(20);
    send(&settings.kafka.bootstrap, &settings.output.enriched, &events(0..300));
    let running = Running::start(&settings, Book::fold_chunk);
    let mut standings = reader(&settings, &settings.output.reputation);
    standings.until(PATIENCE, |read| are_final(read, 300));
    let full = mentions(&standings.records, "lumen");
    // A week later half of it has decayed.
    let begins: Timestamp = BEGINS.parse().unwrap();
    let days = |days: i64| begins.as_millisecond() + days * 86_400_000;
    running.clock.store(days(7), Ordering::Release);
    standings.until(PATIENCE, |read| mentions(read, "lumen") < 0.6 * full);
    assert!(running.metrics.render().contains("undertone_reputation{entity=\"lumen\""));
    running.clock.store(days(100), Ordering::Release);
    standings.until(PATIENCE, |read| latest(read).is_empty());
    let mut kept = reader(&settings, &settings.output.reputation_state);
    let tombstone = |read: &Read| read.value.is_none() && read.key.as_deref() == Some(b"lumen");
    kept.until(PATIENCE, |read| read.iter().any(tombstone));
    assert!(!running.metrics.render().contains("undertone_reputation{entity="));
    running.stop().unwrap();
}

#[test]
fn a_snapshot_that_the_broker_does_not_take_ends_it_with_a_message() {
    let settings = settings(&shared().bootstrap, "large", 1);
    let mut settings = settings;
    settings.output.reputation_state = format!("{}.small", settings.output.reputation_state);
    let admin = crate::support::topics::admin(&settings.kafka.bootstrap);
    let small = [("max.message.bytes", "300")];
    crate::support::topics::create(&admin, &settings.output.reputation_state, 1, &small).unwrap();
    settings.reputation.snapshot_every = Duration::from_millis(100);
    send(&settings.kafka.bootstrap, &settings.output.enriched, &events(0..300));
    let (_stop, stopped) = watch::channel(false);
    let repute = Repute {
        settings: Arc::new(settings.clone()),
        metrics: Arc::default(),
        health: Health::default(),
        feed: Feed::default(),
        clock: None,
        fold: Book::fold_chunk,
    };
    let error = repute.run(stopped).unwrap_err().to_string();
    assert!(error.contains("snapshot of entity") && error.contains("max.message.bytes="), "{error}");
    assert!(error.contains(&settings.output.reputation_state), "{error}");
}

#[test]
fn a_dead_letter_that_is_too_large_is_written_without_its_bytes_and_the_others_with_theirs() {
    let mut settings = settings(&shared().bootstrap, "bulky", 1);
    settings.output.dead_letters = format!("{}.small", settings.output.dead_letters);
    let admin = crate::support::topics::admin(&settings.kafka.bootstrap);
    let small = [("max.message.bytes", "4000")];
    crate::support::topics::create(&admin, &settings.output.dead_letters, 1, &small).unwrap();
    // Nothing that compresses well.
    let bulky = (1..2_000_u64).map(|number| format!("{:x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    let values = ["no event".to_owned(), bulky, "nor is this".to_owned()];
    // Keys whose hashes put them in another order than the log's.
    let records = ["k1", "k4", "k2"]
        .iter()
        .zip(&values)
        .map(|(key, value)| Send { key: Some((*key).into()), ..Send::value(&**value) });
    send(&settings.kafka.bootstrap, &settings.output.enriched, &records.collect::<Vec<_>>());
    let running = Running::start(&settings, Book::fold_chunk);
    let mut letters = reader(&settings, &settings.output.dead_letters);
    let [first, bulky, last] = values;
    let read = letters.until(PATIENCE, |read| read.len() == 3);
    let read: Vec<_> = read.iter().map(|letter| (letter.value.as_deref(), letter.header("undertone-offset"))).collect();
    assert_eq!(
        read,
        [(Some(first.as_bytes()), Some("0")), (None, Some("1")), (Some(last.as_bytes()), Some("2"))],
        "{} bytes are too many",
        bulky.len()
    );
    running.stop().unwrap();
    assert_eq!(letters.rest(QUIET).len(), 3, "none is written twice");
}
