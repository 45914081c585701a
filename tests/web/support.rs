//! A running server, and a client that reads it.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use undertone::enrich::EnrichedEvent;
use undertone::telemetry::{Allowed, Metrics};
use undertone::web::board::Following;
use undertone::web::{Board, Feed, Health, Server, serve};

/// A server on a free port of loopback, and what the pipeline would hold of it.
pub(crate) struct Running {
    pub(crate) url: String,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) health: Health,
    pub(crate) feed: Feed,
    pub(crate) board: Board,
    server: Option<Server>,
    runtime: tokio::runtime::Runtime,
}

impl Running {
    pub(crate) fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let allowed = Allowed {
            topics: vec!["mentions".into()],
            entities: vec!["acme".into()],
            groups: [("acme".into(), "tools".into())].into(),
            causes: ["price".into()].into(),
        };
        let (metrics, health, feed) = (Arc::new(Metrics::new(&allowed)), Health::default(), Feed::new());
        let board = board();
        let addr = "127.0.0.1:0".parse().unwrap();
        let serve = serve(addr, Arc::clone(&metrics), health.clone(), feed.clone(), board.clone());
        let server = runtime.block_on(serve).unwrap();
        Self { url: format!("http://{}", server.addr), metrics, health, feed, board, server: Some(server), runtime }
    }

    /// Another process in its place, at the same address, that knows nothing of what this one did.
    pub(crate) fn restart(&mut self) {
        self.restart_with(board());
    }

    fn restart_with(&mut self, board: Board) {
        let addr = self.server.as_ref().unwrap().addr;
        self.server = None;
        (self.feed, self.board) = (Feed::new(), board);
        let deadline = std::time::Instant::now() + Duration::from_secs(30);
        let server = loop {
            let (health, feed, board) = (self.health.clone(), self.feed.clone(), self.board.clone());
            match self.runtime.block_on(serve(addr, Arc::clone(&self.metrics), health, feed, board)) {
                Ok(server) => break server,
                // The old one lets go of its port a moment after it was told to.
                Err(error) => assert!(std::time::Instant::now() < deadline, "{error}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        self.server = Some(server);
    }

    /// The same with another watchlist.
    pub(crate) fn watch(&mut self, ids: &[String]) {
        let board = Board::new(ids.iter().map(|id| (id.as_str().into(), None)));
        board.follows(Following::Live);
        self.restart_with(board);
    }

    /// As the follower of the topics would.
    pub(crate) fn tell(&self, record: &Value) {
        let key = record["entity"]["id"].as_str().unwrap().as_bytes();
        let value = record.to_string();
        match record["schema"].as_str().unwrap() {
            "undertone.alert/1" => self.board.alert(Some(key), Some(value.as_bytes())),
            _ => self.board.standing(Some(key), Some(value.as_bytes())),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        get(&format!("{}{path}", self.url))
    }

    /// Opens `/events`, as a page does that has seen `last` already.
    pub(crate) fn events(&self, last: Option<&str>) -> Events {
        Events::open(&self.url, last)
    }

    pub(crate) fn stop(&mut self) {
        self.server = None;
    }

    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

/// A watchlist of three, two of them in a group.
fn board() -> Board {
    let group = Some("tools".into());
    let board = Board::new([("acme".into(), group.clone()), ("zeta".into(), group), ("quiet".into(), None)]);
    board.follows(Following::Live);
    board
}

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().new_agent()
}

pub(crate) fn get(url: &str) -> Answer {
    try_get(url).unwrap()
}

/// The status alone, for answers that do not end.
pub(crate) fn status_of(url: &str) -> u16 {
    agent().get(url).call().unwrap().status().as_u16()
}

pub(crate) fn try_get(url: &str) -> Result<Answer, ureq::Error> {
    let mut answer = agent().get(url).call()?;
    let body = answer.body_mut().read_to_string()?;
    Ok(Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body })
}

/// One server-sent event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) data: Value,
}

/// The stream of `/events`, event by event.
pub(crate) struct Events(BufReader<Box<dyn Read>>);

impl Events {
    pub(crate) fn open(url: &str, last: Option<&str>) -> Self {
        let mut request = agent().get(format!("{url}/events"));
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let answer = request.config().timeout_recv_body(Some(Duration::from_secs(600))).build().call().unwrap();
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self(BufReader::new(Box::new(answer.into_body().into_reader())))
    }

    /// The next event but a greeting; `None` at the end of the stream.
    pub(crate) fn next(&mut self) -> Option<Event> {
        loop {
            let event = self.any()?;
            if event.name != "hello" {
                return Some(event);
            }
        }
    }

    /// The next event.
    pub(crate) fn any(&mut self) -> Option<Event> {
        let mut event = Event { name: String::new(), id: String::new(), data: Value::Null };
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line).unwrap_or(0) == 0 {
                return None;
            }
            match line.trim_end_matches('\n').split_once(':') {
                Some(("event", name)) => event.name = name.trim().to_owned(),
                Some(("id", id)) => event.id = id.trim().to_owned(),
                Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                // Comments keep the connection alive; an empty line ends an event.
                None if !event.name.is_empty() => return Some(event),
                _ => {}
            }
        }
    }
}

