//! Which partitions are ours, and from which offset: assignment, revocation, rewinding.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaResult;
use rdkafka::topic_partition_list::{Offset, TopicPartitionListElem};
use tokio::sync::watch;

use super::chunk::Forming;
use super::consume::{Consume, Shared};
use super::context::{LoopConsumer, Rebalances};
use super::error::RunError;
use super::lag::{Place, Positions, Readiness};
use super::sessions::Ending;
use crate::telemetry::metrics::Rebalance;

/// For one answer of a broker.
const PATIENCE: Duration = Duration::from_secs(5);
/// For all tries together.
const TRIES: Duration = Duration::from_secs(60);
/// After so long somebody should be told. A transaction that nobody ends is over before.
const LONG: Duration = Duration::from_secs(45);

impl Consume<'_> {
    /// Starts partitions where the group left them, and at the beginning where it never was.
    pub(super) fn assign(&mut self, partitions: TopicPartitionList) -> Result<(), Ending> {
        let partitions = self.committed_offsets(&partitions)?;
        let shared = &self.shared;
        let assigned = shared.consumer.assign(&partitions);
        // A partition that was paused when it went is still paused when it comes back.
        assigned
            .and_then(|()| shared.consumer.resume(&partitions))
            .map_err(|error| Ending::Restart(error.to_string()))?;
        // Now, not when a chunk is committed: offsets read under this generation may only be committed under it.
        self.group = shared.consumer.group_metadata().map(Arc::new);
        let known = partitions.elements().into_iter().map(|element| {
            let offset = match element.offset() {
                Offset::Offset(offset) => Some(offset),
                _ => None,
            };
            ((Arc::from(element.topic()), element.partition()), offset)
        });
        shared.positions.set(known);
        shared.metrics.rebalance(Rebalance::Assigned);
        shared.readiness.assigned(true);
        self.paused = false;
        tracing::info!(partitions = partitions.count(), "partitions assigned");
        Ok(())
    }

    /// Gives up all partitions: finishes what is under way, unless they are lost already.
    pub(super) fn revoke(&mut self) -> Result<(), Ending> {
        let lost = self.shared.consumer.assignment_lost();
        self.forming = Forming::default();
        let drained = lost || self.drain()?;
        if !drained {
            tracing::warn!("the chunks under way were not done in time; they are left to the next owner");
        }
        let shared = &self.shared;
        shared.epoch.fetch_add(1, Ordering::AcqRel);
        shared.consumer.unassign().map_err(|error| Ending::Restart(error.to_string()))?;
        shared.positions.clear(shared.metrics);
        shared.readiness.assigned(false);
        shared.metrics.rebalance(if lost { Rebalance::Lost } else { Rebalance::Revoked });
        self.suspicion.forget();
        self.paused = false;
        self.group = None;
        tracing::info!(lost, "partitions revoked");
        Ok(())
    }

    /// Drops everything under way and reads on from the committed offsets.
    pub(super) fn rewind(&mut self) -> Result<(), Ending> {
        self.shared.epoch.fetch_add(1, Ordering::AcqRel);
        self.forming = Forming::default();
        self.resume()?;
        let consumer = self.shared.consumer;
        let started = Instant::now();
        loop {
            let assigned = consumer.assignment().map_err(|error| Ending::Restart(error.to_string()))?;
            if assigned.count() == 0 {
                return Ok(());
            }
            let offsets = self.committed_offsets(&assigned)?;
            let failed = match consumer.seek_partitions(offsets, PATIENCE) {
                Ok(sought) => sought.elements().into_iter().find_map(|element| element.error().err()),
                Err(error) => Some(error),
            };
            // A partition whose fetching has not begun yet cannot be sought; soon it can.
            let Some(error) = failed else { return Ok(()) };
            if started.elapsed() > PATIENCE {
                return Err(Ending::Restart(format!("cannot rewind: {error}")));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The committed offset of each partition, or its beginning.
    fn committed_offsets(&self, partitions: &TopicPartitionList) -> Result<TopicPartitionList, Ending> {
        let Shared { consumer, readiness, stop, .. } = &self.shared;
        let committed = committed_offsets(consumer, partitions, readiness, stop)?;
        let mut starts = TopicPartitionList::with_capacity(committed.len());
        for ((topic, partition), offset) in committed {
            starts
                .add_partition_offset(&topic, partition, offset.map_or(Offset::Beginning, Offset::Offset))
                .map_err(|error| Ending::Restart(error.to_string()))?;
        }
        Ok(starts)
    }

    pub(super) fn each_assigned(
        &self,
        act: impl Fn(&BaseConsumer<Rebalances>, &TopicPartitionList) -> KafkaResult<()>,
    ) -> Result<(), Ending> {
        let consumer = self.shared.consumer;
        consumer
            .assignment()
            .and_then(|assigned| act(consumer, &assigned))
            .map_err(|error| Ending::Restart(error.to_string()))
    }
}

/// What to say when the log does not hold the offset that the group committed.
pub(super) fn offset_lost(consumer: &LoopConsumer, positions: &Positions, reason: String) -> Ending {
    for ((topic, partition), committed) in positions.all() {
        let Some(committed) = committed else { continue };
        if let Ok((low, high)) = consumer.fetch_watermarks(&topic, partition, PATIENCE)
            && !(low..=high).contains(&committed)
        {
            let topic = topic.to_string();
            return Ending::Failed(RunError::OffsetLost { topic, partition, committed, low, high });
        }
    }
    Ending::Failed(RunError::Kafka(reason))
}

/// The committed offset of each partition, stable: one that belongs to an open transaction is waited for.
pub(super) fn committed_offsets(
    consumer: &LoopConsumer,
    partitions: &TopicPartitionList,
    readiness: &Readiness,
    stop: &watch::Receiver<bool>,
) -> Result<Vec<(Place, Option<i64>)>, Ending> {
    let started = Instant::now();
    let mut told = false;
    loop {
        let answer = consumer.committed_offsets(partitions.clone(), PATIENCE);
        match answer.and_then(|found| found.elements().iter().map(committed_offset).collect()) {
            Ok(offsets) => return Ok(offsets),
            Err(error) if started.elapsed() > TRIES => return Err(Ending::Restart(error.to_string())),
            Err(error) if started.elapsed() > LONG && !std::mem::replace(&mut told, true) => {
                tracing::warn!(%error, "the group's committed offsets are not to be had; if this goes on, a transaction hangs in Kafka: see \"offsets that never become stable\" in docs/EXACTLY_ONCE.md");
            }
            Err(error) => tracing::debug!(%error, "committed offsets are not to be had yet"),
        }
        if *stop.borrow() {
            return Err(Ending::Stopped);
        }
        readiness.beat();
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What is committed of a partition; an error if the broker failed for it.
fn committed_offset(element: &TopicPartitionListElem<'_>) -> KafkaResult<(Place, Option<i64>)> {
    element.error()?;
    let offset = match element.offset() {
        Offset::Offset(offset) => Some(offset),
        _ => None,
    };
    Ok(((Arc::from(element.topic()), element.partition()), offset))
}
