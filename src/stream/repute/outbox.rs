//! What one transaction writes: alerts, standings, snapshots, tombstones, dead letters.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::BaseRecord;
use serde::Serialize;

use super::changelog::{self, CHECKPOINT_KEY};
use super::part::{Part, Told};
use crate::config::settings::Output;
use crate::reputation::Alert;
use crate::reputation::standing::Standing;
use crate::stream::error::RunError;
use crate::stream::outgoing::Letter;
use crate::stream::trouble::Trouble;
use crate::stream::writer::Writer;

/// Standings or snapshots made at a time, spread over the cores.
const BATCH: usize = 64;
/// `ce_type` of alerts.
const ALERT_TYPE: &str = "undertone.alert.v1";

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Alert,
    Standing,
    Snapshot,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Standing => "standing",
            Self::Snapshot => "snapshot",
        }
    }

    fn topic(self, output: &Output) -> &str {
        match self {
            Self::Alert => &output.alerts,
            Self::Standing => &output.reputation,
            Self::Snapshot => &output.reputation_state,
        }
    }
}

/// One record.
#[derive(Debug)]
struct Out {
    kind: Kind,
    /// Where it must lie; `None` leaves it to its key.
    partition: Option<i32>,
    key: Arc<str>,
    /// `None` is a tombstone.
    value: Option<Vec<u8>>,
    headers: Option<OwnedHeaders>,
}

/// Everything that one transaction writes, and what to show once it is committed.
#[derive(Default)]
pub(super) struct Outbox {
    records: Vec<Out>,
    pub(super) letters: Vec<Letter>,
    /// With the partition of each.
    pub(super) standings: Vec<(i32, Standing)>,
    pub(super) forgotten: Vec<(i32, Arc<str>)>,
}