/// An enriched event about `acme`, as the pipeline would publish it.
pub(crate) fn event(id: &str, text: &str, label: &str) -> Arc<EnrichedEvent> {
    let value = json!({
        "schema": "undertone.enriched/1", "id": format!("test:{id}#acme"), "op": "observed", "revision": 0, "relation": "mention",
        "mention": {
            "id": id, "source": "test", "text": text, "created_at": "2026-03-01T10:00:00Z", "author": { "handle": "someone" },
        },
        "entity": { "id": "acme", "name": "Acme", "kind": "brand", "matched": [] },
        "language": { "code": "en", "confidence": 0.9, "measured": true },
        "sentiment": {
            "label": label, "score": 0.5, "negative": 0.1, "neutral": 0.3, "positive": 0.6, "abstained": false, "evidence": [],
        },
        "topics": [{ "id": "price", "score": 0.8 }],
        "signals": { "complaint": 0.1, "question": false, "spam": 0.1, "offensive": 0.1 },
        "fingerprint": "0000000000000000", "truncated": false, "model": null, "watchlist": null,
        "origin": { "topic": "mentions", "partition": 0, "offset": 0 }, "processed_at": "2026-03-01T10:00:01Z",
    });
    Arc::new(serde_json::from_value(value).unwrap())
}

/// An event whose parts are changed as JSON.
pub(crate) fn changed(id: &str, text: &str, change: impl FnOnce(&mut Value)) -> Arc<EnrichedEvent> {
    let mut value = serde_json::to_value(&*event(id, text, "positive")).unwrap();
    change(&mut value);
    Arc::new(serde_json::from_value(value).unwrap())
}

/// A standing of `acme` in which every figure is known.
pub(crate) fn standing() -> undertone::reputation::standing::Standing {
    let window = json!({
        "reputation": 62.5, "low": 50.0, "high": 75.0, "net_sentiment": 25.0, "effective_mentions": 12.0, "mentions": 14.0,
        "weight": 9.0, "change": {
            "points": -1.5, "topics": [{ "id": "price", "points": -1.5 }], "sources": [{ "id": "x", "points": -1.5 }],
            "languages": [{ "id": "en", "points": -1.5 }],
        },
    });
    let times = undertone::reputation::community::Quantiles { median: 60.0, p90: 600.0, count: 4 };
    let report = undertone::reputation::community::CommunityReport {
        unanswered: Some(2),
        oldest_unanswered_seconds: Some(4_000.0),
        first_reply_seconds: Some(times),
        first_answer_seconds: Some(times),
        active_authors: Some(12),
        newcomer_share: Some(0.25),
        retention: Some(0.5),
        conversation_index: Some(0.1),
        ..Default::default()
    };
    let value = json!({
        "schema": "undertone.reputation/1", "entity": { "id": "acme", "name": "Acme", "kind": "brand" },
        "at": "2026-03-01T10:00:00Z", "windows": { "1h": window, "24h": window, "7d": window },
        "trends": [{ "kind": "topic", "term": "price", "rate": 9.0, "before": 1.0, "authors": 7, "strength": 6.0 }],
        "community": serde_json::to_value(report).unwrap(),
        "alerts": [{
            "id": "acme#reputation_drop#2026-03-01T09:00:00Z", "kind": "reputation_drop", "severity": "critical", "cause": "price",
            "opened_at": "2026-03-01T09:00:00Z", "summary": "Acme is spoken of worse.",
        }],
    });
    serde_json::from_value(value).unwrap()
}

