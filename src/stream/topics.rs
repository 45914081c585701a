//! The topics that a configuration needs: what they should be, whether they are there, and making them.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::ClientContext;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use serde::Serialize;

use crate::config::Settings;

/// Thirty days, in milliseconds.
const MONTH_MS: &str = "2592000000";
/// Dead letters carry whatever came, so they take more than the broker's usual megabyte.
const LETTER_BYTES: &str = "16777216";
/// For one answer of a broker.
const PATIENCE: Duration = Duration::from_secs(10);

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
}

impl Purpose {
    /// The name in tables and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Enriched => "enriched",
            Self::DeadLetters => "dead-letters",
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

/// All topics that a configuration reads and writes, inputs first.
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
    ];
    inputs.chain(outputs).collect()
}

/// What is wrong with the topics as they are, each in a line; nothing if a run may start.
///
/// # Errors
/// Kafka does not answer.
pub async fn faults(admin: &AdminClient<impl ClientContext>, settings: &Settings) -> Result<Vec<String>, KafkaError> {
    // All topics: asking for one by name may create it, where the broker is set up so.
    let metadata = admin.inner().fetch_metadata(None, PATIENCE)?;
    let present: BTreeSet<&str> = metadata.topics().iter().map(|topic| topic.name()).collect();
    let missing = |topic: &Topic| {
        let purpose = topic.purpose.name();
        (!present.contains(topic.name.as_str())).then(|| format!("{} ({purpose}) does not exist", topic.name))
    };
    let mut faults: Vec<String> = needed(settings).iter().filter_map(missing).collect();
    if faults.is_empty() {
        faults.extend(compacted(admin, &settings.output.enriched, "enriched").await);
        faults.extend(compacted(admin, &settings.output.dead_letters, "dead letters").await);
    }
    Ok(faults)
}

/// Whether a topic is compacted whose records must not replace each other. `None` also where the policy
/// may not be seen: that is for the operator to allow, and no reason not to run.
async fn compacted(admin: &AdminClient<impl ClientContext>, topic: &str, purpose: &str) -> Option<String> {
    let options = AdminOptions::new().request_timeout(Some(PATIENCE));
    let answer = admin.describe_configs(&[ResourceSpecifier::Topic(topic)], &options).await.ok()?;
    let resource = answer.into_iter().next()?.ok()?;
    let policy = resource.get("cleanup.policy")?.value.clone()?;
    policy.contains("compact").then(|| {
        format!(
            "{topic} ({purpose}) is compacted (cleanup.policy={policy}): records with the same key would replace each other"
        )
    })
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
    let options = AdminOptions::new().operation_timeout(Some(PATIENCE)).request_timeout(Some(PATIENCE));
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
