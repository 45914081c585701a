//! docs/CONFIGURATION.md, docs/LEXICON.md and the commented examples against the code: the fields that exist, and their defaults.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use undertone::config::{ConfigErrors, Settings, parse_lexicon, parse_watchlist};

/// A configuration with nothing but what is required.
const LEAST: &str = "watchlist = \"watchlist.toml\"\n[kafka]\nbootstrap = \"localhost:9092\"\n";
const INPUT: &str = "[[input]]\ntopic = \"mentions\"\n";
const WATCHLIST: &str = "[[entity]]\nid = \"acme\"\nname = \"Acme\"\nkind = \"brand\"\nquery = \"acme\"\n";
/// Sections that exist: their fields are compared.
const SECTIONS: [&str; 8] =
    ["kafka", "output", "limits", "reputation", "model", "model.classifier", "language", "http"];
/// What the documentation says of a default that no file can say.
const IN_WORDS: [&str; 7] = ["required", "none", "see below", "found", "the engine's", "the broker's", "the model's"];

fn project(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn load(text: &str) -> Result<Settings, ConfigErrors> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("watchlist.toml"), WATCHLIST).unwrap();
    let path = folder.path().join("undertone.toml");
    std::fs::write(&path, text).unwrap();
    Settings::load(&path)
}

/// Fields and defaults of the tables of docs/CONFIGURATION.md and docs/LEXICON.md, by section; the fields of the file itself are those of "".
fn documented() -> BTreeMap<String, BTreeMap<String, String>> {
    let text = project("docs/CONFIGURATION.md") + &project("docs/LEXICON.md");
    let mut documented: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut section = String::new();
    for line in text.lines() {
        if line.starts_with("| field ") {
            section.clear();
        }
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [first, default, _] = cells[..] else { continue };
        let bare = first.trim_matches(['*', '`', '[', ']']);
        if first.contains("`[") {
            section = bare.to_owned();
        } else if first.starts_with('`') {
            let fields = documented.entry(section.clone()).or_default();
            for name in first.split(',') {
                fields.insert(name.trim().trim_matches('`').to_owned(), default.trim_matches('`').to_owned());
            }
        }
    }
    documented
}

/// The fields that the code knows of where one does not exist, by where.
fn known(errors: &ConfigErrors) -> BTreeMap<String, BTreeSet<String>> {
    let unknown = errors.0.iter().filter(|error| error.found == "a field that does not exist");
    let split = |error: &undertone::config::ConfigError| {
        let place = error.field.strip_suffix("zzz").unwrap().trim_end_matches('.').to_owned();
        let fields = error.expected.strip_prefix("one of ").unwrap().split(", ").map(str::to_owned).collect();
        (place, fields)
    };
    unknown.map(split).collect()
}

#[test]
fn every_field_is_documented_and_no_other() {
    let mut text = format!("zzz = 1\n{LEAST}zzz = 1\n{INPUT}zzz = 1\n");
    SECTIONS.iter().skip(1).for_each(|section| text += &format!("[{section}]\nzzz = 1\n"));
    let known = known(&load(&text).unwrap_err());
    let documented = documented();
    let fields = |section: &str| documented[section].keys().cloned().collect::<BTreeSet<_>>();
    for section in SECTIONS {
        let own = known[section].iter().filter(|field| !SECTIONS.contains(&&*format!("{section}.{field}")));
        assert_eq!(fields(section), own.cloned().collect(), "[{section}]");
    }
    assert_eq!(fields("input"), known["input[0]"]);
    // The file itself holds the paths of the other files, and the sections.
    let sections = SECTIONS.iter().copied().chain(["input"]).filter(|name| !name.contains('.')).map(str::to_owned);
    assert_eq!(fields("").into_iter().chain(sections).collect::<BTreeSet<_>>(), known[""]);
}

#[test]
fn every_field_of_a_watchlist_is_documented_and_no_other() {
    let topic = "[[topic]]\nid = \"price\"\nname = \"Price\"\ndescription = \"What it costs.\"\nzzz = 1\n";
    let errors = parse_watchlist("watchlist.toml", &format!("{WATCHLIST}zzz = 1\n{topic}")).unwrap_err();
    let known = known(&errors);
    let documented = documented();
    for (section, place) in [("entity", "entity.acme"), ("topic", "topic.price")] {
        assert_eq!(documented[section].keys().cloned().collect::<BTreeSet<_>>(), known[place], "[[{section}]]");
    }
}

