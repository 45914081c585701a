//! How far behind the committed offsets are, and whether Kafka can be reached at all.
//!
//! librdkafka's own lag stands still here: it counts from offsets that the consumer commits, and this consumer commits none.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};
use rdkafka::consumer::Consumer;

use super::context::{LoopConsumer, lock};
use crate::telemetry::Metrics;
use crate::web::Health;

/// Between two looks.
const EVERY: Duration = Duration::from_secs(2);
/// For one answer of a broker.
const PATIENCE: Duration = Duration::from_secs(3);

/// Topic and partition.
pub(super) type Place = (Arc<str>, i32);

/// The partitions at hand, each with the offset committed last; `None` where none ever was.
#[derive(Default)]
pub(super) struct Positions(Mutex<BTreeMap<Place, Option<i64>>>);

impl Positions {
    /// These are at hand now, and no others.
    pub(super) fn set(&self, places: impl Iterator<Item = (Place, Option<i64>)>) {
        *lock(&self.0) = places.collect();
    }

    /// A transaction moved a partition's offset.
    pub(super) fn committed(&self, topic: &Arc<str>, partition: i32, offset: i64) {
        if let Some(position) = lock(&self.0).get_mut(&(Arc::clone(topic), partition)) {
            *position = Some(offset);
        }
    }

    /// None are at hand any more; their series go with them.
    pub(super) fn clear(&self, metrics: &Metrics) {
        let mut positions = lock(&self.0);
        for (topic, partition) in std::mem::take(&mut *positions).into_keys() {
            metrics.forget_partition(&topic, partition);
        }
    }

    /// What is at hand.
    pub(super) fn all(&self) -> Vec<(Place, Option<i64>)> {
        lock(&self.0).iter().map(|(place, offset)| (place.clone(), *offset)).collect()
    }

    /// Shows the lag of a partition whose log reaches from `low` to `high`, unless it has gone meanwhile.
    fn show(&self, metrics: &Metrics, place: &Place, low: i64, high: i64) {
        let positions = lock(&self.0);
        if let Some(position) = positions.get(place) {
            metrics.lag(&place.0, place.1, (high - position.unwrap_or(low)).max(0));
        }
    }
}

/// Ready means: partitions are assigned (perhaps none), the producer is initialised, and Kafka answers.
pub(super) struct Readiness {
    health: Health,
    assigned: AtomicBool,
    reached: AtomicBool,
}

impl Readiness {
    pub(super) fn new(health: Health) -> Self {
        health.waiting("connecting to Kafka");
        Self { health, assigned: AtomicBool::new(false), reached: AtomicBool::new(true) }
    }

    pub(super) fn beat(&self) {
        self.health.beat();
    }

    /// Asked to stop: send no more work this way.
    pub(super) fn stopping(&self) {
        self.health.waiting("finishing the last chunk");
    }

    pub(super) fn assigned(&self, assigned: bool) {
        self.assigned.store(assigned, Ordering::Release);
        self.show();
    }

    /// State is read back first.
    pub(super) fn restoring(&self) {
        self.health.waiting("restoring state");
    }

    pub(super) fn reached(&self, reached: bool) {
        let before = self.reached.swap(reached, Ordering::AcqRel);
        match (before, reached) {
            (true, false) => tracing::warn!("Kafka is out of reach; trying again until it answers"),
            (false, true) => tracing::info!("Kafka answers again"),
            _ => return,
        }
        self.show();
    }

    fn show(&self) {
        if !self.reached.load(Ordering::Acquire) {
            self.health.waiting("Kafka is out of reach");
        } else if !self.assigned.load(Ordering::Acquire) {
            self.health.waiting("waiting for partitions");
        } else {
            self.health.set_ready(true);
        }
    }
}

/// Looks every two seconds until `ended` is hung up.
pub(super) fn watch(
    consumer: &LoopConsumer,
    positions: &Positions,
    metrics: &Metrics,
    readiness: &Readiness,
    ended: &Receiver<()>,
) {
    while ended.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        let places = positions.all();
        if places.is_empty() {
            readiness.reached(consumer.fetch_metadata(None, PATIENCE).is_ok());
        }
        for (place, _) in places {
            // The end of a `read_committed` reader: the last stable offset.
            let answer = consumer.fetch_watermarks(&place.0, place.1, PATIENCE);
            readiness.reached(answer.is_ok());
            match answer {
                Ok((low, high)) => positions.show(metrics, &place, low, high),
                Err(_) => break,
            }
        }
    }
}
