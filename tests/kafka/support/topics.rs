//! Topics, records in and records out, for tests: plain clients that share nothing with the code under test.

use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

/// Headers, in order; a name may occur twice.
pub(crate) type HeaderList = Vec<(String, Option<Vec<u8>>)>;

/// A record as it was read back.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Read {
    pub(crate) partition: i32,
    pub(crate) offset: i64,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: HeaderList,
}

impl Read {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(self.value.as_deref().unwrap()).unwrap()
    }

    pub(crate) fn header(&self, key: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(own, _)| own == key)?;
        std::str::from_utf8(value.as_deref()?).ok()
    }
}

/// A record to be sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Send {
    pub(crate) partition: Option<i32>,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Option<Vec<u8>>,
    pub(crate) headers: HeaderList,
}

impl Send {
    pub(crate) fn value(value: impl Into<Vec<u8>>) -> Self {
        Self { value: Some(value.into()), ..Self::default() }
    }
}

pub(crate) fn admin(bootstrap: &str) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", bootstrap).create().unwrap()
}

/// Makes a topic, and waits until the broker knows it: the controller answers a moment earlier.
pub(crate) fn create(
    admin: &AdminClient<DefaultClientContext>,
    name: &str,
    partitions: i32,
    properties: &[(&str, &str)],
) -> Result<(), String> {
    let topic = NewTopic::new(name, partitions, TopicReplication::Fixed(1));
    let topic = properties.iter().fold(topic, |topic, (key, value)| topic.set(key, value));
    let options = AdminOptions::new().operation_timeout(Some(Duration::from_secs(5)));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(admin.create_topics([&topic], &options)).map_err(|error| error.to_string())?;
    outcome.into_iter().try_for_each(|one| match one {
        Ok(_) | Err((_, rdkafka::error::RDKafkaErrorCode::TopicAlreadyExists)) => Ok(()),
        Err((_, code)) => Err(code.to_string()),
    })?;
    let known = || {
        let all = admin.inner().fetch_metadata(None, Duration::from_secs(10)).ok()?;
        all.topics().iter().any(|topic| topic.name() == name).then_some(())
    };
    super::process::eventually(Duration::from_secs(60), || format!("{name} was made and is not to be seen"), known);
    Ok(())
}

/// Sends records, in order, and waits until the broker has them.
pub(crate) fn send(bootstrap: &str, topic: &str, records: &[Send]) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("enable.idempotence", "true")
        .set("message.max.bytes", "16000000")
        .set("linger.ms", "5")
        .set("partitioner", "murmur2_random")
        .create()
        .unwrap();
    send_with(&producer, topic, records);
    producer.flush(Duration::from_secs(30)).unwrap();
}

/// Sends records with a producer of one's own.
pub(crate) fn send_with(producer: &BaseProducer, topic: &str, records: &[Send]) {
    for record in records {
        let headers = record
            .headers
            .iter()
            .fold(OwnedHeaders::new(), |all, (key, value)| all.insert(Header { key, value: value.as_deref() }));
        let mut out = BaseRecord::<[u8], [u8]>::to(topic).headers(headers);
        out.key = record.key.as_deref();
        out.payload = record.value.as_deref();
        out.partition = record.partition;
        loop {
            match producer.send(out) {
                Ok(()) => break,
                Err((
                    rdkafka::error::KafkaError::MessageProduction(rdkafka::error::RDKafkaErrorCode::QueueFull),
                    back,
                )) => {
                    out = back;
                    producer.poll(Duration::from_millis(10));
                }
                Err((error, _)) => panic!("{error}"),
            }
        }
    }
}

/// How much of a log a reader sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Isolation {
    ReadCommitted,
    ReadUncommitted,
}

/// Reads a topic from its beginning; keeps its place between calls.
pub(crate) struct Reader {
    consumer: BaseConsumer,
    topic: String,
    pub(crate) records: Vec<Read>,
}

impl Reader {
    pub(crate) fn new(bootstrap: &str, topic: &str, isolation: Isolation) -> Self {
        let isolation = if isolation == Isolation::ReadCommitted { "read_committed" } else { "read_uncommitted" };
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("group.id", format!("reader-{topic}-{isolation}"))
            .set("isolation.level", isolation)
            .set("enable.auto.commit", "false")
            .set("fetch.wait.max.ms", "20")
            .create()
            .unwrap();
        let metadata = consumer.fetch_metadata(Some(topic), Duration::from_secs(10)).unwrap();
        let mut partitions = TopicPartitionList::new();
        for partition in metadata.topics()[0].partitions() {
            partitions.add_partition_offset(topic, partition.id(), Offset::Beginning).unwrap();
        }
        consumer.assign(&partitions).unwrap();
        Self { consumer, topic: topic.to_owned(), records: Vec::new() }
    }

    /// Reads on until `enough` says so; panics after `patience`.
    pub(crate) fn until(&mut self, patience: Duration, enough: impl Fn(&[Read]) -> bool) -> &[Read] {
        let deadline = Instant::now() + patience;
        while !enough(&self.records) {
            assert!(
                Instant::now() < deadline,
                "{}: only {} records after {patience:?}",
                self.topic,
                self.records.len()
            );
            self.poll(Duration::from_millis(100));
        }
        &self.records
    }

    /// Reads what is there: until nothing has come for `quiet`.
    pub(crate) fn rest(&mut self, quiet: Duration) -> &[Read] {
        let mut last = Instant::now();
        while last.elapsed() < quiet {
            if self.poll(Duration::from_millis(50)) {
                last = Instant::now();
            }
        }
        &self.records
    }

    fn poll(&mut self, wait: Duration) -> bool {
        let Some(message) = self.consumer.poll(wait) else { return false };
        let Ok(message) = message else { return false };
        let headers = message.headers().map_or_else(Vec::new, |headers| {
            headers.iter().map(|h| (h.key.to_owned(), h.value.map(<[u8]>::to_vec))).collect()
        });
        self.records.push(Read {
            partition: message.partition(),
            offset: message.offset(),
            key: message.key().map(<[u8]>::to_vec),
            value: message.payload().map(<[u8]>::to_vec),
            headers,
        });
        true
    }
}
