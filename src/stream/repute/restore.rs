//! How a partition's book comes about: what is committed, what the changelog holds, and the events in between.
//!
//! 1. The group's committed offset, stable: it waits for a predecessor's transaction to be decided.
//! 2. The changelog partition, `read_committed`, from its beginning to its end. The end is what a reader of everything sees, and
//!    it is waited for until that is stable: a predecessor's last snapshots may be decided and not yet marked so.
//! 3. The events from the checkpoint up to the committed offset, added up again; an entity passes over those that its own
//!    snapshot holds. They are not published again: see `docs/EXACTLY_ONCE.md` for alerts.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rdkafka::TopicPartitionList;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::Offset;
use tokio::sync::watch;

use super::changelog::{CHECKPOINT_KEY, Kept};
use super::part::{Fold, Part, Told, fold};
use super::reading::{Unread, decode};
use crate::config::Settings;
use crate::config::settings::TRANSACTION_TIMEOUT;
use crate::reputation::{Book, Checkpoint, Rules, Snapshot};
use crate::stream::assignment::committed_offsets;
use crate::stream::clients::{self, Role};
use crate::stream::context::{LoopConsumer, Rebalances};
use crate::stream::error::RunError;
use crate::stream::lag::Readiness;
use crate::stream::sessions::Ending;
use crate::stream::trouble::{Trouble, fences};
use crate::telemetry::Metrics;

/// For one answer of a broker.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long nothing may come before a restore is given up, and tried again with another session.
const SILENCE: Duration = Duration::from_secs(60);
/// Records read before they are looked at.
const CHUNK: usize = 4_000;
/// How long a poll waits.
const WAIT: Duration = Duration::from_millis(20);

/// The last record of each key.
type Latest = HashMap<Vec<u8>, Vec<u8>>;

/// What a restore needs.
pub(super) struct Restore<'a> {
    pub(super) settings: &'a Settings,
    pub(super) rules: &'a Arc<Rules>,
    pub(super) fold: Fold,
    pub(super) metrics: &'a Metrics,
    pub(super) readiness: &'a Readiness,
    pub(super) stop: &'a watch::Receiver<bool>,
    /// The member of the group. It holds no partitions meanwhile, and is polled so that it stays one.
    pub(super) consumer: &'a LoopConsumer,
    /// Partitions of the enriched topic.
    pub(super) partitions: i32,
}

/// What comes of it.
pub(super) enum Restored {
    /// The partitions, and what their entities have to tell.
    Parts(Vec<(Part, Told)>),
    /// The group wants something else by now.
    Overtaken,
}

/// Why it stops before it is through.
enum Halt {
    Overtaken,
    Ended(Ending),
    /// An event makes the core panic: pass over it, and begin again.
    Panicked(i32, i64, String),
}

impl From<KafkaError> for Halt {
    fn from(error: KafkaError) -> Self {
        Self::Ended(Ending::Restart(error.to_string()))
    }
}

/// What is known of a partition before its events are read again.
struct Draft {
    book: Book,
    /// The next offset of each entity that has a snapshot.
    snapshots: HashMap<Arc<str>, i64>,
    sizes: HashMap<Arc<str>, usize>,
    /// Where events are read from, and up to where.
    from: i64,
    to: i64,
    checkpoint: i64,
    /// The latest clock that the changelog knows.
    clock: i64,
    /// Nothing was kept, so everything is added up again, and all of it was told before.
    is_rebuilt: bool,
    missing: i64,
    refolded: u64,
    /// Entities that were added up again.
    again: HashSet<Arc<str>>,
}

