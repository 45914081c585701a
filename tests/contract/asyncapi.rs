//! docs/asyncapi.yaml, against AsyncAPI's own schema, docs/schemas, and the topics that the program makes.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;
use jsonschema::Draft;
use serde_json::{Value, json};

use crate::schemas::complaints;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn document() -> Value {
    serde_saphyr::from_str(&std::fs::read_to_string(root("docs/asyncapi.yaml")).unwrap()).unwrap()
}

/// `schemas/3.0.0.json` of the npm package @asyncapi/specs 6.11.1 (Apache-2.0).
fn specification() -> Value {
    let file = std::fs::File::open(root("tests/data/asyncapi-3.0.0.schema.json.gz")).unwrap();
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn it_is_asyncapi() {
    let validator = jsonschema::options().with_draft(Draft::Draft7).build(&specification()).unwrap();
    assert_eq!(complaints(&validator, &document()), [] as [String; 0]);
    // The specification is a schema that can say no.
    for (pointer, by) in [
        ("/asyncapi", json!("2.6.0")),
        ("/channels/alerts/bindings/kafka/partitions", json!(0)),
        ("/operations/writeAlerts/action", json!("publish")),
        ("/components/messages/alert/headers", json!("anything")),
    ] {
        let mut wrong = document();
        *wrong.pointer_mut(pointer).unwrap() = by;
        assert!(!validator.is_valid(&wrong), "{pointer}");
    }
}

/// Every reference leads somewhere: into the document, or into a schema beside it.
#[test]
fn references_lead_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            found.push(reference);
        }
        let children: Vec<&Value> = match value {
            Value::Object(fields) => fields.values().collect(),
            Value::Array(items) => items.iter().collect(),
            _ => Vec::new(),
        };
        children.into_iter().for_each(|child| references(child, found));
    }
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let there = match file {
            "" => document.pointer(pointer).is_some(),
            file => {
                let schema = std::fs::read_to_string(root("docs").join(file)).unwrap();
                serde_json::from_str::<Value>(&schema).unwrap().pointer(pointer).is_some()
            }
        };
        assert!(there, "{reference}");
    }
}

/// Name, partitions and properties of every topic are those that `undertone topics` makes by default.
#[test]
fn its_topics_are_those_of_the_program() {
    let config = root("deploy/undertone.example.toml");
    let output = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .args(["topics", "--print", "--json", "--config"])
        .arg(config)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let topics: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let made: BTreeMap<&str, Value> = topics
        .iter()
        .map(|topic| (topic["name"].as_str().unwrap(), json!([topic["partitions"], topic["properties"]])))
        .collect();
    let document = document();
    let written: BTreeMap<&str, Value> = document["channels"]
        .as_object()
        .unwrap()
        .values()
        .map(|channel| {
            let kafka = &channel["bindings"]["kafka"];
            assert_eq!(kafka["topic"], channel["address"]);
            let properties = kafka["topicConfiguration"].as_object().unwrap();
            let properties: serde_json::Map<String, Value> =
                properties.iter().map(|(key, value)| (key.clone(), Value::from(plain(value)))).collect();
            (channel["address"].as_str().unwrap(), json!([kafka["partitions"], properties]))
        })
        .collect();
    assert_eq!(written, made);
}

/// A property's value as Kafka's tools write it.
fn plain(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
