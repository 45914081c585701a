//! `undertone demo`: starts, serves its page, plays its posts through the real model.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::contract;
use crate::support::{Events, get, try_get};

/// A demo on a free port.
struct Demo {
    child: Child,
    url: String,
}

impl Demo {
    fn start(arguments: &[&str]) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        drop(listener);
        let child = Command::new(env!("CARGO_BIN_EXE_undertone"))
            .args(["demo", "--addr", &addr])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let demo = Self { child, url: format!("http://{addr}") };
        let deadline = Instant::now() + Duration::from_secs(120);
        while try_get(&format!("{}/livez", demo.url)).is_err() {
            assert!(Instant::now() < deadline, "the demo does not serve");
            std::thread::sleep(Duration::from_millis(50));
        }
        demo
    }

    fn get(&self, path: &str) -> crate::support::Answer {
        get(&format!("{}{path}", self.url))
    }

    /// What it said when it ended: code, stdout, stderr.
    fn ended(self) -> (Option<i32>, String, String) {
        let output = self.child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }
}

#[test]
fn the_demo_plays_its_posts_through_the_pipeline() {
    // Long enough for a machine that builds other things meanwhile; it is told to end as soon as all is seen.
    let demo = Demo::start(&["--for", "300s", "--speed", "20"]);
    assert!(demo.get("/").body.contains("<title>Undertone"));
    let mut events = Events::open(&demo.url, None);
    let (mut mentions, mut rejected) = (Vec::new(), Vec::new());
    // The script's last post is the brand's own thanks.
    while !mentions.iter().any(|event: &serde_json::Value| event["text"].as_str().unwrap().contains("for the anger")) {
        let event = events.next().expect("the stream lasts as long as the demo");
        match event.name.as_str() {
            "mention" => mentions.push(event.data),
            "rejected" => rejected.push(event.data["reason"].as_str().unwrap().to_owned()),
            other => panic!("{other}: {}", event.data),
        }
    }
    assert_eq!(rejected, ["not_json", "missing_field"]);
    assert!(mentions.len() > 200, "{}", mentions.len());
    let has = |what: &str, of: &dyn Fn(&serde_json::Value) -> bool| {
        assert!(mentions.iter().any(of), "no mention with {what}")
    };
    has("a sentiment", &|mention| mention["sentiment"]["label"] == "positive");
    has("evidence", &|mention| !mention["evidence"].as_array().unwrap().is_empty());
    has("a topic", &|mention| !mention["topics"].as_array().unwrap().is_empty());
    for relation in ["own", "reply", "mention", "community"] {
        has(relation, &|mention| mention["relation"] == relation);
    }
    for language in ["en", "es", "vi", "sr", "is", "de", "fr", "pt", "ar"] {
        has(language, &|mention| mention["language"]["code"] == language);
    }
    assert_eq!(demo.get("/readyz").status, 200);
    // Lag is looked at every two seconds.
    let deadline = Instant::now() + Duration::from_secs(60);
    while !demo.get("/metrics").body.contains("undertone_lag_records{") && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(100));
    }
    contract::holds_so_far(&demo.get("/metrics").body);
    the_outage_is_told(&demo);
    let counts = demo.get("/api/counts").json();
    assert_eq!(counts["events"], mentions.len());
    assert!(Command::new("kill").args(["-TERM", &demo.child.id().to_string()]).status().unwrap().success());
    let (code, out, err) = demo.ended();
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("Halvera") && out.contains(&format!("{} events, 2 dead letters", mentions.len())), "{out}");
    assert!(err.contains("keeps nothing") && err.contains("proves no transactions"), "{err}");
}

/// The scripted outage raises an alert that says why, and all entities have a standing.
fn the_outage_is_told(demo: &Demo) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let (list, told) = loop {
        let alerts = demo.get("/api/alerts?entity=halvera").json();
        let all = ["open", "over"]
            .into_iter()
            .flat_map(|list| alerts[list].as_array().unwrap().iter().map(move |alert| (list, alert.clone())));
        let drop = all.into_iter().find(|(_, alert)| alert["kind"] == "reputation_drop");
        match drop.filter(|(_, alert)| !alert["record"]["examples"].as_array().is_none_or(Vec::is_empty)) {
            Some(told) => break told,
            None => assert!(Instant::now() < deadline, "no alert: {alerts:#}"),
        }
        std::thread::sleep(Duration::from_millis(100));
    };
    // Once it is over, what it went up to stands after what it had fallen to.
    let (high, low) = if list == "over" { ("after", "before") } else { ("before", "after") };
    assert!(told["record"][low]["value"].as_f64() < told["record"][high]["value"].as_f64(), "{told:#}");
    let list = demo.get("/api/standings?sort=name").json();
    let names: Vec<&str> =
        list["entities"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Aria 3", "Brixel", "Halvera", "HalveraCloud", "Mira Solheim"]);
    let days = demo.get("/api/entities/halvera").json();
    assert!(days["history"].as_array().unwrap().len() >= 5, "{days:#}");
}

#[test]
fn it_ends_by_itself_when_its_time_is_over() {
    let began = Instant::now();
    let (code, out, err) = Demo::start(&["--for", "3s", "--engine", "off"]).ended();
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("entity ") && out.trim_end().ends_with("dead letters"), "{out}");
    assert!(began.elapsed() >= Duration::from_secs(3), "{:?}", began.elapsed());
}

#[test]
fn a_taken_port_is_told_with_the_way_out() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_undertone"))
        .args(["demo", "--engine", "off", "--addr", &addr])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&addr) && said.contains("--addr"), "{said}");
}
