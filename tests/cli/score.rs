//! `undertone score`.

use std::fs;

use serde_json::Value;
use undertone::text::normalise;

use crate::support::{Outcome, undertone};

const WATCHLIST: &str = r#"
[[entity]]
id = "zeta"
name = "Zeta"
kind = "product"
query = "zeta"
accounts = [{ source = "x", handle = "zetaphones" }]

[[entity]]
id = "nova"
name = "Nova"
kind = "competitor"
query = "nova"
"#;

fn mention(id: &str, text: &str) -> String {
    serde_json::json!({ "id": id, "source": "x", "text": text, "created_at": "2026-05-01T12:00:00Z" }).to_string()
}

fn score(arguments: &[&str], lines: &[String]) -> Outcome {
    undertone(&[&["score"], arguments].concat(), &(lines.join("\n") + "\n"))
}

fn events(outcome: &Outcome) -> Vec<Value> {
    outcome.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The watchlist in a file, for `--watchlist`.
fn watchlist(folder: &tempfile::TempDir) -> String {
    let path = folder.path().join("watchlist.toml");
    fs::write(&path, WATCHLIST).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn without_a_watchlist_every_mention_is_scored_as_a_text() {
    let outcome = score(&[], &[mention("1", "What a wonderful day, thank you!"), mention("2", "This is awful.")]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let events = events(&outcome);
    let labels: Vec<_> = events.iter().map(|event| event["sentiment"]["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["positive", "negative"]);
    for event in &events {
        assert_eq!((&event["entity"], &event["relation"]), (&Value::Null, &Value::Null));
        assert!(event["id"].as_str().unwrap().ends_with('#'));
    }
}

#[test]
fn with_a_watchlist_one_event_for_each_entity_and_none_for_other_mentions() {
    let folder = tempfile::tempdir().unwrap();
    let lines = [
        mention("1", "I moved from Nova to Zeta 😀 last week"),
        mention("2", "Nobody named here"),
        mention("3", "zeta, zeta and again Zeta"),
    ];
    let outcome = score(&["--watchlist", &watchlist(&folder)], &lines);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let events = events(&outcome);
    let ids: Vec<_> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["x:1#zeta", "x:1#nova", "x:3#zeta"], "in the order of the input, then of the watchlist");
    let matched = |event: &Value| -> Vec<String> {
        let text: Vec<char> = event["mention"]["text"].as_str().unwrap().chars().collect();
        let spans = event["entity"]["matched"].as_array().unwrap();
        let at = |span: &Value, end: &str| span[end].as_u64().unwrap() as usize;
        spans.iter().map(|span| text[at(span, "start")..at(span, "end")].iter().collect()).collect()
    };
    assert_eq!(matched(&events[0]), ["Zeta"]);
    assert_eq!(matched(&events[1]), ["Nova"]);
    assert_eq!(matched(&events[2]), ["zeta", "zeta", "Zeta"]);
}

#[test]
fn evidence_names_pieces_of_the_text() {
    let outcome = score(&[], &[mention("1", "Ég elska þetta 😀, it is absolutely wonderful")]);
    let events = events(&outcome);
    let evidence = events[0]["sentiment"]["evidence"].as_array().unwrap();
    assert!(!evidence.is_empty(), "{}", outcome.stdout);
    let text: Vec<char> = events[0]["mention"]["text"].as_str().unwrap().chars().collect();
    for piece in evidence {
        let [start, end] = ["start", "end"].map(|key| piece[key].as_u64().unwrap() as usize);
        assert!(start < end && end <= text.len(), "{piece}");
        let said: String = text[start..end].iter().collect();
        assert_eq!(said.trim(), said, "a piece starts and ends with a word");
    }
}

#[test]
fn bad_lines_are_told_with_their_number_and_the_others_are_scored() {
    let lines = [
        mention("1", "Good morning"),
        "{ not json".to_owned(),
        String::new(),
        r#"{"id":"4","source":"x","created_at":"2026-05-01T12:00:00Z"}"#.to_owned(),
        mention("5", "Good night"),
    ];
    let outcome = score(&["--engine", "off"], &lines);
    assert_eq!(outcome.code, 1);
    assert_eq!(events(&outcome).len(), 2);
    let told: Vec<_> = outcome.stderr.lines().collect();
    assert!(told[0].starts_with("line 2: not_json"), "{told:?}");
    assert!(told[1].starts_with("line 4: missing_field at text"), "{told:?}");
    assert_eq!(told[2], "error: 2 of 4 lines could not be read; the others were scored");
}

#[test]
fn with_the_engine_off_there_is_no_sentiment_and_still_a_language() {
    let outcome =
        score(&["--engine", "off"], &[mention("1", "Wie lange dauert die Lieferung nach Hamburg denn noch?")]);
    let events = events(&outcome);
    assert_eq!((&events[0]["sentiment"], &events[0]["model"]), (&Value::Null, &Value::Null));
    assert_eq!((&events[0]["signals"]["spam"], &events[0]["signals"]["question"]), (&Value::Null, &Value::Bool(true)));
    assert_eq!(events[0]["language"]["code"], "de");
}

#[test]
fn lines_of_another_shape_are_read_by_a_mapping() {
    let map = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/airline.mapping.toml");
    let line = serde_json::json!({
        "tweet_id": "77", "text": "@nova thanks for nothing", "author": "someone", "brand": "Nova",
        "created_at": "2026-02-16 23:36:05 -0800", "retweet_count": 3
    });
    let outcome = score(&["--engine", "off", "--map", map], &[line.to_string()]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let mention = &events(&outcome)[0]["mention"];
    assert_eq!((&mention["id"], &mention["created_at"]), (&"77".into(), &"2026-02-17T07:36:05Z".into()));
}

#[test]
fn a_bad_watchlist_stops_at_the_door() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("watchlist.toml");
    fs::write(&path, WATCHLIST.replace("query = \"nova\"", "query = \"nova AND\"")).unwrap();
    let outcome = score(&["--watchlist", path.to_str().unwrap()], &[mention("1", "Nova")]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (64, ""));
    assert!(outcome.stderr.contains("watchlist.toml"), "{}", outcome.stderr);
}

#[test]
fn a_missing_model_names_the_directory() {
    let outcome = score(&["--model", "/nowhere/model"], &[mention("1", "Nova")]);
    assert_ne!(outcome.code, 0);
    assert!(outcome.stderr.contains("/nowhere/model"), "{}", outcome.stderr);
}

#[test]
fn a_device_is_for_the_engine_that_has_a_choice() {
    for arguments in [&["--device", "cuda:0"][..], &["--engine", "off", "--precision", "float16"]] {
        let outcome = score(arguments, &[mention("1", "Good morning")]);
        assert_eq!(outcome.code, 64);
        assert!(outcome.stderr.contains("expected --engine libtorch"), "{}", outcome.stderr);
    }
    let wrong = score(&["--engine", "libtorch", "--device", "gpu"], &[]);
    assert!(
        wrong.code == 64 && wrong.stderr.contains("found \"gpu\"") && wrong.stderr.contains("cuda:0"),
        "{}",
        wrong.stderr
    );
}

#[test]
fn serbian_says_the_same_in_both_alphabets_and_is_quoted_in_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("watchlist.toml");
    fs::write(&path, WATCHLIST.replacen(r#"query = "zeta""#, r#"query = "zeta OR зета""#, 1)).unwrap();
    let [latin, cyrillic] = [
        "Zeta je užasna, njihova usluga kasni, čekao sam ceo sat i niko nije došao",
        "Зета је ужасна, њихова услуга касни, чекао сам цео сат и нико није дошао",
    ];
    // The alphabet helps to tell the language, so both say which it is.
    let serbian = |id: &str, text: &str| mention(id, text).replacen('{', r#"{"language":"sr","#, 1);
    let outcome = score(&["--watchlist", path.to_str().unwrap()], &[serbian("1", latin), serbian("2", cyrillic)]);
    let events = events(&outcome);
    assert_eq!(events.len(), 2, "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(events[0]["language"]["code"], "sr", "{}", outcome.stdout);
    assert_eq!(events[0]["sentiment"]["label"], "negative");
    for said in ["label", "probabilities"] {
        assert_eq!(events[0]["sentiment"][said], events[1]["sentiment"][said]);
    }
    assert_eq!(events[0]["signals"], events[1]["signals"]);
    let pieces = |event: &Value, places: &Value| -> Vec<String> {
        let text: Vec<char> = event["mention"]["text"].as_str().unwrap().chars().collect();
        let place = |piece: &Value, end: &str| piece[end].as_u64().unwrap() as usize;
        let places = places.as_array().unwrap().iter();
        places.map(|piece| text[place(piece, "start")..place(piece, "end")].iter().collect()).collect()
    };
    let matched = |event: &Value| pieces(event, &event["entity"]["matched"]);
    assert_eq!((matched(&events[0]), matched(&events[1])), (vec!["Zeta".to_owned()], vec!["Зета".to_owned()]));
    let evidence = |event: &Value| pieces(event, &event["sentiment"]["evidence"]);
    let in_latin = |piece: String| normalise(&piece, &[]).as_read_in("sr").text;
    assert!(!evidence(&events[0]).is_empty());
    assert_eq!(evidence(&events[0]), evidence(&events[1]).into_iter().map(in_latin).collect::<Vec<_>>());
    assert!(!evidence(&events[1]).concat().contains(|c: char| c.is_ascii_alphabetic()));
}