/// An alert of `acme`, as the second stage would tell it.
pub(crate) fn alert() -> Value {
    let level =
        |value: f64| json!({ "value": value, "low": value - 8.0, "high": value + 8.0, "effective_mentions": 30.0 });
    let change = json!({
        "points": -21.0, "topics": [{ "id": "price", "points": -15.5 }, { "id": "other", "points": -5.5 }],
        "sources": [{ "id": "forum", "points": -21.0 }], "languages": [{ "id": "is", "points": -21.0 }],
    });
    json!({
        "schema": "undertone.alert/1", "id": "acme#reputation_drop#2026-03-01T09:00:00Z",
        "entity": { "id": "acme", "name": "Acme", "kind": "brand" }, "kind": "reputation_drop", "state": "opened",
        "severity": "critical", "detectors": ["cusum", "bands"], "at": "2026-03-01T09:30:00Z", "opened_at": "2026-03-01T09:00:00Z",
        "before": level(61.0), "after": level(40.0), "change": change, "cause": "price",
        "examples": [{
            "id": "forum:9#acme", "source": "forum", "author": "ulla", "url": "https://forum.example/9",
            "text": "Twice the price for half the lid.", "score": -0.8,
        }],
        "summary": "Reputation of Acme fell from 61 (53 to 69) to 40 (32 to 48) within an hour: mostly about price; 30 mentions.",
    })
}

/// A standing of `acme` with something in every list, at a minute of the first of March.
pub(crate) fn told_standing(minute: u32, reputation: f64) -> Value {
    let mut value = serde_json::to_value(standing()).unwrap();
    value["at"] = json!(format!("2026-03-01T{:02}:{:02}:00Z", 10 + minute / 60, minute % 60));
    for window in ["1h", "24h", "7d"] {
        value["windows"][window]["reputation"] = json!(reputation);
        value["windows"][window]["low"] = json!(reputation - 9.0);
        value["windows"][window]["high"] = json!(reputation + 9.0);
        value["windows"][window]["change"] = alert()["change"].clone();
    }
    let post = |id: &str, text: &str| {
        json!({
            "id": id, "source": "forum", "author": "ulla", "url": format!("https://forum.example/{id}"), "text": text,
            "created_at": "2026-03-01T05:00:00Z",
        })
    };
    value["trends"] = json!([
        { "kind": "hashtag", "term": "lidgate", "rate": 6.0, "before": 0.2, "authors": 7, "strength": 9.0 },
    ]);
    value["community"]["unanswered_posts"] = json!([post("1", "Does the lid come in green?")]);
    value["community"]["questions"] =
        json!([{ "count": 3, "authors": 2, "example": post("2", "Where is the manual?") }]);
    value["community"]["advocates"] = json!([
        { "author": "fan_of_lids", "source": "x", "positive": 5, "negative": 1, "last_at": "2026-03-01T09:00:00Z" },
    ]);
    value["alerts"][0]["summary"] = alert()["summary"].clone();
    value
}
