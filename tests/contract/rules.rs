//! The Prometheus rules of `deploy/`, against the metrics there are, the runbooks they send people to, and their own tests.
//! Whether they are right is for `promtool test rules`, which `.ci/run` calls.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

fn yaml(path: &Path) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All rules of a file.
fn rules(name: &str) -> Vec<Value> {
    let file = yaml(&root("deploy/prometheus").join(name));
    let groups = file["groups"].as_array().unwrap();
    groups.iter().flat_map(|group| group["rules"].as_array().unwrap().clone()).collect()
}

fn alerts() -> Vec<Value> {
    rules("undertone.alerts.yml")
}

fn records() -> Vec<Value> {
    rules("undertone.recording.yml")
}

/// All tests of promtool.
fn tests() -> Vec<Value> {
    let files = std::fs::read_dir(root("deploy/prometheus/tests")).unwrap();
    let files: Vec<Value> = files.map(|file| yaml(&file.unwrap().path())).collect();
    files.iter().flat_map(|file| file["tests"].as_array().unwrap().clone()).collect()
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("no {field}: {value:#}"))
}

/// Names of metrics in an expression or a template: `undertone_…`, or with colons what a rule records.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    words.filter(|word| word.starts_with("undertone_") || word.contains(":undertone_"))
}

#[test]
fn every_alert_says_what_it_means_and_what_to_do() {
    for alert in alerts() {
        let name = text(&alert, "alert");
        let (labels, annotations) = (&alert["labels"], &alert["annotations"]);
        assert!(["marketing", "community", "operations"].contains(&text(labels, "team")), "{name}");
        // Its own, or that of the detectors.
        match labels.get("severity") {
            Some(severity) => assert!(severity == "warning" || severity == "critical", "{name}"),
            None => assert!(text(&alert, "expr").contains("severity"), "{name}"),
        }
        assert!(!text(annotations, "summary").is_empty() && !text(annotations, "description").is_empty(), "{name}");
        let url = text(annotations, "runbook_url");
        let runbook =
            url.strip_prefix("https://undertone.example/runbooks/").unwrap_or_else(|| panic!("{name}: {url}"));
        let runbook = read(&root("docs/runbooks").join(runbook));
        assert!(runbook.contains(&format!("`{name}`")), "the runbook of {name} does not name it");
    }
}

/// docs/ALERTING.md lists the alerts with severity, team and runbook.
#[test]
fn the_list_of_alerts_is_whole() {
    let mut listed: Vec<String> = Vec::new();
    for alert in alerts() {
        let severity = alert["labels"].get("severity").map_or("the detectors'", |severity| severity.as_str().unwrap());
        let runbook = text(&alert["annotations"], "runbook_url").rsplit_once('/').unwrap().1;
        let page = runbook.trim_end_matches(".md");
        let (name, team) = (text(&alert, "alert"), text(&alert["labels"], "team"));
        match listed.last_mut().filter(|last| last.starts_with(&format!("| `{name}` |"))) {
            Some(last) => *last = last.replace(" | operations", &format!(", {severity} | operations")),
            None => listed.push(format!("| `{name}` | {severity} | {team} | [{page}](runbooks/{runbook}) |")),
        }
    }
    let page = read(&root("docs/ALERTING.md"));
    let written: Vec<&str> = page.lines().filter(|line| line.starts_with("| `Undertone")).collect();
    assert_eq!(written, listed);
}

#[test]
fn no_runbook_stands_alone() {
    let named: BTreeSet<String> = alerts()
        .iter()
        .filter_map(|alert| Some(text(&alert["annotations"], "runbook_url").rsplit_once('/')?.1.to_owned()))
        .collect();
    let files = std::fs::read_dir(root("docs/runbooks")).unwrap();
    let files: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(files, named);
}

/// A renamed metric must not leave a rule behind that never fires again.
#[test]
fn rules_read_metrics_that_there_are() {
    let documented = read(&root("docs/METRICS.md"));
    let recorded: BTreeSet<String> = records().iter().map(|rule| text(rule, "record").to_owned()).collect();
    for rule in records().iter().chain(&alerts()) {
        let annotations = rule["annotations"].to_string();
        for name in names(text(rule, "expr")).chain(names(&annotations)) {
            let family = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name);
            let is_known = recorded.contains(name) || documented.contains(&format!("| `{family}` |"));
            assert!(is_known, "{name} is neither recorded nor in docs/METRICS.md: {rule:#}");
        }
    }
}

#[test]
fn every_rule_is_tested_and_every_alert_when_it_fires_and_when_it_is_silent() {
    let tests = tests();
    let cases = |kind: &'static str| tests.iter().filter_map(move |test| test[kind].as_array()).flatten();
    for alert in alerts() {
        let name = text(&alert, "alert");
        let severity = alert["labels"].get("severity");
        let of_it = || cases("alert_rule_test").filter(|case| case["alertname"] == name);
        let expected = |case: &Value| case["exp_alerts"].as_array().unwrap().clone();
        let fires = |fired: &Value| severity.is_none_or(|severity| fired["exp_labels"]["severity"] == *severity);
        assert!(of_it().flat_map(expected).any(|fired| fires(&fired)), "{name} {severity:?} is never seen firing");
        assert!(of_it().any(|case| expected(case).is_empty()), "{name} is never seen silent");
    }
    let tested: BTreeSet<&str> = cases("promql_expr_test").flat_map(|case| names(text(case, "expr"))).collect();
    let patterns: Vec<&str> = cases("promql_expr_test").map(|case| text(case, "expr")).collect();
    for rule in records() {
        let name = text(&rule, "record");
        assert!(tested.contains(name), "{name} is not tested: {patterns:#?}");
    }
}