impl Restore<'_> {
    /// Restores partitions. Blocks, polls the group's consumer meanwhile, and gives up when that has news.
    pub(super) fn run(&self, partitions: &[i32]) -> Result<Restored, Ending> {
        let mut passed_over = HashSet::new();
        loop {
            match self.attempt(partitions, &passed_over) {
                Ok(parts) => return Ok(Restored::Parts(parts)),
                Err(Halt::Overtaken) => return Ok(Restored::Overtaken),
                Err(Halt::Ended(ending)) => return Err(ending),
                Err(Halt::Panicked(partition, offset, detail)) => {
                    tracing::warn!(partition, offset, detail, "an event cannot be added up again; it is passed over");
                    passed_over.insert((partition, offset));
                }
            }
        }
    }

    fn attempt(&self, partitions: &[i32], passed_over: &HashSet<(i32, i64)>) -> Result<Vec<(Part, Told)>, Halt> {
        let started = Instant::now();
        let committed = self.committed(partitions)?;
        let reader = self.reader("read_committed")?;
        let kept = self.changelog(&reader, partitions)?;
        let mut drafts = BTreeMap::new();
        for (partition, kept) in kept {
            let (low, high) = self.watermarks(&reader, &self.settings.output.enriched, partition)?;
            let committed = committed.get(&partition).copied().flatten();
            drafts.insert(partition, self.draft(partition, kept, committed, (low, high))?);
        }
        self.refold(&reader, &mut drafts, passed_over)?;
        let refolded = drafts.values().map(|draft| draft.refolded).sum();
        let missing: i64 = drafts.values().map(|draft| draft.missing).sum();
        let parts: Vec<_> = drafts.into_iter().map(|(partition, draft)| self.part(partition, draft)).collect();
        self.metrics.restored(started.elapsed(), refolded, missing.unsigned_abs());
        let entities: usize = parts.iter().map(|(part, _)| part.book.len()).sum();
        let took = started.elapsed();
        tracing::info!(partitions = parts.len(), entities, refolded, ?took, "state restored");
        Ok(parts)
    }

    fn committed(&self, partitions: &[i32]) -> Result<BTreeMap<i32, Option<i64>>, Halt> {
        let list =
            listed(&self.settings.output.enriched, partitions.iter().map(|partition| (*partition, Offset::Invalid)))?;
        let committed = committed_offsets(self.consumer, &list, self.readiness, self.stop).map_err(Halt::Ended)?;
        Ok(committed.into_iter().map(|((_, partition), offset)| (partition, offset)).collect())
    }

    fn reader(&self, isolation: &'static str) -> Result<BaseConsumer<Rebalances>, Halt> {
        let config = clients::reader(self.settings, isolation);
        BaseConsumer::from_config_and_context(&config, Rebalances::new())
            .map_err(|error| Halt::Ended(Ending::Failed(RunError::Config(error.to_string()))))
    }

    /// The last record of each key of the changelog, by partition.
    fn changelog(&self, reader: &BaseConsumer<Rebalances>, partitions: &[i32]) -> Result<BTreeMap<i32, Latest>, Halt> {
        let state = &self.settings.output.reputation_state;
        let everything = self.reader("read_uncommitted")?;
        let mut filled = Vec::new();
        for &partition in partitions {
            let (low, end) = self.watermarks(&everything, state, partition)?;
            self.until_stable(reader, state, partition, end)?;
            if low < end {
                filled.push((partition, Offset::Beginning));
            }
        }
        drop(everything);
        let mut kept: BTreeMap<i32, Latest> = partitions.iter().map(|partition| (*partition, HashMap::new())).collect();
        let mut left: HashSet<i32> = filled.iter().map(|(partition, _)| *partition).collect();
        reader.assign(&listed(state, filled.into_iter())?)?;
        self.read(reader, |messages, ended| {
            for message in messages {
                let (Some(key), Some(kept)) = (message.key(), kept.get_mut(&message.partition())) else { continue };
                match message.payload() {
                    Some(value) => drop(kept.insert(key.to_vec(), value.to_vec())),
                    None => drop(kept.remove(key)),
                }
            }
            left.retain(|partition| !ended.contains(partition));
            Ok(left.is_empty())
        })?;
        Ok(kept)
    }

    /// Waits until a reader of what is committed may read up to an offset.
    fn until_stable(
        &self,
        reader: &BaseConsumer<Rebalances>,
        topic: &str,
        partition: i32,
        end: i64,
    ) -> Result<(), Halt> {
        let started = Instant::now();
        // Whoever left a transaction open is dead, or about to be refused; the broker ends it.
        while self.watermarks(reader, topic, partition)?.1 < end {
            if started.elapsed() > 2 * TRANSACTION_TIMEOUT {
                let detail = format!("{topic}[{partition}] has had an open transaction for {:?}", started.elapsed());
                return Err(Halt::Ended(Ending::Restart(detail)));
            }
            self.stay()?;
            std::thread::sleep(WAIT);
        }
        Ok(())
    }

    fn watermarks(&self, reader: &BaseConsumer<Rebalances>, topic: &str, partition: i32) -> Result<(i64, i64), Halt> {
        let started = Instant::now();
        loop {
            match reader.fetch_watermarks(topic, partition, PATIENCE) {
                Ok(watermarks) => return Ok(watermarks),
                Err(error) if started.elapsed() > SILENCE => return Err(error.into()),
                Err(_) => self.stay()?,
            }
            std::thread::sleep(WAIT);
        }
    }

    fn draft(
        &self,
        partition: i32,
        kept: Latest,
        committed: Option<i64>,
        (low, high): (i64, i64),
    ) -> Result<Draft, Halt> {
        let fail = |error| Halt::Ended(Ending::Failed(error));
        let (snapshots, checkpoint, sizes) = self.decoded(partition, kept).map_err(fail)?;
        let is_empty = snapshots.is_empty() && checkpoint.is_none();
        let furthest = snapshots.iter().max_by_key(|snapshot| snapshot.offset);
        let known = furthest.map(|snapshot| snapshot.offset).max(checkpoint.as_ref().map(|c| c.offset));
        if let (Some(committed), Some(offset)) = (committed, known)
            && offset > committed
        {
            let entity = furthest.map_or_else(|| CHECKPOINT_KEY.to_owned(), |one| one.state.named.id.to_string());
            return Err(fail(self.ahead(partition, entity, offset, committed)));
        }
        if let (None, Some(offset)) = (committed, known) {
            // The broker forgets the offsets of a group that is away for long (a week, by default).
            tracing::warn!(partition, offset, "the group has no committed offset; it goes on from where its state is");
        }
        let to = committed.or(known).unwrap_or(low);
        if !(low..=high).contains(&to) {
            let topic = self.settings.output.enriched.clone();
            return Err(fail(RunError::OffsetLost { topic, partition, committed: to, low, high }));
        }
        let wanted = checkpoint.as_ref().map_or(low, |checkpoint| checkpoint.offset).min(to);
        let missing = (low - wanted).max(0);
        if missing > 0 {
            tracing::warn!(partition, missing, "retention has removed events that state was to be completed with");
        }
        let is_rebuilt = is_empty && to > low;
        if is_rebuilt {
            tracing::warn!(partition, to, "no state is kept though offsets are committed: adding up all events again");
        }
        let clocks = snapshots.iter().map(|snapshot| snapshot.clock);
        let clock = clocks.chain(checkpoint.as_ref().map(|checkpoint| checkpoint.clock)).max().unwrap_or(i64::MIN);
        let mut book = Book::new(Arc::clone(self.rules));
        if let Some(checkpoint) = &checkpoint {
            book.tick(checkpoint.clock);
        }
        let offsets = snapshots.iter().map(|one| (Arc::clone(&one.state.named.id), one.offset)).collect();
        snapshots.into_iter().for_each(|snapshot| book.restore(snapshot));
        Ok(Draft {
            book,
            snapshots: offsets,
            sizes,
            from: wanted.max(low),
            to,
            checkpoint: checkpoint.map_or(low, |checkpoint| checkpoint.offset),
            clock,
            is_rebuilt,
            missing,
            refolded: 0,
            again: HashSet::new(),
        })
    }

    /// Snapshots in the order of their entities, the checkpoint, and how large each snapshot is.
    #[expect(clippy::type_complexity, reason = "taken apart where it is called")]
    fn decoded(
        &self,
        partition: i32,
        kept: Latest,
    ) -> Result<(Vec<Snapshot>, Option<Checkpoint>, HashMap<Arc<str>, usize>), RunError> {
        let read: Vec<Result<(Kept, usize), RunError>> = kept
            .into_par_iter()
            .map(|(key, value)| match Kept::read(&key, &value) {
                Ok(kept) => Ok((kept, value.len())),
                Err(detail) => Err(self.unreadable(partition, &key, detail)),
            })
            .collect();
        let (mut snapshots, mut checkpoint, mut sizes) = (Vec::new(), None, HashMap::new());
        for read in read {
            let (kept, size) = read?;
            let written = match &kept {
                Kept::Snapshot(snapshot) => (snapshot.partition, snapshot.partitions),
                Kept::Checkpoint(checkpoint) => (checkpoint.partition, checkpoint.partitions),
            };
            if written != (partition, self.partitions) {
                return Err(self.repartitioned(written.1));
            }
            match kept {
                Kept::Snapshot(snapshot) => {
                    sizes.insert(Arc::clone(&snapshot.state.named.id), size);
                    snapshots.push(*snapshot);
                }
                Kept::Checkpoint(kept) => checkpoint = Some(kept),
            }
        }
        snapshots.sort_by(|one, other| one.state.named.id.cmp(&other.state.named.id));
        Ok((snapshots, checkpoint, sizes))
    }

    /// Adds the events up again that lie between what is kept and what is committed.
    fn refold(
        &self,
        reader: &BaseConsumer<Rebalances>,
        drafts: &mut BTreeMap<i32, Draft>,
        passed_over: &HashSet<(i32, i64)>,
    ) -> Result<(), Halt> {
        let behind = drafts.iter().filter(|(_, draft)| draft.from < draft.to);
        let places: Vec<(i32, Offset)> =
            behind.map(|(partition, draft)| (*partition, Offset::Offset(draft.from))).collect();
        let mut left: HashSet<i32> = places.iter().map(|(partition, _)| *partition).collect();
        reader.assign(&listed(&self.settings.output.enriched, places.into_iter())?)?;
        self.read(reader, |messages, ended| {
            let messages: Vec<_> = messages.iter().enumerate().collect();
            for ((_, message), read) in messages.iter().zip(decode(&messages, self.partitions)) {
                let (partition, offset) = (message.partition(), message.offset());
                let Some(draft) = drafts.get_mut(&partition).filter(|draft| offset < draft.to) else {
                    left.remove(&partition);
                    continue;
                };
                if offset + 1 >= draft.to {
                    left.remove(&partition);
                }
                let read = match read {
                    Ok(read) => read,
                    // It became a dead letter then.
                    Err(Unread::Rejected(_)) => continue,
                    Err(Unread::Panicked(_)) if passed_over.contains(&(partition, offset)) => continue,
                    Err(Unread::Panicked(detail)) => return Err(Halt::Panicked(partition, offset, detail)),
                };
                let event = &read.event;
                let Some(entity) = event.entity.as_ref().filter(|_| !passed_over.contains(&(partition, offset))) else {
                    continue;
                };
                if draft.snapshots.get(&*entity.id).is_some_and(|kept| offset < *kept) {
                    // Its time passes for the others all the same.
                    draft.book.tick(event.at());
                    continue;
                }
                fold(self.fold, &mut draft.book, std::slice::from_ref(&read))
                    .map_err(|(_, detail)| Halt::Panicked(partition, offset, detail))?;
                draft.refolded += 1;
                if !draft.again.contains(&*entity.id) {
                    draft.again.insert(Arc::from(&*entity.id));
                }
            }
            left.retain(|partition| !ended.contains(partition));
            Ok(left.is_empty())
        })
    }

    fn part(&self, partition: i32, draft: Draft) -> (Part, Told) {
        let Draft { mut book, sizes, to, checkpoint, clock, is_rebuilt, again, .. } = draft;
        book.tick(clock);
        let settings = &self.settings.reputation;
        let mut part = Part::new(partition, book, to, checkpoint, settings);
        for (entity, size) in &sizes {
            part.rounds.wrote(entity, *size);
        }
        let mut told = part.look_back(&again, settings, Instant::now());
        if is_rebuilt {
            // They were told before what was kept was lost.
            told.alerts.clear();
        }
        (part, told)
    }

    /// Reads what is assigned, chunk by chunk, with the partitions whose end was reached, until `take` says that it is enough.
    fn read(
        &self,
        reader: &BaseConsumer<Rebalances>,
        mut take: impl FnMut(&[BorrowedMessage<'_>], &[i32]) -> Result<bool, Halt>,
    ) -> Result<(), Halt> {
        let mut heard = Instant::now();
        let (mut messages, mut ended) = (Vec::new(), Vec::new());
        while !take(&messages, &ended)? {
            messages.clear();
            ended.clear();
            self.stay()?;
            let mut wait = WAIT;
            while messages.len() < CHUNK {
                match reader.poll(wait) {
                    Some(Ok(message)) => messages.push(message),
                    Some(Err(KafkaError::PartitionEOF(partition))) => ended.push(partition),
                    Some(Err(error)) => self.weigh(error)?,
                    None => break,
                }
                wait = Duration::ZERO;
            }
            if !messages.is_empty() || !ended.is_empty() {
                heard = Instant::now();
            }
            if heard.elapsed() > SILENCE {
                return Err(Halt::Ended(Ending::Restart(format!("nothing came for {SILENCE:?} while restoring"))));
            }
        }
        reader.unassign()?;
        Ok(())
    }

    /// What may pass is waited for; `read` knows how long.
    fn weigh(&self, error: KafkaError) -> Result<(), Halt> {
        match error.rdkafka_error_code() {
            Some(Code::AllBrokersDown) => {
                self.readiness.reached(false);
                Ok(())
            }
            Some(Code::BrokerTransportFailure | Code::Resolve) => Ok(()),
            _ => Err(error.into()),
        }
    }

    /// Stays a member of the group that lives, as long as nothing is asked of it.
    fn stay(&self) -> Result<(), Halt> {
        self.readiness.beat();
        if *self.stop.borrow() {
            return Err(Halt::Ended(Ending::Stopped));
        }
        if let Some(Err(error)) = self.consumer.poll(Duration::ZERO) {
            let fences = error.rdkafka_error_code().is_some_and(fences);
            let reason = self.consumer.context().reason();
            if fences || matches!(error, KafkaError::MessageConsumptionFatal(_)) {
                let trouble = if fences { Trouble::Fenced(reason) } else { Trouble::Fatal(reason) };
                return Err(Halt::Ended(Ending::of(trouble, &self.settings.kafka.instance)));
            }
        }
        if self.consumer.context().is_asked() { Err(Halt::Overtaken) } else { Ok(()) }
    }

    fn ahead(&self, partition: i32, entity: String, offset: i64, committed: i64) -> RunError {
        let Settings { kafka, output, .. } = self.settings;
        RunError::Ahead {
            state: output.reputation_state.as_str().into(),
            enriched: output.enriched.as_str().into(),
            partition,
            entity: entity.into(),
            offset,
            committed,
            group: Role::Repute.group(kafka).into(),
            bootstrap: kafka.bootstrap.as_str().into(),
        }
    }

    fn unreadable(&self, partition: i32, key: &[u8], detail: String) -> RunError {
        RunError::Unreadable {
            state: self.settings.output.reputation_state.as_str().into(),
            partition,
            entity: String::from_utf8_lossy(key).into(),
            detail: detail.into(),
            bootstrap: self.settings.kafka.bootstrap.as_str().into(),
        }
    }

    pub(super) fn repartitioned(&self, written: i32) -> RunError {
        RunError::Repartitioned {
            enriched: self.settings.output.enriched.as_str().into(),
            partitions: self.partitions,
            state: self.settings.output.reputation_state.as_str().into(),
            written,
            bootstrap: self.settings.kafka.bootstrap.as_str().into(),
        }
    }
}

fn listed(topic: &str, places: impl Iterator<Item = (i32, Offset)>) -> Result<TopicPartitionList, KafkaError> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in places {
        list.add_partition_offset(topic, partition, offset)?;
    }
    Ok(list)
}
