//! Sessions of the second stage with Kafka, until it is told to stop or cannot go on.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::thread::Builder;

use crossbeam_channel::bounded;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use tokio::sync::watch;

use super::part::Fold;
use super::serve::{Serve, Shared};
use crate::config::Settings;
use crate::reputation::Rules;
use crate::stream::clients::{self, Role};
use crate::stream::context::Rebalances;
use crate::stream::error::RunError;
use crate::stream::lag::{self, Positions, Readiness};
use crate::stream::sessions::{Ending, drains_in_time, sessions};
use crate::stream::writer::Writer;
use crate::telemetry::Metrics;
use crate::web::{Feed, Health};

/// The second stage, and everything that it needs.
pub struct Repute {
    /// Validated settings.
    pub settings: Arc<Settings>,
    /// Metrics.
    pub metrics: Arc<Metrics>,
    /// Health: of this stage, see [`Health::beside`].
    pub health: Health,
    /// The live page.
    pub feed: Feed,
    /// A clock in place of the machine's, in milliseconds since the epoch; for tests.
    pub clock: Option<Arc<AtomicI64>>,
    /// How events are added up: `Book::fold_chunk`, unless a test wants it to fail.
    pub fold: Fold,
}

impl Repute {
    /// Runs until `stop` says so (then what changed is kept) or something is beyond repair. Blocks.
    ///
    /// # Errors
    /// Why it cannot go on.
    pub fn run(self, stop: watch::Receiver<bool>) -> Result<(), RunError> {
        drains_in_time(&self.settings)?;
        let readiness = Readiness::new(self.health.clone());
        let rules = Arc::new(self.settings.reputation.rules.clone());
        sessions(&readiness, &stop, |committed| self.session(&readiness, &rules, &stop, committed))
    }

    fn session(
        &self,
        readiness: &Readiness,
        rules: &Arc<Rules>,
        stop: &watch::Receiver<bool>,
        committed: &mut u64,
    ) -> Ending {
        let instance = &self.settings.kafka.instance;
        // The producer first: it settles what a predecessor left open, which offsets may be waiting for.
        let writer = match Writer::open(&self.settings, Role::Repute) {
            Ok(writer) => writer,
            Err(trouble) => return Ending::of(trouble, instance),
        };
        let consumer = match self.consumer() {
            Ok(consumer) => Arc::new(consumer),
            Err(error) => return Ending::Failed(error),
        };
        let positions = Positions::default();
        let (running, ended) = bounded::<()>(0);
        std::thread::scope(|scope| {
            let (consumer, positions, metrics) = (&consumer, &positions, &*self.metrics);
            let watch = move || lag::watch(consumer, positions, metrics, readiness, &ended);
            if let Err(error) = Builder::new().name("lag-repute".to_owned()).spawn_scoped(scope, watch) {
                return Ending::Restart(format!("no thread to be had: {error}"));
            }
            // Leaving the scope hangs up, and the watch ends.
            let _running = running;
            let mut serve = Serve::new(Shared {
                consumer,
                writer,
                settings: &self.settings,
                rules,
                fold: self.fold,
                metrics,
                feed: &self.feed,
                readiness,
                positions,
                clock: self.clock.as_deref(),
                stop,
            });
            let ending = serve.run();
            *committed = serve.committed();
            ending
        })
    }

    fn consumer(&self) -> Result<BaseConsumer<Rebalances>, RunError> {
        let config = clients::consumer(&self.settings, Role::Repute);
        let consumer = BaseConsumer::from_config_and_context(&config, Rebalances::new())
            .map_err(|error| RunError::Config(error.to_string()))?;
        consumer.subscribe(&[&*self.settings.output.enriched]).map_err(|error| RunError::Kafka(error.to_string()))?;
        Ok(consumer)
    }
}
