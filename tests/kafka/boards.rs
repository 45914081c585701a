//! Every panel of the Grafana boards finds something: posts and their history go through Kafka and both stages, a real Prometheus with
//! the rules of `deploy/` scrapes them, and each query of each board is asked of it. Needs `apt-get install prometheus`.

use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::common_boards::{Board, boards, text};
use crate::planted::{CAUSE, NOW, Stretch, events, weeks_then_drop};
use crate::support::broker::shared;
use crate::support::daemon::wanted;
use crate::support::events::in_order;
use crate::support::process::eventually;
use crate::support::prometheus::Prometheus;
use crate::support::topics::Send;
use crate::support::world::{Options, World};

const PATIENCE: Duration = Duration::from_secs(120);
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;

const WATCHLIST: &str = r#"
[[entity]]
id = "lumen"
name = "Lumen"
kind = "brand"
group = "airlines"
query = "lumen OR @lumenhelp"
accounts = [{ source = "x", handle = "lumenhelp" }]
spaces = [{ source = "forum", community = "lumen-lounge" }]

[[entity]]
id = "kestrel"
name = "Kestrel"
kind = "competitor"
group = "airlines"
query = "kestrel"

[[topic]]
id = "luggage"
name = "Luggage"
description = "Bags that are lost, late or damaged."
examples = ["My suitcase never arrived"]

[[topic]]
id = "food"
name = "Food"
description = "What is served on board."
examples = ["The soup was cold"]
"#;

const LEXICON: &str = r#"
[[phrase]]
text = "gate twelve"
effect = "neutral"

[[phrase]]
text = "lovely"
shift = 0.5
"#;

/// Queries that find nothing but 0, since the run is healthy: each with the reason why.
const ZERO: [(&str, &str); 3] = [
    ("operations: Entities without gauges A", "there are two entities, and room for hundreds"),
    ("operations: Read again to restore A", "nothing restarts"),
    ("operations: Read again to restore B", "nothing restarts, and nothing is older than its topic keeps"),
];
/// Queries that may find nothing but 0.
const MAY_BE_ZERO: [(&str, &str); 3] = [
    ("operations: Rebalances A", "partitions were assigned before Prometheus looked for the first time"),
    ("operations: Records waiting A", "it keeps up: what waits may be gone whenever lag is looked at"),
    ("operations: Waiting, by topic A", "as above"),
];

/// Empty while nothing comes, since there is nothing to measure.
const IDLE: [&str; 1] = ["operations: Behind by (p99) A"];

