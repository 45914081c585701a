//! Why a stage ends.

/// Why the service ended, other than being asked to.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Another process with the same instance name took over.
    #[error(
        "another process took over as instance `{instance}` ({detail}): give each process an instance of its own, and do not start this one again while the other runs"
    )]
    Fenced {
        /// `kafka.instance` of the configuration.
        instance: String,
        /// What Kafka said.
        detail: String,
    },
    /// A committed offset is not in the log any more (or not yet): going on would skip records in silence.
    #[error(
        "{topic}[{partition}]: the group's committed offset {committed} is outside of what the log holds ({low} to {high}), so records were lost, or the topic was made anew; to go on, set the group's offset by hand: kafka-consumer-groups --reset-offsets"
    )]
    OffsetLost {
        /// Topic.
        topic: String,
        /// Partition.
        partition: i32,
        /// The offset that is not there.
        committed: i64,
        /// First offset of the log.
        low: i64,
        /// One past the last.
        high: i64,
    },
    /// The configuration cannot work.
    #[error("{0}")]
    Config(String),
    /// Processing fails, and setting records aside does not help.
    #[error("processing cannot go on: {0}")]
    Stuck(String),
    /// Kafka said no, and will say it again.
    #[error("Kafka: {0}")]
    Kafka(String),
    /// State that was written for another number of partitions.
    #[error(
        "{enriched} has {partitions} partitions, but what {state} holds was written when it had {written}: entities lie on other partitions now, and their state does not follow them. Stop all processes of the role repute; then begin anew:\n  kafka-topics --bootstrap-server {bootstrap} --delete --topic {state}\n  undertone topics --create --config FILE\nand start them again: state is rebuilt from the events that still lie where they belong"
    )]
    Repartitioned {
        /// The enriched topic.
        enriched: Box<str>,
        /// Its partitions.
        partitions: i32,
        /// The topic of the state.
        state: Box<str>,
        /// The partitions that the state knows.
        written: i32,
        /// For the commands.
        bootstrap: Box<str>,
    },
    /// State that is ahead of the offsets of its group.
    #[error(
        "{state}[{partition}] holds entity {entity} as of offset {offset}, but group {group} has committed only {committed}: the group's offsets were set back, or somebody else writes to {state}. To add everything up again, stop all processes of the role repute and remove what they wrote:\n  kafka-topics --bootstrap-server {bootstrap} --delete --topic {state}\n  undertone topics --create --config FILE\nTo go on from where the state is, set the offsets forward:\n  kafka-consumer-groups --bootstrap-server {bootstrap} --group {group} --topic {enriched}:{partition} --reset-offsets --to-offset {offset} --execute"
    )]
    Ahead {
        /// The topic of the state.
        state: Box<str>,
        /// The enriched topic.
        enriched: Box<str>,
        /// Partition of both.
        partition: i32,
        /// The entity that is furthest ahead.
        entity: Box<str>,
        /// The offset that its state stands for.
        offset: i64,
        /// What the group has committed.
        committed: i64,
        /// The group.
        group: Box<str>,
        /// For the commands.
        bootstrap: Box<str>,
    },
    /// State that cannot be read.
    #[error(
        "{state}[{partition}] holds a record of entity {entity} that cannot be read: {detail}. If another version of Undertone wrote it, run that one; else stop all processes of the role repute and let the state be rebuilt from the events:\n  kafka-topics --bootstrap-server {bootstrap} --delete --topic {state}\n  undertone topics --create --config FILE"
    )]
    Unreadable {
        /// The topic of the state.
        state: Box<str>,
        /// Partition.
        partition: i32,
        /// The record's key.
        entity: Box<str>,
        /// What is wrong with it.
        detail: Box<str>,
        /// For the commands.
        bootstrap: Box<str>,
    },
    /// A record that the broker does not take for its size.
    #[error(
        "{topic} does not take the {what} of entity {entity}, which has {bytes} bytes ({detail}): raise the limit of the topic, and nothing is lost:\n  kafka-configs --bootstrap-server {bootstrap} --alter --entity-type topics --entity-name {topic} --add-config max.message.bytes={enough}"
    )]
    TooLarge {
        /// Topic.
        topic: Box<str>,
        /// Snapshot, standing or alert.
        what: &'static str,
        /// Whose.
        entity: Box<str>,
        /// Its size, uncompressed.
        bytes: usize,
        /// A limit that would do.
        enough: usize,
        /// What the broker said.
        detail: Box<str>,
        /// For the command.
        bootstrap: Box<str>,
    },
}
