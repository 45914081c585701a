//! The loop: polls a chunk, adds it up, commits what is due.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{Consumer, ConsumerGroupMetadata};
use rdkafka::error::KafkaError;
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::Offset;
use tokio::sync::watch;

use super::outbox::Outbox;
use super::part::{Fold, Part, fold};
use super::reading::{Unread, decode};
use super::restore::{Restore, Restored};
use crate::config::Settings;
use crate::config::settings::Clock;
use crate::mention::{Reason, Rejection};
use crate::reputation::{Rules, side_by_side};
use crate::stream::chunk::Sizer;
use crate::stream::context::{LoopConsumer, Wanted};
use crate::stream::error::RunError;
use crate::stream::hearing::Hearing;
use crate::stream::lag::{Positions, Readiness};
use crate::stream::outgoing::Letter;
use crate::stream::owned::owned;
use crate::stream::sessions::Ending;
use crate::stream::stages::{DETAIL, guarded};
use crate::stream::trouble::Trouble;
use crate::stream::writer::Writer;
use crate::telemetry::Metrics;
use crate::telemetry::metrics::{Rebalance, Stage, Transaction};
use crate::web::Feed;

/// Bytes of records of a chunk, about, at most: the bound on memory where records are large.
const BYTES: usize = 32 << 20;
/// How long a poll waits when nothing is at hand.
const IDLE: Duration = Duration::from_millis(20);
/// How long the first record of a chunk waits for company.
const LINGER: Duration = Duration::from_millis(3);
/// Time of a turn for standings, and as much for snapshots: what is not made in it waits for the next.
const BUDGET: Duration = Duration::from_millis(40);
/// Between two looks at the wall clock.
const TICK: Duration = Duration::from_secs(1);
/// Times that an event may panic before it becomes a dead letter.
const TRIES: u32 = 3;
/// Records of a chunk, at most, where one of those to come made the core panic.
const CAREFUL: usize = 32;
/// Events that become dead letters one after the other before the process is held to be at fault and not the events.
const CONDEMNED_IN_A_ROW: u32 = 10;
/// Aborts in a row before the session is given up.
const ABORTS: u32 = 20;
/// For one answer of a broker.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the session lends to the loop.
pub(super) struct Shared<'a> {
    pub(super) consumer: &'a LoopConsumer,
    pub(super) writer: Writer,
    pub(super) settings: &'a Settings,
    pub(super) rules: &'a Arc<Rules>,
    pub(super) fold: Fold,
    pub(super) metrics: &'a Metrics,
    pub(super) feed: &'a Feed,
    pub(super) readiness: &'a Readiness,
    pub(super) positions: &'a Positions,
    /// A clock in place of the machine's, in milliseconds since the epoch.
    pub(super) clock: Option<&'a AtomicI64>,
    pub(super) stop: &'a watch::Receiver<bool>,
}

/// The loop of a session.
pub(super) struct Serve<'a> {
    shared: Shared<'a>,
    enriched: Arc<str>,
    /// `ce_source` of alerts.
    source: String,
    /// Partitions that the group gave us.
    assigned: Vec<i32>,
    /// How many the topic has.
    partitions: i32,
    parts: BTreeMap<i32, Part>,
    /// The parts are not what is committed: restore them before anything else.
    is_stale: bool,
    group: Option<ConsumerGroupMetadata>,
    sizer: Sizer,
    ticked: Instant,
    hearing: Hearing,
    /// Times that the event at a place has panicked, and with what.
    suspects: HashMap<(i32, i64), (u32, String)>,
    /// Places whose dead letter must be written without the record's bytes.
    bare: HashSet<(i32, i64)>,
    condemned_in_a_row: u32,
    aborts: u32,
    committed: u64,
}

/// Why a turn came to nothing.
enum Failure {
    /// Kafka.
    Trouble(Trouble),
    /// An event made the core panic.
    Panicked { partition: i32, offset: i64, detail: String },
    /// The core failed, and not for an event.
    Core(String),
    /// Trying again does not help.
    Beyond(RunError),
}

