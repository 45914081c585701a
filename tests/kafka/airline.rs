//! The main job on real input: 14,485 mentions of six airlines through Kafka and the real model, held against an oracle that
//! shares no code with it. Needs the team's data.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::support::broker::shared;
use crate::support::process::{command, eventually};
use crate::support::topics::Read;
use crate::support::world::{Options, World};

const MENTIONS: f64 = 14_485.0;
const PATIENCE: Duration = Duration::from_secs(240);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// What the oracle names: (mention id, entity) and relation.
fn oracle(stream: &Path) -> BTreeMap<(String, String), String> {
    let output = Command::new("python3")
        .arg(root().join("tests/kafka/oracle.py"))
        .arg(stream)
        .output()
        .expect("the oracle needs python3: apt-get install python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = |row: &Value, field: &str| row[field].as_str().unwrap().to_owned();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|row| ((text(&row, "id"), text(&row, "entity")), text(&row, "relation")))
        .collect()
}

#[test]
fn the_airline_stream_becomes_exactly_the_events_that_the_oracle_names() {
    let stream = root().join("../shared/data/airline/stream.jsonl.gz");
    let options = Options {
        model: true,
        chunk_records: 500,
        watchlist: Some(root().join("tests/data/airline.watchlist.toml")),
        mapping: Some(root().join("tests/data/airline.mapping.toml")),
        ..Options::default()
    };
    let world = World::new(&shared().bootstrap, "airline", options);
    let sent =
        command(&["replay", stream.to_str().unwrap(), "--topic", &world.input(), "--bootstrap", &world.bootstrap]);
    assert_eq!(sent.code, Some(0), "{}", sent.stderr);
    assert!(sent.stderr.contains("sent 14485 records"), "{}", sent.stderr);

    let process = world.start("one").ready();
    let consumed = format!("undertone_consumed_total{{topic=\"{}\"}}", world.input());
    // However slow the machine, it must move.
    let mut count = 0.0;
    while count < MENTIONS {
        let more = || process.metric(&consumed).filter(|now| *now > count);
        count = eventually(PATIENCE, || format!("stuck after {count} mentions: {}", process.log()), more);
    }
    let mut reader = world.events();
    let events = reader.rest(Duration::from_secs(1));
    assert_eq!(process.metric(&consumed), Some(MENTIONS));

    let mut expected = oracle(&stream);
    assert!(expected.len() > 14_000);
    let mut seen = BTreeSet::new();
    for event in events {
        let json = event.json();
        let text = |pointer: &str| json.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let pair = (text("/mention/id"), text("/entity/id"));
        assert!(seen.insert(pair.clone()), "twice: {pair:?}");
        let relation = expected.remove(&pair);
        assert_eq!(relation, Some(text("/relation")), "{pair:?}: the oracle says otherwise");
    }
    let lost: Vec<_> = expected.iter().take(5).collect();
    assert!(lost.is_empty(), "{} lost, for example {lost:?}", expected.len());
    in_order(events);
    as_promised(events);
    let (status, log) = process.terminate();
    assert!(status.success(), "{log}");
    let letters = world.letters().rest(Duration::from_millis(300)).to_vec();
    assert!(letters.is_empty(), "{:?}", letters.first());
}

/// Per entity, events stand in the order of each input partition.
fn in_order(events: &[Read]) {
    let mut last: BTreeMap<(i64, String), i64> = BTreeMap::new();
    for event in events {
        let json = event.json();
        let key = (json["origin"]["partition"].as_i64().unwrap(), json["entity"]["id"].as_str().unwrap().to_owned());
        let offset = json["origin"]["offset"].as_i64().unwrap();
        if let Some(before) = last.insert(key, offset) {
            assert!(before < offset, "{offset} came after {before}");
        }
    }
}

/// Value and headers are what the schema and docs/EVENTS.md promise, and the model had its say.
fn as_promised(events: &[Read]) {
    let schema = std::fs::read_to_string(root().join("docs/schemas/enriched.v1.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    for event in events {
        let json = event.json();
        if let Err(error) = schema.validate(&json) {
            panic!("{}: {error}", json["id"]);
        }
        assert!(json["sentiment"]["label"].is_string());
        assert_eq!(event.header("ce_id"), json["id"].as_str());
        assert_eq!(event.key.as_deref().and_then(|key| std::str::from_utf8(key).ok()), json["entity"]["id"].as_str());
    }
    let partitions: BTreeSet<(&[u8], i32)> =
        events.iter().map(|event| (event.key.as_deref().unwrap(), event.partition)).collect();
    assert_eq!(partitions.len(), 6, "each entity on one partition: {partitions:?}");
}
