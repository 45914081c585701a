//! `undertone eval` on small files of posts written for these tests.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;

const CLEAR: &str = r#"{"text": "I love this, best thing I ever bought!", "label": "positive", "lang": "en"}
{"text": "Worst service ever, I want my money back", "label": "negative", "lang": "en"}

{"text": "Me encanta, es perfecto, muchas gracias", "label": "positive", "lang": "es"}
{"text": "Qué asco de servicio, nunca más", "label": "negative", "lang": "es"}
"#;

fn eval(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_undertone")).arg("eval").args(arguments).output().expect("the binary starts")
}

fn file(folder: &TempDir, name: &str, content: &str) -> String {
    let path: PathBuf = folder.path().join(name);
    fs::write(&path, content).expect("a temporary file can be written");
    path.to_str().expect("a plain path").to_owned()
}

fn json(arguments: &[&str]) -> Value {
    let output = eval(&[arguments, &["--json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "no progress bar in a pipe: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// Runs with arguments that must be refused, and returns what was said.
fn refused(arguments: &[&str]) -> String {
    let output = eval(arguments);
    assert_eq!(output.status.code(), Some(64));
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).expect("UTF-8")
}

#[test]
fn measures_per_class_and_per_language() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = file(&folder, "clear.jsonl", CLEAR);
    let report = json(&[&path]);
    let set = &report["files"][0];
    assert_eq!((&set["file"], &set["task"], &set["n"]), (&path.into(), &"sentiment".into(), &4.into()));
    assert_eq!((&set["accuracy"], &set["macro_f1"]), (&1.0.into(), &1.0.into()), "posts as clear as these: {set}");
    assert_eq!(set["by_class"]["positive"], serde_json::json!({"precision": 1.0, "recall": 1.0, "f1": 1.0, "n": 2}));
    assert_eq!(set["by_class"].as_object().map(|classes| classes.len()), Some(2), "no neutral row, no neutral class");
    assert_eq!(set["by_language"]["es"], serde_json::json!({"n": 2, "accuracy": 1.0, "macro_f1": 1.0}));
    assert!(report["model"]["name"].is_string() && report["model"]["version"].is_string());
    assert!(report["model"]["engine"].as_str().is_some_and(|engine| engine.starts_with("cpu")));
    assert!(report["texts_per_second"].as_f64().is_some_and(|speed| speed > 0.0));
}

#[test]
fn reads_gzip_and_several_files_and_tells_tasks_by_labels() {
    let folder = TempDir::new().expect("a temporary folder");
    let zipped = folder.path().join("spam.jsonl.gz");
    let mut gzip = GzEncoder::new(fs::File::create(&zipped).expect("a file"), Compression::default());
    writeln!(gzip, r#"{{"text": "WIN a free prize now, text CLAIM to 80082", "label": "spam"}}"#).expect("written");
    writeln!(gzip, r#"{{"text": "are you coming home for dinner?", "label": "ham"}}"#).expect("written");
    gzip.finish().expect("written");
    let mixed = file(
        &folder,
        "offensive.jsonl",
        "{\"text\": \"you are a stupid idiot, shut up\", \"label\": \"offensive\"}\n{\"text\": \"x\", \"label\": \"joy\"}\n",
    );
    let report = json(&[zipped.to_str().expect("a plain path"), &mixed]);
    let tasks: Vec<&str> = (0..2).filter_map(|at| report["files"][at]["task"].as_str()).collect();
    assert_eq!(tasks, ["spam", "offensive"]);
    assert_eq!((&report["files"][0]["n"], &report["files"][0]["left_out"]), (&2.into(), &0.into()));
    assert_eq!((&report["files"][1]["n"], &report["files"][1]["left_out"]), (&1.into(), &1.into()));
    assert_eq!(report["files"][0]["by_language"]["und"]["n"], 2, "rows without a language");
}

#[test]
fn a_row_with_a_topic_is_scored_toward_it() {
    let folder = TempDir::new().expect("a temporary folder");
    let text = "Northfly is awesome, thank you! Skyair sucks.";
    let row = |topic: &str, label: &str| {
        serde_json::json!({"text": text, "label": label, "topic": topic, "task": "topic_sentiment"}).to_string() + "\n"
    };
    let path = file(&folder, "topics.jsonl", &(row("skyair", "negative") + &row("NORTHFLY", "positive")));
    assert_eq!(json(&[&path])["files"][0]["accuracy"], 1.0);
    assert_eq!(json(&[&path, "--no-target"])["files"][0]["accuracy"], 0.5, "one text, one sentiment");
}

#[test]
fn prints_tables_for_people() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = file(&folder, "clear.jsonl", CLEAR);
    let output = eval(&[&path]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    for part in [path.as_str(), "sentiment, 4 rows", "macro-F1", "positive", "es", "texts a second"] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

#[test]
fn bad_input_is_told_with_file_and_line() {
    let folder = TempDir::new().expect("a temporary folder");
    let missing = folder.path().join("missing.jsonl");
    assert!(refused(&[missing.to_str().expect("a plain path")]).contains("missing.jsonl"));

    let broken =
        file(&folder, "broken.jsonl", "{\"text\": \"fine\", \"label\": \"positive\"}\n{\"text\": \"no label\"}\n");
    let told = refused(&[&broken]);
    assert!(told.contains("broken.jsonl, line 2") && told.contains("label") && told.contains("expected"), "{told}");

    let emotions = file(&folder, "emotions.jsonl", "{\"text\": \"hm\", \"label\": \"awe\"}\n");
    let told = refused(&[&emotions]);
    assert!(
        told.contains("emotions.jsonl") && told.contains("awe") && told.contains("negative, neutral, positive"),
        "{told}"
    );

    assert!(refused(&[&file(&folder, "empty.jsonl", "\n")]).contains("no rows"));
    assert!(refused(&["--engine", "off", &broken]).contains("--engine off"));
    assert!(refused(&[]).contains("FILE"));
}

#[test]
fn a_model_that_is_not_there_is_told() {
    let folder = TempDir::new().expect("a temporary folder");
    let path = file(&folder, "clear.jsonl", CLEAR);
    let nowhere = folder.path().join("no-model");
    let output = eval(&["--model", nowhere.to_str().expect("a plain path"), &path]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-model"));
}
