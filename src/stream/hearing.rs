//! What a poll's error asks for.

use rdkafka::consumer::Consumer;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

use super::assignment::offset_lost;
use super::context::LoopConsumer;
use super::error::RunError;
use super::lag::{Positions, Readiness};
use super::sessions::Ending;
use super::trouble::{Trouble, fences};

/// Weighs errors, and tells a lasting one once.
#[derive(Default)]
pub(super) struct Hearing {
    told: Option<String>,
}

impl Hearing {
    /// Weighs an error that a poll returned: `Err` where the session must end.
    pub(super) fn hear(
        &mut self,
        error: &KafkaError,
        consumer: &LoopConsumer,
        positions: &Positions,
        readiness: &Readiness,
        instance: &str,
    ) -> Result<(), Ending> {
        let reason = consumer.context().reason();
        let code = error.rdkafka_error_code().unwrap_or(Code::Unknown);
        if fences(code) {
            return Err(Ending::of(Trouble::Fenced(reason), instance));
        }
        match code {
            _ if matches!(error, KafkaError::MessageConsumptionFatal(_)) => {
                return Err(Ending::Failed(RunError::Kafka(reason)));
            }
            Code::AutoOffsetReset => return Err(offset_lost(consumer, positions, reason)),
            Code::TopicAuthorizationFailed | Code::GroupAuthorizationFailed | Code::UnknownTopicOrPartition => {
                return Err(Ending::Failed(RunError::Kafka(reason)));
            }
            Code::AllBrokersDown => readiness.reached(false),
            Code::BrokerTransportFailure | Code::Resolve => {}
            _ if self.told.as_ref() != Some(&reason) => {
                tracing::warn!(reason, "the consumer met an error");
                self.told = Some(reason);
            }
            _ => {}
        }
        Ok(())
    }

    /// All is well again: the next error is news.
    pub(super) fn forget(&mut self) {
        self.told = None;
    }
}
