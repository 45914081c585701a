//! The Grafana boards of `deploy/`: what a dashboard linter asks, and that they hold together with the metrics, the rules, the runbooks
//! and each other. That every query is understood and finds something is for `tests/kafka/boards.rs`, which asks a real Prometheus.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::common_boards::{Board, Query, boards, root, text};

/// Series that Prometheus itself makes.
const OF_PROMETHEUS: [&str; 2] = ["up", "ALERTS"];
/// Of the kinds of panels that show numbers: units that Grafana knows and that these boards use.
const UNITS: [&str; 6] = ["none", "short", "percentunit", "s", "bytes", "cps"];
/// Variables that Grafana sets.
const BUILT_IN: [&str; 3] = ["__rate_interval", "__range", "__all"];

fn read(path: &str) -> String {
    std::fs::read_to_string(root(path)).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn variable<'a>(board: &'a Board, name: &str) -> Option<&'a Value> {
    board.variables().iter().find(|variable| variable["name"] == name)
}

/// Everything that is text, with where it stands.
fn texts(value: &Value, path: &str, out: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => out.push((path.to_owned(), text.clone())),
        Value::Array(items) => items.iter().enumerate().for_each(|(n, item)| texts(item, &format!("{path}[{n}]"), out)),
        Value::Object(fields) => fields.iter().for_each(|(key, field)| texts(field, &format!("{path}.{key}"), out)),
        _ => {}
    }
}

/// `$name`, `${name}` and `${name:format}` of a text; `${__…}` are Grafana's own.
fn variables_of(text: &str) -> BTreeSet<String> {
    let after = text.split('$').skip(1).map(|rest| rest.strip_prefix('{').unwrap_or(rest));
    let name = |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    after.map(name).filter(|name| !name.is_empty()).collect()
}

/// Selectors of an expression: the name of a metric and its matchers.
fn selectors(expr: &str) -> Vec<(String, String)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut found = Vec::new();
    for (at, _) in expr.match_indices('{') {
        let before = &expr[..at];
        let name = &before[before.trim_end_matches(is_name).len()..];
        let until = expr[at..].find('}').map(|length| at + length).unwrap_or_else(|| panic!("no end: {expr}"));
        found.push((name.to_owned(), expr[at + 1..until].to_owned()));
    }
    found
}

/// The metric that a series belongs to: histograms have parts.
fn family(name: &str) -> &str {
    ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name)
}

/// Names in docs/METRICS.md, and their labels.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let page = read("docs/METRICS.md");
    let ticked = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    let rows = page.lines().filter(|line| line.starts_with("| `undertone_"));
    rows.map(|row| row.split('|').collect::<Vec<_>>())
        .map(|cells| (cells[1].trim().trim_matches('`').to_owned(), ticked(cells[3])))
        .collect()
}

/// Names that the recording rules make, and the labels that their names begin with.
fn recorded() -> BTreeMap<String, BTreeSet<String>> {
    let rules = read("deploy/prometheus/undertone.recording.yml");
    let names = rules.lines().filter_map(|line| line.trim().strip_prefix("- record: "));
    names
        .map(|name| {
            let (level, _) = name.split_once(':').unwrap();
            (name.to_owned(), level.split('_').chain(["job"]).map(str::to_owned).collect())
        })
        .collect()
}

#[test]
fn every_board_is_the_same_sort_of_thing() {
    let mut uids = BTreeSet::new();
    for Board { name, json } in &boards() {
        assert_eq!(text(json, "uid"), format!("undertone-{name}"));
        assert!(uids.insert(text(json, "uid").to_owned()), "{name}");
        assert!(json["id"].is_null(), "{name}: an id belongs to one Grafana");
        assert_eq!(json["editable"], false, "{name}");
        assert_eq!(json["schemaVersion"], 39, "{name}");
        assert_eq!(json["tags"], serde_json::json!(["undertone"]), "{name}: the links between boards go by it");
        assert!(text(json, "title").starts_with("Undertone: ") && !text(json, "description").is_empty(), "{name}");
        assert_eq!(json["refresh"], "1m", "{name}");
        assert!(text(&json["time"], "from").starts_with("now-") && json["time"]["to"] == "now", "{name}");
        let links = list(&json["links"]);
        assert!(links.iter().any(|link| link["type"] == "dashboards" && link["tags"] == json["tags"]), "{name}");
    }
}

