//! The store: what it keeps, what it lets go, what it refuses.

use serde_json::{Value, json};

use super::*;

fn window(reputation: f64, weight: f64) -> Value {
    json!({
        "reputation": reputation, "low": reputation - 5.0, "high": reputation + 5.0, "net_sentiment": 2.0 * reputation - 100.0,
        "effective_mentions": weight, "mentions": weight, "weight": weight,
        "change": { "points": -3.0, "topics": [], "sources": [], "languages": [] },
    })
}

fn standing(id: &str, at: i64, reputation: f64, weight: f64) -> Value {
    let window = window(reputation, weight);
    json!({
        "schema": "undertone.reputation/1", "entity": { "id": id, "name": id.to_uppercase(), "kind": "brand" },
        "at": Timestamp::from_second(1_800_000_000 + at).unwrap().to_string(),
        "windows": { "1h": window, "24h": window, "7d": window }, "trends": [],
        "community": serde_json::to_value(crate::reputation::community::CommunityReport::default()).unwrap(),
        "alerts": [],
    })
}

fn alert(id: &str, state: &str, at: i64) -> Value {
    let level = json!({ "value": 40.0, "low": 30.0, "high": 50.0, "effective_mentions": 20.0 });
    let at = Timestamp::from_second(1_800_000_000 + at).unwrap().to_string();
    let examples = if state == "resolved" {
        json!([])
    } else {
        json!([{ "id": "1", "source": "x", "url": "javascript:alert(1)", "text": "down again", "score": -0.5 }])
    };
    json!({
        "schema": "undertone.alert/1", "id": format!("{id}#reputation_drop#{at}"), "entity": { "id": id, "name": id, "kind": "brand" },
        "kind": "reputation_drop", "state": state, "severity": "warning", "detectors": ["cusum"], "at": at, "opened_at": at,
        "before": level, "after": level, "change": { "points": -9.0, "topics": [], "sources": [], "languages": [] },
        "cause": "price", "examples": examples, "summary": "It fell.",
    })
}

fn board(ids: &[&str]) -> Board {
    Board::new(ids.iter().map(|id| (Arc::from(*id), (*id != "alone").then(|| Arc::from("group")))))
}

fn tell(board: &Board, record: &Value) {
    let key = record["entity"]["id"].as_str().unwrap().as_bytes();
    let value = record.to_string();
    if record["schema"] == "undertone.alert/1" {
        board.alert(Some(key), Some(value.as_bytes()));
    } else {
        board.standing(Some(key), Some(value.as_bytes()));
    }
}

fn list(board: &Board, ask: Value) -> Value {
    let ask: ListAsk = serde_json::from_value(ask).unwrap();
    serde_json::to_value(board.list(&ask)).unwrap()
}

