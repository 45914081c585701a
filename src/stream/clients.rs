//! How consumer, producer and admin client are configured.
//!
//! Three layers: what suits this pipeline, then `[kafka.properties]` of the user, then what exactly-once stands on, which
//! nobody may change.

use rdkafka::ClientConfig;
use rdkafka::admin::AdminClient;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaResult;

use crate::config::Settings;
use crate::config::settings::{Kafka, SESSION_TIMEOUT, TRANSACTION_TIMEOUT};

use super::context::Remembering;

/// Larger than any record that a topic is likely to take: the broker's limit decides, not the client's.
const MAX_MESSAGE_BYTES: usize = 32 << 20;

/// Which stage a client works for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Mentions to enriched events.
    Enrich,
    /// Enriched events to reputation.
    Repute,
}

impl Role {
    /// The name in identities and commands.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enrich => "enrich",
            Self::Repute => "repute",
        }
    }

    /// The consumer group of the role: the configured one, and one beside it for the second stage.
    pub fn group(self, kafka: &Kafka) -> String {
        match self {
            Self::Enrich => kafka.group.clone(),
            Self::Repute => format!("{}-repute", kafka.group),
        }
    }

    /// `transactional.id` and `group.instance.id`: stable over restarts, so that a new process fences its predecessor at once.
    pub fn identity(self, kafka: &Kafka) -> String {
        format!("{}-{}-{}", kafka.group, self.name(), kafka.instance)
    }
}

/// An admin client for the same cluster.
pub fn admin(kafka: &Kafka) -> KafkaResult<AdminClient<Remembering>> {
    with(kafka, &[], &[]).create_with_context(Remembering::default())
}

pub(super) fn consumer(settings: &Settings, role: Role) -> ClientConfig {
    let identity = role.identity(&settings.kafka);
    with(
        &settings.kafka,
        &[
            ("session.timeout.ms", &SESSION_TIMEOUT.as_millis().to_string()),
            ("heartbeat.interval.ms", "3000"),
            // Records wait in the broker, not here: 16 MiB keep the pipeline fed and memory flat.
            ("queued.max.messages.kbytes", "16384"),
            ("queued.min.messages", "20000"),
            ("fetch.wait.max.ms", "100"),
            // A partition whose queue is full is asked again soon, not after a second.
            ("fetch.queue.backoff.ms", "20"),
        ],
        &[
            ("group.id", &role.group(&settings.kafka)),
            ("group.instance.id", &identity),
            // Eager: a rebalance drains everything once and starts from committed offsets. Static members make it rare, and
            // there is no state in between to get wrong. Round robin spreads several input topics over all members.
            ("partition.assignment.strategy", "roundrobin"),
            ("isolation.level", "read_committed"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            // An offset that is no longer there must stop the process, not skip records. Partitions without any committed
            // offset are started at the beginning by hand: see `consume`.
            ("auto.offset.reset", "error"),
            // The second stage lets the clock run where there is nothing to read.
            ("enable.partition.eof", if role == Role::Repute { "true" } else { "false" }),
        ],
    )
}

/// A consumer that joins no group: it reads partitions that are ours from an offset to their end, and says where that is.
pub(super) fn reader(settings: &Settings, isolation: &'static str) -> ClientConfig {
    with(
        &settings.kafka,
        &[("queued.max.messages.kbytes", "32768"), ("fetch.wait.max.ms", "20"), ("fetch.queue.backoff.ms", "5")],
        &[
            // Nothing is committed; librdkafka wants a name, and this is one that the process may use anyway.
            ("group.id", &Role::Repute.group(&settings.kafka)),
            ("isolation.level", isolation),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "error"),
            ("enable.partition.eof", "true"),
        ],
    )
}

/// A consumer that joins no group and follows whole topics, for the live page: at its leisure, and from the beginning again where
/// its place is no longer there.
pub(super) fn follower(settings: &Settings) -> ClientConfig {
    with(
        &settings.kafka,
        &[("queued.max.messages.kbytes", "4096"), ("fetch.wait.max.ms", "500"), ("fetch.queue.backoff.ms", "20")],
        &[
            // Nothing is committed; librdkafka wants a name, and this is one that the process may use anyway.
            ("group.id", &settings.kafka.group),
            ("isolation.level", "read_committed"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("auto.offset.reset", "earliest"),
            ("enable.partition.eof", "true"),
        ],
    )
}

pub(super) fn producer(settings: &Settings, role: Role) -> ClientConfig {
    let identity = role.identity(&settings.kafka);
    with(
        &settings.kafka,
        &[
            // Chunks are produced in one go and then committed: waiting for more would only add latency.
            ("linger.ms", "0"),
            ("batch.num.messages", "10000"),
            ("compression.type", "lz4"),
            ("transaction.timeout.ms", &TRANSACTION_TIMEOUT.as_millis().to_string()),
            ("queue.buffering.max.kbytes", "131072"),
            ("message.max.bytes", &MAX_MESSAGE_BYTES.to_string()),
        ],
        &[
            ("transactional.id", &identity),
            ("enable.idempotence", "true"),
            // As Java clients hash, so that other writers and readers agree where an entity lives.
            ("partitioner", "murmur2_random"),
        ],
    )
}

/// A producer without transactions, for sending files.
pub(super) fn feeder(kafka: &Kafka) -> ClientConfig {
    with(
        kafka,
        &[("linger.ms", "10"), ("compression.type", "lz4"), ("message.max.bytes", &MAX_MESSAGE_BYTES.to_string())],
        &[("enable.idempotence", "true"), ("partitioner", "murmur2_random")],
    )
}

fn with(kafka: &Kafka, suitable: &[(&str, &str)], fixed: &[(&str, &str)]) -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", &kafka.bootstrap).set("client.id", "undertone");
    // What librdkafka has to say is passed on by `context`, which weighs it.
    config.set_log_level(RDKafkaLogLevel::Info);
    config.set("reconnect.backoff.max.ms", "2000").set("socket.keepalive.enable", "true");
    for (key, value) in suitable {
        config.set(*key, *value);
    }
    for (key, value) in &kafka.properties {
        config.set(key, value);
    }
    for (key, value) in fixed {
        config.set(*key, *value);
    }
    config
}
