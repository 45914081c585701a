//! The first thread: polls, forms chunks, answers rebalances, and decides what to do with chunks that failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender};
use rdkafka::consumer::{Consumer, ConsumerGroupMetadata};
use rdkafka::message::{BorrowedMessage, Message};
use tokio::sync::watch;

use super::chunk::{Forming, Sizer};
use super::context::{LoopConsumer, Wanted};
use super::error::RunError;
use super::hearing::Hearing;
use super::lag::{Positions, Readiness};
use super::owned::owned;
use super::sessions::Ending;
use super::stages::Raw;
use super::suspect::Suspicion;
use super::transact::{Report, Verdict};
use crate::config::Settings;
use crate::mention::Record;
use crate::telemetry::Metrics;

/// How long the first record of a chunk waits for company while the next thread is idle.
const LINGER: Duration = Duration::from_millis(3);
/// How long a poll waits when nothing is at hand.
const IDLE: Duration = Duration::from_millis(20);
/// Records polled before anything else is looked at.
const BURST: usize = 256;
/// How long a full chunk may wait to be taken before the partitions are paused. Short waits are not worth it: pausing throws
/// away what was fetched.
const STALL: Duration = Duration::from_secs(5);

/// What the session lends to its first thread.
pub(super) struct Shared<'a> {
    pub(super) consumer: &'a LoopConsumer,
    pub(super) settings: &'a Settings,
    pub(super) metrics: &'a Metrics,
    pub(super) readiness: &'a Readiness,
    pub(super) positions: &'a Positions,
    pub(super) epoch: &'a AtomicU64,
    pub(super) stop: &'a watch::Receiver<bool>,
}

pub(super) struct Consume<'a> {
    pub(super) shared: Shared<'a>,
    to: Sender<Raw>,
    reports: Receiver<Report>,
    topics: Vec<Arc<str>>,
    pub(super) forming: Forming,
    sizer: Sizer,
    pub(super) suspicion: Suspicion,
    /// Chunks handed over and not yet reported on.
    in_flight: usize,
    committed: u64,
    /// Aborts in a row that were nobody's fault.
    aborts: u32,
    pub(super) group: Option<Arc<ConsumerGroupMetadata>>,
    /// Since when a full chunk has waited to be taken.
    stalled: Option<Instant>,
    pub(super) paused: bool,
    hearing: Hearing,
}

impl<'a> Consume<'a> {
    pub(super) fn new(shared: Shared<'a>, to: Sender<Raw>, reports: Receiver<Report>) -> Self {
        Self {
            topics: shared.settings.inputs.iter().map(|input| Arc::clone(&input.topic)).collect(),
            sizer: Sizer::new(&shared.settings.limits),
            shared,
            to,
            reports,
            forming: Forming::default(),
            suspicion: Suspicion::default(),
            in_flight: 0,
            committed: 0,
            aborts: 0,
            group: None,
            stalled: None,
            paused: false,
            hearing: Hearing::default(),
        }
    }

