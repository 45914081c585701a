//! What a window holds: decayed sums of what was said for and against, unshrunk, and the same by topic, source and language.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What was said for and against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// `W⁺`: Σ weight · probability of positive · decay.
    pub positive: f64,
    /// `W⁻`: Σ weight · probability of negative · decay.
    pub negative: f64,
}

/// One window at one moment, authors capped and copies damped.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// All of it.
    pub split: Split,
    /// Σ v², where v is a mention's weight · (positive + negative) · decay.
    pub squares: f64,
    /// Σ weight · decay, neutral mentions included: what share of voice is made of.
    pub weight: f64,
    /// Σ decay: mentions, whatever their weight, an entity's own posts left out.
    pub mentions: f64,
    /// By topic; a mention of several topics counts in equal parts, one of none under `other`. Sums to `split`, and so do the next two.
    pub topics: BTreeMap<Arc<str>, Split>,
    /// By source.
    pub sources: BTreeMap<Arc<str>, Split>,
    /// By language.
    pub languages: BTreeMap<Arc<str>, Split>,
}

/// All windows at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tallies {
    /// 1 h, 24 h, 7 d: in the order of [`super::rules::WINDOWS`].
    pub windows: [Tally; 3],
    /// The long run; its topics, sources and languages are kept too.
    pub long_run: Tally,
}

impl Split {
    /// `W⁺ + W⁻`.
    pub fn opinion(&self) -> f64 {
        self.positive + self.negative
    }

    /// `W⁺ / (W⁺ + W⁻)`; `None` if nobody has an opinion.
    pub fn share(&self) -> Option<f64> {
        let opinion = self.opinion();
        (opinion > 0.0).then(|| self.positive / opinion)
    }
}

impl Tally {
    /// How many independent opinionated mentions this is worth: `(Σ v)² / Σ v²` (Kish 1965).
    pub fn effective(&self) -> f64 {
        if self.squares > 0.0 { self.split.opinion().powi(2) / self.squares } else { 0.0 }
    }
}
