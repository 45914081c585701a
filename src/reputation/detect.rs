//! Drops and spikes: detectors look at the windows at each whole step of event time.

use serde::{Deserialize, Serialize};

use super::Rules;
use super::alert::Alert;
use super::observation::Observation;
use super::score::Folded;
use super::standing::{Named, OpenAlert};
use super::tally::Tallies;

/// What detectors remember of one entity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Detectors {}

/// What detectors are shown.
pub struct Reading<'a> {
    /// Whose.
    pub entity: &'a Named,
    /// The moment, in milliseconds since the epoch: a whole multiple of [`super::rules::STEP`].
    pub at: i64,
    /// The windows at that moment.
    pub tallies: &'a Tallies,
    /// The rules.
    pub rules: &'a Rules,
}

impl Detectors {
    /// Takes note of an event: volumes, and mentions that may serve as examples.
    pub fn notice(&mut self, _event: &Observation<'_>, _folded: Folded) {}

    /// Looks. What is returned is to be published.
    pub fn step(&mut self, _reading: &Reading<'_>) -> Vec<Alert> {
        Vec::new()
    }

    /// Alerts that are open.
    pub fn open(&self) -> Vec<OpenAlert> {
        Vec::new()
    }
}
