//! One entity: its parts, put together.

use std::cell::RefCell;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Rules;
use super::alert::Alert;
use super::community::Community;
use super::detect::{Detectors, Reading};
use super::keys::Keys;
use super::observation::{Concerned, Observation};
use super::rules::{STEP, WINDOWS};
use super::score::{self, Score};
use super::standing::{self, Named, Standing};
use super::trends::Trends;

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

    /// Fetches from memory what many events will look into here and there. The processor would wait for one such look after the other,
    /// and waits for many at once, or for a whole table, hardly longer than for one of them.
    pub(super) fn warm_up(&self, awaited: &[Keys]) {
        std::hint::black_box(self.trends.read_through());
        // None of these looks needs what another finds, so the processor waits for many at a time.
        for keys in awaited {
            std::hint::black_box(self.score.look_ahead(keys));
            std::hint::black_box(self.community.look_ahead(keys) ^ self.detectors.look_ahead(keys));
        }
    }

    /// Adds an event.
    pub fn fold(&mut self, event: &Observation<'_>) {
        if let Some(entity) = event.entity.as_ref().filter(|entity| *entity.name != *self.named.name) {
            self.named.name = Arc::from(&*entity.name);
        }
        let folded = self.score.fold(event);
        self.detectors.notice(event, folded);
        self.trends.notice(event, folded);
        self.community.notice(event, folded);
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
