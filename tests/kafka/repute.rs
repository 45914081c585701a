//! The second stage: standings, alerts and state come out, and survive what happens to processes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;

use crate::support::broker::shared;
use crate::support::events::{ENTITIES, are_final, assert_alike, event, events, latest};
use crate::support::posts::posts;
use crate::support::process::eventually;
use crate::support::topics::{Read, Send, admin, create};
use crate::support::world::{Options, World};

const PATIENCE: Duration = Duration::from_secs(90);
const QUIET: Duration = Duration::from_millis(500);

fn world(name: &str, options: Options) -> World {
    World::new(&shared().bootstrap, name, options)
}

/// Snapshots by entity and the checkpoints, each with the partition it lies on.
fn state(records: &[Read]) -> BTreeMap<(String, i32), Value> {
    let mut state = BTreeMap::new();
    for record in records {
        let key = String::from_utf8(record.key.clone().unwrap()).unwrap();
        state.insert((key, record.partition), record.json());
    }
    state
}

/// The standings of all entities once all of so many events are in them, by a process that nothing happens to.
fn undisturbed(name: &str, records: &[Send]) -> (BTreeMap<String, Value>, Vec<(String, String)>) {
    let world = world(name, Options::default());
    world.send_events(records);
    let process = world.start_repute("one");
    let mut standings = world.read(&world.reputation());
    standings.until(PATIENCE, |read| are_final(read, records.len()));
    let (status, log) = process.terminate();
    assert!(status.success(), "{log}");
    let alerts = alerts(world.read(&world.alerts()).rest(QUIET));
    (latest(standings.rest(QUIET)), alerts)
}

/// Id and state of each alert record, in order.
fn alerts(records: &[Read]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut alerts: Vec<_> =
        records.iter().map(Read::json).map(|one| (text(&one["id"]), text(&one["state"]))).collect();
    alerts.sort();
    alerts
}

fn assert_same(found: &BTreeMap<String, Value>, expected: &BTreeMap<String, Value>) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (entity, expected) in expected {
        assert_alike(&found[entity], expected, entity);
    }
}

#[test]
fn standings_and_state_come_out_of_events() {
    let world = world(
        "stands",
        Options { reputation: "snapshot_every = \"200 ms\"\nclock = \"events\"", ..Options::default() },
    );
    world.send_events(&events(0..600));
    let process = world.start_repute("one").ready();
    let mut reader = world.read(&world.reputation());
    let standings = latest(reader.until(PATIENCE, |read| are_final(read, 600)));
    for entity in ENTITIES {
        let standing = &standings[entity];
        assert_eq!(
            (&standing["schema"], &standing["entity"]["id"]),
            (&"undertone.reputation/1".into(), &entity.into())
        );
        let reputation = standing["windows"]["7d"]["reputation"].as_f64().unwrap();
        assert!((55.0..85.0).contains(&reputation), "{standing}");
        let gauge = format!("undertone_reputation{{entity=\"{entity}\",window=\"7d\"}}");
        let shown = || process.metric(&gauge).filter(|shown| (shown - reputation).abs() < 1e-6);
        eventually(PATIENCE, || process.get("/metrics").unwrap().1, shown);
    }
    // The state of each entity lies on the partition of its events, and the checkpoint reaches their end.
    let enriched = world.events().rest(QUIET).to_vec();
    let homes: BTreeSet<(String, i32)> =
        enriched.iter().map(|one| (String::from_utf8(one.key.clone().unwrap()).unwrap(), one.partition)).collect();
    let ends: BTreeMap<i32, i64> = enriched.iter().map(|one| (one.partition, one.offset + 1)).collect();
    let mut kept = world.read(&world.state());
    let kept = state(kept.until(PATIENCE, |read| {
        let state = state(read);
        ends.iter().all(|(partition, end)| {
            state.get(&("#checkpoint".to_owned(), *partition)).is_some_and(|one| one["offset"] == *end)
        })
    }));
    let snapshots: BTreeSet<(String, i32)> = kept.keys().filter(|(key, _)| key != "#checkpoint").cloned().collect();
    assert_eq!(snapshots, homes);
    for ((_, partition), record) in &kept {
        assert_eq!(record["partition"], *partition);
        assert_eq!(record["partitions"], world.partitions);
        assert!(record["offset"].as_i64().unwrap() <= ends[partition], "{record}");
    }
    let (status, log) = process.terminate();
    assert!(status.success(), "{log}");
}

