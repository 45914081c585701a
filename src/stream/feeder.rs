//! Sends mentions to a topic: what `replay` is made of. Not transactional; every record is delivered once or counted as failed.

use std::time::Duration;

use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::types::RDKafkaErrorCode as Code;

use super::clients;
use super::context::Deliveries;
use crate::config::settings::Kafka;

/// For an answer of the broker at the start and the end.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why mentions cannot be sent.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The settings of the client are wrong.
    #[error("{0}")]
    Config(String),
    /// The broker does not answer.
    #[error("Kafka at {bootstrap} does not answer: {detail}")]
    Unreachable {
        /// Where it was looked for.
        bootstrap: String,
        /// What happened.
        detail: String,
    },
    /// There is no such topic.
    #[error("there is no topic {0}; `undertone topics --create` makes those of a configuration")]
    NoTopic(String),
    /// A record was refused.
    #[error("a record was not written: {0}")]
    Refused(Code),
}

/// A producer for one topic.
pub struct Feeder {
    producer: BaseProducer<Deliveries>,
    topic: String,
}

impl Feeder {
    /// Connects, and looks whether the topic is there.
    pub fn open(kafka: &Kafka, topic: &str) -> Result<Self, FeedError> {
        let producer: BaseProducer<Deliveries> = clients::feeder(kafka)
            .create_with_context(Deliveries::default())
            .map_err(|error| FeedError::Config(error.to_string()))?;
        let metadata = producer.client().fetch_metadata(None, PATIENCE).map_err(|error| FeedError::Unreachable {
            bootstrap: kafka.bootstrap.clone(),
            detail: error.to_string(),
        })?;
        if !metadata.topics().iter().any(|known| known.name() == topic) {
            return Err(FeedError::NoTopic(topic.to_owned()));
        }
        Ok(Self { producer, topic: topic.to_owned() })
    }

    /// Hands a record over; waits while the queue is full.
    pub fn send(&self, key: Option<&[u8]>, value: &[u8]) -> Result<(), FeedError> {
        let mut record = BaseRecord::<[u8], [u8]>::to(&self.topic).payload(value);
        record.key = key;
        loop {
            match self.producer.send(record) {
                Ok(()) => return self.serve(),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    record = back;
                    std::thread::sleep(Duration::from_millis(1));
                    self.serve()?;
                }
                Err((error, _)) => return Err(FeedError::Refused(error.rdkafka_error_code().unwrap_or(Code::Unknown))),
            }
        }
    }

    /// Looks whether something was refused.
    pub fn serve(&self) -> Result<(), FeedError> {
        self.producer.poll(Duration::ZERO);
        self.producer.context().take().map_or(Ok(()), |code| Err(FeedError::Refused(code)))
    }

    /// Waits until the broker has everything.
    pub fn finish(self) -> Result<(), FeedError> {
        let flushed = self.producer.flush(PATIENCE);
        self.serve()?;
        flushed.map_err(|error| FeedError::Refused(error.rdkafka_error_code().unwrap_or(Code::Unknown)))
    }
}
