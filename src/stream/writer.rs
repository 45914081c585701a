//! The transactional producer: what both stages do with it, whatever they write.

use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::ConsumerGroupMetadata;
use rdkafka::error::{KafkaError, KafkaResult, RDKafkaErrorCode};
use rdkafka::message::ToBytes;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::util::Timeout;

use super::clients::{self, Role};
use super::context::Deliveries;
use super::outgoing::Letter;
use super::trouble::Trouble;
use crate::config::Settings;

/// How long one try of `init_transactions` may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an abort may take before the producer is given up: the next one settles what this one leaves, and until then
/// the offsets of the partitions cannot be read.
const ABORT: Duration = Duration::from_secs(3);
/// How long one call of an abort may take.
const ABORT_CALL: Duration = Duration::from_millis(100);
/// How long calls that Kafka says may be retried are retried.
const RETRIES: Duration = Duration::from_secs(60);

/// A producer that has taken its transactional id over.
pub(super) struct Writer {
    producer: BaseProducer<Deliveries>,
}

impl Writer {
    /// Creates the producer and takes the transactional id over: what a predecessor left open is aborted, and it is fenced.
    pub(super) fn open(settings: &Settings, role: Role) -> Result<Self, Trouble> {
        let config = clients::producer(settings, role);
        let producer = BaseProducer::from_config_and_context(&config, Deliveries::default())
            .map_err(|error| Trouble::Fatal(error.to_string()))?;
        // One try; the service tries again with a fresh producer, and looks at its stop signal in between.
        producer.init_transactions(PATIENCE).map_err(|error| match Trouble::of(&error) {
            Trouble::Abort { detail, .. } => Trouble::Restart(detail),
            trouble => trouble,
        })?;
        Ok(Self { producer })
    }

    /// Opens a transaction.
    pub(super) fn begin(&self) -> Result<(), Trouble> {
        self.producer.begin_transaction().map_err(|error| Trouble::of(&error))
    }

    /// Hands a message to librdkafka; waits while its queue is full, which is what bounds memory when the broker is slow.
    pub(super) fn send<K: ToBytes + ?Sized>(&self, record: BaseRecord<'_, K, [u8]>) -> Result<(), Trouble> {
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

    /// Sends dead letters.
    pub(super) fn send_letters(&self, topic: &str, letters: &[Letter]) -> Result<(), Trouble> {
        for letter in letters {
            let mut record = BaseRecord::<[u8], [u8]>::to(topic).headers(letter.headers());
            record.key = letter.key();
            record.payload = letter.value();
            self.send(record)?;
        }
        Ok(())
    }

    /// Waits until all is written, sends the offsets and commits, unless `go_on` calls it off in between.
    pub(super) fn commit(
        &self,
        offsets: &TopicPartitionList,
        group: &ConsumerGroupMetadata,
        go_on: impl Fn() -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        // A commit with delivery reports unserved takes 103 ms instead of 2.5: rust-rdkafka polls for 100 ms at a time.
        while self.producer.in_flight_count() > 0 {
            self.serve();
            self.check()?;
            go_on()?;
            if self.producer.client().fatal_error().is_some() {
                return Err(self.fatal());
            }
        }
        self.check()?;
        go_on()?;
        retried(RETRIES, || self.producer.send_offsets_to_transaction(offsets, group, Timeout::Never))?;
        self.check()?;
        go_on()?;
        // Never: as long as the transaction may stand open. A shorter wait would leave it unknown whether it was committed.
        retried(RETRIES, || self.producer.commit_transaction(Timeout::Never))
    }

    /// Ends a transaction that came to nothing. [`Trouble::Abort`] says that the producer can begin another.
    pub(super) fn abandon(&self, trouble: Trouble) -> Trouble {
        // What happened in the background tells more than the call that met it.
        let trouble = match (self.producer.client().fatal_error(), self.producer.context().take()) {
            (Some(_), _) => self.fatal(),
            (None, Some(code)) if !matches!(trouble, Trouble::Fenced(_) | Trouble::Fatal(_)) => {
                Trouble::of_delivery(code)
            }
            _ => trouble,
        };
        if !matches!(trouble, Trouble::Abort { .. }) {
            return trouble;
        }
        match self.abort() {
            Ok(()) => {
                // Serve what the abort purged, so that it is not taken for the next chunk's.
                self.producer.poll(Duration::ZERO);
                let _ = self.producer.context().take();
                trouble
            }
            Err(Trouble::Abort { detail, .. }) => Trouble::Restart(detail),
            Err(trouble) => trouble,
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

    /// Serves delivery reports, and waits a little where there are none. A poll with a timeout would spin through the last
    /// millisecond of it.
    fn serve(&self) {
        let before = self.producer.in_flight_count();
        self.producer.poll(Duration::ZERO);
        if self.producer.in_flight_count() == before {
            std::thread::sleep(Duration::from_micros(300));
        }
    }

    /// Whether a message was not written.
    fn check(&self) -> Result<(), Trouble> {
        self.producer.context().take().map_or(Ok(()), |code| Err(Trouble::of_delivery(code)))
    }

    fn fatal(&self) -> Trouble {
        match self.producer.client().fatal_error() {
            Some((code, detail)) if super::trouble::fences(code) => Trouble::Fenced(detail),
            Some((_, detail)) => Trouble::Restart(detail),
            None => Trouble::Restart("the producer failed without saying why".to_owned()),
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
