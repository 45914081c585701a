//! What a running process shows, and what it refuses to do.

use std::time::Duration;

use rdkafka::admin::AdminOptions;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::support::broker::shared;
use crate::support::posts::{expected_events, post, posts};
use crate::support::process::{command, eventually};
use crate::support::topics::admin;
use crate::support::world::{Options, World};

const PATIENCE: Duration = Duration::from_secs(240);

#[test]
fn health_metrics_lag_and_headers() {
    let world = World::new(&shared().bootstrap, "shows", Options { partitions: 2, ..Options::default() });
    let process = world.start("one").ready();
    assert_eq!(process.get("/livez").unwrap().0, 200);
    let traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let mut first = post(3, 2);
    first.headers.push(("traceparent".to_owned(), Some(traceparent.into())));
    world.send(&[first]);
    let mut reader = world.events();
    let event = reader.until(PATIENCE, |read| !read.is_empty())[0].clone();
    let json = event.json();
    for (header, value) in [
        ("ce_specversion", "1.0"),
        ("ce_type", "undertone.enriched.v1"),
        ("ce_source", format!("/undertone/{}/enrich", world.name).as_str()),
        ("ce_id", "test:3#lumen"),
        ("ce_time", json["mention"]["created_at"].as_str().unwrap()),
        ("content-type", "application/json"),
        ("traceparent", traceparent),
    ] {
        assert_eq!(event.header(header), Some(value), "{header}");
    }
    world.send(&posts(10..510, 2));
    reader.until(PATIENCE, |read| read.len() > expected_events(10..510));
    let topic = world.input();
    for partition in 0..2 {
        let series = format!("undertone_lag_records{{partition=\"{partition}\",topic=\"{topic}\"}}");
        let none = || process.metric(&series).filter(|lag| *lag == 0.0);
        eventually(PATIENCE, || process.get("/metrics").unwrap().1, none);
    }
    assert_eq!(process.metric(&format!("undertone_consumed_total{{topic=\"{topic}\"}}")), Some(501.0));
    assert_eq!(process.metric("undertone_unmatched_total"), Some(50.0));
    let of_lumen = process.metric("undertone_enriched_total{entity=\"lumen\",sentiment=\"none\"}");
    assert_eq!(of_lumen, Some(301.0));
    assert!(process.metric("undertone_transactions_total{outcome=\"committed\"}").unwrap() >= 2.0);
    assert_eq!(process.metric("undertone_rebalances_total{kind=\"assigned\"}"), Some(1.0));
}

#[test]
fn lag_is_seen_while_it_catches_up() {
    let world =
        World::new(&shared().bootstrap, "lag", Options { partitions: 1, chunk_records: 1, ..Options::default() });
    world.send(&posts(0..20_000, 1));
    let process = world.start("one").ready();
    let series = format!("undertone_lag_records{{partition=\"0\",topic=\"{}\"}}", world.input());
    let behind = || process.metric(&series).filter(|lag| *lag > 1_000.0);
    eventually(PATIENCE, || process.get("/metrics").unwrap().1, behind);
}

