//! `[kafka]`.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::error::KafkaError;
use toml::de::DeValue;

use super::document::describe;
use super::secrets::{Env, expand};
use super::section::{Section, filled};
use super::settings::{Kafka, SESSION_TIMEOUT, TRANSACTION_TIMEOUT};

/// `max.poll.interval.ms` where the file sets none: librdkafka's own.
const POLL_INTERVAL: Duration = Duration::from_secs(300);

/// Properties of librdkafka that a file may not set, and why.
const REFUSED: &[(&str, &str)] = &[
    ("bootstrap.servers", "kafka.bootstrap says it"),
    ("metadata.broker.list", "kafka.bootstrap says it"),
    ("group.id", "kafka.group says it"),
    ("group.instance.id", "it is made of role and kafka.instance"),
    ("group.protocol", "exactly once is tested with the classic protocol"),
    ("group.remote.assignor", "exactly once is tested with the classic protocol"),
    ("partition.assignment.strategy", "a rebalance is drained as this strategy needs it"),
    ("transactional.id", "it is made of role and kafka.instance, so that a successor fences its predecessor"),
    ("enable.idempotence", "without it events could be written twice"),
    ("acks", "all replicas must have an event before it counts as written"),
    ("request.required.acks", "all replicas must have an event before it counts as written"),
    ("max.in.flight", "more would break the order of events"),
    ("max.in.flight.requests.per.connection", "more would break the order of events"),
    ("message.send.max.retries", "a transaction retries until it times out"),
    ("retries", "a transaction retries until it times out"),
    ("partitioner", "readers rely on where the events of an entity lie"),
    ("isolation.level", "mentions of transactions that were given up must stay unseen"),
    ("enable.auto.commit", "offsets are committed in the transaction of their events"),
    ("auto.commit.interval.ms", "offsets are committed in the transaction of their events"),
    ("auto.commit.enable", "offsets are committed in the transaction of their events"),
    ("enable.auto.offset.store", "offsets are committed in the transaction of their events"),
    (
        "auto.offset.reset",
        "an offset that is gone must stop the process, not skip mentions; a new group starts at the beginning",
    ),
    ("enable.partition.eof", "the end of a partition is not an error here"),
];

/// Properties whose values are never shown.
const SECRET: &[&str] = &["password", "secret", "ssl.key.pem", "jaas", "client.assertion", "oauthbearer.config"];

pub(super) fn read(kafka: &Section<'_>, env: Env<'_>) -> Option<Kafka> {
    let bootstrap = text(kafka, "bootstrap", "host:port, or several with commas between them", env, |text| {
        !text.is_empty() && text.split(',').all(|broker| is_broker(broker.trim()))
    });
    let name = "1 to 100 letters, digits, dots, hyphens or underscores";
    let group = kafka.or("group", "undertone".to_owned(), |kafka| {
        kafka.read("group", name, |value| filled(value).filter(|text| is_name(text)))
    });
    let instance = if kafka.has("instance") {
        text(kafka, "instance", name, env, is_name)
    } else {
        kafka.note("instance");
        let found = default_instance(env).filter(|text| is_name(text));
        if found.is_none() {
            kafka.missing(
                "instance",
                format!("a name of this process that stays the same when it starts again: {name}"),
            );
        }
        found
    };
    let properties = properties(&kafka.section("properties"), env);
    kafka.refuse_unknown();
    Some(Kafka { bootstrap: bootstrap?, group: group?, instance: instance?, properties: properties? })
}

/// A required string that may name secrets. What it stands for is checked, and only what the file says is shown.
fn text(
    section: &Section<'_>,
    key: &'static str,
    expected: &str,
    env: Env<'_>,
    is_valid: impl FnOnce(&str) -> bool,
) -> Option<String> {
    let written = section.require(key, expected, filled)?;
    match expand(&written.value, section.document.folder(), env) {
        Ok(value) if is_valid(&value) => Some(value),
        Ok(value) if value == written.value => {
            section.wrong(&written.at, key, format!("{value:?}"), expected);
            None
        }
        Ok(_) => {
            section.wrong(&written.at, key, format!("{:?}, whose value is something else", written.value), expected);
            None
        }
        Err(found) => {
            section.wrong(&written.at, key, found, REFERENCE);
            None
        }
    }
}