#[test]
fn killed_in_mid_stream_again_and_again_it_stands_as_if_nothing_had_happened() {
    const COUNT: usize = 12_000;
    let records: Vec<Send> = (0..COUNT).map(|number| event(number, COUNT * 2 / 3..COUNT * 2 / 3 + 600)).collect();
    let (expected, expected_alerts) = undisturbed("calm", &records);
    for state in ["opened", "resolved"] {
        assert!(expected_alerts.iter().any(|(_, told)| told == state), "none was {state}: {expected_alerts:?}");
    }
    let options = Options {
        chunk_records: 25,
        reputation: "snapshot_every = \"150 ms\"\npublish_every = \"20 ms\"\nclock = \"events\"",
        ..Options::default()
    };
    let world = world("killed", options);
    world.send_events(&records);
    let mut standings = world.read(&world.reputation());
    for round in 1..=6 {
        let process = world.start_repute("one");
        let before = standings.rest(Duration::from_millis(50)).len();
        // More than the standings that are published after every restore.
        standings.until(PATIENCE, |read| read.len() > before + 8);
        assert!(!are_final(&standings.records, COUNT), "round {round}: nothing was left to be interrupted");
        // A little later each time, so that the kill meets every part of the loop.
        std::thread::sleep(Duration::from_millis(37 * round));
        process.kill();
    }
    let process = world.start_repute("one");
    standings.until(PATIENCE, |read| are_final(read, COUNT));
    let (status, log) = process.terminate();
    assert!(status.success(), "{log}");
    assert_same(&latest(standings.rest(QUIET)), &expected);
    assert_eq!(alerts(world.read(&world.alerts()).rest(QUIET)), expected_alerts, "each alert and state once");
    assert!(world.letters().rest(QUIET).is_empty());
}

#[test]
fn state_moves_with_its_partition_when_a_process_joins_and_leaves() {
    const COUNT: usize = 9_000;
    let records = events(0..COUNT);
    let (expected, _) = undisturbed("alone", &records);
    // On three partitions, each of two processes gets one of the two entities.
    let reputation = "publish_every = \"20 ms\"\nclock = \"events\"";
    let options = Options { partitions: 3, reputation, ..Options::default() };
    let world = world("moves", options);
    let mut standings = world.read(&world.reputation());
    world.send_events(&records[..3_000]);
    let one = world.start_repute("one");
    standings.until(PATIENCE, |read| are_final(read, 3_000));
    let held = |process: &crate::support::process::Process| {
        let (_, body) = process.get("/metrics")?;
        Some(
            ENTITIES
                .iter()
                .filter(|entity| body.contains(&format!("undertone_reputation{{entity=\"{entity}\"")))
                .count(),
        )
    };
    eventually(PATIENCE, || one.get("/metrics").unwrap().1, || (held(&one)? == 2).then_some(()));
    let two = world.start_repute("two").ready();
    let shared = || (held(&one)? == 1 && held(&two)? == 1).then_some(());
    eventually(PATIENCE, || format!("nothing moved: {}", two.log()), shared);
    world.send_events(&records[3_000..6_000]);
    standings.until(PATIENCE, |read| are_final(read, 6_000));
    let (status, log) = two.terminate();
    assert!(status.success(), "{log}");
    world.send_events(&records[6_000..]);
    standings.until(PATIENCE, |read| are_final(read, COUNT));
    eventually(PATIENCE, || one.get("/metrics").unwrap().1, || (held(&one)? == 2).then_some(()));
    let (status, log) = one.terminate();
    assert!(status.success(), "{log}");
    assert_same(&latest(standings.rest(QUIET)), &expected);
}

#[test]
fn a_foreign_record_becomes_a_dead_letter() {
    let world = world("foreign", Options::default());
    let mut records = events(0..30);
    records.insert(10, Send { key: Some("lumen".into()), ..Send::value("no enriched event") });
    // An event of an entity under another key would give it a second state elsewhere.
    records.insert(20, Send { key: Some("other".into()), ..event(30, 0..0) });
    // An event of the far future would move the time of its partition's entities, and what they have would fade at once.
    let late = event(31, 0..0);
    let value =
        String::from_utf8(late.value.clone().unwrap()).unwrap().replace("2026-03-02T00:31:00Z", "2099-01-01T00:00:00Z");
    records.insert(25, Send { key: late.key, ..Send::value(value) });
    world.send_events(&records);
    let _process = world.start_repute("one").ready();
    let mut letters = world.letters();
    let letters = letters.until(PATIENCE, |read| read.len() >= 3);
    let reasons: BTreeSet<_> = letters.iter().map(|letter| letter.header("undertone-reason").unwrap()).collect();
    assert_eq!(reasons, BTreeSet::from(["invalid_value", "not_json", "time_out_of_range"]));
    assert!(letters.iter().all(|letter| letter.header("undertone-topic") == Some(world.enriched().as_str())));
    let mut standings = world.read(&world.reputation());
    let standings = latest(standings.until(PATIENCE, |read| are_final(read, 30)));
    assert!(standings.values().all(|standing| standing["at"].as_str().unwrap() < "2099"), "{standings:?}");
}

