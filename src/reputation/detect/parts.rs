//! Voices and opinions by topic, source and language.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::HOUR;
use super::voices::Voice;
use crate::reputation::by_name;
use crate::reputation::observation::Observation;
use crate::reputation::tally::{Split, Tally};

/// Half-lives in hours: of voices now, of voices as usual, of opinions between the published windows of 1 h and 24 h.
pub(super) const FAST: f64 = 1.0;
pub(super) const SLOW: f64 = 7.0 * 24.0;
pub(super) const MIDDLE: f64 = 6.0;
/// Names remembered of each sort; what comes later counts under `other`.
const NAMES: usize = 64;
/// What is less than this is forgotten.
const LEAST: f64 = 1e-3;

/// One topic, source or language.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(super) struct Part {
    /// Voices, decayed.
    pub(super) fast: f64,
    /// Voices, decayed slowly.
    pub(super) slow: f64,
    /// Opinions.
    pub(super) split: Split,
}

pub(super) type ByName = by_name::ByName<Part>;

/// Sums by name, relative to the last step.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Parts {
    pub(super) topics: ByName,
    pub(super) sources: ByName,
    pub(super) languages: ByName,
    pub(super) total: Part,
    /// Σ of squared opinions.
    squares: f64,
    /// How many hours of listening the slow sums hold.
    pub(super) hours: f64,
}

/// The name of what has none.
pub(super) const OTHER: &str = "other";

impl Parts {
    /// Adds a mention; `split` and `square` are damped as `voice` says.
    pub(super) fn add(&mut self, event: &Observation<'_>, voice: Voice, split: Split, square: f64) {
        let whole = Part { fast: voice.count, slow: voice.count, split };
        let parts = event.topics.len().max(1) as f64;
        let names = event.topics.iter().map(|topic| &*topic.id).chain(event.topics.is_empty().then_some(OTHER));
        for name in names {
            put(&mut self.topics, name, whole, 1.0 / parts);
        }
        put(&mut self.sources, &event.mention.source, whole, 1.0);
        put(&mut self.languages, &event.language.code, whole, 1.0);
        increase(&mut self.total, whole, 1.0);
        self.squares += square;
    }

    /// Lets time pass.
    pub(super) fn decay(&mut self, milliseconds: i64) {
        let hours = milliseconds as f64 / HOUR as f64;
        let (fast, slow, middle) = ((-hours / FAST).exp2(), (-hours / SLOW).exp2(), (-hours / MIDDLE).exp2());
        let fade = |part: &mut Part| {
            part.fast *= fast;
            part.slow *= slow;
            part.split = scaled(part.split, middle);
        };
        for names in [&mut self.topics, &mut self.sources, &mut self.languages] {
            names.values_mut().for_each(fade);
            names.retain(|part| part.slow >= LEAST);
        }
        fade(&mut self.total);
        self.squares *= middle * middle;
        self.hours = self.hours * slow + hours;
    }

    /// The opinions between those of the published windows of 1 h and 24 h.
    pub(super) fn middle(&self) -> Tally {
        let splits = |names: &ByName| names.iter().map(|(name, part)| (Arc::clone(name), part.split)).collect();
        Tally {
            split: self.total.split,
            squares: self.squares,
            topics: splits(&self.topics),
            sources: splits(&self.sources),
            languages: splits(&self.languages),
            ..Tally::default()
        }
    }

    /// Kish's number of independent opinions in the middle sums.
    pub(super) fn effective(&self) -> f64 {
        if self.squares > 0.0 { self.total.split.opinion().powi(2) / self.squares } else { 0.0 }
    }
}

fn put(names: &mut ByName, name: &str, whole: Part, part: f64) {
    if let Some(sum) = names.get_mut(name) {
        return increase(sum, whole, part);
    }
    let name = if names.len() < NAMES { name } else { OTHER };
    increase(names.or_default(name), whole, part);
}

fn increase(sum: &mut Part, whole: Part, part: f64) {
    sum.fast += whole.fast * part;
    sum.slow += whole.slow * part;
    sum.split.positive += whole.split.positive * part;
    sum.split.negative += whole.split.negative * part;
}

fn scaled(split: Split, factor: f64) -> Split {
    Split { positive: split.positive * factor, negative: split.negative * factor }
}
