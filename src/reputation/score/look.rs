//! Sums, read at a moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::decay::{self, Factors, Landmarks};
use super::names::{Kind, Names};
use super::sums::{Part, Sums};
use crate::reputation::tally::{Split, Tallies, Tally};

/// The windows at a moment.
#[derive(Debug, Clone)]
pub(super) struct Look {
    at: i64,
    pub(super) tallies: Tallies,
}

impl Look {
    pub(super) fn new(sums: &Sums, names: &Names, landmarks: &Landmarks, at: i64) -> Self {
        let scales = landmarks.scales(at);
        let tally = |span: usize| {
            let (head, scale) = (&sums.heads[span], scales[span]);
            // What rounding leaves of nothing may lie below it.
            let read = |sum: f64| (sum * scale).max(0.0);
            let named = |kind: Kind| {
                let parts = names.of(kind).iter().zip(&sums.parts[kind as usize]);
                parts.map(|(name, part): (&Arc<str>, &Part)| {
                    let [positive, negative] = part[span].map(read);
                    (Arc::clone(name), Split { positive, negative })
                })
            };
            Tally {
                split: Split { positive: read(head.positive), negative: read(head.negative) },
                squares: (head.squares * scale * scale).max(0.0),
                weight: read(head.weight),
                mentions: read(head.mentions),
                topics: named(Kind::Topic).collect::<BTreeMap<_, _>>(),
                sources: named(Kind::Source).collect(),
                languages: named(Kind::Language).collect(),
            }
        };
        Self { at, tallies: Tallies { windows: [tally(0), tally(1), tally(2)], long_run: tally(3) } }
    }

    /// Lets time pass: all of a window fades alike.
    pub(super) fn move_to(&mut self, at: i64) {
        if self.at == at {
            return;
        }
        let factors: Factors = decay::decay(at.saturating_sub(self.at));
        let [hour, day, week] = &mut self.tallies.windows;
        for (tally, factor) in [hour, day, week, &mut self.tallies.long_run].into_iter().zip(factors) {
            fade(tally, factor);
        }
        self.at = at;
    }
}

fn fade(tally: &mut Tally, factor: f64) {
    let named = tally.topics.values_mut().chain(tally.sources.values_mut()).chain(tally.languages.values_mut());
    for split in named.chain([&mut tally.split]) {
        split.positive *= factor;
        split.negative *= factor;
    }
    // One after the other: the square of a small factor may be nothing.
    tally.squares = tally.squares * factor * factor;
    tally.weight *= factor;
    tally.mentions *= factor;
}