impl Outbox {
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.letters.is_empty()
    }

    /// What a partition has to tell at once. An alert goes with a snapshot of its entity, so that a restore knows that it was told.
    pub(super) fn tell(&mut self, told: &Told, part: &mut Part, partitions: i32, source: &str) -> Result<(), String> {
        for alert in &told.alerts {
            let value = written(alert, Kind::Alert, &alert.entity.id)?;
            let headers = Some(alert_headers(alert, source));
            let key = Arc::clone(&alert.entity.id);
            self.records.push(Out { kind: Kind::Alert, partition: None, key, value: Some(value), headers });
        }
        for (index, alert) in told.alerts.iter().enumerate() {
            let last = told.alerts[index + 1..].iter().all(|later| later.entity.id != alert.entity.id);
            if last {
                self.snapshots(part, &[Arc::clone(&alert.entity.id)], partitions)?;
            }
        }
        for entity in &told.forgotten {
            let tombstone =
                |kind, partition| Out { kind, partition, key: Arc::clone(entity), value: None, headers: None };
            self.records.push(tombstone(Kind::Standing, None));
            self.records.push(tombstone(Kind::Snapshot, Some(part.number)));
            self.forgotten.push((part.number, Arc::clone(entity)));
        }
        Ok(())
    }

    /// Standings that are due, until all are made or the time is up.
    pub(super) fn standings(&mut self, part: &mut Part, now: Instant, budget: Duration) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let due = part.due.take(now, BATCH);
            if due.is_empty() {
                return Ok(());
            }
            part.book.sum_up(&due);
            let book = &part.book;
            let made: Vec<Result<_, String>> = due
                .par_iter()
                .filter_map(|entity| {
                    let standing = book.standing(entity)?;
                    Some(written(&standing, Kind::Standing, entity).map(|value| (standing, value)))
                })
                .collect();
            for made in made {
                let (standing, value) = made?;
                let key = Arc::clone(&standing.entity.id);
                self.records.push(Out {
                    kind: Kind::Standing,
                    partition: None,
                    key,
                    value: Some(value),
                    headers: None,
                });
                self.standings.push((part.number, standing));
            }
            if started.elapsed() >= budget {
                return Ok(());
            }
        }
    }

    /// Snapshots of the round that is under way, until it is through or the time is up; then its checkpoint.
    pub(super) fn round(&mut self, part: &mut Part, partitions: i32, budget: Duration) -> Result<(), String> {
        let started = Instant::now();
        loop {
            let taken = part.rounds.take(BATCH);
            self.snapshots(part, &taken, partitions)?;
            if let Some(mark) = part.rounds.end() {
                let value = changelog::checkpoint(mark, part.number, partitions).map_err(|error| error.to_string())?;
                self.records.push(Out {
                    kind: Kind::Snapshot,
                    partition: Some(part.number),
                    key: Arc::from(CHECKPOINT_KEY),
                    value: Some(value),
                    headers: None,
                });
                return Ok(());
            }
            if taken.is_empty() || started.elapsed() >= budget {
                return Ok(());
            }
        }
    }

    fn snapshots(&mut self, part: &mut Part, entities: &[Arc<str>], partitions: i32) -> Result<(), String> {
        let Part { book, number, next, .. } = &*part;
        let made: Vec<Result<_, String>> = entities
            .par_iter()
            .filter_map(|entity| {
                let snapshot = book.snapshot(entity, *number, partitions, *next)?;
                Some(written(&snapshot, Kind::Snapshot, entity).map(|value| (Arc::clone(entity), value)))
            })
            .collect();
        for made in made {
            let (key, value) = made?;
            part.rounds.wrote(&key, value.len());
            let partition = Some(part.number);
            self.records.push(Out { kind: Kind::Snapshot, partition, key, value: Some(value), headers: None });
        }
        Ok(())
    }

    /// Produces everything.
    pub(super) fn send(&self, writer: &Writer, output: &Output) -> Result<(), Trouble> {
        for out in &self.records {
            let mut record = BaseRecord::<str, [u8]>::to(out.kind.topic(output)).key(&*out.key);
            record.payload = out.value.as_deref();
            record.partition = out.partition;
            record.headers = out.headers.clone();
            writer.send(record)?;
        }
        writer.send_letters(&output.dead_letters, &self.letters)
    }

    /// What to say when the broker refuses a record for what it is: most likely the largest.
    pub(super) fn too_large(&self, output: &Output, bootstrap: &str, detail: &str) -> RunError {
        let size = |out: &Out| out.value.as_ref().map_or(0, Vec::len);
        let Some(out) = self.records.iter().max_by_key(|out| size(out)) else {
            return RunError::Stuck(format!("the dead letters cannot be written: {detail}"));
        };
        RunError::TooLarge {
            topic: out.kind.topic(output).into(),
            what: out.kind.name(),
            entity: (&*out.key).into(),
            bytes: size(out),
            enough: (2 * size(out)).next_power_of_two(),
            detail: detail.into(),
            bootstrap: bootstrap.into(),
        }
    }
}

fn written(value: &impl Serialize, kind: Kind, entity: &str) -> Result<Vec<u8>, String> {
    serde_json::to_vec(value).map_err(|error| format!("the {} of {entity} cannot be serialised: {error}", kind.name()))
}

/// CloudEvents in binary mode, as enriched events have them.
fn alert_headers(alert: &Alert, source: &str) -> OwnedHeaders {
    let state = format!("{:?}", alert.state).to_lowercase();
    let (id, time) = (format!("{}#{state}#{}", alert.id, alert.at), alert.at.to_string());
    [
        ("ce_specversion", "1.0"),
        ("ce_id", id.as_str()),
        ("ce_source", source),
        ("ce_type", ALERT_TYPE),
        ("ce_time", &time),
        ("content-type", "application/json"),
    ]
    .into_iter()
    .fold(OwnedHeaders::new_with_capacity(6), |headers, (key, value)| {
        headers.insert(Header { key, value: Some(value) })
    })
}