    /// Chunks committed so far.
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
        // Whatever is still under way is dropped unless its commit is already being decided.
        self.shared.epoch.fetch_add(1, Ordering::AcqRel);
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
            self.drain()?;
            return Err(Ending::Stopped);
        }
        if self.in_flight == 0 {
            self.shared.readiness.beat();
        }
        while let Ok(report) = self.reports.try_recv() {
            if let Some(detail) = self.settle(report)? {
                self.retreat(&detail)?;
            }
        }
        self.poll()?;
        for wanted in self.shared.consumer.context().take() {
            match wanted {
                Wanted::Assign(partitions) => self.assign(partitions)?,
                Wanted::Revoke => self.revoke()?,
            }
        }
        self.hand_over()
    }

    fn cap(&self) -> usize {
        self.suspicion.cap(self.sizer.cap())
    }

    fn poll(&mut self) -> Result<(), Ending> {
        let cap = self.cap();
        if self.forming.is_full(cap) && !self.paused {
            // The next thread is busy: what is not polled stays with the broker.
            return Ok(());
        }
        let consumer = self.shared.consumer;
        let mut wait = if self.forming.is_empty() { IDLE } else { Duration::from_millis(1) };
        for _ in 0..BURST {
            match consumer.poll(wait) {
                None => break,
                Some(Ok(message)) => {
                    let record = self.record(&message);
                    self.forming.push(record);
                }
                Some(Err(error)) => {
                    let Shared { consumer, positions, readiness, settings, .. } = &self.shared;
                    self.hearing.hear(&error, consumer, positions, readiness, &settings.kafka.instance)?;
                    break;
                }
            }
            // A paused consumer may still deliver what was on its way; nothing of it may be lost.
            if self.forming.is_full(cap) && !self.paused {
                break;
            }
            wait = Duration::ZERO;
        }
        Ok(())
    }

    fn record(&self, message: &BorrowedMessage<'_>) -> Record {
        let topic = message.topic();
        let topic = self.topics.iter().find(|own| ***own == *topic).map_or_else(|| Arc::from(topic), Arc::clone);
        owned(message, topic)
    }

    /// Gives the chunk to the next thread, if it has waited long enough and the thread is free.
    fn hand_over(&mut self) -> Result<(), Ending> {
        let full = self.forming.is_full(self.cap());
        if self.forming.is_empty() || !(full || self.forming.age() >= LINGER) {
            return Ok(());
        }
        let Some(group) = self.group.clone() else { return Ok(()) };
        let condemned = match &self.forming.records[..] {
            [only] => self.suspicion.condemned(&only.origin.topic, only.origin.partition, only.origin.offset).cloned(),
            _ => None,
        };
        let epoch = self.shared.epoch.load(Ordering::Acquire);
        let raw = Raw { epoch, group, formed: std::mem::take(&mut self.forming), condemned };
        // With room left there are records to poll meanwhile.
        let patience = if full { Duration::from_millis(5) } else { Duration::ZERO };
        match self.to.send_timeout(raw, patience) {
            Ok(()) => {
                self.in_flight += 1;
                self.stalled = None;
                self.resume()
            }
            Err(SendTimeoutError::Timeout(raw)) => {
                self.forming = raw.formed;
                let stalled = full && self.stalled.get_or_insert_with(Instant::now).elapsed() > STALL;
                if stalled { self.pause() } else { Ok(()) }
            }
            Err(SendTimeoutError::Disconnected(_)) => Err(self.bereaved()),
        }
    }

    /// Takes note of what became of a chunk. `Some` asks for a rewind, and says why.
    fn settle(&mut self, report: Report) -> Result<Option<String>, Ending> {
        let Report { manifest, verdict } = report;
        self.in_flight -= 1;
        self.shared.readiness.beat();
        let current = manifest.epoch == self.shared.epoch.load(Ordering::Acquire);
        match verdict {
            Verdict::Committed => {
                self.sizer.learn(manifest.records, manifest.slowest, manifest.tokens);
                self.suspicion.passed(self.sizer.cap(), &manifest.next, manifest.condemned);
                self.committed += 1;
                self.aborts = 0;
                self.hearing.forget();
                if current {
                    for next in &manifest.next {
                        self.shared.positions.committed(&next.topic, next.partition, next.offset);
                    }
                }
                Ok(None)
            }
            Verdict::Stale => Ok(None),
            Verdict::Aborted { .. } if !current => Ok(None),
            Verdict::Aborted { poison: true, detail } => {
                let only = manifest.only();
                if self.suspicion.is_idle() {
                    tracing::warn!(records = manifest.records, detail, "a chunk cannot be processed; trying again");
                }
                let failed = self.suspicion.failed(manifest.records, &manifest.next, only, &detail);
                failed.map_err(|detail| Ending::Failed(RunError::Stuck(detail)))?;
                Ok(Some(detail))
            }
            Verdict::Aborted { poison: false, detail } => {
                if self.aborts == 0 {
                    tracing::warn!(detail, "a transaction was aborted; reading again from the committed offsets");
                }
                self.aborts += 1;
                Ok(Some(detail))
            }
            Verdict::Broken(trouble) => Err(Ending::of(trouble, &self.shared.settings.kafka.instance)),
        }
    }

    /// The threads behind have ended. The last report says why: another session must not be started where one was fenced.
    fn bereaved(&mut self) -> Ending {
        while let Ok(report) = self.reports.try_recv() {
            if let Err(ending) = self.settle(report) {
                return ending;
            }
        }
        Ending::Restart("a thread ended on its own".to_owned())
    }

    fn retreat(&mut self, detail: &str) -> Result<(), Ending> {
        if self.aborts > 1 {
            // Ever slower, up to two seconds; a session that only aborts is given up.
            if self.aborts > 20 {
                return Err(Ending::Restart(detail.to_owned()));
            }
            std::thread::sleep(Duration::from_millis(50 << self.aborts.min(5)).min(Duration::from_secs(2)));
        }
        self.rewind()
    }

    /// Waits for the chunks under way. False if they are not done in time: then they are cut off.
    pub(super) fn drain(&mut self) -> Result<bool, Ending> {
        let deadline = Instant::now() + self.shared.settings.limits.drain;
        while self.in_flight > 0 {
            match self.reports.recv_deadline(deadline) {
                // Nothing is rewound: whoever has the partitions next starts at the committed offsets.
                Ok(report) => drop(self.settle(report)?),
                Err(RecvTimeoutError::Timeout) => return Ok(false),
                Err(RecvTimeoutError::Disconnected) => return Err(self.bereaved()),
            }
        }
        Ok(true)
    }

    fn pause(&mut self) -> Result<(), Ending> {
        if !std::mem::replace(&mut self.paused, true) {
            tracing::info!("a chunk takes long; partitions are paused until it is through");
            self.each_assigned(|consumer, partitions| consumer.pause(partitions))?;
        }
        Ok(())
    }

    pub(super) fn resume(&mut self) -> Result<(), Ending> {
        if std::mem::replace(&mut self.paused, false) {
            self.each_assigned(|consumer, partitions| consumer.resume(partitions))?;
        }
        Ok(())
    }
}
