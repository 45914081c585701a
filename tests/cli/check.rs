//! `undertone check`. What is said of each single field is held in `src/config/tests.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use undertone::config::Settings;

use crate::support::{Outcome, project, undertone};

/// A folder with the shipped examples in it, without the model that a checkout may not have.
fn examples() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(project("deploy/undertone.example.toml")).unwrap();
    fs::write(folder.path().join("undertone.toml"), text.replace("# engine = \"cpu\"", "engine = \"off\"")).unwrap();
    for file in ["watchlist.example.toml", "lexicon.example.toml"] {
        fs::copy(project(&format!("deploy/{file}")), folder.path().join(file)).unwrap();
    }
    folder
}

fn check(folder: &Path) -> Outcome {
    undertone(&["check", "--config", folder.join("undertone.toml").to_str().unwrap()], "")
}

fn change(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} holds {from}");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn the_examples_are_fine() {
    let folder = examples();
    let outcome = check(folder.path());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    for part in [
        "undertone.toml is fine\n",
        "  kafka      localhost:9092, group undertone, instance ",
        "  inputs     mentions\n",
        "  outputs    undertone.enriched, dead letters to undertone.dead-letters\n",
        "  entities   5 (1 brand, 1 product, 1 person, 2 competitor)\n",
        "  topics     3\n",
        "  model      off",
        "  http       127.0.0.1:9464\n",
        "  lexicon    none\n",
    ] {
        assert!(outcome.stdout.contains(part), "{part:?} in\n{}", outcome.stdout);
    }
    assert_eq!(outcome.stderr, "");
}

#[test]
fn a_bad_configuration_stops_at_the_door_with_64() {
    let folder = examples();
    change(folder.path(), "undertone.toml", "# chunk_records = 16000", "chunk_records = 0");
    change(folder.path(), "undertone.toml", "\"localhost:9092\"", "\"localhost\"");
    change(folder.path(), "watchlist.example.toml", "'\"mira holt\" OR @miraholt'", "'\"mira holt\" @miraholt'");
    let outcome = check(folder.path());
    assert_eq!((outcome.code, outcome.stdout.as_str()), (64, ""));
    let said = outcome.stderr.replace(&format!("{}/", folder.path().display()), "");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "error: the configuration is wrong");
    assert!(
        lines[1].starts_with("undertone.toml:11:13: kafka.bootstrap: found \"localhost\", expected host:port"),
        "{said}"
    );
    assert!(lines[2].contains(": limits.chunk_records: found 0, expected a whole number from 1 to 100000"), "{said}");
    assert!(
        lines[3].contains("entity.mira-holt.query: column 13: found `@miraholt`, expected AND, OR, NOT or"),
        "{said}"
    );
    assert_eq!(lines[4..], ["    \"mira holt\" @miraholt", "                ^", "3 errors"]);
}

#[test]
fn warnings_do_not_fail_and_secrets_are_never_shown() {
    let folder = examples();
    change(folder.path(), "watchlist.example.toml", "'\"mira holt\" OR @miraholt'", "'mira AND holt OR @miraholt'");
    change(
        folder.path(),
        "undertone.toml",
        "# \"sasl.password\" = \"${env:KAFKA_PASSWORD}\"",
        "\"sasl.password\" = \"hunter2\"",
    );
    let outcome = check(folder.path());
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(outcome.stderr.matches("warning: ").count(), 2, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("AND and OR stand side by side"), "{}", outcome.stderr);
    assert!(!format!("{outcome:?}").contains("hunter2"), "{outcome:?}");
}

#[test]
fn a_missing_file_is_told() {
    let outcome = undertone(&["check", "--config", "/nowhere/undertone.toml"], "");
    assert_eq!(outcome.code, 64);
    assert!(outcome.stderr.contains("/nowhere/undertone.toml: found a file that cannot be read"), "{}", outcome.stderr);
}

#[test]
fn a_model_that_is_not_there_is_told() {
    let folder = examples();
    change(folder.path(), "undertone.toml", "engine = \"off\"", "path = \"no-model\"");
    let outcome = check(folder.path());
    assert_eq!(outcome.code, 64);
    let expected = ["model.path: found ", "no-model (no such directory), expected a model directory"];
    assert!(expected.iter().all(|part| outcome.stderr.contains(part)), "{}", outcome.stderr);
}

/// What the example shows in comments is what holds without it.
#[test]
fn the_commented_defaults_are_the_defaults() {
    let folder = examples();
    let path = folder.path().join("undertone.toml");
    let settings = || {
        let it = Settings::load(&path).unwrap();
        format!("{:?}", (it.kafka, it.output, it.limits, it.reputation, it.model, it.detect_language, it.http_addr))
    };
    let implicit = settings();
    let not_defaults = ["instance", "labels", "lexicon", "mapping", "path", "replication", "workers"];
    let (mut shown, mut left) = (0, BTreeSet::new());
    let text: Vec<String> = fs::read_to_string(&path)
        .unwrap()
        .lines()
        .map(|line| match line.strip_prefix("# ").and_then(|rest| Some((rest, rest.split_once(" = ")?.0))) {
            Some((_, key)) if not_defaults.contains(&key) => {
                left.insert(key.to_owned());
                line.to_owned()
            }
            Some((rest, key)) if key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => {
                shown += 1;
                rest.to_owned()
            }
            _ => line.to_owned(),
        })
        .collect();
    fs::write(&path, text.join("\n")).unwrap();
    assert_eq!(settings(), implicit);
    // tests/contract/configuration.rs holds that every field is in the example; here, that its lines were found at all.
    assert!(shown > not_defaults.len(), "{shown} defaults shown in comments");
    assert_eq!(left, not_defaults.map(str::to_owned).into(), "what is left out is there to be left out");
}
