//! `lexicon.toml`: what is read, what is said of a bad one, what it does to events; and every example of docs/LEXICON.md.

use std::fs;
use std::path::Path;

use serde_json::Value;
use undertone::config::{parse_lexicon, parse_watchlist};

use crate::support::{Outcome, project, undertone};

/// The TOML block of the manual that begins with the name of its file.
fn block(name: &str) -> String {
    let manual = fs::read_to_string(project("docs/LEXICON.md")).unwrap();
    let begin = format!("```toml\n# {name}\n");
    let (_, rest) = manual.split_once(&begin).unwrap_or_else(|| panic!("no {name} in the manual"));
    rest.split("```").next().unwrap().to_owned()
}

/// The rows of the manual's table with this head, as cells.
fn rows(head: &str) -> Vec<Vec<String>> {
    let manual = fs::read_to_string(project("docs/LEXICON.md")).unwrap();
    let table = manual.split_once(head).map(|(_, rest)| rest).unwrap_or_else(|| panic!("no table {head}"));
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()).collect()
}

fn code(cell: &str) -> &str {
    cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`')).unwrap_or_else(|| panic!("not code: {cell}"))
}

/// A folder with the manual's watchlist, a lexicon, and a configuration that names both and needs no model.
fn folder(lexicon: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let undertone = "watchlist = \"watchlist.toml\"\nlexicon = \"lexicon.toml\"\nkafka.bootstrap = \"a:1\"\n\
                     model.engine = \"off\"\n[[input]]\ntopic = \"mentions\"\n";
    fs::write(folder.path().join("undertone.toml"), undertone).unwrap();
    fs::write(folder.path().join("watchlist.toml"), block("watchlist.toml")).unwrap();
    fs::write(folder.path().join("lexicon.toml"), lexicon).unwrap();
    folder
}

/// `undertone check`, without the folder in front of the names of files.
fn check(folder: &Path) -> Outcome {
    let outcome = undertone(&["check", "--config", folder.join("undertone.toml").to_str().unwrap()], "");
    let plain = |text: &str| text.replace(&format!("{}/", folder.display()), "");
    Outcome { stdout: plain(&outcome.stdout), stderr: plain(&outcome.stderr), ..outcome }
}

fn mention(id: usize, text: &str) -> Value {
    serde_json::json!({ "id": id.to_string(), "source": "x", "text": text, "created_at": "2026-05-01T12:00:00Z" })
}

/// What `score` makes of mentions with files of a folder, by id of the event and with the time of processing left out.
fn score(folder: &Path, files: &[(&str, &str)], mentions: &[Value]) -> (Vec<Value>, String) {
    let mut arguments = vec!["score".to_owned()];
    for (argument, file) in files {
        arguments.extend([(*argument).to_owned(), folder.join(file).to_str().unwrap().to_owned()]);
    }
    let lines: Vec<String> = mentions.iter().map(Value::to_string).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = undertone(&arguments, lines.join("\n") + "\n");
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let events = outcome.stdout.lines().map(|line| {
        let mut event: Value = serde_json::from_str(line).unwrap();
        event.as_object_mut().unwrap().remove("processed_at");
        event
    });
    (events.collect(), outcome.stderr)
}

const WATCHLIST: (&str, &str) = ("--watchlist", "watchlist.toml");
const LEXICON: (&str, &str) = ("--lexicon", "lexicon.toml");

#[test]
fn every_example_of_the_manual_is_what_happens() {
    let folder = folder(&block("lexicon.toml"));
    let rows = rows("| post | of | the model | with the lexicon |");
    assert!(rows.len() >= 8, "{} examples", rows.len());
    let mentions: Vec<Value> = rows.iter().enumerate().map(|(n, row)| mention(n, code(&row[0]))).collect();
    let (without, _) = score(folder.path(), &[WATCHLIST], &mentions);
    let (with, said) = score(folder.path(), &[WATCHLIST, LEXICON], &mentions);
    assert_eq!(said, "");
    for (n, row) in rows.iter().enumerate() {
        let id = format!("x:{n}#{}", code(&row[1]));
        let of = |events: &[Value]| events.iter().find(|event| event["id"] == id.as_str()).unwrap().clone();
        let (before, after) = (of(&without), of(&with));
        assert_eq!(before["sentiment"]["label"], row[2].as_str(), "{row:?}: {before:#}");
        assert!(before.get("lexicon").is_none(), "no lexicon, no version of one");
        assert!(after["lexicon"]["version"].is_string());
        if row[3] == "·" {
            assert_eq!(after["sentiment"], before["sentiment"], "{row:?}");
            continue;
        }
        let corrected = &after["sentiment"]["corrected"];
        let by: Vec<&str> = corrected["by"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let label =
            if after["sentiment"]["abstained"] == true { &"unsure".into() } else { &after["sentiment"]["label"] };
        let found = format!("{} by *{}*", label.as_str().unwrap(), by.join("*, *"));
        assert_eq!(found, row[3], "{row:?}: {after:#}");
        for field in ["label", "score", "negative", "neutral", "positive", "abstained"] {
            assert_eq!(corrected["was"][field], before["sentiment"][field], "{row:?}: {field}");
        }
        assert_eq!(after["sentiment"]["evidence"], before["sentiment"]["evidence"]);
        assert_eq!(after["topics"], before["topics"]);
    }
}

#[test]
fn every_error_of_the_manual_is_said() {
    let rows = rows("| in the file | said |");
    assert!(rows.len() >= 10, "{} errors", rows.len());
    for row in rows {
        let folder = folder(&(code(&row[0]).replace("⏎", "\n") + "\n"));
        let outcome = check(folder.path());
        assert_eq!((outcome.code, outcome.stdout.as_str()), (64, ""), "{row:?}");
        let expected = format!("error: the configuration is wrong\n{}\n1 error\n", row[1]);
        assert_eq!(outcome.stderr, expected, "{row:?}");
    }
}

#[test]
fn the_example_is_fine_and_shown_phrase_by_phrase() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |file: &str, from: &str, to: &str| {
        let text = fs::read_to_string(project(&format!("deploy/{file}.example.toml"))).unwrap();
        assert!(text.contains(from), "{file}");
        fs::write(folder.path().join(format!("{file}.example.toml")), text.replace(from, to)).unwrap();
    };
    copy("watchlist", "", "");
    copy("lexicon", "", "");
    copy("undertone", "# lexicon = ", "model.engine = \"off\"\nlexicon = ");
    let text = fs::read_to_string(folder.path().join("undertone.example.toml")).unwrap().replace("[model]", "");
    fs::write(folder.path().join("undertone.toml"), text).unwrap();
    let outcome = check(folder.path());
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    for part in [
        "  lexicon    4 phrases, version ",
        "\n    \"red eye\" is neutral (lumen-air, borealis; all languages): a flight at night\n",
        "\n    \"bumped\", \"got bumped\", \"bumped off\" shifts by -2 (all entities; en): to lose one's seat to somebody else\n",
        "\n    \"bumped up\", \"bumped to business\", \"bumped to first\" is left to the model (all entities; all languages)",
    ] {
        assert!(outcome.stdout.contains(part), "{part:?} in\n{}", outcome.stdout);
    }
}

#[rustfmt::skip]
const BAD: &[(&str, &str, &str)] = &[
    ("[[phrase]]", "[[phrases]]", "lexicon.toml:1:3: phrases: found a field that does not exist, expected one of phrase"),
    ("[[phrase]]", "[[phrase]", "lexicon.toml:1:"),
    ("text = \"war zone\"\n", "", "lexicon.toml:1:1: phrase[0].text: found nothing, expected 1 to 200 characters"),
    ("\"war zone\"", "\"?!\"", "lexicon.toml:2:8: phrase[0].text: found \"?!\", expected 1 to 200 characters with a letter"),
    ("\"war zone\"", "\"@\"", "lexicon.toml:2:8: phrase[0].text: found \"@\""),
    ("\"war zone\"", "[\"war zone\"]", "lexicon.toml:2:8: phrase[0].text: found a list, expected 1 to 200 characters"),
    ("text = \"war zone\"", "texts = \"war zone\"", "lexicon.toml:2:9: phrase[0].texts: found \"war zone\", expected a list of one or more"),
    ("text = \"war zone\"", "texts = []", "lexicon.toml:2:9: phrase[0].texts: found a list, expected a list of one or more"),
    ("text = \"war zone\"", "texts = [\"war zone\", 7]", "lexicon.toml:2:22: phrase[0].texts[1]: found 7, expected 1 to 200 characters"),
    ("text = \"war zone\"", "texts = [\"war zone\", \"War-Zone\"]", "lexicon.toml:2:22: phrase[0].texts[1]: found \"War-Zone\", which line 2 has as \"war zone\", expected each spelling once"),
    ("text = \"war zone\"", "text = \"war zone\"\ntexts = [\"warzone\"]", "lexicon.toml:3:9: phrase[0].texts: found `text` as well, expected one of the two"),
    ("\"acme\"", "\"acme-gmaes\"", "lexicon.toml:3:13: phrase[0].entities[0]: found \"acme-gmaes\", expected an entity of the watchlist: acme, jo"),
    ("[\"acme\"]", "\"acme\"", "lexicon.toml:3:12: phrase[0].entities: found \"acme\", expected a list of one or more"),
    ("[\"en\"]", "[\"English\"]", "lexicon.toml:4:14: phrase[0].languages[0]: found \"English\", expected a language code"),
    ("[\"en\"]", "[\"en\", \"en-GB\"]", "lexicon.toml:4:20: phrase[0].languages[1]: found \"en-GB\", expected a language code"),
    ("\"neutral\"", "\"ignore\"", "lexicon.toml:5:10: phrase[0].effect: found \"ignore\", expected \"negative\", \"neutral\", \"positive\" or \"none\""),
    ("effect = \"neutral\"\n", "", "lexicon.toml:1:1: phrase[0].effect: found nothing, expected `effect`, which fixes the label, or `shift`"),
    ("effect = \"neutral\"", "effect = \"neutral\"\nshift = 1", "lexicon.toml:6:9: phrase[0].shift: found `effect` as well, expected one of the two"),
    ("effect = \"neutral\"", "shift = 0", "lexicon.toml:5:9: phrase[0].shift: found 0, expected a number from -8 to 8 but 0"),
    ("effect = \"neutral\"", "shift = 8.1", "lexicon.toml:5:9: phrase[0].shift: found 8.1, expected a number from -8 to 8 but 0"),
    ("effect = \"neutral\"", "shift = nan", "lexicon.toml:5:9: phrase[0].shift: found nan, expected a number"),
    ("effect = \"neutral\"", "shift = \"+1\"", "lexicon.toml:5:9: phrase[0].shift: found \"+1\", expected a number"),
    ("note = \"a map\"", "note = \"\"", "lexicon.toml:6:8: phrase[0].note: found \"\", expected a text of 1 to 500 characters"),
    ("note = \"a map\"", "notes = \"a map\"", "lexicon.toml:6:1: phrase[0].notes: found a field that does not exist, expected one of text, texts, entities"),
    ("\"sick\"", "\"WAR-ZONE\"\nentities = [\"jo\", \"acme\"]\nlanguages = [\"de\", \"en\"]", "lexicon.toml:8:8: phrase[1].text: found \"WAR-ZONE\", which line 2 has as \"war zone\" with another effect, expected each spelling once for an entity and a language"),
    ("\"sick\"\nshift = 2.5", "\"war zone\"\nentities = [\"acme\"]\nlanguages = [\"en\"]\neffect = \"neutral\"", "lexicon.toml:8:8: phrase[1].text: found \"war zone\", which line 2 has as well, expected each spelling once"),
];

const GOOD: &str = "[[phrase]]\ntext = \"war zone\"\nentities = [\"acme\"]\nlanguages = [\"en\"]\neffect = \"neutral\"\n\
                    note = \"a map\"\n[[phrase]]\ntext = \"sick\"\nshift = 2.5\n";
const TWO: &str = "[[entity]]\nid = \"acme\"\nname = \"Acme\"\nkind = \"brand\"\nquery = 'acme OR \"war zone\"'\n\
                   [[entity]]\nid = \"jo\"\nname = \"Jo\"\nkind = \"person\"\nquery = 'jo AND NOT joke'\n";

#[test]
fn every_bad_value_is_told_with_its_place() {
    let (watchlist, _) = parse_watchlist("watchlist.toml", TWO).unwrap();
    assert!(parse_lexicon("lexicon.toml", GOOD, Some(&watchlist)).is_ok());
    for &(from, to, expected) in BAD {
        assert!(GOOD.contains(from), "{from}");
        let bad = GOOD.replacen(from, to, 1);
        let said = parse_lexicon("lexicon.toml", &bad, Some(&watchlist)).expect_err(&bad).to_string();
        assert!(said.starts_with(expected), "{to}\n  said     {said}\n  expected {expected}");
        assert!(said.ends_with("\n1 error") || to == "[[phrase]", "{said}");
    }
}

#[test]
fn what_is_allowed_and_often_not_meant_is_warned_about() {
    let (watchlist, _) = parse_watchlist("watchlist.toml", TWO).unwrap();
    let warnings = |text: &str| parse_lexicon("lexicon.toml", text, Some(&watchlist)).unwrap().1;
    let phrase = |rest: &str| format!("[[phrase]]\n{rest}\n");
    for (rest, expected) in [
        ("text = 'sick OR ill'\nshift = 1", "lexicon.toml:2:8: phrase[0].text: a phrase is no query"),
        ("texts = ['meh', '\"sick\"']\nshift = 1", "lexicon.toml:2:17: phrase[0].texts[1]: a phrase is no query"),
        ("text = 'x'\nshift = 1", "lexicon.toml:2:8: phrase[0].text: \"x\" is a single letter"),
        (
            "text = 'War Zone'\nshift = 1",
            "lexicon.toml:2:8: phrase[0].text: \"War Zone\" alone satisfies the query of acme, so",
        ),
        (
            "text = 'jo'\neffect = 'neutral'",
            "lexicon.toml:2:8: phrase[0].text: \"jo\" alone satisfies the query of jo, so",
        ),
    ] {
        let warnings = warnings(&phrase(rest));
        assert!(warnings.len() == 1 && warnings[0].starts_with(expected), "{rest}: {warnings:?}");
    }
    for fine in
        ["text = 'war zone'\neffect = 'none'", "text = 'jo'\nentities = ['acme']\nshift = 1", "text = '🔥'\nshift = 1"]
    {
        assert_eq!(warnings(&phrase(fine)), [] as [String; 0], "{fine}");
    }
}

#[test]
fn errors_of_all_files_are_told_at_once() {
    let folder = folder("[[phrase]]\ntext = \"sick\"\nentities = [\"nobody\"]\nshift = 99\n");
    let watchlist = block("watchlist.toml").replace("\"brand\"", "\"brnad\"");
    fs::write(folder.path().join("watchlist.toml"), watchlist).unwrap();
    let outcome = check(folder.path());
    let places: Vec<&str> = outcome.stderr.lines().filter_map(|line| line.split(": found").next()).collect();
    assert_eq!(outcome.code, 64);
    // Whether entities exist cannot be told where the watchlist cannot be read.
    let expected = ["watchlist.toml:4:8: entity.fjord-games.kind", "lexicon.toml:4:9: phrase[0].shift", "2 errors"];
    assert_eq!(places[1..], expected, "{}", outcome.stderr);
}

#[test]
fn a_lexicon_that_is_not_there_is_told() {
    let folder = folder("");
    fs::remove_file(folder.path().join("lexicon.toml")).unwrap();
    let outcome = check(folder.path());
    assert_eq!(outcome.code, 64);
    assert!(outcome.stderr.contains("lexicon.toml: found a file that cannot be read"), "{}", outcome.stderr);
    let path = folder.path().join("lexicon.toml");
    let scored = undertone(&["score", "--engine", "off", "--lexicon", path.to_str().unwrap()], "");
    assert_eq!((scored.code, scored.stdout.as_str()), (64, ""));
    assert!(scored.stderr.contains("lexicon.toml: found a file that cannot be read"), "{}", scored.stderr);
}

#[test]
fn an_empty_lexicon_corrects_nothing() {
    let folder = folder("# nothing yet\n");
    let outcome = check(folder.path());
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert!(outcome.stdout.contains("  lexicon    0 phrases, version "), "{}", outcome.stdout);
}

#[test]
fn the_order_of_the_file_and_of_the_run_change_no_event() {
    let phrases = block("lexicon.toml");
    let folder = folder(&phrases);
    let turned: Vec<String> =
        phrases.split("[[phrase]]").skip(1).map(|phrase| format!("[[phrase]]{phrase}\n")).collect();
    fs::write(folder.path().join("turned.toml"), turned.iter().rev().cloned().collect::<String>()).unwrap();
    let texts = ["Fjord Games, your war zone is sick", "#FjordOut! Brutal war zone pass, Fjord Games and Pixel Barn"];
    let mentions: Vec<Value> = texts.iter().enumerate().map(|(n, text)| mention(n, text)).collect();
    let (once, _) = score(folder.path(), &[WATCHLIST, LEXICON], &mentions);
    let (again, _) = score(folder.path(), &[WATCHLIST, ("--lexicon", "turned.toml")], &mentions);
    assert_eq!(once.len(), 3);
    assert_eq!(once, again);
    assert!(once.iter().all(|event| event["sentiment"]["corrected"]["was"].is_object()), "{once:#?}");
}

/// One text is scored once and remembered; what a phrase does to it depends on the entity.
#[test]
fn one_text_is_corrected_for_one_entity_and_not_for_another() {
    let folder = folder(&block("lexicon.toml"));
    let text = "Fjord Games and Pixel Barn, who bombed this war zone?";
    let mentions = [mention(0, text), mention(1, text)];
    let (events, _) = score(folder.path(), &[WATCHLIST, LEXICON], &mentions);
    let (without, _) = score(folder.path(), &[WATCHLIST], &mentions);
    for pair in events.chunks(2) {
        assert_eq!(pair[0]["sentiment"]["corrected"]["by"], serde_json::json!(["war zone"]));
        assert_eq!(pair[1]["sentiment"], without[1]["sentiment"], "Pixel Barn has no such map");
    }
    assert_eq!((events.len(), &events[0]["sentiment"]), (4, &events[2]["sentiment"]));
}

#[test]
fn a_fixed_label_is_certain_and_a_shift_is_by_as_much() {
    let folder = folder(
        "[[phrase]]\ntext = 'qqq'\neffect = 'negative'\n[[phrase]]\ntext = 'www'\nshift = 2\n[[phrase]]\ntext = 'vvv'\nshift = -0.5",
    );
    let mentions = [mention(0, "What a wonderful day! qqq"), mention(1, "The bus was late, vvv www")];
    let (events, _) = score(folder.path(), &[LEXICON], &mentions);
    let fixed = &events[0]["sentiment"];
    let (label, score, abstained) = (&fixed["label"], &fixed["score"], &fixed["abstained"]);
    assert_eq!((label, score, abstained), (&"negative".into(), &(-1.0).into(), &false.into()));
    assert_eq!(
        [&fixed["negative"], &fixed["neutral"], &fixed["positive"]].map(|p| p.as_f64().unwrap()),
        [1.0, 0.0, 0.0]
    );
    assert_eq!(fixed["corrected"]["shift"], Value::Null);
    let shifted = &events[1]["sentiment"];
    assert_eq!(shifted["corrected"]["shift"], 1.5);
    assert_eq!(shifted["corrected"]["by"], serde_json::json!(["vvv", "www"]));
    let odds = |of: &Value| (of["positive"].as_f64().unwrap() / of["negative"].as_f64().unwrap()).ln();
    let moved = odds(shifted) - odds(&shifted["corrected"]["was"]);
    assert!((moved - 1.5).abs() < 0.1, "{moved}: {shifted:#}");
}

#[test]
fn a_phrase_in_the_title_counts_and_one_across_it_does_not() {
    let folder = folder("[[phrase]]\ntext = 'war zone'\neffect = 'neutral'\n");
    let mut inside = mention(0, "I hate it, it is terrible");
    inside["title"] = "War zone, a review".into();
    let mut across = mention(1, "zone is what they call it, and I hate it");
    across["title"] = "About the war".into();
    let (events, _) = score(folder.path(), &[LEXICON], &[inside, across]);
    assert_eq!(events[0]["sentiment"]["label"], "neutral");
    assert_eq!(events[1]["sentiment"].get("corrected"), None);
}

#[test]
fn phrases_for_entities_do_nothing_without_a_watchlist_and_that_is_said() {
    let folder = folder(&block("lexicon.toml"));
    let (events, said) = score(folder.path(), &[LEXICON], &[mention(0, "Terrible war zone"), mention(1, "#FjordOut")]);
    assert_eq!(events[0]["sentiment"].get("corrected"), None);
    assert_eq!(events[1]["sentiment"]["corrected"]["by"], serde_json::json!(["#FjordOut"]));
    assert!(said.starts_with("warning: without --watchlist") && said.ends_with(": 2 of 6\n"), "{said}");
}