const REFERENCE: &str = "${env:NAME} of a variable that is set, or ${file:PATH} of a file that can be read";

fn default_instance(env: Env<'_>) -> Option<String> {
    env("UNDERTONE_INSTANCE").or_else(|| env("HOSTNAME")).or_else(|| {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
        Some(name.trim().to_owned())
    })
}

fn is_name(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
}

fn is_broker(text: &str) -> bool {
    let Some((host, port)) = text.rsplit_once(':') else { return false };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = bare.map_or_else(
        || !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b)),
        |v6| v6.parse::<std::net::Ipv6Addr>().is_ok(),
    );
    is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
}

fn properties(section: &Section<'_>, env: Env<'_>) -> Option<BTreeMap<String, String>> {
    let mut properties = BTreeMap::new();
    let mut all_good = true;
    for (key, at, value) in section.entries() {
        match property(section, key, &at, value.get_ref(), &value.span(), env) {
            Some(value) => {
                properties.insert(key.to_owned(), value);
            }
            None => all_good = false,
        }
    }
    (all_good && agree(section, &properties)).then_some(properties)
}

/// Whether the times fit each other. librdkafka looks at that only when a client is made, which `check` does not do.
fn agree(section: &Section<'_>, properties: &BTreeMap<String, String>) -> bool {
    let mut all_good = true;
    for (key, _, value) in section.entries() {
        let (bound, other, default) = match key {
            "message.timeout.ms" | "delivery.timeout.ms" => ("most", "transaction.timeout.ms", TRANSACTION_TIMEOUT),
            "max.poll.interval.ms" => ("least", "session.timeout.ms", SESSION_TIMEOUT),
            "session.timeout.ms" if !properties.contains_key("max.poll.interval.ms") => {
                ("most", "max.poll.interval.ms", POLL_INTERVAL)
            }
            _ => continue,
        };
        let limit = millis(properties, other, default);
        let set = millis(properties, key, limit);
        let fits = if bound == "most" { set <= limit } else { set >= limit };
        if !fits {
            let expected = format!("at {bound} {other}, which is {}", limit.as_millis());
            section.wrong(&value.span(), key, set.as_millis().to_string(), expected);
            all_good = false;
        }
    }
    all_good
}

/// A time among the properties, or its default.
fn millis(properties: &BTreeMap<String, String>, key: &str, default: Duration) -> Duration {
    properties.get(key).and_then(|ms| ms.parse().ok()).map_or(default, Duration::from_millis)
}

fn property(
    section: &Section<'_>,
    key: &str,
    key_at: &Range<usize>,
    value: &DeValue<'_>,
    at: &Range<usize>,
    env: Env<'_>,
) -> Option<String> {
    if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == key) {
        section.wrong(key_at, key, "a property that may not be set", format!("it to be left out: {why}"));
        return None;
    }
    let is_secret = SECRET.iter().any(|part| key.contains(part));
    let written = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => describe(value),
        DeValue::Table(_) => {
            section.wrong(key_at, key, "a table", "the whole name in quotes: \"sasl.username\" = …");
            return None;
        }
        _ => {
            section.wrong(at, key, describe(value), "a string, a number, true or false");
            return None;
        }
    };
    let expanded = match expand(&written, section.document.folder(), env) {
        Ok(expanded) => expanded,
        Err(found) => {
            section.wrong(at, key, found, REFERENCE);
            return None;
        }
    };
    if is_secret && expanded == written {
        section.document.warn(
            at,
            &section.field(key),
            "a secret stands in the file; ${env:NAME} or ${file:PATH} keep it out",
        );
    }
    // librdkafka knows its properties best. Nothing is connected: this only fills a table.
    match ClientConfig::new().set(key, &expanded).create_native_config() {
        Ok(_) => Some(expanded),
        Err(KafkaError::ClientConfig(_, reason, ..)) if !is_secret && expanded == written => {
            section.wrong(at, key, describe(value), format!("what librdkafka takes ({reason})"));
            None
        }
        Err(_) => {
            section.wrong(at, key, "a value that is not shown", "a property and a value that librdkafka takes");
            None
        }
    }
}

impl Kafka {
    /// How long the group waits for a silent member before it gives its partitions to others.
    pub fn session_timeout(&self) -> Duration {
        millis(&self.properties, "session.timeout.ms", SESSION_TIMEOUT)
    }
}
