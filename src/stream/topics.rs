//! The topics that a configuration needs: what they should be, whether they are there, and making them.

use std::collections::BTreeMap;
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use serde::Serialize;

use super::clients::Role;
use crate::config::Settings;
use crate::config::settings::Output;

/// Thirty days, in milliseconds.
const MONTH_MS: &str = "2592000000";
/// Dead letters carry whatever came, so they take more than the broker's usual megabyte.
const LETTER_BYTES: &str = "16777216";
/// Snapshots are made to stay under the broker's usual megabyte; this leaves room for those that do not.
const STATE_BYTES: &str = "4194304";
/// Small segments and an eager cleaner: a restore reads the topic from its beginning, so what is replaced must go soon.
const COMPACTED: [(&str, &str); 4] = [
    ("cleanup.policy", "compact"),
    ("segment.bytes", "67108864"),
    ("segment.ms", "3600000"),
    ("min.cleanable.dirty.ratio", "0.1"),
];
/// For one answer of a broker.
const PATIENCE: Duration = Duration::from_secs(10);
/// For making topics, which often comes right after the broker was started: it may need this long to answer at all.
const START: Duration = Duration::from_secs(30);

/// What a topic is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Mentions are read from it.
    Input,
    /// Enriched events are written to it.
    Enriched,
    /// What could not be read is written to it.
    DeadLetters,
    /// Standings are written to it.
    Reputation,
    /// Alerts are written to it.
    Alerts,
    /// What the second stage remembers is written to it, and read back.
    ReputationState,
}

impl Purpose {
    /// Whether a role reads or writes it.
    pub const fn concerns(self, role: Role) -> bool {
        match self {
            Self::Enriched | Self::DeadLetters => true,
            Self::Input => matches!(role, Role::Enrich),
            Self::Reputation | Self::Alerts | Self::ReputationState => matches!(role, Role::Repute),
        }
    }

    /// Whether only the last record of a key is to be kept.
    const fn is_compacted(self) -> bool {
        matches!(self, Self::Reputation | Self::ReputationState)
    }

    /// The name in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Enriched => "enriched",
            Self::DeadLetters => "dead-letters",
            Self::Reputation => "reputation",
            Self::Alerts => "alerts",
            Self::ReputationState => "reputation-state",
        }
    }
}

/// A topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub purpose: Purpose,
    /// Partitions that `--create` gives it.
    pub partitions: i32,
    /// Replication factor that `--create` gives it.
    pub replication: i32,
    /// Topic properties that `--create` gives it.
    pub properties: BTreeMap<&'static str, &'static str>,
}

/// What became of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It was not there, and is now.
    Created,
    /// It was there; nothing about it was changed.
    Existed,
}

/// All topics that a configuration reads and writes, inputs first; as many partitions for the state as for the events.
pub fn needed(settings: &Settings) -> Vec<Topic> {
    let topic = |name: &str, purpose, properties: &[(&'static str, &'static str)]| Topic {
        name: name.to_owned(),
        purpose,
        partitions: settings.output.partitions,
        replication: settings.output.replication,
        properties: properties.iter().copied().collect(),
    };
    let retained = [("cleanup.policy", "delete"), ("retention.ms", MONTH_MS)];
    let inputs = settings.inputs.iter().map(|input| topic(&input.topic, Purpose::Input, &retained));
    let outputs = [
        topic(&settings.output.enriched, Purpose::Enriched, &retained),
        topic(
            &settings.output.dead_letters,
            Purpose::DeadLetters,
            &[retained[0], retained[1], ("max.message.bytes", LETTER_BYTES)],
        ),
        topic(&settings.output.reputation, Purpose::Reputation, &COMPACTED),
        topic(&settings.output.alerts, Purpose::Alerts, &retained),
        topic(
            &settings.output.reputation_state,
            Purpose::ReputationState,
            &[&COMPACTED[..], &[("max.message.bytes", STATE_BYTES)]].concat(),
        ),
    ];
    inputs.chain(outputs).collect()
}

