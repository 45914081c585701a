//! What the live page shows of all entities: the reputation topic from its beginning, and the end of the alerts topic.
//!
//! The reader joins no group and commits nothing, so that each process sees the whole of both topics, whichever partitions it
//! works on. Nothing depends on it: where it cannot read, the page says so, and the stages go on.

use std::time::{Duration, Instant};

use rdkafka::TopicPartitionList;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::Offset;
use tokio::sync::watch;

use super::clients;
use super::context::Rebalances;
use crate::config::Settings;
use crate::web::Board;
use crate::web::board::Following;

/// How long a poll waits, and with it how soon it stops when asked to.
const WAIT: Duration = Duration::from_millis(200);
/// Between two tries where it cannot read: twice as long each time, up to the longest.
const AGAIN: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(60);
/// For one answer of a broker.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two looks whether the topics have got more partitions.
const LOOK: Duration = Duration::from_secs(300);
/// Alerts that are read back at the start, of all partitions together. Those that are open stand in the standings as well.
const RECENT: i64 = 1_000;

/// Feeds a board until `stop` says so. Blocks.
pub fn follow(settings: &Settings, board: &Board, stop: &watch::Receiver<bool>) {
    let (mut told, mut pause) = (None, AGAIN);
    while !*stop.borrow() {
        let started = Instant::now();
        let Err(reason) = session(settings, board, stop) else { return };
        pause = if started.elapsed() > LONGEST { AGAIN } else { (2 * pause).min(LONGEST) };
        board.follows(Following::Waiting { reason: reason.clone() });
        // Once for each reason.
        if told.as_ref() != Some(&reason) {
            tracing::warn!(reason, "the live page cannot follow the reputation of all entities; trying again");
            told = Some(reason);
        }
        let since = Instant::now();
        while since.elapsed() < pause && !*stop.borrow() {
            std::thread::sleep(WAIT);
        }
    }
}

/// Reads until it is told to stop (`Ok`) or something is wrong.
fn session(settings: &Settings, board: &Board, stop: &watch::Receiver<bool>) -> Result<(), String> {
    let consumer = BaseConsumer::from_config_and_context(&clients::follower(settings), Rebalances::new())
        .map_err(|error| error.to_string())?;
    let reason = |error: KafkaError| match consumer.context().reason() {
        said if said.is_empty() => error.to_string(),
        said => said,
    };
    let partitions = places(&consumer, settings).map_err(|fault| fault.reason(reason))?;
    let [standings, alerts] = topics(settings);
    let starts = starts(&consumer, (standings, alerts), partitions).map_err(reason)?;
    consumer.assign(&starts).map_err(reason)?;
    board.follows(Following::Reading);
    let mut ends = Ends::new(partitions);
    let (mut looked, mut is_away) = (Instant::now(), false);
    while !*stop.borrow() {
        let polled = consumer.poll(WAIT);
        if is_away && matches!(polled, Some(Ok(_) | Err(KafkaError::PartitionEOF(_)))) {
            is_away = false;
            board.follows(ends.following());
        }
        match polled {
            Some(Ok(message)) if message.topic() == standings => board.standing(message.key(), message.payload()),
            Some(Ok(message)) => board.alert(message.key(), message.payload()),
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                ends.reached(partition);
                board.follows(ends.following());
            }
            Some(Err(error)) if error.rdkafka_error_code() == Some(Code::AllBrokersDown) => {
                // It goes on by itself, and what was read stays.
                is_away = true;
                board.follows(Following::Waiting { reason: reason(error) });
            }
            Some(Err(error)) if passes(&error) => {}
            Some(Err(error)) => return Err(reason(error)),
            None => {}
        }
        if looked.elapsed() >= LOOK {
            looked = Instant::now();
            if places(&consumer, settings).is_ok_and(|now| now != partitions) {
                return Err("the topics have got more partitions".to_owned());
            }
        }
    }
    Ok(())
}

/// Which partitions were read to their end. One says so each time that it is caught up with, and does not say of which topic: so this
/// may be a moment early where a partition of one topic is busy and that of the other is long. It is only shown.
struct Ends {
    /// By number: how often it has to be said, once for each topic.
    left: Vec<usize>,
}

impl Ends {
    fn new([standings, alerts]: [usize; 2]) -> Self {
        let of = |number: usize| usize::from(number < standings) + usize::from(number < alerts);
        Self { left: (0..standings.max(alerts)).map(of).collect() }
    }

    fn reached(&mut self, partition: i32) {
        if let Some(left) = usize::try_from(partition).ok().and_then(|number| self.left.get_mut(number)) {
            *left = left.saturating_sub(1);
        }
    }

    fn following(&self) -> Following {
        if self.left.iter().all(|left| *left == 0) { Following::Live } else { Following::Reading }
    }
}

/// Whether librdkafka tries again by itself, so that there is nothing to do.
fn passes(error: &KafkaError) -> bool {
    let code = error.rdkafka_error_code();
    matches!(code, Some(Code::BrokerTransportFailure | Code::Resolve | Code::OperationTimedOut))
}

enum Fault {
    Missing(String),
    Kafka(KafkaError),
}

impl Fault {
    fn reason(self, reason: impl Fn(KafkaError) -> String) -> String {
        match self {
            Self::Missing(topic) => format!("the topic {topic} does not exist"),
            Self::Kafka(error) => reason(error),
        }
    }
}

fn topics(settings: &Settings) -> [&str; 2] {
    [&settings.output.reputation, &settings.output.alerts]
}

/// How many partitions the topics have.
fn places(consumer: &BaseConsumer<Rebalances>, settings: &Settings) -> Result<[usize; 2], Fault> {
    // All topics: asking for one by name may create it, where the broker is set up so.
    let metadata = consumer.fetch_metadata(None, PATIENCE).map_err(Fault::Kafka)?;
    let count = |name: &str| {
        let topic = metadata.topics().iter().find(|topic| topic.name() == name);
        let count = topic.map(|topic| topic.partitions().len()).filter(|count| *count > 0);
        count.ok_or_else(|| Fault::Missing(name.to_owned()))
    };
    let [standings, alerts] = topics(settings);
    Ok([count(standings)?, count(alerts)?])
}

fn starts(
    consumer: &BaseConsumer<Rebalances>,
    (standings, alerts): (&str, &str),
    [of_standings, of_alerts]: [usize; 2],
) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::new();
    for partition in 0..of_standings as i32 {
        list.add_partition_offset(standings, partition, Offset::Beginning)?;
    }
    let recent = (RECENT / of_alerts as i64).max(1);
    for partition in 0..of_alerts as i32 {
        let (low, high) = consumer.fetch_watermarks(alerts, partition, PATIENCE)?;
        list.add_partition_offset(alerts, partition, Offset::Offset(low.max(high - recent)))?;
    }
    Ok(list)
}
