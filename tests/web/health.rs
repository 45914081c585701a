//! `/livez` and `/readyz` follow the pipeline.

use serde_json::json;

use crate::support::Running;

#[test]
fn ready_only_while_the_pipeline_says_so_and_with_its_reason() {
    let running = Running::start();
    let before = running.get("/readyz");
    assert_eq!((before.status, before.json()), (503, json!({ "ready": false, "reason": "starting" })));
    running.health.waiting("waiting for partitions");
    assert_eq!(running.get("/readyz").json()["reason"], "waiting for partitions");
    running.health.set_ready(true);
    let ready = running.get("/readyz");
    assert_eq!((ready.status, ready.json()), (200, json!({ "ready": true })));
    running.health.set_ready(false);
    assert_eq!(running.get("/readyz").status, 503);
}

#[test]
fn alive_from_the_start() {
    let running = Running::start();
    running.health.beat();
    let answer = running.get("/livez");
    assert_eq!((answer.status, &answer.json()["live"]), (200, &json!(true)));
    assert!(answer.json()["silent_seconds"].as_u64().unwrap() < 30, "{}", answer.body);
}

#[test]
fn a_dropped_server_frees_its_port_though_a_page_is_open() {
    let mut running = Running::start();
    let mut events = running.events(None);
    assert_eq!(events.any().unwrap().name, "hello");
    running.stop();
    assert_eq!(events.any(), None, "the page's stream ends");
    let addr = running.url.trim_start_matches("http://").to_owned();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    while running.block_on(tokio::net::TcpListener::bind(&addr)).is_err() {
        assert!(std::time::Instant::now() < deadline, "{addr} is still taken");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
