//! `/api/standings`, `/api/entities` and `/api/alerts`, as docs/PAGE.md tells them.

use serde_json::{Value, json};

use crate::support::{Running, alert, told_standing};

fn ids(list: &Value) -> Vec<&str> {
    list["entities"].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
}

/// A standing of another entity of the group.
fn zeta() -> Value {
    let mut value = told_standing(0, 70.0);
    value["entity"] = json!({ "id": "zeta", "name": "Zeta", "kind": "competitor" });
    value["alerts"] = json!([]);
    value["windows"]["24h"]["weight"] = json!(27.0);
    value
}

#[test]
fn all_entities_are_listed_those_with_an_alert_first() {
    let running = Running::start();
    assert_eq!(running.get("/api/standings").json()["entities"], json!([]));
    running.tell(&zeta());
    running.tell(&told_standing(0, 62.5));
    running.tell(&told_standing(60, 50.0));
    let list = running.get("/api/standings").json();
    assert_eq!(ids(&list), ["acme", "zeta"]);
    assert_eq!((&list["total"], &list["watched"]), (&json!(2), &json!(3)));
    assert_eq!(list["following"], json!({ "state": "live" }));
    let acme = &list["entities"][0];
    assert_eq!(acme["windows"]["24h"]["reputation"], 50.0);
    assert_eq!(acme["windows"]["24h"]["share_of_voice"], 0.25, "9 of 36");
    assert_eq!(acme["windows"]["24h"]["change"], -21.0);
    assert_eq!(acme["unanswered"], 2);
    assert_eq!(acme["alerts"][0]["kind"], "reputation_drop");
    let points: Vec<f64> =
        acme["history"].as_array().unwrap().iter().map(|it| it["reputation"].as_f64().unwrap()).collect();
    assert_eq!(points, [62.5, 50.0]);
}

#[test]
fn lists_are_filtered_sorted_and_cut_and_say_when_nothing_is_new() {
    let running = Running::start();
    running.tell(&zeta());
    running.tell(&told_standing(0, 62.5));
    let asked = |query: &str| running.get(&format!("/api/standings?{query}")).json();
    assert_eq!(ids(&asked("text=ZE")), ["zeta"]);
    assert_eq!(ids(&asked("kind=competitor")), ["zeta"]);
    assert_eq!(ids(&asked("alerting=true")), ["acme"]);
    assert_eq!(ids(&asked("group=tools&sort=reputation&window=7d")), ["acme", "zeta"]);
    assert_eq!(ids(&asked("group=nobody")), Vec::<&str>::new());
    let cut = asked("limit=1");
    assert_eq!((ids(&cut), &cut["total"]), (vec!["acme"], &json!(2)));
    let since = format!("/api/standings?since={}", cut["version"]);
    assert_eq!((running.get(&since).status, running.get(&since).body.as_str()), (204, ""));
    running.tell(&told_standing(60, 50.0));
    assert_eq!(running.get(&since).status, 200);
    for wrong in ["window=9h", "sort=up", "kind=planet", "limit=-1", "colour=red"] {
        assert_eq!(running.get(&format!("/api/standings?{wrong}")).status, 400, "{wrong}");
    }
}

#[test]
fn an_entity_is_told_with_everything_that_is_known_of_it() {
    let running = Running::start();
    assert_eq!(running.get("/api/entities/acme").json(), json!({ "error": "nothing was heard of it yet" }));
    assert_eq!(running.get("/api/entities/acme").status, 404);
    assert_eq!(running.get("/api/entities/nobody").json(), json!({ "error": "it is not on the watchlist" }));
    for minute in 0..240 {
        running.tell(&told_standing(minute, 50.0 + f64::from(minute) / 10.0));
    }
    running.tell(&alert());
    let acme = running.get("/api/entities/acme").json();
    assert_eq!(
        (&acme["name"], &acme["group"], &acme["at"]),
        (&json!("Acme"), &json!("tools"), &json!("2026-03-01T13:59:00Z"))
    );
    assert_eq!(acme["history"].as_array().unwrap().len(), 4, "a point an hour");
    let hour = running.get("/api/entities/acme?window=1h").json();
    assert_eq!(hour["history"].as_array().unwrap().len(), 24, "a point each ten minutes");
    let last = &hour["history"][23];
    assert_eq!((last["reputation"].as_f64(), last["low"].as_f64()), (Some(73.9), Some(64.9)));
    assert_eq!(running.get("/api/entities/acme?window=7d&span=day").json()["history"].as_array().unwrap().len(), 24);
    let standing = &acme["standing"];
    assert_eq!(standing["windows"]["24h"]["change"]["topics"][0]["id"], "price");
    assert_eq!(standing["trends"][0]["term"], "lidgate");
    assert_eq!(standing["community"]["unanswered_posts"][0]["text"], "Does the lid come in green?");
    assert_eq!(acme["alerts"]["open"][0]["record"]["examples"][0]["author"], "ulla");
}

#[test]
fn alerts_are_open_or_over() {
    let running = Running::start();
    running.tell(&told_standing(0, 40.0));
    running.tell(&alert());
    let open = &running.get("/api/alerts").json()["open"];
    assert_eq!((open.as_array().unwrap().len(), &open[0]["cause"]), (1, &json!("price")));
    let mut over = alert();
    over["state"] = json!("resolved");
    over["at"] = json!("2026-03-01T12:00:00Z");
    over["summary"] = json!("Reputation of Acme is back at 60.");
    running.tell(&over);
    let mut calm = told_standing(150, 60.0);
    calm["alerts"] = json!([]);
    running.tell(&calm);
    let alerts = running.get("/api/alerts?entity=acme").json();
    assert_eq!(alerts["open"], json!([]));
    assert_eq!(alerts["over"][0]["summary"], "Reputation of Acme is back at 60.");
    assert_eq!(running.get("/api/alerts?entity=zeta").json(), json!({ "open": [], "over": [] }));
}

#[test]
fn what_others_write_to_the_topics_changes_nothing() {
    let running = Running::start();
    running.board.standing(Some(b"acme"), Some(b"{\"schema\":\"theirs/1\"}"));
    running.board.alert(None, Some(b"\xff"));
    let list = running.get("/api/standings").json();
    assert_eq!((&list["unreadable_records"], &list["total"]), (&json!(2), &json!(0)));
}
