//! One entity: its parts, put together.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Rules;
use super::alert::Alert;
use super::community::Community;
use super::detect::{Detectors, Reading};
use super::digest::Digest;
use super::observation::{Concerned, Observation};
use super::rules::{STEP, WINDOWS};
use super::score::{self, Folded, Score};
use super::standing::{self, Named, Standing};
use super::trends::Trends;

/// An event of a chunk whose turn it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn<'e> {
    pub(super) event: &'e Observation<'e>,
    pub(super) digest: &'e Digest,
    /// Where it stands among the events that are given together.
    pub(super) index: usize,
    /// The book's clock at its place in the log, in milliseconds since the epoch.
    pub(super) clock: i64,
}

impl Turn<'_> {
    /// Id of its entity.
    pub(super) fn entity(&self) -> Option<&str> {
        self.event.entity.as_ref().map(|entity| &*entity.id)
    }
}

/// Everything that is remembered of one entity.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EntityState {
    /// Whose.
    pub named: Named,
    /// The step that detectors looked at last, in milliseconds since the epoch.
    stepped: i64,
    /// The book's clock at its last event, in milliseconds since the epoch.
    pub heard: i64,
    /// How it is spoken of.
    pub score: Score,
    /// Drops and spikes.
    pub detectors: Detectors,
    /// What rises.
    pub trends: Trends,
    /// Its community.
    pub community: Community,
}

impl EntityState {
    /// An entity of which nothing is known.
    pub fn new(entity: &Concerned<'_>, clock: i64) -> Self {
        let named = Named { id: Arc::from(&*entity.id), name: Arc::from(&*entity.name), kind: entity.kind };
        Self {
            named,
            stepped: clock - clock.rem_euclid(STEP.as_millis() as i64),
            heard: clock,
            score: Score::default(),
            detectors: Detectors::default(),
            trends: Trends::default(),
            community: Community::default(),
        }
    }

    /// The step that detectors looked at last, in milliseconds since the epoch.
    pub fn stepped(&self) -> i64 {
        self.stepped
    }

    /// Lets detectors look at every step up to `clock`.
    pub fn advance(&mut self, clock: i64, rules: &Rules, alerts: &mut Vec<Alert>) {
        let step = STEP.as_millis() as i64;
        // So it is for nearly every event, and for a book whose clock has not begun.
        if clock < self.stepped + step {
            return;
        }
        // After a long silence not every step is worth a look: a week holds all windows.
        let first = (self.stepped + step).max(clock - clock.rem_euclid(step) - 7 * 24 * 3_600_000);
        for at in (first..=clock).step_by(STEP.as_millis() as usize) {
            // Most looks of detectors need no sums; summing up needs the score for itself.
            let score = RefCell::new(&mut self.score);
            let tallies = || score.borrow_mut().look(at).clone();
            let reading = Reading { entity: &self.named, at, tallies: &tallies, rules };
            alerts.extend(self.detectors.step(&reading));
            self.stepped = at;
        }
    }

    /// Sums up, so that [`EntityState::standing`] is cheap.
    pub fn sum_up(&mut self, at: i64) {
        self.score.look(at);
    }

    /// Looks where an event will be looked for; of what is there.
    pub(super) fn look_ahead(&self, digest: &Digest) -> usize {
        self.score.look_ahead(digest) ^ self.community.look_ahead(digest) ^ self.detectors.look_ahead(digest)
    }

    /// Reads what many events will look into here and there; of what is in it.
    pub(super) fn read_through(&self) -> u64 {
        self.trends.read_through()
    }

    /// The next step that detectors will look at, in milliseconds since the epoch.
    pub(super) fn next_step(&self) -> i64 {
        self.stepped + STEP.as_millis() as i64
    }

    /// Adds an event, whatever the time: detectors look when [`EntityState::advance`] is called.
    pub fn fold(&mut self, event: &Observation<'_>) {
        let turn = Turn { event, digest: &Digest::of(event), index: 0, clock: event.at() };
        self.fold_all(&[turn], &Cell::new(0), &mut Vec::new());
    }

    /// Adds events of before the next step. Each part takes all of them before the next part does, so that the processor has to fetch its
    /// instructions once. `at` says whose turn it is; `folded` is room that is used again.
    pub(super) fn fold_all(&mut self, turns: &[Turn<'_>], at: &Cell<usize>, folded: &mut Vec<Folded>) {
        folded.clear();
        for Turn { event, digest, index, .. } in turns {
            at.set(*index);
            if let Some(entity) = event.entity.as_ref().filter(|entity| *entity.name != *self.named.name) {
                self.named.name = Arc::from(&*entity.name);
            }
            folded.push(self.score.fold(event, digest));
        }
        let turns = || turns.iter().zip(&*folded).inspect(|(turn, _)| at.set(turn.index));
        turns().for_each(|(turn, folded)| self.detectors.notice(turn.event, turn.digest, *folded));
        turns().for_each(|(turn, folded)| self.trends.notice(turn.event, turn.digest, *folded));
        turns().for_each(|(turn, folded)| self.community.notice(turn.event, turn.digest, *folded));
    }

    /// How it stands at a moment, in milliseconds since the epoch.
    pub fn standing(&self, at: i64, rules: &Rules) -> Standing {
        let windows = score::standings(&self.score.tallies(at));
        Standing {
            schema: Arc::from(standing::SCHEMA),
            entity: self.named.clone(),
            at: Timestamp::from_millisecond(at).unwrap_or_default(),
            windows: WINDOWS.iter().map(|(name, _)| Arc::from(*name)).zip(windows).collect(),
            trends: self.trends.rising(at, rules),
            community: self.community.report(at, rules),
            alerts: self.detectors.open(),
        }
    }
}
