//! What librdkafka tells: rebalances, delivery reports, errors, logs. Kept here until the thread that must act asks for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rdkafka::TopicPartitionList;
use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::DeliveryResult;
use rdkafka::producer::ProducerContext;
use rdkafka::types::RDKafkaRespErr;

/// What the group coordinator wants.
pub(super) enum Wanted {
    /// These partitions are ours.
    Assign(TopicPartitionList),
    /// Give up what we have.
    Revoke,
}

/// A consumer whose rebalances wait to be asked for, so that they are answered by plain code between two polls instead of in
/// a callback within one.
pub(super) struct Rebalances {
    wanted: Mutex<Vec<Wanted>>,
    /// Whether somebody asks. Before and after, revocations are obeyed on the spot: closing would hang otherwise.
    attended: AtomicBool,
    reason: Mutex<String>,
}

impl Rebalances {
    pub(super) fn new() -> Self {
        Self { wanted: Mutex::default(), attended: AtomicBool::new(true), reason: Mutex::default() }
    }

    /// What has come since the last call, in order.
    pub(super) fn take(&self) -> Vec<Wanted> {
        std::mem::take(&mut *lock(&self.wanted))
    }

    /// Whether something has come.
    pub(super) fn is_asked(&self) -> bool {
        !lock(&self.wanted).is_empty()
    }

    /// From now on nobody asks.
    pub(super) fn leave(&self) {
        self.attended.store(false, Ordering::Release);
    }

    /// What librdkafka said of the last error.
    pub(super) fn reason(&self) -> String {
        lock(&self.reason).clone()
    }
}

impl ClientContext for Rebalances {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        forward(level, facility, message);
    }

    fn error(&self, _error: KafkaError, reason: &str) {
        reason.clone_into(&mut lock(&self.reason));
    }
}

impl ConsumerContext for Rebalances {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, error: RDKafkaRespErr, partitions: &mut TopicPartitionList) {
        let assigning = error == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if !self.attended.load(Ordering::Acquire) {
            // Fails only on a client that is broken already, and then there is nothing to give up.
            let _ = consumer.unassign();
        } else if assigning {
            lock(&self.wanted).push(Wanted::Assign(partitions.clone()));
        } else {
            lock(&self.wanted).push(Wanted::Revoke);
        }
    }
}

/// Remembers the first delivery that failed.
#[derive(Default)]
pub(super) struct Deliveries {
    failed: AtomicBool,
    first: Mutex<Option<RDKafkaErrorCode>>,
}

impl Deliveries {
    /// The first failure since the last call.
    pub(super) fn take(&self) -> Option<RDKafkaErrorCode> {
        if !self.failed.swap(false, Ordering::AcqRel) {
            return None;
        }
        lock(&self.first).take()
    }
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        forward(level, facility, message);
    }

    fn error(&self, _error: KafkaError, _reason: &str) {}
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, (): ()) {
        let Err((error, _)) = result else { return };
        let code = error.rdkafka_error_code().unwrap_or(RDKafkaErrorCode::Unknown);
        // Messages purged by an abort failed for a reason that was told before.
        if !matches!(code, RDKafkaErrorCode::PurgeQueue | RDKafkaErrorCode::PurgeInflight) {
            lock(&self.first).get_or_insert(code);
            self.failed.store(true, Ordering::Release);
        }
    }
}

/// A client that remembers what was wrong last, for whoever asks it in vain.
#[derive(Default)]
pub struct Remembering {
    reason: Mutex<Option<String>>,
}

impl Remembering {
    /// What librdkafka said last: a refused connection, a wrong password, a certificate that nobody trusts.
    pub fn reason(&self) -> Option<String> {
        lock(&self.reason).clone()
    }
}

impl ClientContext for Remembering {
    // Log lines come from librdkafka's own threads; nobody polls an admin client for its errors.
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        forward(level, facility, message);
        // That all brokers are down follows from what was wrong with each, and says less.
        if matches!(level, RDKafkaLogLevel::Error) && !message.ends_with("brokers are down") {
            *lock(&self.reason) = Some(message.to_owned());
        }
    }

    fn error(&self, _error: KafkaError, _reason: &str) {}
}

/// librdkafka repeats itself on every reconnect, so its lines are for debugging; incidents are told once by the loop.
fn forward(level: RDKafkaLogLevel, facility: &str, message: &str) {
    match level {
        RDKafkaLogLevel::Emerg | RDKafkaLogLevel::Alert | RDKafkaLogLevel::Critical => {
            tracing::error!(target: "librdkafka", facility, message);
        }
        _ => tracing::debug!(target: "librdkafka", facility, message),
    }
}

/// A lock that a panic elsewhere does not poison: what it guards is whole after every statement.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The consumer of the loop.
pub(super) type LoopConsumer = Arc<BaseConsumer<Rebalances>>;
