//! The live page of each process shows every entity, whichever process adds it up.

use std::time::Duration;

use serde_json::Value;

use crate::planted::{NOW, Stretch, weeks_then_drop};
use crate::support::broker::shared;
use crate::support::events::{ENTITIES, are_final, events};
use crate::support::process::{Process, eventually};
use crate::support::topics::{Send, send};
use crate::support::world::{Options, World};

const PATIENCE: Duration = Duration::from_secs(120);

fn json(process: &Process, path: &str) -> Value {
    let (_, body) = process.get(path).unwrap_or_else(|| panic!("{path}: no answer; {}", process.log()));
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

/// Waits until a process shows both entities, and has read all there is.
fn shows_all(process: &Process) -> Value {
    let list = || {
        let list = json(process, "/api/standings?sort=name");
        (list["total"] == ENTITIES.len() && list["following"]["state"] == "live").then_some(list)
    };
    eventually(PATIENCE, || format!("{}\n{}", json(process, "/api/standings"), process.log()), list)
}

#[test]
fn every_process_shows_every_entity_and_so_does_one_that_starts_later() {
    let world = World::new(
        &shared().bootstrap,
        "page",
        Options { reputation: "publish_every = \"50 ms\"\nclock = \"events\"", ..Options::default() },
    );
    world.send_events(&events(0..600));
    let [one, two] = ["one", "two"].map(|instance| world.start_repute(instance));
    let (one, two) = (one.ready(), two.ready());
    let lists = [shows_all(&one), shows_all(&two)];
    let stands =
        |list: &Value| list["entities"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect::<Vec<_>>();
    assert_eq!(stands(&lists[0]), stands(&lists[1]));
    // It works on no partition of the second stage, and reads the topic from its beginning.
    let later = world.start("later");
    shows_all(&later);
    // Nothing may come after the tombstone.
    world.read(&world.reputation()).until(PATIENCE, |read| are_final(read, 600));
    std::thread::sleep(Duration::from_millis(500));
    // What somebody else writes there is counted, and takes nothing away.
    let stranger = Send { key: Some(ENTITIES[0].into()), ..Send::value("{\"schema\":\"theirs/1\"}") };
    let tombstone = Send { key: Some(ENTITIES[1].into()), value: None, ..Send::default() };
    send(&world.bootstrap, &world.reputation(), &[stranger, tombstone]);
    for process in [&one, &two, &later] {
        let list = || {
            let list = json(process, "/api/standings");
            (list["unreadable_records"] == 1 && list["total"] == 1).then_some(list)
        };
        let list = eventually(PATIENCE, || json(process, "/api/standings").to_string(), list);
        assert_eq!(list["entities"][0]["id"], ENTITIES[0]);
    }
    for process in [one, two, later] {
        let (status, log) = process.terminate();
        assert!(status.success(), "{log}");
    }
}

#[test]
fn an_alert_is_shown_with_its_examples_by_a_process_that_did_not_find_it() {
    let world = World::new(&shared().bootstrap, "page-alert", Options::default());
    let [usual, drop] = weeks_then_drop(6);
    let before = Stretch { rate: 8.0, ..usual };
    let events = crate::planted::events("lumen", before).chain(crate::planted::events("lumen", drop));
    let send = |event: Value| Send { key: Some("lumen".into()), ..Send::value(event.to_string()) };
    world.send_events(&events.map(send).collect::<Vec<_>>());
    assert_eq!(drop.until, NOW);
    let finder = world.start_repute("finder").ready();
    let other = world.start("other");
    let open = |process: &Process| {
        let alerts = json(process, "/api/alerts");
        let found = alerts["open"].as_array().unwrap().iter().find(|one| one["kind"] == "reputation_drop").cloned();
        found.filter(|alert| alert["record"].is_object())
    };
    let patient =
        |process: &Process| eventually(PATIENCE, || json(process, "/api/alerts").to_string(), || open(process));
    let (found, shown) = (patient(&finder), patient(&other));
    assert_eq!((&found["id"], &found["entity"]["id"]), (&shown["id"], &Value::from("lumen")));
    assert!(!shown["record"]["examples"].as_array().unwrap().is_empty(), "{shown:#}");
    // Alerts are written at once, standings at their own pace, and a page reads the two topics in either order.
    let detail = || {
        let detail = json(&other, "/api/entities/lumen");
        detail["history"].as_array().is_some_and(|points| !points.is_empty()).then_some(detail)
    };
    let detail = eventually(PATIENCE, || json(&other, "/api/entities/lumen").to_string(), detail);
    assert_eq!(detail["standing"]["entity"]["id"], "lumen");
}
