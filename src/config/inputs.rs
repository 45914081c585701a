//! `[[input]]` and `[output]`: the topics of a run.

use std::collections::HashSet;
use std::sync::Arc;

use super::error::ConfigError;
use super::section::{Located, Section, filled};
use super::settings::{Input, Output};
use crate::mention::{Mapping, MappingError};

const TOPIC: &str = "the name of a topic: 1 to 249 letters, digits, dots, hyphens or underscores";

/// What Kafka takes as the name of a topic.
pub(super) fn is_topic(text: &str) -> bool {
    (1..=249).contains(&text.len())
        && text != "."
        && text != ".."
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
}

/// Reads both, since no topic may be named twice.
pub(super) fn read(root: &Section<'_>) -> Option<(Vec<Input>, Output)> {
    let mut names = HashSet::new();
    let sections = root.sections("input");
    if sections.is_empty() && !root.has("input") {
        root.missing("input", "at least one [[input]] with a topic");
    }
    let inputs: Option<Vec<Input>> = sections.iter().map(|section| input(section, &mut names)).collect();
    let output = output(&root.section("output"), &mut names);
    Some((inputs.filter(|inputs| !inputs.is_empty())?, output?))
}

fn input(section: &Section<'_>, names: &mut HashSet<String>) -> Option<Input> {
    let topic = section.require("topic", TOPIC, |value| filled(value).filter(|topic| is_topic(topic)));
    let named_twice = topic.as_ref().is_some_and(|topic| !names.insert(topic.value.clone()));
    if let Some(topic) = topic.as_ref().filter(|_| named_twice) {
        section.wrong(
            &topic.at,
            "topic",
            format!("{:?} a second time", topic.value),
            "a topic that no other input reads",
        );
    }
    let has_mapping = section.has("mapping");
    let path = section.read("mapping", "the path of a mapping file", filled);
    section.refuse_unknown();
    let mapping = path.as_ref().and_then(|path| mapping(section, path));
    let topic = topic.filter(|_| !named_twice)?;
    (mapping.is_some() || !has_mapping).then(|| Input { topic: topic.value.into(), mapping })
}

/// Reads a mapping file. What is wrong in it is told of that file, not of this one.
fn mapping(section: &Section<'_>, path: &Located<String>) -> Option<Arc<Mapping>> {
    match Mapping::load(&section.document.resolve(&path.value)) {
        Ok(mapping) => return Some(Arc::new(mapping)),
        Err(MappingError::Unreadable { file, error }) => {
            section.wrong(&path.at, "mapping", format!("{file}, which cannot be read ({error})"), "a mapping file");
        }
        Err(MappingError::Invalid { file, line, field, found, expected }) => section.document.push(ConfigError {
            file,
            line: Some(line),
            column: None,
            field,
            found,
            expected,
            excerpt: String::new(),
        }),
    }
    None
}

fn output(section: &Section<'_>, names: &mut HashSet<String>) -> Option<Output> {
    let mut topic = |key: &'static str, default: &str| {
        let read = section.or(key, default.to_owned(), |section| {
            let topic = section.read(key, TOPIC, |value| filled(value).filter(|topic| is_topic(topic)))?;
            if names.contains(&topic.value) {
                let expected = "a topic that is no input and no other output";
                section.wrong(&topic.at, key, format!("{:?}, which is named above", topic.value), expected);
                return None;
            }
            Some(topic)
        })?;
        names.insert(read.clone());
        Some(read)
    };
    let enriched = topic("enriched", "undertone.enriched");
    let dead_letters = topic("dead_letters", "undertone.dead-letters");
    let reputation = topic("reputation", "undertone.reputation");
    let alerts = topic("alerts", "undertone.alerts");
    let reputation_state = topic("reputation_state", "undertone.reputation-state");
    let partitions = section.number("partitions", 1..=10_000, 12);
    // −1 is the broker's own default: right for one broker as for many.
    let replication = section.or("replication", -1, |section| {
        section.read("replication", "a whole number from 1 to 32", |value| {
            super::section::integer(value).and_then(|n| i32::try_from(n).ok()).filter(|n| (1..=32).contains(n))
        })
    });
    section.refuse_unknown();
    Some(Output {
        enriched: enriched?,
        dead_letters: dead_letters?,
        reputation: reputation?,
        alerts: alerts?,
        reputation_state: reputation_state?,
        partitions: partitions?,
        replication: replication?,
    })
}
