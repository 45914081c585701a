//! `--effort`, and calibration by language, as they reach events and reports.

use serde_json::{Value, json};

use crate::common_model::{exit, with};
use crate::support::undertone;

fn mention(id: &str, text: &str) -> String {
    json!({ "id": id, "source": "x", "text": text, "created_at": "2026-05-01T12:00:00Z" }).to_string() + "\n"
}

fn events(arguments: &[&str], lines: &str) -> Vec<Value> {
    let outcome = undertone(&[&["score"], arguments].concat(), lines);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_event_says_where_its_text_left_if_that_was_early() {
    let model = with(|card| card["exits"] = json!([exit(6, json!({"fast": 0.0, "balanced": 1.0}))]));
    let path = model.path().to_str().unwrap();
    let lines = mention("1", "What a wonderful day, thank you!");
    let early = events(&["--model", path, "--effort", "fast"], &lines).remove(0);
    assert_eq!(early["model"]["layers"], 6);
    for arguments in [&["--model", path, "--effort", "balanced"][..], &["--model", path]] {
        let late = events(arguments, &lines).remove(0);
        assert_eq!(late["model"].as_object().unwrap().keys().collect::<Vec<_>>(), ["name", "version"]);
        assert_ne!(late["sentiment"], early["sentiment"]);
    }
}

#[test]
fn eval_measures_an_effort_and_says_how_many_left_early() {
    let model = with(|card| card["exits"] = json!([exit(6, json!({"fast": 0.0}))]));
    let file = model.path().join("posts.jsonl");
    let posts =
        "{\"text\": \"I love this\", \"label\": \"positive\"}\n{\"text\": \"Awful\", \"label\": \"negative\"}\n";
    std::fs::write(&file, posts).unwrap();
    let (path, file) = (model.path().to_str().unwrap(), file.to_str().unwrap());
    let report = |arguments: &[&str]| undertone(&[&["eval", "--model", path], arguments, &[file]].concat(), "");
    let fast: Value = serde_json::from_str(&report(&["--json", "--effort", "fast"]).stdout).unwrap();
    assert_eq!((&fast["model"]["effort"], &fast["by_layers"]), (&json!("fast"), &json!({"6": 2})));
    let full: Value = serde_json::from_str(&report(&["--json"]).stdout).unwrap();
    assert_eq!((&full["model"]["effort"], &full["by_layers"]), (&json!("full"), &json!({"12": 2})));
    let table = report(&["--effort", "fast"]).stdout;
    assert!(table.contains("effort fast: ") && table.contains("100.0 % through 6 layers"), "{table}");
}

#[test]
fn an_effort_that_there_is_not_is_refused() {
    let lines = mention("1", "Good morning");
    let unknown = undertone(&["score", "--effort", "little"], &lines);
    assert_eq!(unknown.code, 64);
    assert!(unknown.stderr.contains("little") && unknown.stderr.contains("balanced"), "{}", unknown.stderr);
    let model = with(|_| {});
    let none = undertone(&["score", "--model", model.path().to_str().unwrap(), "--effort", "balanced"], &lines);
    assert_ne!(none.code, 0);
    assert!(none.stderr.contains("undertone.json: exits: found none"), "{}", none.stderr);
}

#[test]
fn the_language_that_is_detected_picks_the_temperature() {
    let model = with(|card| {
        card["calibration"] = json!({"temperature": 1.0, "languages": {"vi": 100.0}, "abstain_below": 0.4});
    });
    let lines = mention("1", "Giao hàng chậm quá, gọi tổng đài không ai bắt máy")
        + &mention("2", "Delivery was far too slow and nobody picks up the phone");
    let events = events(&["--model", model.path().to_str().unwrap()], &lines);
    let said: Vec<_> =
        events.iter().map(|event| (&event["language"]["code"], &event["sentiment"]["abstained"])).collect();
    assert_eq!(said, [(&json!("vi"), &json!(true)), (&json!("en"), &json!(false))]);
}