#[test]
fn every_query_of_every_board_finds_something() {
    if !wanted() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let watchlist = dir.path().join("watchlist.toml");
    std::fs::write(&watchlist, WATCHLIST).unwrap();
    let lexicon = dir.path().join("lexicon.toml");
    std::fs::write(&lexicon, LEXICON).unwrap();
    let options = Options {
        model: true,
        watchlist: Some(watchlist),
        lexicon: Some(lexicon),
        reputation: "snapshot_every = \"300 ms\"\nclock = \"events\"",
        ..Options::default()
    };
    let world = World::new(&shared().bootstrap, "boards", options);
    let process = world.start_both("one").ready();
    let prometheus = Prometheus::start(dir.path(), &process.addr(), None);
    let from = seconds();
    // Counters must have been seen at 0 for their rise to be seen.
    let is_up = || prometheus.now("undertone_dead_letters_total and on () (up == 1)").filter(|found| !found.is_empty());
    eventually(PATIENCE, || "Prometheus does not see the process".to_owned(), is_up);

    world.send_events(&history());
    let alert = format!("undertone_alert_open{{entity=\"lumen\",cause=\"{CAUSE}\"}}");
    let is_open = || prometheus.now(&alert).filter(|found| !found.is_empty());
    eventually(PATIENCE, || process.get("/metrics").unwrap().1, is_open);

    world.send(&posts());
    // What comes last, or in any order.
    let awaited = [
        "undertone_first_reply_seconds > 0",
        "undertone_unanswered > 0",
        "undertone_conversation_index > 0",
        "undertone_repeated_questions > 0",
        "undertone_state_beyond_horizon > 0",
        "sentiment:undertone_enriched:share1h",
        "ALERTS{alertname=\"UndertoneReputationDrop\",alertstate=\"firing\"}",
    ];
    let is_told =
        || awaited.iter().all(|expr| prometheus.now(expr).is_some_and(|found| !found.is_empty())).then_some(());
    eventually(PATIENCE, || process.get("/metrics").unwrap().1, is_told);
    // What was seen this moment must lie within the whole seconds that are asked for.
    std::thread::sleep(Duration::from_secs(2));

    let asked = Asked { prometheus: &prometheus, from };
    let boards = boards();
    let mut wrong = Vec::new();
    for board in &boards {
        asked.variables(board, &mut wrong);
        for window in ["1h", "24h", "7d"] {
            asked.queries(board, window, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.join("\n"), process.get("/metrics").unwrap().1);
    // A reason that is not needed any more must go.
    let places: Vec<String> = boards.iter().flat_map(Board::queries).map(|query| query.place).collect();
    for (place, _) in ZERO.iter().chain(&MAY_BE_ZERO) {
        assert!(places.iter().any(|one| one == place), "{place} is no query of a board");
    }
}

fn seconds() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_secs()).unwrap()
}

/// A Prometheus, and since when.
struct Asked<'a> {
    prometheus: &'a Prometheus,
    from: i64,
}

impl Asked<'_> {
    /// The choices that the head of a board offers.
    fn variables(&self, board: &Board, wrong: &mut Vec<String>) {
        for variable in board.variables().iter().filter(|variable| variable["type"] == "query") {
            let query = filled(text(variable, "query"), "24h");
            let inner = query.strip_prefix("label_values(").and_then(|rest| rest.strip_suffix(')')).unwrap();
            let (selector, label) = inner.rsplit_once(", ").unwrap();
            if self.prometheus.label_values(selector, label).is_empty() {
                wrong.push(format!("{}: variable {} has no values: {query}", board.name, text(variable, "name")));
            }
        }
    }

    fn queries(&self, board: &Board, window: &str, wrong: &mut Vec<String>) {
        for query in board.queries() {
            let expr = filled(query.expr, window);
            let place = &query.place;
            // As if the board were looked at at every moment of the run.
            let found = self.prometheus.over(&expr, self.from, seconds());
            if query.is_instant && self.prometheus.now(&expr).unwrap().is_empty() && !IDLE.contains(&&**place) {
                wrong.push(format!("{place}, {window}: nothing at the end: {expr}"));
            }
            let above_zero = found.iter().flat_map(values).any(|value| value != 0.0 && value.is_finite());
            let is_among = |list: &[(&str, &str)]| list.iter().any(|(one, _)| one == place);
            if found.iter().flat_map(values).next().is_none() {
                wrong.push(format!("{place}, {window}: nothing: {expr}"));
            } else if !above_zero && !is_among(&ZERO) && !is_among(&MAY_BE_ZERO) {
                wrong.push(format!("{place}, {window}: 0 throughout: {expr}"));
            } else if above_zero && is_among(&ZERO) {
                wrong.push(format!("{place}, {window}: not 0, against what this test says"));
            }
        }
    }
}

/// Numbers of a series: one, or one for each moment.
fn values(series: &Value) -> impl Iterator<Item = f64> {
    let one = series["value"].as_array().map(|pair| pair[1].clone());
    let many = series["values"].as_array().into_iter().flatten().map(|pair| pair[1].clone()).collect::<Vec<_>>();
    one.into_iter().chain(many).map(|value| value.as_str().unwrap().parse().unwrap())
}

