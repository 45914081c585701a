//! Whatever happens to processes, a `read_committed` reader sees each event once.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::producer::{BaseProducer, Producer};

use crate::support::broker::{Broker, shared};
use crate::support::posts::{assert_exactly_once, expected_events, posts};
use crate::support::process::eventually;
use crate::support::topics::{Isolation, Reader, send_with};
use crate::support::world::{Options, World};

const PATIENCE: Duration = Duration::from_secs(240);

#[test]
fn killed_in_mid_stream_again_and_again() {
    // More comes before each round, so that a fast machine is still in mid-stream when it is killed.
    const ROUND: usize = 8_000;
    let options = Options { chunk_records: 50, ..Options::default() };
    let world = World::new(&shared().bootstrap, "kill", options);
    let mut events = world.events();
    let mut first_events = Vec::new();
    for round in 1..=6 {
        world.send(&posts((round - 1) * ROUND..round * ROUND, 4));
        let before = events.rest(Duration::from_millis(50)).len();
        let started = Instant::now();
        let process = world.start("one");
        let after = events.until(PATIENCE, |read| read.len() > before).len();
        first_events.push(started.elapsed());
        assert!(after < expected_events(0..round * ROUND), "round {round}: nothing was left to be interrupted");
        // A little later each time, so that the kill meets every part of the loop.
        std::thread::sleep(Duration::from_millis(37 * round as u64));
        process.kill();
    }
    // The median: this machine may be busy with other tests at any one of them.
    first_events.sort_unstable();
    assert!(first_events[3] < Duration::from_secs(10), "the first events after restarts took {first_events:?}");
    let process = world.start("one");
    events.until(PATIENCE, |read| read.len() >= expected_events(0..6 * ROUND));
    let (status, log) = process.terminate();
    assert!(status.success(), "{log}");
    assert_exactly_once(events.rest(Duration::from_millis(300)), 0..6 * ROUND);
}

#[test]
fn a_second_instance_joins_and_leaves() {
    let world = World::new(&shared().bootstrap, "join", Options::default());
    world.send(&posts(0..4_000, 4));
    let mut events = world.events();
    let one = world.start("one");
    events.until(PATIENCE, |read| read.len() > 100);
    let two = world.start("two").ready();
    world.send(&posts(4_000..8_000, 4));
    let consumed = format!("undertone_consumed_total{{topic=\"{}\"}}", world.input());
    let works = || two.metric(&consumed).filter(|count| *count > 0.0);
    eventually(PATIENCE, || format!("the second instance got nothing: {}", two.log()), works);
    world.send(&posts(8_000..10_000, 4));
    let (status, log) = two.terminate();
    assert!(status.success(), "{log}");
    world.send(&posts(10_000..12_000, 4));
    events.until(PATIENCE, |read| read.len() >= expected_events(0..12_000));
    assert!(one.metric("undertone_rebalances_total{kind=\"revoked\"}").unwrap() > 0.0);
    let (status, log) = one.terminate();
    assert!(status.success(), "{log}");
    assert_exactly_once(events.rest(Duration::from_millis(300)), 0..12_000);
}

#[test]
fn more_instances_than_partitions_are_ready_and_wait() {
    let world = World::new(&shared().bootstrap, "spare", Options { partitions: 1, ..Options::default() });
    let one = world.start("one").ready();
    let two = world.start("two").ready();
    world.send(&posts(0..500, 1));
    let mut events = world.events();
    events.until(PATIENCE, |read| read.len() >= expected_events(0..500));
    assert_exactly_once(events.rest(Duration::from_millis(300)), 0..500);
    drop((one, two));
}

#[test]
fn a_twin_with_the_same_instance_fences_the_first() {
    let world = World::new(&shared().bootstrap, "twin", Options::default());
    let first = world.start("one").ready();
    world.send(&posts(0..2_000, 4));
    let twin = world.start("one");
    world.send(&posts(2_000..4_000, 4));
    let (status, log) = first.wait(PATIENCE);
    assert_eq!(status.code(), Some(76), "{log}");
    assert!(log.contains("another process took over as instance `one`"), "{log}");
    let mut events = world.events();
    events.until(PATIENCE, |read| read.len() >= expected_events(0..4_000));
    let (status, log) = twin.terminate();
    assert!(status.success(), "{log}");
    assert_exactly_once(events.rest(Duration::from_millis(300)), 0..4_000);
}