impl<'a> Serve<'a> {
    pub(super) fn new(shared: Shared<'a>) -> Self {
        Self {
            enriched: Arc::from(&*shared.settings.output.enriched),
            source: format!("/undertone/{}/repute", shared.settings.kafka.group),
            assigned: Vec::new(),
            partitions: 0,
            parts: BTreeMap::new(),
            is_stale: false,
            group: None,
            sizer: Sizer::new(&shared.settings.limits),
            ticked: Instant::now(),
            hearing: Hearing::default(),
            suspects: HashMap::new(),
            bare: HashSet::new(),
            condemned_in_a_row: 0,
            aborts: 0,
            committed: 0,
            shared,
        }
    }

    /// Transactions committed so far.
    pub(super) fn committed(&self) -> u64 {
        self.committed
    }

    /// Runs until there is a reason to end.
    pub(super) fn run(&mut self) -> Ending {
        let ending = loop {
            if let Err(ending) = self.turn() {
                break ending;
            }
        };
        self.drop_parts();
        self.shared.positions.clear(self.shared.metrics);
        self.shared.consumer.context().leave();
        if !self.shared.consumer.context().take().is_empty() {
            // Closing would wait for the answer to a rebalance that nobody gives any more.
            let _ = self.shared.consumer.unassign();
        }
        ending
    }

    fn turn(&mut self) -> Result<(), Ending> {
        if *self.shared.stop.borrow() {
            self.shared.readiness.stopping();
            self.leave_in_order()?;
            return Err(Ending::Stopped);
        }
        self.shared.readiness.beat();
        for wanted in self.shared.consumer.context().take() {
            match wanted {
                Wanted::Assign(partitions) => self.assign(&partitions)?,
                Wanted::Revoke => self.revoke()?,
            }
        }
        if self.is_stale {
            return self.restore();
        }
        let messages = self.gather()?;
        let worked = self.work(&messages);
        worked.or_else(|failure| self.recover(failure))
    }

    /// Takes note of what is ours; [`Self::restore`] does the rest.
    fn assign(&mut self, partitions: &TopicPartitionList) -> Result<(), Ending> {
        let consumer = self.shared.consumer;
        // Now, not when a chunk is committed: offsets read under this generation may only be committed under it.
        self.group = consumer.group_metadata();
        self.assigned = partitions.elements().iter().map(|element| element.partition()).collect();
        self.assigned.sort_unstable();
        self.is_stale = true;
        self.shared.metrics.rebalance(Rebalance::Assigned);
        tracing::info!(partitions = self.assigned.len(), "partitions assigned");
        // Nothing is read until its state is there; meanwhile the group is answered.
        consumer.assign(&TopicPartitionList::new()).map_err(restart)
    }

    fn restore(&mut self) -> Result<(), Ending> {
        self.drop_parts();
        self.shared.readiness.assigned(false);
        self.shared.readiness.restoring();
        let shared = &self.shared;
        if self.assigned.is_empty() {
            // The group has more members than partitions.
            shared.readiness.assigned(true);
            self.is_stale = false;
            return Ok(());
        }
        let metadata = shared.consumer.fetch_metadata(Some(&self.enriched), PATIENCE).map_err(restart)?;
        self.partitions = metadata.topics().first().map_or(0, |topic| topic.partitions().len() as i32);
        let restore = Restore {
            settings: shared.settings,
            rules: shared.rules,
            fold: shared.fold,
            metrics: shared.metrics,
            readiness: shared.readiness,
            stop: shared.stop,
            consumer: shared.consumer,
            partitions: self.partitions,
        };
        let Restored::Parts(parts) = restore.run(&self.assigned)? else { return Ok(()) };
        let mut starts = TopicPartitionList::with_capacity(parts.len());
        for (part, _) in &parts {
            starts.add_partition_offset(&self.enriched, part.number, Offset::Offset(part.next)).map_err(restart)?;
        }
        shared.consumer.assign(&starts).map_err(restart)?;
        let place = |part: &Part| ((Arc::clone(&self.enriched), part.number), Some(part.next));
        shared.positions.set(parts.iter().map(|(part, _)| place(part)));
        self.is_stale = false;
        let mut outbox = Outbox::default();
        for (mut part, told) in parts {
            shared.metrics.state(part.number, part.book.len(), part.rounds.bytes(), part.book.beyond_horizon());
            let told = outbox.tell(&told, &mut part, self.partitions, &self.source);
            told.map_err(|detail| Ending::Failed(RunError::Stuck(detail)))?;
            self.parts.insert(part.number, part);
        }
        self.shared.readiness.assigned(true);
        self.commit(outbox).or_else(|failure| self.recover(failure))
    }

