//! The life of an alert: opened, updated, resolved, with hysteresis and cooldown.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::HOUR;
use crate::reputation::Rules;
use crate::reputation::alert::{Level, Severity};

/// An alert is over once it looked over for so long.
const CALM: i64 = HOUR;
/// A cause has changed once another led for so long.
const LED: i64 = HOUR / 2;
/// Updates that only say "worse" keep this distance.
const DISTANCE: i64 = HOUR;
/// After so long an alert is over, because what it found is the usual now.
const LONGEST: i64 = 72 * HOUR;

/// The alert of one kind, and the time after it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Episode {
    /// Apart, since most of the time there is none.
    pub(super) open: Option<Box<Open>>,
    /// No alert opens before.
    quiet_until: i64,
    /// When the last one was over; mentions from before do not speak for a new one.
    pub(super) over_at: i64,
}

/// An alert that is open.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Open {
    pub(super) id: Arc<str>,
    pub(super) opened_at: i64,
    pub(super) severity: Severity,
    pub(super) detectors: Vec<Arc<str>>,
    pub(super) cause: Arc<str>,
    pub(super) summary: String,
    /// How it was before.
    pub(super) before: Level,
    /// How it was when it was told last.
    pub(super) told: Level,
    told_at: i64,
    /// Its size when it was told last.
    size: f64,
    /// Its greatest size, and how it was then.
    worst: f64,
    pub(super) worst_level: Level,
    calm_since: Option<i64>,
    rival: Option<(Arc<str>, i64)>,
}

/// What speaks for an alert.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Evidence {
    pub(super) detectors: Vec<Arc<str>>,
    pub(super) cause: Arc<str>,
    /// In points or times: what counts as clearly worse is measured by it.
    pub(super) size: f64,
    pub(super) before: Level,
    pub(super) after: Level,
}

impl Evidence {
    pub(super) fn severity(&self) -> Severity {
        if self.detectors.len() >= 2 { Severity::Critical } else { Severity::Warning }
    }
}

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    Update,
    Resolve(Ending),
}

/// Why an alert is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// It is as before.
    Recovered,
    /// Nobody says anything.
    Silence,
    /// It went on for so long that it is the usual now.
    Settled,
}

impl Episode {
    /// Whether an alert could open now.
    pub(super) fn ready(&self, at: i64) -> bool {
        self.open.is_none() && at >= self.quiet_until
    }

    /// Opens.
    pub(super) fn begin(&mut self, id: Arc<str>, at: i64, evidence: &Evidence) {
        self.open = Some(Box::new(Open {
            id,
            opened_at: at,
            severity: evidence.severity(),
            detectors: evidence.detectors.clone(),
            cause: Arc::clone(&evidence.cause),
            summary: String::new(),
            before: evidence.before,
            told: evidence.after,
            told_at: at,
            size: evidence.size,
            worst: evidence.size,
            worst_level: evidence.after,
            calm_since: None,
            rival: None,
        }));
    }

    /// Goes on: what is to be told of an open alert, if anything. `worse` is by how much its size must grow to be told; `calm`
    /// says why it looks over, if it does.
    pub(super) fn go_on(
        &mut self,
        at: i64,
        evidence: Option<&Evidence>,
        calm: Option<Ending>,
        worse: f64,
        rules: &Rules,
    ) -> Option<Move> {
        let open = self.open.as_mut()?;
        let ending = match calm {
            Some(ending) => {
                let since = *open.calm_since.get_or_insert(at);
                (at - since >= CALM).then_some(ending)
            }
            None => {
                open.calm_since = None;
                (at - open.opened_at >= LONGEST).then_some(Ending::Settled)
            }
        };
        if let Some(ending) = ending {
            self.quiet_until = at + rules.cooldown.as_millis() as i64;
            self.over_at = at;
            return Some(Move::Resolve(ending));
        }
        let evidence = evidence?;
        if evidence.size > open.worst {
            open.worst = evidence.size;
            open.worst_level = evidence.after;
        }
        open.follow(at, evidence, worse).then_some(Move::Update)
    }
}

impl Open {
    /// Takes over what became worse; whether that is worth telling.
    fn follow(&mut self, at: i64, evidence: &Evidence, worse: f64) -> bool {
        let graver = evidence.severity() > self.severity;
        let other = evidence.cause != self.cause;
        let turned = match &self.rival {
            Some((cause, since)) if other && *cause == evidence.cause => at - since >= LED,
            _ => {
                self.rival = other.then(|| (Arc::clone(&evidence.cause), at));
                false
            }
        };
        let grown = evidence.size >= self.size + worse && at - self.told_at >= DISTANCE;
        if !(graver || turned || grown) {
            return false;
        }
        if graver {
            self.severity = evidence.severity();
            self.detectors.clone_from(&evidence.detectors);
        }
        if turned {
            self.cause = Arc::clone(&evidence.cause);
            self.rival = None;
        }
        (self.told, self.told_at, self.size) = (evidence.after, at, self.size.max(evidence.size));
        true
    }
}