#[test]
fn every_field_of_a_lexicon_is_documented_and_no_other() {
    let text = "[[phrase]]\ntext = \"mind the gap\"\neffect = \"neutral\"\nzzz = 1\n";
    let known = known(&parse_lexicon("lexicon.toml", text, None).unwrap_err());
    assert_eq!(documented()["phrase"].keys().cloned().collect::<BTreeSet<_>>(), known["phrase[0]"]);
}

/// Each default that the documentation names is what holds where the field is left out.
#[test]
fn the_defaults_are_those_documented() {
    let without = format!("{:?}", load(&format!("{LEAST}{INPUT}")).unwrap());
    let documented = documented();
    let mut compared = 0;
    for section in SECTIONS {
        for (field, default) in documented[section].iter().filter(|(_, default)| !IN_WORDS.contains(&default.as_str()))
        {
            // A text may stand without quotes in the documentation, and a number with commas.
            let number = default.replace(',', "");
            let value = match default.as_str() {
                "true" | "false" => default.clone(),
                _ if default.starts_with('"') => default.clone(),
                _ if number.parse::<f64>().is_ok() => number,
                _ => format!("{default:?}"),
            };
            let line = format!("{field} = {value}\n");
            let text = match section {
                "kafka" => format!("{LEAST}{line}{INPUT}"),
                _ => format!("{LEAST}{INPUT}[{section}]\n{line}"),
            };
            let with = load(&text).unwrap_or_else(|errors| panic!("[{section}] {line}{errors}"));
            assert_eq!(format!("{with:?}"), without, "[{section}] {field}: the default is not {value}");
            compared += 1;
        }
    }
    assert!(compared >= 25, "{compared} defaults");
}

/// The default topics load as they are, and each has what a topic needs to work: examples in several languages and a threshold.
#[test]
fn the_default_topics_are_ready_to_use() {
    let file = "deploy/topics.example.toml";
    let (watchlist, warnings) = parse_watchlist(file, &project(file)).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert!((10..=14).contains(&watchlist.topics.len()), "{}", watchlist.topics.len());
    for topic in &watchlist.topics {
        assert!((6..=12).contains(&topic.examples.len()), "{}: {} examples", topic.id, topic.examples.len());
        let longest = topic.examples.iter().map(|example| example.chars().count()).max().unwrap_or(0);
        assert!(longest <= 80, "{}: an example of {longest} characters, longer than posts are", topic.id);
        assert!(topic.threshold.is_some(), "{}: no threshold", topic.id);
    }
}

/// The commented example has every field, and shows the defaults that are documented.
#[test]
fn the_example_shows_every_field_and_its_default() {
    let example = project("deploy/undertone.example.toml");
    let (mut section, mut shown): (String, BTreeSet<(String, String)>) = Default::default();
    let documented = documented();
    for line in example.lines() {
        let line = line.trim_start_matches("# ");
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_matches(['[', ']']).to_owned();
        }
        let Some((field, value)) = line.split_once(" = ") else { continue };
        let Some(default) = documented.get(&section).and_then(|fields| fields.get(field)) else { continue };
        shown.insert((section.clone(), field.to_owned()));
        if !IN_WORDS.contains(&default.as_str()) {
            let plain = |text: &str| text.split(" #").next().unwrap().trim().replace(['"', '_', ','], "");
            assert_eq!(plain(value), plain(default), "[{section}] {field}");
        }
    }
    let all: BTreeSet<_> = documented
        .iter()
        .filter(|(section, _)| !["entity", "topic", "phrase"].contains(&section.as_str()))
        .flat_map(|(section, fields)| fields.keys().map(|field| (section.clone(), field.clone())))
        .filter(|(_, field)| field != "properties")
        .collect();
    assert_eq!(all.difference(&shown).collect::<Vec<_>>(), Vec::<&(String, String)>::new());
}