    /// Gives up all partitions: in good order, unless they are lost already.
    fn revoke(&mut self) -> Result<(), Ending> {
        let consumer = self.shared.consumer;
        let lost = consumer.assignment_lost();
        if !lost {
            self.leave_in_order()?;
        }
        self.drop_parts();
        consumer.unassign().map_err(restart)?;
        self.shared.positions.clear(self.shared.metrics);
        self.shared.readiness.assigned(false);
        self.shared.metrics.rebalance(if lost { Rebalance::Lost } else { Rebalance::Revoked });
        self.assigned.clear();
        self.suspects.clear();
        self.bare.clear();
        (self.is_stale, self.group) = (false, None);
        tracing::info!(lost, "partitions revoked");
        Ok(())
    }

    /// One last transaction: what is due of standings, and snapshots of all that changed, as far as the time goes. What is left
    /// is added up again by the next owner.
    fn leave_in_order(&mut self) -> Result<(), Ending> {
        if self.is_stale || self.parts.is_empty() {
            return Ok(());
        }
        // Half for making them, half for the broker.
        let until = Instant::now() + self.shared.settings.limits.drain / 2;
        let mut outbox = Outbox::default();
        let (partitions, now) = (self.partitions, Instant::now());
        let made = guarded(|| {
            for part in self.parts.values_mut() {
                part.due.hurry(now);
                outbox.standings(part, now, until.saturating_duration_since(Instant::now()))?;
                part.rounds.begin(part.mark(), now, true);
                outbox.round(part, partitions, until.saturating_duration_since(Instant::now()))?;
            }
            Ok(())
        });
        let committed = made.flatten().map_err(Failure::Core).and_then(|()| self.commit(outbox));
        match committed {
            Ok(()) => Ok(()),
            Err(Failure::Trouble(trouble @ (Trouble::Fenced(_) | Trouble::Fatal(_)))) => Err(self.ending(trouble)),
            Err(failure) => {
                tracing::warn!(
                    detail = failure.detail(),
                    "the last snapshots were not written; the next owner goes on from those before"
                );
                self.drop_parts();
                Ok(())
            }
        }
    }

    /// Whatever was not committed is forgotten.
    fn drop_parts(&mut self) {
        for partition in std::mem::take(&mut self.parts).into_keys() {
            self.shared.metrics.forget_standings(partition);
        }
    }