fn ids(list: &Value) -> Vec<&str> {
    list["entities"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

fn detail(board: &Board, id: &str) -> Value {
    board.detail(id, &DetailAsk::default()).map_or(Value::Null, |it| serde_json::to_value(it).unwrap())
}

#[test]
fn the_last_standing_counts_and_a_tombstone_ends_it() {
    let board = board(&["acme"]);
    tell(&board, &standing("acme", 0, 50.0, 10.0));
    tell(&board, &standing("acme", 7_200, 60.0, 12.0));
    let shown = list(&board, json!({}));
    assert_eq!(shown["entities"][0]["windows"]["24h"]["reputation"], 60.0);
    assert_eq!(shown["entities"][0]["history"].as_array().unwrap().len(), 2);
    board.standing(Some(b"acme"), None);
    assert_eq!(ids(&list(&board, json!({}))), Vec::<&str>::new());
    assert_eq!(board.inner().full_bytes, 0);
    assert_eq!(board.detail("acme", &DetailAsk::default()).err(), Some(detail::Missing::Unheard));
    assert_eq!(board.detail("other", &DetailAsk::default()).err(), Some(detail::Missing::Unknown));
}

#[test]
fn who_is_not_on_the_watchlist_is_not_kept() {
    let board = board(&["acme"]);
    tell(&board, &standing("gone", 0, 50.0, 10.0));
    tell(&board, &alert("gone", "opened", 0));
    assert_eq!(list(&board, json!({}))["total"], 0);
    assert_eq!(serde_json::to_value(board.alerts(&AlertsAsk::default())).unwrap()["open"], json!([]));
    assert_eq!(board.unreadable_records(), 0, "it is a record of ours");
}

#[test]
fn what_is_not_ours_is_counted_and_changes_nothing() {
    let board = board(&["acme"]);
    let good = standing("acme", 0, 50.0, 10.0);
    let mut other_schema = good.clone();
    other_schema["schema"] = json!("undertone.reputation/2");
    let mut too_late = good.clone();
    too_late["at"] = json!("2200-01-01T00:00:00Z");
    let values = ["", "{", "[]", "7", "{}", "\u{0}", &other_schema.to_string(), &too_late.to_string()];
    for value in values {
        board.standing(Some(b"acme"), Some(value.as_bytes()));
        board.alert(Some(b"acme"), Some(value.as_bytes()));
    }
    board.standing(Some(b"acme"), Some(b"\xff\xfe"));
    board.standing(Some(b"other"), Some(good.to_string().as_bytes()));
    board.standing(None, Some(good.to_string().as_bytes()));
    board.alert(Some(b"acme"), None);
    assert_eq!(board.unreadable_records(), 2 * values.len() as u64 + 4);
    assert_eq!(list(&board, json!({}))["total"], 0);
}

#[test]
fn filters_and_orders() {
    let board = board(&["acme", "borealis", "alone"]);
    tell(&board, &standing("acme", 0, 50.0, 30.0));
    tell(&board, &standing("borealis", 0, 40.0, 10.0));
    let mut alone = standing("alone", 0, 70.0, 5.0);
    alone["alerts"] = json!([{
        "id": "a", "kind": "volume_spike", "severity": "warning", "cause": "x", "opened_at": "2027-01-15T08:00:00Z", "summary": "Loud.",
    }]);
    alone["entity"]["kind"] = json!("person");
    tell(&board, &alone);
    assert_eq!(ids(&list(&board, json!({}))), ["alone", "acme", "borealis"], "an alert first, then the most spoken of");
    assert_eq!(ids(&list(&board, json!({ "sort": "reputation" }))), ["borealis", "acme", "alone"]);
    assert_eq!(ids(&list(&board, json!({ "sort": "name", "limit": 2 }))), ["acme", "alone"]);
    assert_eq!(ids(&list(&board, json!({ "text": "BOR" }))), ["borealis"]);
    assert_eq!(ids(&list(&board, json!({ "kind": "person" }))), ["alone"]);
    assert_eq!(ids(&list(&board, json!({ "group": "group", "sort": "name" }))), ["acme", "borealis"]);
    assert_eq!(ids(&list(&board, json!({ "alerting": true }))), ["alone"]);
    let all = list(&board, json!({ "sort": "name" }));
    assert_eq!(all["entities"][0]["windows"]["7d"]["share_of_voice"], 0.75, "30 of the group's 40");
    assert_eq!(all["entities"][1]["windows"]["7d"]["share_of_voice"], Value::Null, "it has no group");
    assert!(board.list(&ListAsk::default()).is_some());
    assert_eq!(list(&board, json!({ "since": all["version"] })), Value::Null, "nothing is new");
}

#[test]
fn an_alert_is_open_while_the_standing_says_so_and_keeps_its_examples() {
    let board = board(&["acme"]);
    let alerts = || serde_json::to_value(board.alerts(&AlertsAsk::default())).unwrap();
    tell(&board, &standing("acme", 0, 50.0, 10.0));
    tell(&board, &alert("acme", "opened", 60));
    assert_eq!(alerts()["open"][0]["summary"], "It fell.", "the standing does not know it yet");
    let example = &alerts()["open"][0]["record"]["examples"][0];
    assert_eq!((&example["text"], &example["url"]), (&json!("down again"), &Value::Null), "no script behind a link");
    let mut known = standing("acme", 120, 40.0, 10.0);
    let open = &alerts()["open"][0];
    known["alerts"] = json!([{
        "id": open["id"], "kind": "reputation_drop", "severity": "critical", "cause": "price", "opened_at": open["opened_at"],
        "summary": "It fell further.",
    }]);
    tell(&board, &known);
    assert_eq!((&alerts()["open"][0]["severity"], alerts()["open"].as_array().unwrap().len()), (&json!("critical"), 1));
    let mut over = alert("acme", "resolved", 60);
    over["at"] = json!("2027-01-15T09:00:00Z");
    tell(&board, &over);
    tell(&board, &standing("acme", 7_200, 50.0, 10.0));
    assert_eq!(alerts()["open"], json!([]));
    assert_eq!(alerts()["over"][0]["record"]["examples"][0]["text"], "down again");
}

#[test]
fn alerts_of_who_was_forgotten_are_not_open_for_ever() {
    let board = board(&["acme", "borealis"]);
    let alerts = || serde_json::to_value(board.alerts(&AlertsAsk::default())).unwrap();
    let open = || alerts()["open"].as_array().unwrap().len();
    for id in ["acme", "borealis"] {
        tell(&board, &standing(id, 0, 50.0, 10.0));
        tell(&board, &alert(id, "opened", 60));
    }
    assert_eq!(open(), 2);
    let before = board.inner().version;
    board.standing(Some(b"acme"), None);
    assert_eq!((&alerts()["open"][0]["entity"]["id"], open()), (&json!("borealis"), 1));
    assert!(board.inner().version > before, "pages learn of it");
    // A process that starts later reads the alert after the tombstone, or where that is gone.
    tell(&board, &alert("acme", "opened", 60));
    tell(&board, &alert("acme", "resolved", 30));
    board.follows(Following::Reading);
    assert_eq!(open(), 2, "its standing may still come");
    board.follows(Following::Live);
    assert_eq!((&alerts()["open"][0]["entity"]["id"], open()), (&json!("borealis"), 1));
    assert_eq!(alerts()["over"][0]["entity"]["id"], "acme");
}

#[test]
fn an_alert_is_over_once_its_record_says_so_though_the_standing_does_not_know_yet() {
    let board = board(&["acme"]);
    let alerts = || serde_json::to_value(board.alerts(&AlertsAsk::default())).unwrap();
    let opened = alert("acme", "opened", 0);
    let mut known = standing("acme", 60, 40.0, 10.0);
    known["alerts"] = json!([{
        "id": opened["id"], "kind": "reputation_drop", "severity": "warning", "cause": "price", "opened_at": opened["opened_at"],
        "summary": "It fell.",
    }]);
    tell(&board, &opened);
    tell(&board, &known);
    assert_eq!((alerts()["open"][0]["id"].clone(), alerts()["over"].clone()), (opened["id"].clone(), json!([])));
    let mut over = alert("acme", "resolved", 120);
    over["id"] = opened["id"].clone();
    tell(&board, &over);
    assert_eq!((alerts()["open"].clone(), alerts()["over"][0]["id"].clone()), (json!([]), opened["id"].clone()));
}

#[test]
fn open_alerts_are_told_worst_first() {
    let board = board(&["acme", "borealis"]);
    let mut spike = alert("acme", "opened", 600);
    spike["kind"] = json!("volume_spike");
    let mut critical = alert("borealis", "opened", 0);
    critical["severity"] = json!("critical");
    let [drop, newer] = [alert("acme", "opened", 60), alert("acme", "opened", 120)];
    for record in [&drop, &spike, &critical, &newer] {
        tell(&board, record);
    }
    let shown = serde_json::to_value(board.alerts(&AlertsAsk::default())).unwrap();
    let told: Vec<&Value> = shown["open"].as_array().unwrap().iter().map(|alert| &alert["id"]).collect();
    assert_eq!(told, [&critical["id"], &newer["id"], &drop["id"], &spike["id"]]);
}

#[test]
fn links_lead_to_the_web_only_and_texts_are_cut() {
    let board = board(&["acme"]);
    let mut hostile = standing("acme", 0, 50.0, 10.0);
    let excerpt = |url: &str| json!({ "id": "1", "source": "x", "url": url, "text": "w".repeat(9_000), "created_at": "2026-03-01T10:00:00Z" });
    hostile["community"]["unanswered_posts"] =
        json!([excerpt("javascript:alert(1)"), excerpt("https://forum.example/1")]);
    hostile["entity"]["name"] = json!("n".repeat(9_000));
    hostile["windows"]["9y"] = window(1.0, 1.0);
    tell(&board, &hostile);
    let shown = detail(&board, "acme");
    let posts = &shown["standing"]["community"]["unanswered_posts"];
    assert_eq!((posts[0].get("url"), &posts[1]["url"]), (None, &json!("https://forum.example/1")));
    assert!(shown.to_string().len() < 6_000, "{}", shown.to_string().len());
    assert_eq!(shown["windows"].as_object().unwrap().len(), 3);
}

#[test]
fn ten_thousand_entities_that_all_have_much_to_tell_stay_within_the_budget() {
    let names: Vec<String> = (0..10_000).map(|n| format!("entity-{n}")).collect();
    let board = board(&names.iter().map(String::as_str).collect::<Vec<_>>());
    board.inner().full_most = 1 << 20;
    let mut told = standing("entity-0", 0, 50.0, 10.0);
    let post = json!({ "id": "1", "source": "x", "text": "w".repeat(160), "created_at": "2026-03-01T10:00:00Z" });
    told["community"]["unanswered_posts"] = json!(vec![post; 4]);
    for name in &names {
        told["entity"]["id"] = json!(name);
        tell(&board, &told);
    }
    let kept: usize = board.inner().entities.values().map(|kept| kept.full.as_ref().map_or(0, |full| full.len())).sum();
    assert_eq!(kept, board.inner().full_bytes);
    assert!(kept <= 1 << 20, "{kept}");
    assert_eq!(list(&board, json!({}))["total"], 10_000);
    assert_eq!(detail(&board, "entity-0")["standing"], Value::Null, "heard of longest ago");
    assert_eq!(detail(&board, "entity-0")["windows"]["1h"]["reputation"], 50.0);
    assert!(detail(&board, "entity-9999")["standing"].is_object());
}

#[test]
fn old_alerts_make_room_and_open_ones_stay_longest() {
    let board = board(&["acme"]);
    tell(&board, &alert("acme", "opened", 0));
    for n in 1..1_000 {
        tell(&board, &alert("acme", "resolved", n));
    }
    let shown = serde_json::to_value(board.alerts(&AlertsAsk::default())).unwrap();
    assert_eq!((shown["open"].as_array().unwrap().len(), shown["over"].as_array().unwrap().len()), (1, 20));
    assert!(board.inner().alerts.len() <= 300);
}