#[test]
fn sigterm_finishes_the_chunk_in_hand_and_leaves_nothing_open() {
    let world = World::new(&shared().bootstrap, "term", Options::default());
    world.send(&posts(0..20_000, 4));
    let mut events = world.events();
    let process = world.start("one");
    events.until(PATIENCE, |read| read.len() > 100);
    let asked = Instant::now();
    let (status, log) = process.terminate();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(asked.elapsed() < Duration::from_secs(15), "{:?}", asked.elapsed());
    // Nothing open: a reader of committed records sees as much as one of all records.
    let committed = events.rest(Duration::from_millis(500)).len();
    let mut all = Reader::new(&world.bootstrap, &world.enriched(), Isolation::ReadUncommitted);
    assert_eq!(all.rest(Duration::from_millis(500)).len(), committed);
    let _second = world.start("one");
    events.until(PATIENCE, |read| read.len() >= expected_events(0..20_000));
    assert_exactly_once(events.rest(Duration::from_millis(300)), 0..20_000);
}

#[test]
fn mentions_of_a_transaction_that_was_given_up_are_not_read() {
    let world = World::new(&shared().bootstrap, "given-up", Options::default());
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", &world.bootstrap)
        .set("transactional.id", &world.name)
        .create()
        .unwrap();
    producer.init_transactions(PATIENCE).unwrap();
    producer.begin_transaction().unwrap();
    send_with(&producer, &world.input(), &posts(0..300, 4));
    producer.commit_transaction(PATIENCE).unwrap();
    producer.begin_transaction().unwrap();
    send_with(&producer, &world.input(), &posts(300..600, 4));
    producer.flush(PATIENCE).unwrap();
    producer.abort_transaction(PATIENCE).unwrap();
    producer.begin_transaction().unwrap();
    send_with(&producer, &world.input(), &posts(300..400, 4));
    producer.commit_transaction(PATIENCE).unwrap();

    let _process = world.start("one");
    let mut events = world.events();
    events.until(PATIENCE, |read| read.len() >= expected_events(0..400));
    assert_exactly_once(events.rest(Duration::from_secs(1)), 0..400);
}

#[test]
fn a_broker_that_goes_and_comes_back_in_mid_stream() {
    let mut broker = Broker::start();
    let options = Options { chunk_records: 50, ..Options::default() };
    let world = World::new(&broker.bootstrap, "bounce", options);
    world.send(&posts(0..20_000, 4));
    let process = world.start("one");
    let consumed = format!("undertone_consumed_total{{topic=\"{}\"}}", world.input());
    let moving = || process.metric(&consumed).filter(|count| *count > 1_000.0);
    eventually(PATIENCE, || process.log(), moving);
    // In the middle of a chunk, but not while the broker itself is about to commit one: a lone Kafka 4.3 that is killed there may
    // write that it did and never do it (docs/EXACTLY_ONCE.md).
    process.hold();
    std::thread::sleep(Duration::from_secs(1));
    broker.kill();
    process.go_on();
    let unready = || process.get("/readyz").filter(|(status, _)| *status == 503);
    eventually(PATIENCE, || "still ready without a broker".to_owned(), unready);
    assert_eq!(process.get("/livez").unwrap().0, 200, "waiting for a broker is no reason to be killed");
    broker.start_again();
    let process = process.ready();
    let mut events = world.events();
    events.until(PATIENCE, |read| read.len() >= expected_events(0..20_000));
    let (status, log) = process.terminate();
    assert!(status.success(), "{log}");
    assert_exactly_once(events.rest(Duration::from_millis(500)), 0..20_000);
    let told = log.lines().filter(|line| line.contains("WARN") || line.contains("ERROR")).count();
    // Out of reach, a lost session, back again; a slow machine may lose the session twice. Not a line per retry.
    assert!(told <= 10, "one incident, {told} warnings: {log}");
}
