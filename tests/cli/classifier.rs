//! A classifier of Hugging Face in place of a model of ours.

use serde_json::{Value, json};

use crate::common_classifier::write;
use crate::support::undertone;

const WATCHLIST: &str = "[[entity]]\nid = \"nova\"\nname = \"Nova\"\nkind = \"brand\"\nquery = \"nova\"\n\
    [[topic]]\nid = \"price\"\nname = \"Price\"\ndescription = \"What it costs.\"\n";

fn mention(text: &str) -> String {
    json!({ "id": "1", "source": "x", "text": text, "created_at": "2026-05-01T12:00:00Z" }).to_string() + "\n"
}

#[test]
fn its_events_have_sentiment_and_nothing_that_it_cannot_know() {
    let model = write("roberta");
    let watchlist = model.path().join("watchlist.toml");
    std::fs::write(&watchlist, WATCHLIST).unwrap();
    let (path, watchlist) = (model.path().to_str().unwrap(), watchlist.to_str().unwrap());
    let outcome =
        undertone(&["score", "--model", path, "--watchlist", watchlist], mention("I like Nova, what a price!"));
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let event: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(event["entity"]["id"], "nova");
    let sentiment = &event["sentiment"];
    let sum: f64 = ["negative", "neutral", "positive"].iter().map(|label| sentiment[label].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 0.001, "{sentiment}");
    assert_eq!((&sentiment["evidence"], &event["topics"]), (&json!([]), &json!([])));
    assert_eq!(event["signals"], json!({ "complaint": null, "question": false, "spam": null, "offensive": null }));
    assert_eq!(event["model"]["name"], model.path().file_name().unwrap().to_str().unwrap());
    assert_eq!(event["model"]["version"].as_str().unwrap().len(), 16);
}

#[test]
fn labels_that_say_nothing_must_be_told() {
    let model = write("bert");
    let path = model.path().to_str().unwrap();
    let score = |more: &[&str]| undertone(&[&["score", "--model", path], more].concat(), mention("Good morning"));
    let untold = score(&[]);
    assert_ne!(untold.code, 0);
    assert!(untold.stderr.contains("LABEL_0") && untold.stderr.contains("--label"), "{}", untold.stderr);
    let told = score(&["--label", "LABEL_0=negative", "--label", "LABEL_1=neutral", "--label", "LABEL_2=positive"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    let wrong = score(&["--label", "LABEL_0=bad"]);
    assert_eq!(wrong.code, 64);
    assert!(
        wrong.stderr.contains("found \"LABEL_0=bad\"") && wrong.stderr.contains("LABEL_0=negative"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn eval_measures_its_sentiment_and_refuses_what_it_does_not_tell() {
    let model = write("distilbert");
    let file = model.path().join("posts.jsonl");
    let path = model.path().to_str().unwrap();
    let eval = |posts: &str| {
        std::fs::write(&file, posts).unwrap();
        undertone(&["eval", "--json", "--model", path, file.to_str().unwrap()], "")
    };
    let sentiment =
        eval("{\"text\": \"I love this\", \"label\": \"positive\"}\n{\"text\": \"Awful\", \"label\": \"negative\"}\n");
    assert_eq!(sentiment.code, 0, "{}", sentiment.stderr);
    let report: Value = serde_json::from_str(&sentiment.stdout).unwrap();
    assert_eq!(report["files"][0]["n"], 2);
    let complaint = eval(
        "{\"text\": \"Where is it?\", \"label\": \"complaint\"}\n{\"text\": \"Fine\", \"label\": \"no-complaint\"}\n",
    );
    assert_eq!(complaint.code, 64);
    assert!(complaint.stderr.contains("posts.jsonl: the labels ask for complaint"), "{}", complaint.stderr);
}
