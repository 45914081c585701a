//! The enrich stage as a service: sessions with Kafka, one after the other, until it is told to stop or cannot go on.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::{Builder, Scope};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use crossbeam_channel::bounded;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use tokio::sync::watch;

use super::clients;
use super::consume::{Consume, Ending, Shared};
use super::context::Rebalances;
use super::core::Core;
use super::lag::{self, Positions, Readiness};
use super::stages::Stages;
use super::transact::Transactor;
use super::trouble::Trouble;
use crate::config::Settings;
use crate::enrich::Enricher;
use crate::telemetry::Metrics;
use crate::web::{Feed, Health};

/// Why the service ended, other than being asked to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Another process with the same instance name took over.
    #[error(
        "another process took over as instance `{instance}` ({detail}): give each process an instance of its own, and do not start this one again while the other runs"
    )]
    Fenced {
        /// `kafka.instance` of the configuration.
        instance: String,
        /// What Kafka said.
        detail: String,
    },
    /// A committed offset is not in the log any more (or not yet): going on would skip records in silence.
    #[error(
        "{topic}[{partition}]: the group's committed offset {committed} is outside of what the log holds ({low} to {high}), so records were lost, or the topic was made anew; to go on, set the group's offset by hand: kafka-consumer-groups --reset-offsets"
    )]
    OffsetLost {
        /// Topic.
        topic: String,
        /// Partition.
        partition: i32,
        /// The offset that is not there.
        committed: i64,
        /// First offset of the log.
        low: i64,
        /// One past the last.
        high: i64,
    },
    /// The configuration cannot work.
    #[error("{0}")]
    Config(String),
    /// Processing fails, and setting records aside does not help.
    #[error("processing cannot go on: {0}")]
    Stuck(String),
    /// Kafka said no, and will say it again.
    #[error("Kafka: {0}")]
    Kafka(String),
}

/// Everything that the loop needs.
pub struct Service<C = Enricher> {
    /// Validated settings.
    pub settings: Arc<Settings>,
    /// The pure core.
    pub enricher: Arc<C>,
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// Health.
    pub health: Health,
    /// The live page.
    pub feed: Feed,
}

impl<C: Core> Service<C> {
    /// Runs until `stop` says so (then the chunk in hand is finished) or something is beyond repair. Blocks.
    pub fn run(self, stop: watch::Receiver<bool>) -> Result<(), RunError> {
        self.check()?;
        let readiness = Readiness::new(self.health.clone());
        let delays = || ExponentialBuilder::default().with_min_delay(Duration::from_millis(200)).without_max_times();
        let delays = || delays().with_max_delay(Duration::from_secs(5)).with_jitter().build();
        let mut backoff = delays();
        let mut troubled = false;
        while !*stop.borrow() {
            let mut committed = 0;
            let detail = match self.session(&readiness, &stop, &mut committed) {
                Ending::Stopped => break,
                Ending::Failed(error) => {
                    readiness.assigned(false);
                    return Err(error);
                }
                Ending::Restart(detail) => detail,
            };
            readiness.assigned(false);
            if committed > 0 {
                (backoff, troubled) = (delays(), false);
            }
            if !std::mem::replace(&mut troubled, true) {
                tracing::warn!(detail, "lost the session with Kafka; starting another until one holds");
            }
            let until = Instant::now() + backoff.next().unwrap_or_default();
            while Instant::now() < until && !*stop.borrow() {
                readiness.beat();
                std::thread::sleep(Duration::from_millis(20));
            }
        }
        readiness.assigned(false);
        Ok(())
    }

    fn check(&self) -> Result<(), RunError> {
        let session = self.settings.kafka.session_timeout();
        let drain = self.settings.limits.drain;
        if drain >= session {
            return Err(RunError::Config(format!(
                "limits.drain is {drain:?}, which must be less than the session timeout of {session:?} (kafka.properties, session.timeout.ms)"
            )));
        }
        Ok(())
    }

    /// One producer, one consumer, and the threads between them. `committed` counts the chunks that went through.
    fn session(&self, readiness: &Readiness, stop: &watch::Receiver<bool>, committed: &mut u64) -> Ending {
        let epoch = Arc::new(AtomicU64::new(1));
        // The producer first: it settles what a predecessor left open, which offsets may be waiting for.
        let opened = Transactor::open(
            Arc::clone(&self.settings),
            Arc::clone(&self.metrics),
            self.feed.clone(),
            Arc::clone(&epoch),
        );
        let transactor = match opened {
            Ok(transactor) => transactor,
            Err(trouble) => return self.ending(trouble),
        };
        let consumer = match self.consumer() {
            Ok(consumer) => Arc::new(consumer),
            Err(error) => return Ending::Failed(error),
        };
        let positions = Positions::default();
        let source = format!("/undertone/{}/enrich", self.settings.kafka.group);
        let stages = Stages { core: &*self.enricher, metrics: &self.metrics, epoch: &epoch, source: &source };
        // A rendezvous: a chunk goes on forming until `begin` is free to take it.
        let (raw_to, raw_from) = bounded(0);
        let (begun_to, begun_from) = bounded(1);
        let (ready_to, ready_from) = bounded(1);
        // As many as chunks can be under way, so that `transact` never waits for `consume`.
        let (reports_to, reports_from) = bounded(8);
        let (running, ended) = bounded::<()>(0);
        std::thread::scope(|scope| {
            let (stages, consumer, positions, metrics) = (&stages, &consumer, &positions, &*self.metrics);
            let spawned = spawn(scope, "begin", move || stages.begin(&raw_from, &begun_to))
                .and_then(|()| spawn(scope, "finish", move || stages.finish(&begun_from, &ready_to)))
                .and_then(|()| spawn(scope, "transact", move || transactor.run(&ready_from, &reports_to)))
                .and_then(|()| {
                    spawn(scope, "lag", move || lag::watch(consumer, positions, metrics, readiness, &ended))
                });
            if let Err(error) = spawned {
                return Ending::Restart(format!("no thread to be had: {error}"));
            }
            let shared =
                Shared { consumer, settings: &self.settings, metrics, readiness, positions, epoch: &epoch, stop };
            // Leaving the scope hangs up: first `begin` ends, then whoever waits for it.
            let _running = running;
            let mut consume = Consume::new(shared, raw_to, reports_from);
            let ending = consume.run();
            *committed = consume.committed();
            ending
        })
    }

    fn consumer(&self) -> Result<BaseConsumer<Rebalances>, RunError> {
        let config = clients::consumer(&self.settings);
        let consumer = BaseConsumer::from_config_and_context(&config, Rebalances::new())
            .map_err(|error| RunError::Config(error.to_string()))?;
        let topics: Vec<&str> = self.settings.inputs.iter().map(|input| &*input.topic).collect();
        consumer.subscribe(&topics).map_err(|error| RunError::Kafka(error.to_string()))?;
        Ok(consumer)
    }

    fn ending(&self, trouble: Trouble) -> Ending {
        Ending::of(trouble, &self.settings.kafka.instance)
    }
}

/// A thread with a name, which profilers and panics show.
fn spawn<'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() + Send + 'scope,
) -> std::io::Result<()> {
    Builder::new().name(name.to_owned()).spawn_scoped(scope, work).map(drop)
}