    /// Polls a chunk: what is there, or what comes shortly.
    fn gather(&mut self) -> Result<Vec<BorrowedMessage<'a>>, Ending> {
        let consumer = self.shared.consumer;
        // Where one event may make all others fail, few others at a time do.
        let cap = if self.suspects.is_empty() { self.sizer.cap() } else { self.sizer.cap().min(CAREFUL) };
        let (mut messages, mut bytes) = (Vec::with_capacity(cap), 0);
        let mut since = None::<Instant>;
        while messages.len() < cap && bytes < BYTES {
            // First what is there without waiting.
            let polled = consumer.poll(Duration::ZERO).or_else(|| match since {
                None => consumer.poll(self.wait()),
                Some(since) if since.elapsed() < LINGER => consumer.poll(Duration::from_millis(1)),
                Some(_) => None,
            });
            match polled {
                None if since.is_none_or(|since| since.elapsed() >= LINGER) => break,
                None => {}
                Some(Ok(message)) => {
                    if let Some(part) = self.parts.get_mut(&message.partition()) {
                        part.at_end = false;
                    }
                    since.get_or_insert_with(Instant::now);
                    bytes += message.payload_len();
                    messages.push(message);
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    if let Some(part) = self.parts.get_mut(&partition) {
                        part.at_end = true;
                    }
                }
                Some(Err(error)) => {
                    let Shared { positions, readiness, settings, .. } = &self.shared;
                    self.hearing.hear(&error, consumer, positions, readiness, &settings.kafka.instance)?;
                    break;
                }
            }
            if consumer.context().is_asked() {
                break;
            }
        }
        Ok(messages)
    }

    /// How long nothing needs to be done.
    fn wait(&self) -> Duration {
        let next = self.parts.values().flat_map(|part| [part.due.next(), part.rounds.next()]).flatten().min();
        next.map_or(IDLE, |next| next.saturating_duration_since(Instant::now()).min(IDLE))
    }

    /// Adds a chunk up and commits what is due with it.
    fn work(&mut self, messages: &[BorrowedMessage<'_>]) -> Result<(), Failure> {
        let started = Instant::now();
        let mut outbox = Outbox::default();
        let folded = self.fold(messages, &mut outbox)?;
        self.tick();
        let now = Instant::now();
        let (settings, partitions, source) = (self.shared.settings, self.partitions, &self.source);
        let looked = guarded(|| {
            let parts = self.parts.len().max(1) as u32;
            for part in self.parts.values_mut() {
                let told = part.look(&settings.reputation, now);
                outbox.tell(&told, part, partitions, source)?;
                outbox.standings(part, now, BUDGET / parts)?;
                part.rounds.begin(part.mark(), now, false);
                outbox.round(part, partitions, BUDGET / parts)?;
            }
            Ok(())
        });
        looked.flatten().map_err(Failure::Core)?;
        if messages.is_empty() && outbox.is_empty() {
            return Ok(());
        }
        self.shared.metrics.stage(Stage::Fold, started.elapsed());
        self.commit(outbox)?;
        if !messages.is_empty() {
            self.sizer.learn(messages.len(), started.elapsed(), 0);
        }
        self.shared.metrics.folded(folded);
        if folded > 0 {
            self.condemned_in_a_row = 0;
        }
        Ok(())
    }

    /// Adds events to their books; returns how many.
    fn fold(&mut self, messages: &[BorrowedMessage<'_>], outbox: &mut Outbox) -> Result<u64, Failure> {
        let mut folded = 0;
        for (partition, messages) in self.move_past(messages) {
            folded += self.fold_part(partition, &messages, outbox)?;
        }
        Ok(folded)
    }

    /// Records that were not read before, of each partition in the order of its log; the partitions have moved past them.
    fn move_past<'m, 'b>(
        &mut self,
        messages: &'m [BorrowedMessage<'b>],
    ) -> BTreeMap<i32, Vec<&'m BorrowedMessage<'b>>> {
        let mut new = BTreeMap::<_, Vec<_>>::new();
        for message in messages {
            let part = self.parts.get_mut(&message.partition()).filter(|part| message.offset() >= part.next);
            let Some(part) = part else { continue };
            (part.next, part.moved) = (message.offset() + 1, true);
            new.entry(message.partition()).or_default().push(message);
        }
        new
    }

    /// Adds events of one partition to its book; returns how many. What is no event becomes a dead letter.
    fn fold_part(
        &mut self,
        partition: i32,
        messages: &[&BorrowedMessage<'_>],
        outbox: &mut Outbox,
    ) -> Result<u64, Failure> {
        let order = side_by_side(messages.iter().map(|message| message.key()));
        let placed: Vec<_> = order.into_iter().map(|place| (place, messages[place])).collect();
        let mut events = Vec::with_capacity(messages.len());
        let mut letters = Vec::new();
        for ((_, message), read) in placed.iter().zip(decode(&placed, self.partitions)) {
            let offset = message.offset();
            let panicked = self.suspects.get(&(partition, offset)).filter(|(tries, _)| *tries >= TRIES);
            let rejection = match (panicked, read) {
                (Some((_, detail)), _) => {
                    let detail = detail.chars().take(DETAIL).collect();
                    Rejection { reason: Reason::Unprocessable, field: None, detail }
                }
                (None, Err(Unread::Panicked(detail))) => return Err(Failure::Panicked { partition, offset, detail }),
                (None, Err(Unread::Rejected(rejection))) => rejection,
                (None, Ok(event)) => {
                    events.push(event);
                    continue;
                }
            };
            let bare = self.bare.contains(&(partition, offset));
            letters.push(Letter { record: owned(message, Arc::clone(&self.enriched)), rejection, bare });
        }
        letters.sort_unstable_by_key(|letter| letter.record.origin.offset);
        outbox.letters.append(&mut letters);
        let Some(part) = self.parts.get_mut(&partition).filter(|_| !events.is_empty()) else { return Ok(0) };
        let panicked = |(at, detail): (usize, _)| {
            let offset = messages[events[at].place].offset();
            Failure::Panicked { partition, offset, detail }
        };
        fold(self.shared.fold, &mut part.book, &events).map_err(panicked)?;
        Ok(events.len() as u64)
    }

    /// Lets the wall clock run where there is nothing to read.
    fn tick(&mut self) {
        if self.ticked.elapsed() < TICK && self.shared.clock.is_none() {
            return;
        }
        self.ticked = Instant::now();
        let now = match (self.shared.clock, self.shared.settings.reputation.clock) {
            (Some(given), _) => given.load(Ordering::Acquire),
            (None, Clock::Wall) => Timestamp::now().as_millisecond(),
            (None, Clock::Events) => return,
        };
        for part in self.parts.values_mut().filter(|part| part.at_end && !part.book.is_empty()) {
            part.book.tick(now);
        }
    }

    /// Writes and commits, with the offsets of all partitions that moved or write something: it is by them that the broker
    /// knows whether we still hold them.
    fn commit(&mut self, outbox: Outbox) -> Result<(), Failure> {
        let Some(group) = &self.group else { return Ok(()) };
        let moved = self.parts.values().any(|part| part.moved);
        if outbox.is_empty() && !moved {
            return Ok(());
        }
        let started = Instant::now();
        let shared = &self.shared;
        let transact = || {
            let mut offsets = TopicPartitionList::with_capacity(self.parts.len());
            for part in self.parts.values() {
                offsets
                    .add_partition_offset(&self.enriched, part.number, Offset::Offset(part.next))
                    .map_err(|error| Trouble::Restart(error.to_string()))?;
            }
            shared.writer.begin()?;
            outbox.send(&shared.writer, &shared.settings.output)?;
            shared.writer.commit(&offsets, group, || Ok(()))
        };
        if let Err(trouble) = transact() {
            let trouble = shared.writer.abandon(trouble);
            let is_abort = matches!(trouble, Trouble::Abort { .. });
            shared.metrics.transaction(if is_abort { Transaction::Aborted } else { Transaction::Fatal });
            return Err(self.poisoned(&outbox, trouble));
        }
        shared.metrics.stage(Stage::Commit, started.elapsed());
        self.told(&outbox);
        Ok(())
    }

    /// What a refused record means for the next try.
    fn poisoned(&mut self, outbox: &Outbox, trouble: Trouble) -> Failure {
        let Trouble::Abort { poison: true, detail } = &trouble else { return Failure::Trouble(trouble) };
        let whole = || outbox.letters.iter().filter(|letter| !letter.bare);
        if let Some(largest) = whole().map(Letter::bytes).max() {
            // First those that it is likely to be, and then all. Each try costs a restore.
            let least = if whole().count() == outbox.letters.len() { largest / 4 } else { 0 };
            let large = whole().filter(|letter| letter.bytes() >= least).map(|letter| &letter.record.origin);
            self.bare.extend(large.map(|origin| (origin.partition, origin.offset)));
            return Failure::Trouble(trouble);
        }
        let Settings { output, kafka, .. } = self.shared.settings;
        Failure::Beyond(outbox.too_large(output, &kafka.bootstrap, detail))
    }

    /// Counts and shows what is now committed.
    fn told(&mut self, outbox: &Outbox) {
        let metrics = self.shared.metrics;
        metrics.transaction(Transaction::Committed);
        (self.committed, self.aborts) = (self.committed + 1, 0);
        self.hearing.forget();
        for part in self.parts.values_mut() {
            if std::mem::take(&mut part.moved) {
                self.shared.positions.committed(&self.enriched, part.number, part.next);
                self.suspects.retain(|(partition, offset), _| *partition != part.number || *offset >= part.next);
                self.bare.retain(|(partition, offset)| *partition != part.number || *offset >= part.next);
            }
            metrics.state(part.number, part.book.len(), part.rounds.bytes(), part.book.beyond_horizon());
        }
        for (partition, standing) in &outbox.standings {
            metrics.standing(*partition, standing);
        }
        for (partition, entity) in &outbox.forgotten {
            metrics.forget_standing(*partition, entity);
        }
        for letter in &outbox.letters {
            metrics.dead_letter(letter.rejection.reason, 1);
            self.shared.feed.reject(&letter.rejection);
        }
    }

    /// What is in the books was not committed: they are restored. `Err` where that does not help.
    fn recover(&mut self, failure: Failure) -> Result<(), Ending> {
        let detail = failure.detail();
        match failure {
            Failure::Trouble(Trouble::Abort { .. }) => {
                if self.aborts == 0 {
                    tracing::warn!(detail, "a transaction was aborted; restoring from what is committed");
                }
                self.aborts += 1;
            }
            Failure::Trouble(trouble) => return Err(self.ending(trouble)),
            Failure::Beyond(error) => return Err(Ending::Failed(error)),
            Failure::Panicked { partition, offset, .. } => self.suspect(partition, offset, detail.clone())?,
            Failure::Core(_) => {
                tracing::warn!(detail, "the core failed; restoring from what is committed");
                self.aborts += 1;
                if self.aborts >= TRIES {
                    return Err(Ending::Failed(RunError::Stuck(detail)));
                }
            }
        }
        if self.aborts > ABORTS {
            return Err(Ending::Restart(detail));
        }
        if self.aborts > 1 {
            // Ever slower, up to two seconds.
            std::thread::sleep(Duration::from_millis(50 << self.aborts.min(5)).min(Duration::from_secs(2)));
        }
        self.drop_parts();
        self.is_stale = true;
        self.shared.consumer.assign(&TopicPartitionList::new()).map_err(restart)
    }

    /// An event made the core panic.
    fn suspect(&mut self, partition: i32, offset: i64, detail: String) -> Result<(), Ending> {
        let (tries, said) = self.suspects.entry((partition, offset)).or_default();
        *tries += 1;
        said.clone_from(&detail);
        if *tries >= TRIES {
            self.condemned_in_a_row += 1;
            if self.condemned_in_a_row > CONDEMNED_IN_A_ROW {
                let detail = format!("{CONDEMNED_IN_A_ROW} events in a row failed, so it is not the events: {detail}");
                return Err(Ending::Failed(RunError::Stuck(detail)));
            }
            tracing::warn!(partition, offset, detail, "an event fails again and again; it becomes a dead letter");
        }
        Ok(())
    }

    fn ending(&self, trouble: Trouble) -> Ending {
        Ending::of(trouble, &self.shared.settings.kafka.instance)
    }
}

impl Failure {
    fn detail(&self) -> String {
        match self {
            Self::Panicked { detail, .. } | Self::Core(detail) => detail.clone(),
            Self::Beyond(error) => error.to_string(),
            Self::Trouble(trouble) => match trouble {
                Trouble::Fenced(detail) | Trouble::Fatal(detail) | Trouble::Restart(detail) => detail.clone(),
                Trouble::Abort { detail, .. } => detail.clone(),
            },
        }
    }
}

fn restart(error: KafkaError) -> Ending {
    Ending::Restart(error.to_string())
}