/// What is wrong with the topics that the roles need, as they are, each in a line; nothing if a run may start.
///
/// # Errors
/// Kafka does not answer.
pub async fn faults(
    admin: &AdminClient<impl ClientContext>,
    settings: &Settings,
    roles: &[Role],
) -> Result<Vec<String>, KafkaError> {
    // All topics: asking for one by name may create it, where the broker is set up so.
    let metadata = admin.inner().fetch_metadata(None, PATIENCE)?;
    let present: BTreeMap<&str, usize> =
        metadata.topics().iter().map(|topic| (topic.name(), topic.partitions().len())).collect();
    let needed = needed(settings);
    let needed = || needed.iter().filter(|topic| roles.iter().any(|role| topic.purpose.concerns(*role)));
    let missing = |topic: &Topic| {
        let purpose = topic.purpose.name();
        (!present.contains_key(topic.name.as_str())).then(|| format!("{} ({purpose}) does not exist", topic.name))
    };
    let mut faults: Vec<String> = needed().filter_map(missing).collect();
    if faults.is_empty() {
        for topic in needed().filter(|topic| topic.purpose != Purpose::Input) {
            faults.extend(wrongly_cleaned(admin, topic).await);
        }
        let count = |name: &String| present.get(name.as_str()).copied().unwrap_or(0);
        let Output { enriched, reputation_state, .. } = &settings.output;
        if roles.contains(&Role::Repute) && count(enriched) != count(reputation_state) {
            faults.push(format!(
                "{reputation_state} (reputation-state) has {} partitions and {enriched} has {}: an entity's state lies on the partition of its events. Stop all processes of the role repute, remove it and let it be made anew; state is rebuilt from the events:\n  kafka-topics --bootstrap-server {bootstrap} --delete --topic {reputation_state}\n  kafka-topics --bootstrap-server {bootstrap} --create --topic {reputation_state} --partitions {} --config cleanup.policy=compact",
                count(reputation_state),
                count(enriched),
                count(enriched),
                bootstrap = settings.kafka.bootstrap,
            ));
        }
    }
    Ok(faults)
}

/// Whether a topic is compacted whose records must not replace each other, or is not where they must. `None` also where the
/// policy may not be seen: that is for the operator to allow, and no reason not to run.
async fn wrongly_cleaned(admin: &AdminClient<impl ClientContext>, topic: &Topic) -> Option<String> {
    let options = AdminOptions::new().request_timeout(Some(PATIENCE));
    let answer = admin.describe_configs(&[ResourceSpecifier::Topic(&topic.name)], &options).await.ok()?;
    let resource = answer.into_iter().next()?.ok()?;
    let policy = resource.get("cleanup.policy")?.value.clone()?;
    let (name, purpose) = (&topic.name, topic.purpose.name());
    match (policy.contains("compact"), policy.contains("delete"), topic.purpose.is_compacted()) {
        (true, _, false) => Some(format!(
            "{name} ({purpose}) is compacted (cleanup.policy={policy}): records with the same key would replace each other"
        )),
        (_, true, true) if topic.purpose == Purpose::ReputationState => Some(format!(
            "{name} ({purpose}) deletes old records (cleanup.policy={policy}), and with them what is remembered of quiet entities: it must be compacted only (cleanup.policy=compact)"
        )),
        _ => None,
    }
}

/// Makes the topics that are not there yet; leaves the others as they are. One outcome per topic, in order.
pub async fn create(
    admin: &AdminClient<impl ClientContext>,
    topics: &[Topic],
) -> Result<Vec<Result<Made, RDKafkaErrorCode>>, KafkaError> {
    let new: Vec<NewTopic<'_>> = topics
        .iter()
        .map(|topic| {
            let new = NewTopic::new(&topic.name, topic.partitions, TopicReplication::Fixed(topic.replication));
            topic.properties.iter().fold(new, |new, (key, value)| new.set(key, value))
        })
        .collect();
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(START));
    let outcomes = admin.create_topics(&new, &options).await?;
    Ok(outcomes
        .into_iter()
        .map(|outcome| match outcome {
            Ok(_) => Ok(Made::Created),
            Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => Ok(Made::Existed),
            Err((_, code)) => Err(code),
        })
        .collect())
}
