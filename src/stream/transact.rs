//! The last thread: one transaction per chunk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use jiff::Timestamp;
use rdkafka::TopicPartitionList;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::Offset;
use rdkafka::util::Timeout;

use super::chunk::Manifest;
use super::clients;
use super::context::Deliveries;
use super::outgoing::Outgoing;
use super::stages::Handed;
use super::trouble::Trouble;
use crate::config::Settings;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::{Stage, Transaction};
use crate::web::Feed;

/// How long one try of `init_transactions` may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an abort may take before the producer is given up: the next one settles what this one leaves, and until then
/// the offsets of the partitions cannot be read.
const ABORT: Duration = Duration::from_secs(3);
/// How long one call of an abort may take.
const ABORT_CALL: Duration = Duration::from_millis(100);
/// How long calls that Kafka says may be retried are retried.
const RETRIES: Duration = Duration::from_secs(60);

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
    producer: BaseProducer<Deliveries>,
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
        let config = clients::producer(&settings);
        let producer = BaseProducer::from_config_and_context(&config, Deliveries::default())
            .map_err(|error| Trouble::Fatal(error.to_string()))?;
        // One try; the service tries again with a fresh producer, and looks at its stop signal in between.
        producer.init_transactions(PATIENCE).map_err(|error| match Trouble::of(&error) {
            Trouble::Abort { detail, .. } => Trouble::Restart(detail),
            trouble => trouble,
        })?;
        let refused = 0;
        Ok(Self { producer, settings, metrics, feed, epoch, refused })
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
        self.producer.begin_transaction().map_err(|error| Trouble::of(&error))?;
        self.produce(outgoing)?;
        // A commit with delivery reports unserved takes 103 ms instead of 2.5: rust-rdkafka polls for 100 ms at a time.
        while self.producer.in_flight_count() > 0 {
            self.serve();
            self.check(manifest)?;
            if self.producer.client().fatal_error().is_some() {
                return Err(self.fatal());
            }
        }
        self.check(manifest)?;
        let mut offsets = TopicPartitionList::with_capacity(manifest.next.len());
        for next in &manifest.next {
            offsets
                .add_partition_offset(&next.topic, next.partition, Offset::Offset(next.offset))
                .map_err(|error| Trouble::Restart(error.to_string()))?;
        }
        retried(RETRIES, || self.producer.send_offsets_to_transaction(&offsets, &manifest.group, Timeout::Never))?;
        self.check(manifest)?;
        // Never: as long as the transaction may stand open. A shorter wait would leave it unknown whether it was committed.
        retried(RETRIES, || self.producer.commit_transaction(Timeout::Never))
    }

    /// Serves delivery reports, and waits a little where there are none. A poll with a timeout would spin through the last
    /// millisecond of it.
    fn serve(&self) {
        let before = self.producer.in_flight_count();
        self.producer.poll(Duration::ZERO);
        if self.producer.in_flight_count() == before {
            std::thread::sleep(Duration::from_micros(300));
        }
    }

    fn check(&self, manifest: &Manifest) -> Result<(), Trouble> {
        if let Some(code) = self.producer.context().take() {
            return Err(Trouble::of_delivery(code));
        }
        if self.is_stale(manifest) {
            return Err(Trouble::Abort { poison: false, detail: "its partitions were taken".to_owned() });
        }
        Ok(())
    }

    fn produce(&self, outgoing: &mut Outgoing) -> Result<(), Trouble> {
        let output = &self.settings.output;
        for (line, event) in outgoing.lines.drain(..).zip(&outgoing.events) {
            let mut record = BaseRecord::<str, [u8]>::to(&output.enriched)
                .payload(&outgoing.values[line.value])
                .headers(line.headers);
            record.key = event.entity.as_ref().map(|entity| &*entity.id);
            self.send(record)?;
        }
        for letter in &outgoing.letters {
            let mut record = BaseRecord::<[u8], [u8]>::to(&output.dead_letters).headers(letter.headers());
            record.key = letter.key();
            record.payload = letter.value();
            self.send(record)?;
        }
        Ok(())
    }

    /// Hands a message to librdkafka; waits while its queue is full, which is what bounds memory when the broker is slow.
    fn send<K: rdkafka::message::ToBytes + ?Sized>(&self, record: BaseRecord<'_, K, [u8]>) -> Result<(), Trouble> {
        let mut record = record;
        loop {
            match self.producer.send(record) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), returned)) => {
                    record = returned;
                    self.serve();
                }
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::Fatal), _)) => return Err(self.fatal()),
                Err((error, _)) => return Err(Trouble::of(&error)),
            }
        }
    }

    fn fatal(&self) -> Trouble {
        match self.producer.client().fatal_error() {
            Some((code, detail)) if super::trouble::fences(code) => Trouble::Fenced(detail),
            Some((_, detail)) => Trouble::Restart(detail),
            None => Trouble::Restart("the producer failed without saying why".to_owned()),
        }
    }

    /// Ends a transaction that came to nothing.
    fn abandon(&mut self, manifest: &Manifest, trouble: Trouble) -> Verdict {
        // What happened in the background tells more than the call that met it.
        let trouble = match (self.producer.client().fatal_error(), self.producer.context().take()) {
            (Some(_), _) => self.fatal(),
            (None, Some(code)) if !matches!(trouble, Trouble::Fenced(_) | Trouble::Fatal(_)) => {
                Trouble::of_delivery(code)
            }
            _ => trouble,
        };
        let Trouble::Abort { poison, detail } = trouble else {
            self.metrics.transaction(Transaction::Fatal);
            return Verdict::Broken(trouble);
        };
        let stale = self.is_stale(manifest);
        self.refused = manifest.epoch;
        self.metrics.transaction(Transaction::Aborted);
        match self.abort() {
            Ok(()) => {
                // Serve what the abort purged, so that it is not taken for the next chunk's.
                self.producer.poll(Duration::ZERO);
                let _ = self.producer.context().take();
                if stale { Verdict::Stale } else { Verdict::Aborted { poison, detail } }
            }
            Err(Trouble::Abort { detail, .. }) => Verdict::Broken(Trouble::Restart(detail)),
            Err(trouble) => Verdict::Broken(trouble),
        }
    }

    /// Aborts the open transaction. It first fails what was not delivered, and waits until those reports are served, which is
    /// up to this thread: hence short calls, taken up again after serving.
    fn abort(&self) -> Result<(), Trouble> {
        retried(ABORT, || {
            let before = Instant::now();
            while self.producer.in_flight_count() > 0 && before.elapsed() < ABORT_CALL {
                self.serve();
            }
            self.producer.abort_transaction(ABORT_CALL)
        })
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

/// Calls again while Kafka says that it may help.
fn retried(patience: Duration, mut call: impl FnMut() -> KafkaResult<()>) -> Result<(), Trouble> {
    let started = Instant::now();
    loop {
        match call() {
            Ok(()) => return Ok(()),
            Err(KafkaError::Transaction(error)) if error.is_retriable() && started.elapsed() < patience => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Err(error) => return Err(Trouble::of(&error)),
        }
    }
}
