//! The enrich stage as a service: sessions with Kafka, one after the other, until it is told to stop or cannot go on.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread::{Builder, Scope};

use crossbeam_channel::bounded;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use tokio::sync::watch;

use super::clients::{self, Role};
use super::consume::{Consume, Shared};
use super::context::Rebalances;
use super::core::Core;
use super::error::RunError;
use super::lag::{self, Positions, Readiness};
use super::sessions::{Ending, drains_in_time, sessions};
use super::stages::Stages;
use super::transact::Transactor;
use crate::config::Settings;
use crate::enrich::Enricher;
use crate::telemetry::Metrics;
use crate::web::{Feed, Health};

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
        drains_in_time(&self.settings)?;
        let readiness = Readiness::new(self.health.clone());
        sessions(&readiness, &stop, |committed| self.session(&readiness, &stop, committed))
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
            Err(trouble) => return Ending::of(trouble, &self.settings.kafka.instance),
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
        let config = clients::consumer(&self.settings, Role::Enrich);
        let consumer = BaseConsumer::from_config_and_context(&config, Rebalances::new())
            .map_err(|error| RunError::Config(error.to_string()))?;
        let topics: Vec<&str> = self.settings.inputs.iter().map(|input| &*input.topic).collect();
        consumer.subscribe(&topics).map_err(|error| RunError::Kafka(error.to_string()))?;
        Ok(consumer)
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
