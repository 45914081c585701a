//! Forward decay (Cormode, Shkapenyuk, Srivastava and Xu 2009): a mention's share grows with its time instead of shrinking with
//! its age, so sums need no touch while time passes, and the order of arrival does not matter.

use serde::{Deserialize, Serialize};

use crate::reputation::rules::{LONG_RUN, WINDOWS};

/// The windows that are published, and the long run.
pub(super) const SPANS: usize = WINDOWS.len() + 1;

/// Half-lives in milliseconds.
pub(super) const HALF_LIVES: [i64; SPANS] = [
    WINDOWS[0].1.as_millis() as i64,
    WINDOWS[1].1.as_millis() as i64,
    WINDOWS[2].1.as_millis() as i64,
    LONG_RUN.as_millis() as i64,
];

/// Half-lives that the newest mention may lie beyond a landmark before that moves. Few enough that nothing overflows, squares
/// included; many enough that a busy stream rarely pays for a move.
const REACH: i64 = 32;

/// One factor for each span.
pub(super) type Factors = [f64; SPANS];

/// The moments that sums are relative to, one for each span: whole multiples of its half-life.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Landmarks([i64; SPANS]);

impl Landmarks {
    /// The landmarks of a stream that begins at this moment.
    pub(super) fn new(at: i64) -> Self {
        Self(HALF_LIVES.map(|half_life| at - at.rem_euclid(half_life)))
    }

    /// `2^((at − landmark)/half-life)`: what a mention of that moment counts for.
    pub(super) fn factors(&self, at: i64) -> Factors {
        std::array::from_fn(|span| factor(at.saturating_sub(self.0[span]), HALF_LIVES[span]))
    }

    /// What sums are to be multiplied by to be read at a moment.
    pub(super) fn scales(&self, at: i64) -> Factors {
        std::array::from_fn(|span| factor(self.0[span].saturating_sub(at), HALF_LIVES[span]))
    }

    /// Follows the newest mention. If a landmark moves, sums are to be multiplied by what is returned.
    pub(super) fn follow(&mut self, newest: i64) -> Option<Factors> {
        let mut shifts = [1.0; SPANS];
        let mut moved = false;
        for ((landmark, half_life), shift) in self.0.iter_mut().zip(HALF_LIVES).zip(&mut shifts) {
            let steps = newest.saturating_sub(*landmark) / half_life;
            if steps >= REACH {
                *landmark += steps * half_life;
                *shift = power_of_two(-steps);
                moved = true;
            }
        }
        moved.then_some(shifts)
    }
}

/// What `apart` milliseconds of decay multiply by, for each span.
pub(super) fn decay(apart: i64) -> Factors {
    HALF_LIVES.map(|half_life| factor(apart.saturating_neg(), half_life))
}

/// `2^(apart/half-life)`. The whole half-lives are taken apart from the rest, so that what was added before a landmark moved is
/// exactly what is taken back after it.
fn factor(apart: i64, half_life: i64) -> f64 {
    (apart.rem_euclid(half_life) as f64 / half_life as f64).exp2() * power_of_two(apart.div_euclid(half_life))
}

/// `2^exponent`, exact; 0 below what a double holds.
fn power_of_two(exponent: i64) -> f64 {
    match exponent {
        -1022..=1023 => f64::from_bits(((exponent + 1023) as u64) << 52),
        _ => (exponent as f64).exp2(),
    }
}
