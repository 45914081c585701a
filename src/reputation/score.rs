//! How an entity is spoken of: weights, duplicates, authors, decayed sums, the score and its band.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::observation::Observation;
use super::rules::{LONG_RUN, REACH_SCALE, WINDOWS};
use super::standing::WindowStanding;
use super::tally::{Split, Tallies, Tally};
use crate::watch::Relation;

/// Sums up what is said of one entity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Score {
    sums: [Sum; 4],
}

/// Sums relative to `at`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Sum {
    at: i64,
    tally: Tally,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Folded {
    /// It was not known before; edits, deletions and repetitions of known ones are not fresh.
    pub fresh: bool,
    /// What it weighs: 0 for own posts.
    pub weight: f64,
    /// How many near-duplicates are known, itself included.
    pub copies: u32,
}

impl Score {
    /// Adds an event.
    pub fn fold(&mut self, event: &Observation<'_>) -> Folded {
        let reach = event.mention.author.as_ref().and_then(|author| author.followers).unwrap_or(0) as f64;
        let spam = event.signals.spam.unwrap_or(0.0);
        let own = event.relation == Some(Relation::Own);
        let weight = if own { 0.0 } else { (1.0 - spam) * (1.0 + reach.ln_1p() / REACH_SCALE.ln_1p()) };
        let (positive, negative) = event.sentiment.as_ref().map_or((0.0, 0.0), |s| (s.positive, s.negative));
        for (sum, half_life) in self.sums.iter_mut().zip(half_lives()) {
            let decay = ((event.at() - sum.at) as f64 / half_life).exp2();
            let split = Split { positive: weight * positive * decay, negative: weight * negative * decay };
            let tally = &mut sum.tally;
            add(&mut tally.split, split, 1.0);
            tally.squares += (weight * (positive + negative) * decay).powi(2);
            tally.weight += weight * decay;
            tally.mentions += if own { 0.0 } else { decay };
            let parts = event.topics.len().max(1) as f64;
            let names = event.topics.iter().map(|topic| &*topic.id).chain(event.topics.is_empty().then_some("other"));
            for name in names {
                add(tally.topics.entry(Arc::from(name)).or_default(), split, 1.0 / parts);
            }
            add(tally.sources.entry(Arc::from(&*event.mention.source)).or_default(), split, 1.0);
            add(tally.languages.entry(Arc::from(&*event.language.code)).or_default(), split, 1.0);
            let factor = ((sum.at - event.at()) as f64 / half_life).exp2();
            if event.at() > sum.at {
                scale(tally, factor);
                sum.at = event.at();
            }
        }
        Folded { fresh: true, weight, copies: 1 }
    }

    /// The windows at a moment, in milliseconds since the epoch.
    pub fn tallies(&self, at: i64) -> Tallies {
        let mut sums = self.sums.iter().zip(half_lives()).map(|(sum, half_life)| {
            let mut tally = sum.tally.clone();
            scale(&mut tally, ((sum.at - at) as f64 / half_life).exp2());
            tally
        });
        let mut next = || sums.next().unwrap_or_default();
        Tallies { windows: [next(), next(), next()], long_run: next() }
    }
}

fn half_lives() -> impl Iterator<Item = f64> {
    WINDOWS.iter().map(|(_, half_life)| *half_life).chain([LONG_RUN]).map(|half_life| half_life.as_millis() as f64)
}

fn add(sum: &mut Split, split: Split, part: f64) {
    sum.positive += split.positive * part;
    sum.negative += split.negative * part;
}

fn scale(tally: &mut Tally, factor: f64) {
    let splits = tally.topics.values_mut().chain(tally.sources.values_mut()).chain(tally.languages.values_mut());
    for split in splits.chain([&mut tally.split]) {
        split.positive *= factor;
        split.negative *= factor;
    }
    tally.squares *= factor * factor;
    tally.weight *= factor;
    tally.mentions *= factor;
}

/// The published figures of every window, in the order of [`WINDOWS`].
pub fn standings(tallies: &Tallies) -> [WindowStanding; 3] {
    tallies.windows.each_ref().map(|tally| {
        let reputation = 100.0 * tally.split.share().unwrap_or(0.5);
        WindowStanding {
            reputation,
            low: 0.0,
            high: 100.0,
            net_sentiment: 2.0 * reputation - 100.0,
            effective_mentions: tally.effective(),
            mentions: tally.mentions,
            weight: tally.weight,
            change: Default::default(),
        }
    })
}
