//! Alerts: those that are open, which standings say, and those that are over, which the alerts topic says.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Board, Inner, Kept};
use crate::reputation::alert::{Alert, AlertKind, AlertState, Example, Level, Severity};
use crate::reputation::standing::{Change, Named, OpenAlert};

/// Alerts whose last record is kept, each about 5 kB.
const KEPT: usize = 300;
/// Open ones that are shown: nobody reads more.
const OPEN: usize = 50;
/// Those that are over, unless another number is asked for.
const OVER: usize = 20;

/// The last record of each alert.
#[derive(Debug, Default)]
pub(super) struct Alerts(HashMap<Arc<str>, Alert>);

impl Alerts {
    pub(super) fn put(&mut self, mut alert: Alert) {
        // The last word on an alert has no examples; what it was about is still worth a look.
        if let Some(known) = self.0.get(&alert.id).filter(|_| alert.examples.is_empty()) {
            alert.examples.clone_from(&known.examples);
        }
        self.0.insert(Arc::clone(&alert.id), alert);
        while self.0.len() > KEPT {
            // What is over goes first, then what was told longest ago.
            let first = self.0.values().min_by_key(|alert| (alert.state != AlertState::Resolved, alert.at));
            let Some(id) = first.map(|alert| Arc::clone(&alert.id)) else { return };
            self.0.remove(&id);
        }
    }

    /// Forgets those of an entity.
    pub(super) fn forget(&mut self, entity: &str) {
        self.0.retain(|_, alert| &*alert.entity.id != entity);
    }

    /// Keeps, of those that are not over, the ones of entities that are known.
    pub(super) fn keep_open_of(&mut self, is_known: impl Fn(&str) -> bool) {
        self.0.retain(|_, alert| alert.state == AlertState::Resolved || is_known(&alert.entity.id));
    }

    /// Whether an alert is over by its record, which a standing of this moment does not know yet.
    fn is_over_since(&self, id: &str, standing: Timestamp) -> bool {
        self.0.get(id).is_some_and(|alert| alert.state == AlertState::Resolved && alert.at >= standing)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// What `GET /api/alerts` may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct AlertsAsk {
    /// Only those of this entity.
    entity: Option<String>,
    /// How many of those that are over.
    limit: Option<usize>,
}

/// The answer.
#[derive(Debug, Serialize)]
pub(in crate::web) struct AlertsShown {
    /// Critical ones first, drops before spikes and surges, then the newest.
    open: Vec<Told>,
    /// The newest first.
    over: Vec<Told>,
}

/// An alert as readers get it.
#[derive(Debug, Serialize)]
struct Told {
    id: Arc<str>,
    entity: Named,
    kind: AlertKind,
    severity: Severity,
    cause: Arc<str>,
    opened_at: Timestamp,
    summary: String,
    /// What the alerts topic says beyond that; `None` where its record is not known (yet, or any more).
    record: Option<Record>,
}

#[derive(Debug, Serialize)]
struct Record {
    /// When it was told last.
    at: Timestamp,
    detectors: Vec<Arc<str>>,
    before: Level,
    after: Level,
    change: Change,
    examples: Vec<Example>,
}

impl Board {
    /// Alerts of all entities, or of one.
    pub(in crate::web) fn alerts(&self, ask: &AlertsAsk) -> AlertsShown {
        self.inner().alerts_of(ask.entity.as_deref(), ask.limit.unwrap_or(OVER))
    }
}

impl Inner {
    pub(super) fn alerts_of(&self, entity: Option<&str>, most_over: usize) -> AlertsShown {
        let wanted = |id: &str| entity.is_none_or(|entity| entity == id);
        // Alerts are told at once, standings every few seconds: the newer of the two counts.
        let is_open = |open: &OpenAlert, kept: &Kept| !self.alerts.is_over_since(&open.id, kept.at);
        let mut open: Vec<Told> = Vec::new();
        for (_, kept) in self.entities.iter().filter(|(id, _)| wanted(id)) {
            let still = kept.open.iter().filter(|open| is_open(open, kept));
            open.extend(still.map(|open| Told::open(open, &kept.named, self.alerts.0.get(&open.id))));
        }
        let mut over = Vec::new();
        for alert in self.alerts.0.values().filter(|alert| wanted(&alert.entity.id)) {
            let kept = self.entities.get(&alert.entity.id);
            if kept.is_some_and(|kept| kept.open.iter().any(|open| open.id == alert.id && is_open(open, kept))) {
                continue;
            }
            let is_ahead = kept.is_none_or(|kept| kept.at < alert.at);
            let list = if alert.state != AlertState::Resolved && is_ahead { &mut open } else { &mut over };
            list.push(Told::of_record(alert));
        }
        let newest = |a: &Told, b: &Told| b.last().cmp(&a.last()).then_with(|| a.id.cmp(&b.id));
        open.sort_by(|a, b| a.rank().cmp(&b.rank()).then_with(|| newest(a, b)));
        open.truncate(OPEN);
        over.sort_by(newest);
        over.truncate(most_over.min(KEPT));
        AlertsShown { open, over }
    }
}

impl Told {
    fn open(open: &OpenAlert, entity: &Named, record: Option<&Alert>) -> Self {
        Self {
            id: Arc::clone(&open.id),
            entity: entity.clone(),
            kind: open.kind,
            severity: open.severity,
            cause: Arc::clone(&open.cause),
            opened_at: open.opened_at,
            summary: open.summary.clone(),
            record: record.map(Record::of),
        }
    }

    fn of_record(alert: &Alert) -> Self {
        Self {
            id: Arc::clone(&alert.id),
            entity: alert.entity.clone(),
            kind: alert.kind,
            severity: alert.severity,
            cause: Arc::clone(&alert.cause),
            opened_at: alert.opened_at,
            summary: alert.summary.clone(),
            record: Some(Record::of(alert)),
        }
    }

    fn rank(&self) -> (bool, AlertKind) {
        (self.severity != Severity::Critical, self.kind)
    }

    fn last(&self) -> Timestamp {
        self.record.as_ref().map_or(self.opened_at, |record| record.at)
    }
}

impl Record {
    fn of(alert: &Alert) -> Self {
        Self {
            at: alert.at,
            detectors: alert.detectors.clone(),
            before: alert.before,
            after: alert.after,
            change: alert.change.clone(),
            examples: alert.examples.clone(),
        }
    }
}