#[test]
fn variables_are_what_a_linter_asks_for() {
    for board in &boards() {
        let name = &board.name;
        let source = variable(board, "datasource").unwrap();
        assert_eq!((text(source, "type"), text(source, "query")), ("datasource", "prometheus"), "{name}");
        assert_eq!(text(source, "label"), "Data source");
        let mut names = BTreeSet::new();
        for variable in board.variables() {
            let at = format!("{name}: {}", text(variable, "name"));
            assert!(names.insert(text(variable, "name")), "{at} is there twice");
            assert!(!text(variable, "label").is_empty() && !text(variable, "description").is_empty(), "{at}");
            if variable["type"] == "query" {
                assert_eq!(text(&variable["datasource"], "uid"), "${datasource}", "{at}");
                assert_eq!(variable["refresh"], 2, "{at}: entities come and go, so it is read when the time changes");
                let query = text(variable, "query");
                assert!(query.starts_with("label_values(") && query.ends_with(')'), "{at}: {query}");
            }
        }
        let job = variable(board, "job").unwrap();
        assert!(job["multi"] == true && job["allValue"] == ".+" && job["label"] == "Job", "{name}");
    }
    // Of the others none has an instance: an entity lives in one process, and moves.
    let boards = boards();
    let has_instance: Vec<&str> =
        boards.iter().filter(|board| variable(board, "instance").is_some()).map(|board| &*board.name).collect();
    assert_eq!(has_instance, ["operations"]);
}

#[test]
fn every_panel_says_what_it_shows_in_which_unit_from_the_chosen_source() {
    for board in &boards() {
        let mut ids = BTreeSet::new();
        let mut titles = BTreeSet::new();
        for panel in list(&board.json["panels"]) {
            assert!(ids.insert(panel["id"].as_u64().unwrap()), "{}: an id is there twice", board.name);
        }
        for panel in board.panels() {
            let at = format!("{}: {}", board.name, text(panel, "title"));
            assert!(
                !text(panel, "title").is_empty()
                    && titles.insert(format!("{} {}", panel["type"], text(panel, "title"))),
                "{at}"
            );
            assert!(text(panel, "description").ends_with('.'), "{at}: what it means, in sentences");
            if panel["type"] == "text" {
                continue;
            }
            assert_eq!(text(&panel["datasource"], "uid"), "${datasource}", "{at}");
            assert!(UNITS.contains(&text(&panel["fieldConfig"]["defaults"], "unit")), "{at}");
            let targets = list(&panel["targets"]);
            assert!(!targets.is_empty(), "{at}");
            let mut ids = BTreeSet::new();
            for target in targets {
                assert_eq!(text(&target["datasource"], "uid"), "${datasource}", "{at}");
                assert!(ids.insert(text(target, "refId")), "{at}");
                assert_ne!(target["instant"], target["range"], "{at}: now, or over time");
            }
        }
    }
}

#[test]
fn panels_do_not_lie_on_each_other() {
    for board in &boards() {
        let mut taken = BTreeSet::new();
        for panel in list(&board.json["panels"]) {
            let side = |name: &str| panel["gridPos"][name].as_u64().unwrap();
            assert!(side("x") + side("w") <= 24, "{}: {}", board.name, text(panel, "title"));
            for (x, y) in
                (side("x")..side("x") + side("w")).flat_map(|x| (side("y")..side("y") + side("h")).map(move |y| (x, y)))
            {
                assert!(taken.insert((x, y)), "{}: {} lies on another", board.name, text(panel, "title"));
            }
        }
    }
}

/// A renamed metric or label must not leave a panel behind that is empty for ever.
#[test]
fn queries_read_metrics_and_labels_that_there_are() {
    let (documented, recorded) = (documented(), recorded());
    for board in &boards() {
        let of_variables = board.variables().iter().filter(|one| one["type"] == "query");
        let of_variables: Vec<Query<'_>> = of_variables
            .map(|one| Query {
                place: format!("{}: variable {}", board.name, text(one, "name")),
                expr: text(one, "query"),
                is_instant: true,
            })
            .collect();
        for Query { place, expr, .. } in board.queries().chain(of_variables) {
            for (metric, matchers) in selectors(expr) {
                let labels = recorded.get(&metric).or_else(|| documented.get(family(&metric)));
                assert!(
                    labels.is_some() || OF_PROMETHEUS.contains(&&*metric),
                    "{place}: {metric} is neither recorded nor in docs/METRICS.md"
                );
                let Some(labels) = labels else { continue };
                for label in matchers.split(',').filter_map(|matcher| Some(matcher.split_once(['=', '!'])?.0)) {
                    let is_known = labels.contains(label)
                        || label == "job"
                        || (label == "instance" && !recorded.contains_key(&metric));
                    assert!(is_known, "{place}: {metric} has no label {label}");
                }
            }
            // Every metric has its matchers, so that none is looked for without its job.
            let bare = expr.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':' || c == '{'));
            let bare: Vec<&str> = bare
                .filter(|word| word.contains("undertone_") && !word.contains('{'))
                .filter(|word| *word != "undertone_build_info" || !expr.starts_with("label_values("))
                .collect();
            assert!(bare.is_empty(), "{place}: {bare:?} without matchers");
        }
    }
}

/// What nobody can see nobody misses.
#[test]
fn every_metric_is_on_a_board() {
    let boards = boards();
    let exprs: Vec<&str> = boards.iter().flat_map(Board::queries).map(|query| query.expr).collect();
    let selected: BTreeSet<String> =
        exprs.iter().flat_map(|expr| selectors(expr)).map(|(name, _)| family(&name).to_owned()).collect();
    let missing: Vec<String> = documented().into_keys().filter(|metric| !selected.contains(metric)).collect();
    assert!(missing.is_empty(), "on no board: {missing:?}");
}