#[test]
fn an_offset_that_is_gone_stops_it_with_a_message() {
    let world = World::new(&shared().bootstrap, "gone", Options { partitions: 1, ..Options::default() });
    world.send(&posts(0..100, 1));
    let process = world.start("one");
    let mut events = world.events();
    events.until(PATIENCE, |read| read.len() >= expected_events(0..100));
    assert!(process.terminate().0.success());
    // More comes, and then the log is cut beyond the committed offset, as retention would.
    world.send(&posts(100..300, 1));
    let mut cut = TopicPartitionList::new();
    cut.add_partition_offset(&world.input(), 0, Offset::Offset(250)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(admin(&world.bootstrap).delete_records(&cut, &AdminOptions::new())).unwrap();

    let (status, log) = world.start("one").wait(PATIENCE);
    assert_eq!(status.code(), Some(1), "{log}");
    let said =
        format!("{}[0]: the group's committed offset 100 is outside of what the log holds (250 to 300)", world.input());
    assert!(log.contains(&said), "{log}");
    let after = events.rest(Duration::from_millis(300)).len();
    assert_eq!(after, expected_events(0..100), "nothing was read beyond the gap");
}

#[test]
fn topics_are_printed_made_and_asked_for() {
    let world = World::new(&shared().bootstrap, "topics", Options { topics: false, ..Options::default() });
    let config = world.config("one");
    let config = config.to_str().unwrap();
    let (status, log) = world.start("one").wait(PATIENCE);
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains(&format!("{} (input) does not exist", world.input())), "{log}");
    assert!(log.contains("undertone topics --create"), "{log}");

    let made = command(&["topics", "--create", "--config", config]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    assert!(made.stderr.contains(&format!("created {}", world.enriched())), "{}", made.stderr);
    let again = command(&["topics", "--create", "--config", config]);
    assert_eq!(again.code, Some(0), "{}", again.stderr);
    assert!(again.stderr.contains(&format!("{} is there already", world.enriched())), "{}", again.stderr);

    let table = command(&["topics", "--print", "--config", config]);
    assert_eq!(table.code, Some(0), "{}", table.stderr);
    assert!(table.stdout.starts_with("TOPIC"), "{}", table.stdout);
    let json = command(&["topics", "--print", "--json", "--config", config]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let names: Vec<&str> = json.as_array().unwrap().iter().map(|topic| topic["name"].as_str().unwrap()).collect();
    let outputs = [world.enriched(), world.dead_letters(), world.reputation(), world.alerts(), world.state()];
    assert_eq!(names, [&[world.input()][..], &outputs].concat());

    drop(world.start("one").ready());
}

#[test]
fn a_compacted_topic_of_events_is_refused() {
    let options = Options { enriched: &[("cleanup.policy", "compact")], ..Options::default() };
    let world = World::new(&shared().bootstrap, "compacted", options);
    let (status, log) = world.start("one").wait(PATIENCE);
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("(enriched) is compacted"), "{log}");
}

#[test]
fn replay_sends_a_file_at_its_pace() {
    let world = World::new(&shared().bootstrap, "replay", Options::default());
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("mentions.jsonl");
    let line = |id: u32, second: u32| {
        format!(r#"{{"id":"{id}","source":"test","text":"lumen {id}","created_at":"2020-01-01T00:00:{second:02}Z"}}"#)
    };
    std::fs::write(&file, format!("{}\n{}\nno mention at all\n{}\n", line(1, 0), line(2, 1), line(3, 10))).unwrap();
    let (file, topic) = (file.to_str().unwrap(), world.input());
    let base = ["replay", file, "--topic", &topic, "--bootstrap", &world.bootstrap];
    let started = std::time::Instant::now();
    let sent = command(&[&base[..], &["--speed", "10", "--shift-to-now"]].concat());
    assert_eq!(sent.code, Some(0), "{}", sent.stderr);
    assert!(started.elapsed() >= Duration::from_secs(1), "ten seconds at ten times the pace");
    assert!(
        sent.stderr.contains("sent 4 records") && sent.stderr.contains("1 of them are lines that could not be read"),
        "{}",
        sent.stderr
    );
    assert_eq!(sent.stdout, "");

    let _process = world.start("one");
    let mut events = world.events();
    for event in events.until(PATIENCE, |read| read.len() >= 3) {
        let created: jiff::Timestamp = event.json()["mention"]["created_at"].as_str().unwrap().parse().unwrap();
        let age = jiff::Timestamp::now().duration_since(created);
        assert!(age.as_secs() < 120, "moved to now: {created}");
    }
    world.letters().until(PATIENCE, |read| read.len() == 1);

    let bad = command(&["replay", file, "--topic", "no-such-topic", "--bootstrap", &world.bootstrap]);
    assert_eq!(bad.code, Some(1));
    assert!(bad.stderr.contains("there is no topic no-such-topic"), "{}", bad.stderr);
}
