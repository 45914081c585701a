//! The service inside the test's own process, with a core of the test's choosing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use undertone::config::Settings;
use undertone::config::settings::{Input, Kafka, Limits, Output, Reputation};
use undertone::stream::{Core, RunError, Service};
use undertone::telemetry::Metrics;
use undertone::watch::{Entity, EntityKind, Watchlist};
use undertone::web::{Feed, Health};

use super::topics::{admin, create};

/// A name that no other test uses, so that all can share one broker.
pub(crate) fn unique(name: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{name}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// Two brands that the tests' own posts speak of.
pub(crate) fn watchlist() -> Arc<Watchlist> {
    let entity = |id: &str, query: &str| Entity {
        id: id.to_owned(),
        name: id.to_owned(),
        kind: EntityKind::Brand,
        group: None,
        query: Some(query.to_owned()),
        accounts: Vec::new(),
        spaces: Vec::new(),
    };
    Arc::new(Watchlist::new(vec![entity("lumen", "lumen"), entity("kestrel", "kestrel")], Vec::new()).unwrap())
}

/// Settings for topics of a name's own, which are made.
pub(crate) fn settings(bootstrap: &str, name: &str, partitions: i32) -> Settings {
    let name = unique(name);
    let [input, enriched, dead_letters, reputation, alerts, reputation_state] =
        ["mentions", "enriched", "dead-letters", "reputation", "alerts", "reputation-state"]
            .map(|topic| format!("{name}.{topic}"));
    let admin = admin(bootstrap);
    for topic in [&input, &enriched, &dead_letters, &reputation, &alerts, &reputation_state] {
        create(&admin, topic, partitions, &[]).unwrap();
    }
    Settings {
        kafka: Kafka {
            bootstrap: bootstrap.to_owned(),
            group: name,
            instance: "one".to_owned(),
            properties: [("session.timeout.ms".to_owned(), "6000".to_owned())].into(),
        },
        inputs: vec![Input { topic: input.into(), mapping: None }],
        output: Output { enriched, dead_letters, reputation, alerts, reputation_state, partitions, replication: 1 },
        limits: Limits {
            max_record_bytes: 256 << 10,
            chunk_records: 2_000,
            chunk_tokens: 100_000,
            commit_every: Duration::from_millis(100),
            drain: Duration::from_secs(4),
        },
        reputation: Reputation::default(),
        model: None,
        detect_language: false,
        http_addr: ([127, 0, 0, 1], 0).into(),
        watchlist: watchlist(),
        lexicon: None,
    }
}

/// A service that runs on a thread of the test's.
pub(crate) struct Running {
    stop: watch::Sender<bool>,
    pub(crate) health: Health,
    pub(crate) metrics: Arc<Metrics>,
    thread: std::thread::JoinHandle<Result<(), RunError>>,
}

impl Running {
    pub(crate) fn start<C: Core + 'static>(settings: Settings, core: C) -> Self {
        if std::env::var_os("UNDERTONE_LOG").is_some() {
            static LOGGING: std::sync::Once = std::sync::Once::new();
            LOGGING.call_once(undertone::telemetry::logs::init);
        }
        let (stop, stopped) = watch::channel(false);
        let (health, metrics) = (Health::default(), Arc::new(Metrics::default()));
        let service = Service {
            settings: Arc::new(settings),
            enricher: Arc::new(core),
            metrics: Arc::clone(&metrics),
            health: health.clone(),
            feed: Feed::default(),
        };
        let thread = std::thread::spawn(move || service.run(stopped));
        Self { stop, health, metrics, thread }
    }

    /// Asks it to stop, and waits.
    pub(crate) fn stop(self) -> Result<(), RunError> {
        self.stop.send_replace(true);
        self.thread.join().unwrap()
    }
}
