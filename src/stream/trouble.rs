//! What an error of Kafka asks for.

use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Another process took over: end.
    Fenced(String),
    /// Beyond repair: end.
    Fatal(String),
    /// Abort the transaction and read again from the committed offsets.
    Abort {
        /// The broker refused what is in the chunk, so that trying again as it is cannot help.
        poison: bool,
        /// What happened.
        detail: String,
    },
    /// It cannot be known what happened: start anew with a new producer, whose first act is to settle what the old one left.
    Restart(String),
}

impl Trouble {
    /// An error of a transactional call. Retriable errors are the caller's: what comes here was retried in vain.
    pub(super) fn of(error: &KafkaError) -> Self {
        let detail = error.to_string();
        let code = error.rdkafka_error_code();
        if code.is_some_and(fences) {
            return Self::Fenced(detail);
        }
        match error {
            _ if code.is_some_and(refuses) => Self::Fatal(detail),
            // Of no use to this producer; a new one starts clean.
            KafkaError::Transaction(error) if error.is_fatal() => Self::Restart(detail),
            KafkaError::Transaction(error) if error.txn_requires_abort() => Self::Abort { poison: false, detail },
            // The transaction failed in the background; the reason follows with the delivery report or the commit.
            KafkaError::MessageProduction(Code::State) => Self::Abort { poison: false, detail },
            KafkaError::MessageProduction(code) => Self::of_delivery(*code),
            _ => Self::Restart(detail),
        }
    }

    /// A message was not written.
    pub(super) fn of_delivery(code: Code) -> Self {
        let detail = format!("a message was not written: {code}");
        if fences(code) {
            return Self::Fenced(detail);
        }
        if refuses(code) {
            return Self::Fatal(detail);
        }
        let poison = matches!(
            code,
            Code::MessageSizeTooLarge | Code::InvalidRecord | Code::InvalidTimestamp | Code::MessageBatchTooLarge
        );
        Self::Abort { poison, detail }
    }
}

/// Codes by which the broker says that another process has this one's name.
pub(super) fn fences(code: Code) -> bool {
    matches!(
        code,
        Code::Fenced
            | Code::ProducerFenced
            | Code::InvalidProducerEpoch
            | Code::FencedInstanceId
            | Code::TransactionCoordinatorFenced
    )
}

/// Codes by which the broker says no to who we are or how we are set up: it will say no again.
fn refuses(code: Code) -> bool {
    matches!(
        code,
        Code::TransactionalIdAuthorizationFailed
            | Code::TopicAuthorizationFailed
            | Code::GroupAuthorizationFailed
            | Code::ClusterAuthorizationFailed
            | Code::InvalidTransactionTimeout
            | Code::UnsupportedVersion
            | Code::UnsupportedFeature
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_message_holds_is_held_against_it() {
        let poison = |code| matches!(Trouble::of_delivery(code), Trouble::Abort { poison: true, .. });
        assert!(poison(Code::MessageSizeTooLarge));
        assert!(!poison(Code::MessageTimedOut));
        assert!(!poison(Code::BrokerTransportFailure));
    }

    #[test]
    fn fencing_and_refusal_end_the_process_and_the_unknown_starts_anew() {
        let of = |code| Trouble::of(&KafkaError::MessageProduction(code));
        assert!(matches!(of(Code::ProducerFenced), Trouble::Fenced(_)));
        assert!(matches!(of(Code::FencedInstanceId), Trouble::Fenced(_)));
        assert!(matches!(of(Code::TopicAuthorizationFailed), Trouble::Fatal(_)));
        assert!(matches!(of(Code::State), Trouble::Abort { poison: false, .. }));
        assert!(matches!(Trouble::of(&KafkaError::Flush(Code::OperationTimedOut)), Trouble::Restart(_)));
    }
}