#[test]
fn a_changed_number_of_partitions_is_refused_with_the_way_out() {
    let world = world("regrown", Options::default());
    world.send_events(&events(0..30));
    let process = world.start_repute("one");
    world.read(&world.reputation()).until(PATIENCE, |read| are_final(read, 30));
    assert!(process.terminate().0.success());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let grow = |topic: &str| {
        let grown = [rdkafka::admin::NewPartitions::new(topic, 6)];
        let outcome = runtime.block_on(admin(&world.bootstrap).create_partitions(&grown, &Default::default())).unwrap();
        outcome.into_iter().for_each(|one| drop(one.unwrap()));
    };
    grow(&world.enriched());
    let (status, log) = world.start_repute("one").wait(PATIENCE);
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("has 4 partitions") && log.contains("kafka-topics"), "{log}");
    // With as many partitions for the state, what it holds is still of another time.
    grow(&world.state());
    let (status, log) = world.start_repute("one").wait(PATIENCE);
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("6 partitions") && log.contains("when it had 4") && log.contains("--delete"), "{log}");
}

#[test]
fn state_that_was_lost_is_rebuilt_from_the_events_in_silence() {
    let records: Vec<Send> = (0..3_000).map(|number| event(number, 1_500..2_100)).collect();
    let world = world("rebuilt", Options::default());
    world.send_events(&records);
    let process = world.start_repute("one");
    let mut standings = world.read(&world.reputation());
    standings.until(PATIENCE, |read| are_final(read, 3_000));
    assert!(process.terminate().0.success());
    let expected = latest(standings.rest(QUIET));
    let told = alerts(world.read(&world.alerts()).rest(QUIET));
    assert!(!told.is_empty());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = admin(&world.bootstrap);
    runtime.block_on(client.delete_topics(&[&world.state()], &Default::default())).unwrap();
    let again = || create(&client, &world.state(), world.partitions, &[("cleanup.policy", "compact")]).ok();
    eventually(PATIENCE, || "the topic does not go".to_owned(), again);
    let before = standings.records.len();
    let process = world.start_repute("one").ready();
    assert!(process.log().contains("adding up all events again"), "{}", process.log());
    standings.until(PATIENCE, |read| are_final(&read[before..], 3_000));
    assert!(process.terminate().0.success());
    assert_same(&latest(standings.rest(QUIET)), &expected);
    assert_eq!(alerts(world.read(&world.alerts()).rest(QUIET)), told, "nothing is told twice");
}

#[test]
fn offsets_that_were_set_back_behind_the_state_are_refused() {
    let world = world("back", Options::default());
    world.send_events(&events(0..300));
    let process = world.start_repute("one");
    world.read(&world.reputation()).until(PATIENCE, |read| are_final(read, 300));
    assert!(process.terminate().0.success());
    let group = format!("{}-repute", world.name);
    let consumer: rdkafka::consumer::BaseConsumer = rdkafka::ClientConfig::new()
        .set("bootstrap.servers", &world.bootstrap)
        .set("group.id", &group)
        .create()
        .unwrap();
    let mut offsets = rdkafka::TopicPartitionList::new();
    for partition in 0..world.partitions {
        offsets.add_partition_offset(&world.enriched(), partition, rdkafka::Offset::Offset(0)).unwrap();
    }
    // Allowed once the member that left is given up.
    let set = || rdkafka::consumer::Consumer::commit(&consumer, &offsets, rdkafka::consumer::CommitMode::Sync).ok();
    eventually(PATIENCE, || "the offsets cannot be set".to_owned(), set);
    let (status, log) = world.start_repute("one").wait(PATIENCE);
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains("has committed only 0") && log.contains("--reset-offsets"), "{log}");
}

#[test]
fn both_stages_in_one_process_from_mention_to_standing() {
    let world = world("both", Options::default());
    world.send(&posts(0..500, 4));
    let process = world.start_both("one").ready();
    let mut standings = world.read(&world.reputation());
    let mentions = |read: &[Read]| {
        let of = |entity: &str| {
            latest(read).get(entity).map_or(0.0, |one| one["windows"]["7d"]["mentions"].as_f64().unwrap())
        };
        ENTITIES.map(of)
    };
    // 300 and 250 of the posts, all of one moment.
    standings.until(PATIENCE, |read| mentions(read)[0] > 299.0 && mentions(read)[1] > 249.0);
    assert_eq!(process.metric("undertone_folded_total"), Some(550.0));
    let lag = format!("undertone_lag_records{{partition=\"0\",topic=\"{}\"}}", world.enriched());
    eventually(PATIENCE, || process.get("/metrics").unwrap().1, || process.metric(&lag));
    let (status, log) = process.terminate();
    assert!(status.success(), "{log}");
}