#[test]
fn rates_follow_the_zoom_and_counters_are_never_shown_raw() {
    for board in &boards() {
        for Query { place, expr, is_instant } in board.queries() {
            for range in expr.split('[').skip(1).map(|rest| rest.split(']').next().unwrap()) {
                let allowed: &[&str] =
                    if is_instant { &["$__rate_interval", "$__range"] } else { &["$__rate_interval"] };
                assert!(allowed.contains(&range), "{place}: [{range}]");
            }
            for (at, _) in expr.match_indices("_total{") {
                let before = expr[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
                assert!(before.ends_with("rate(") || before.ends_with("increase("), "{place}: {expr}");
                let after = &expr[at..][expr[at..].find('}').unwrap() + 1..];
                assert!(after.starts_with('['), "{place}: {expr}");
            }
        }
    }
}

/// A deployment is chosen by its job; processes only where a metric is theirs.
#[test]
fn every_query_keeps_to_the_chosen_deployment() {
    for board in &boards() {
        for Query { place, expr, .. } in board.queries() {
            for (metric, matchers) in selectors(expr) {
                // One of them is about a job that is gone, and has none.
                if metric == "ALERTS" {
                    continue;
                }
                assert!(matchers.contains("job=~\"$job\""), "{place}: {metric}");
                let by_process = board.name == "operations" && !metric.contains(':');
                assert_eq!(matchers.contains("instance=~\"$instance\""), by_process, "{place}: {metric}");
            }
            // Gauges of what may be shown by two processes while it moves.
            let moves = ["undertone_state_", "undertone_lag_records{"];
            let of_entities = board.name != "operations" && !expr.contains("_total{");
            if of_entities || moves.iter().any(|metric| expr.contains(metric)) {
                assert!(expr.contains("max"), "{place}: a partition that moves counts twice: {expr}");
            }
        }
    }
}

#[test]
fn variables_that_are_used_are_there_and_those_that_are_there_are_used() {
    for board in &boards() {
        let mut all = Vec::new();
        texts(&board.json, "", &mut all);
        let used: BTreeSet<String> = all.iter().flat_map(|(_, text)| variables_of(text)).collect();
        let defined: BTreeSet<String> = board.variables().iter().map(|one| text(one, "name").to_owned()).collect();
        for name in &used {
            // Of links: what was clicked, and the time.
            let is_own = BUILT_IN.contains(&&**name) || ["__value", "__url_time_range"].contains(&&**name);
            assert!(defined.contains(name) || is_own, "{}: ${name} is not defined", board.name);
        }
        let unused: Vec<_> = defined.difference(&used).collect();
        assert!(unused.is_empty(), "{}: {unused:?}", board.name);
    }
}

#[test]
fn links_lead_somewhere() {
    let boards = boards();
    let mut runbooks = BTreeSet::new();
    for board in &boards {
        let mut all = Vec::new();
        texts(&board.json, "", &mut all);
        for (path, url) in all.iter().filter(|(path, url)| path.ends_with(".url") && !url.is_empty()) {
            if let Some(page) = url.strip_prefix("https://undertone.example/runbooks/") {
                assert!(root("docs/runbooks").join(page).exists(), "{path}: {url}");
                runbooks.insert(page.to_owned());
            } else if let Some(rest) = url.strip_prefix("/d/") {
                let (uid, query) = rest.split_once('?').unwrap();
                let to =
                    boards.iter().find(|board| board.json["uid"] == uid).unwrap_or_else(|| panic!("{path}: {url}"));
                for part in query.split('&') {
                    let name = part.strip_prefix("var-").and_then(|part| part.split('=').next());
                    let name = name.or_else(|| part.strip_prefix("${")?.strip_suffix(":queryparam}"));
                    assert!(part == "${__url_time_range}" || variable(to, name.unwrap()).is_some(), "{path}: {part}");
                }
            } else {
                panic!("{path}: {url} leads out of the project");
            }
        }
    }
    let files = std::fs::read_dir(root("docs/runbooks")).unwrap();
    let files: BTreeSet<String> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(runbooks, files, "a runbook that no board leads to");
}

#[test]
fn what_grafana_is_told_to_read_is_there() {
    let yaml = |path: &str| serde_saphyr::from_str::<Value>(&read(path)).unwrap();
    let provider = &yaml("deploy/grafana/provisioning/dashboards/undertone.yml")["providers"][0];
    assert_eq!((&provider["type"], &provider["allowUiUpdates"]), (&"file".into(), &false.into()));
    assert!(text(&provider["options"], "path").starts_with('/'));
    let source = &yaml("deploy/grafana/provisioning/datasources/undertone.yml")["datasources"][0];
    assert_eq!((&source["type"], &source["access"]), (&"prometheus".into(), &"proxy".into()));
    // Grafana looks back four scrapes for a rate: it must know how long one is.
    let scraped = &yaml("deploy/prometheus/prometheus.example.yml")["global"]["scrape_interval"];
    assert_eq!(&source["jsonData"]["timeInterval"], scraped);
}