/// As Grafana asks it: with everything chosen that can be, and the brand of this test.
fn filled(expr: &str, window: &str) -> String {
    // Longer names first: one begins with another.
    let filled = [
        ("$__rate_interval", "10s"),
        ("$__range", "10m"),
        ("$instance", ".+"),
        ("$entity", "lumen"),
        ("$window", window),
        ("$group", "airlines"),
        ("$job", ".+"),
    ]
    .iter()
    .fold(expr.to_owned(), |expr, (name, value)| expr.replace(name, value));
    assert!(!filled.contains('$'), "a variable that this test does not know: {filled}");
    filled
}

/// Ten weeks of the brand with a drop at their end, and four of its competitor. The topic of the drop was hardly spoken of before.
fn history() -> Vec<Send> {
    let [usual, drop] = weeks_then_drop(6);
    let long = Stretch { from: usual.until - 70 * DAY, rate: 8.0, ..usual };
    let calm = Stretch { until: NOW, rate: 3.0, ..usual };
    let before = events("lumen", long).enumerate().map(|(number, mut event)| {
        if event["topics"][0]["id"] == CAUSE && number % 10 != 0 {
            event["topics"][0]["id"] = "food".into();
        }
        event
    });
    let mut first = events("lumen", long).next().unwrap();
    first["op"] = "edited".into();
    first["revision"] = 1.into();
    // Comes last, and much too late.
    let mut all = in_order(before.chain(events("lumen", drop)).chain(events("kestrel", calm)));
    all.extend(in_order([first].into_iter()));
    all
}

/// What people write after that, to both stages: praise and anger, questions that wait, answers, talk among members, and one
/// record that nobody can read.
fn posts() -> Vec<Send> {
    let minutes = |minutes: i64| {
        let at = Timestamp::from_millisecond(NOW).unwrap() + SignedDuration::from_mins(minutes);
        at.to_string()
    };
    let said = [
        "Lumen was lovely today",
        "I love Lumen",
        "Never Lumen again",
        "Lumen is a disgrace",
        "Lumen, gate twelve",
        "The Kestrel crew were kind to us",
        "Kestrel lost my bag again",
        "Nobody of note is meant here",
    ];
    let plain = (0..64).map(|number: usize| {
        json!({
            "id": format!("plain-{number}"), "source": "x", "text": said[number % said.len()], "created_at": minutes(number as i64 / 4 - 20),
            "author": { "handle": format!("flyer{number}") },
        })
    });
    let x = |id: &str, author: &str, at: i64, text: &str| json!({ "id": id, "source": "x", "text": text, "created_at": minutes(at), "author": { "handle": author } });
    let answer = |mut post: Value, to: &str, of: &str| {
        (post["parent_id"], post["parent_author"], post["kind"]) = (to.into(), of.into(), "reply".into());
        post
    };
    let lounge = |mut post: Value| {
        (post["source"], post["in_community"]) = ("forum".into(), "lumen-lounge".into());
        post
    };
    let talk = [
        x("waits-1", "ines", -180, "@lumenhelp where does my blue suitcase stay?"),
        x("waits-2", "dao", -175, "@lumenhelp is the gate for Hanoi changed again?"),
        x("asked-1", "petra", -170, "Does Lumen fly to Akureyri in the winter months?"),
        x("asked-2", "goran", -160, "Does Lumen fly to Akureyri in the winter months?"),
        x("helped", "sol", -150, "@lumenhelp how do I change the name on my ticket?"),
        answer(x("help", "lumenhelp", -130, "Hello Sol, write to the desk and we change it."), "helped", "sol"),
        lounge(x("lounge-1", "ann", -120, "Which seat has the best view over the fjord?")),
        answer(lounge(x("lounge-2", "bo", -110, "Left side, row ten, in the morning.")), "lounge-1", "ann"),
    ];
    let broken = Send::value("this is no mention");
    plain.chain(talk).map(|post| Send::value(post.to_string())).chain([broken]).collect()
}
