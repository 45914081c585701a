//! The last thread: one transaction per chunk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender};
use jiff::Timestamp;
use rdkafka::TopicPartitionList;
use rdkafka::producer::BaseRecord;
use rdkafka::topic_partition_list::Offset;

use super::chunk::Manifest;
use super::clients::Role;
use super::outgoing::Outgoing;
use super::stages::Handed;
use super::trouble::Trouble;
use super::writer::Writer;
use crate::config::Settings;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::{Stage, Transaction};
use crate::web::Feed;

/// What became of a chunk.
pub(super) enum Verdict {
    /// Its transaction is committed.
    Committed,
    /// It belongs to an earlier epoch and was dropped.
    Stale,
    /// Its transaction was aborted, or never begun.
    Aborted {
        /// For what is in it, so that trying again as it is cannot help.
        poison: bool,
        /// What happened.
        detail: String,
    },
    /// The producer is of no use any more.
    Broken(Trouble),
}

/// A chunk and what became of it.
pub(super) struct Report {
    pub(super) manifest: Manifest,
    pub(super) verdict: Verdict,
}

/// The producer and where it writes to.
pub(super) struct Transactor {
    writer: Writer,
    settings: Arc<Settings>,
    metrics: Arc<Metrics>,
    feed: Feed,
    epoch: Arc<AtomicU64>,
    /// After an abort, chunks up to this epoch are refused until the consumer has rewound.
    refused: u64,
}

impl Transactor {
    /// Creates the producer and takes the transactional id over: what a predecessor left open is aborted, and it is fenced.
    pub(super) fn open(
        settings: Arc<Settings>,
        metrics: Arc<Metrics>,
        feed: Feed,
        epoch: Arc<AtomicU64>,
    ) -> Result<Self, Trouble> {
        let writer = Writer::open(&settings, Role::Enrich)?;
        let refused = 0;
        Ok(Self { writer, settings, metrics, feed, epoch, refused })
    }

    /// Settles chunk after chunk until `finish` hangs up or the producer is of no use any more.
    pub(super) fn run(mut self, from: &Receiver<Handed<Outgoing>>, to: &Sender<Report>) {
        for Handed { mut manifest, work } in from {
            let started = Instant::now();
            let verdict = self.settle(&manifest, work);
            manifest.took(started.elapsed());
            let broken = matches!(verdict, Verdict::Broken(_));
            if to.send(Report { manifest, verdict }).is_err() || broken {
                return;
            }
        }
    }

    fn is_stale(&self, manifest: &Manifest) -> bool {
        manifest.epoch <= self.refused || manifest.epoch < self.epoch.load(Ordering::Acquire)
    }

    fn settle(&mut self, manifest: &Manifest, work: Result<Outgoing, String>) -> Verdict {
        if self.is_stale(manifest) {
            return Verdict::Stale;
        }
        let mut outgoing = match work {
            Ok(outgoing) => outgoing,
            Err(detail) => {
                self.refused = manifest.epoch;
                self.metrics.transaction(Transaction::Aborted);
                return Verdict::Aborted { poison: true, detail };
            }
        };
        let started = Instant::now();
        match self.transact(manifest, &mut outgoing) {
            Ok(()) => {
                self.metrics.stage(Stage::Commit, started.elapsed());
                self.tell(manifest, &outgoing);
                Verdict::Committed
            }
            Err(trouble) => self.abandon(manifest, trouble),
        }
    }

    fn transact(&self, manifest: &Manifest, outgoing: &mut Outgoing) -> Result<(), Trouble> {
        self.writer.begin()?;
        let output = &self.settings.output;
        for (line, event) in outgoing.lines.drain(..).zip(&outgoing.events) {
            let mut record = BaseRecord::<str, [u8]>::to(&output.enriched)
                .payload(&outgoing.values[line.value])
                .headers(line.headers);
            record.key = event.entity.as_ref().map(|entity| &*entity.id);
            self.writer.send(record)?;
        }
        self.writer.send_letters(&output.dead_letters, &outgoing.letters)?;
        let mut offsets = TopicPartitionList::with_capacity(manifest.next.len());
        for next in &manifest.next {
            offsets
                .add_partition_offset(&next.topic, next.partition, Offset::Offset(next.offset))
                .map_err(|error| Trouble::Restart(error.to_string()))?;
        }
        self.writer.commit(&offsets, &manifest.group, || {
            let taken = || Trouble::Abort { poison: false, detail: "its partitions were taken".to_owned() };
            if self.is_stale(manifest) { Err(taken()) } else { Ok(()) }
        })
    }

    /// Ends a transaction that came to nothing.
    fn abandon(&mut self, manifest: &Manifest, trouble: Trouble) -> Verdict {
        let stale = self.is_stale(manifest);
        match self.writer.abandon(trouble) {
            Trouble::Abort { poison, detail } => {
                self.refused = manifest.epoch;
                self.metrics.transaction(Transaction::Aborted);
                if stale { Verdict::Stale } else { Verdict::Aborted { poison, detail } }
            }
            trouble => {
                self.metrics.transaction(Transaction::Fatal);
                Verdict::Broken(trouble)
            }
        }
    }

    /// Counts and shows what is now committed.
    fn tell(&self, manifest: &Manifest, outgoing: &Outgoing) {
        let metrics = &self.metrics;
        metrics.transaction(Transaction::Committed);
        metrics.chunk(manifest.records);
        for next in &manifest.next {
            metrics.consumed(&next.topic, next.records);
        }
        metrics.unmatched(outgoing.unmatched);
        for (reason, letters) in outgoing.reasons() {
            metrics.dead_letter(reason, letters);
        }
        for ((entity, label), events) in &outgoing.counts {
            metrics.enriched(entity.as_deref().unwrap_or_default(), *label, *events);
        }
        for (correction, events) in &outgoing.corrections {
            metrics.corrected(*correction, *events);
        }
        let now = Timestamp::now().as_millisecond();
        for since in &outgoing.since {
            metrics.event_age((now - since).max(0) as f64 / 1_000.0);
        }
        self.feed.publish(&outgoing.events);
        for letter in &outgoing.letters {
            self.feed.reject(&letter.rejection);
        }
    }
}
