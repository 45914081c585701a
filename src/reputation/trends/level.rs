//! Sums that forget, and what they say: how much a term is said now, and how much was to be expected.

use serde::{Deserialize, Serialize};

/// Half-life of what is said now, in milliseconds: 3 hours.
pub(super) const FAST: i64 = 3 * 3_600_000;
/// Half-life of what was said before: 3 days, a whole multiple of [`FAST`].
pub(super) const SLOW: i64 = 24 * FAST;
/// The landmark moves once it is so far back: far from where a double overflows.
const FARTHEST: i64 = 8 * SLOW;
/// Mentions added to a term's past: what was never said may have been missed by chance (Jeffreys).
const UNSEEN: f64 = 0.5;
/// Words in a larger share of all mentions are usual.
const USUAL: f64 = 0.04;
/// Below so many mentions of the past nobody knows what is usual.
const ENOUGH: f64 = 20.0;
/// Below this nothing is said at present: one voice after two fast half-lives.
const SILENT: f64 = 0.25;

/// Two decayed sums, relative to a landmark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "(f64, f64)", into = "(f64, f64)")]
pub(super) struct Sums {
    pub(super) fast: f64,
    pub(super) slow: f64,
}

/// Factors from one time to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    fast: f64,
    slow: f64,
}

/// All mentions at a time, which each term is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct All {
    scale: Scale,
    now: f64,
    before: f64,
}

/// How much a term is said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level {
    /// Mentions of the fast window.
    pub(super) now: f64,
    /// Mentions of the slow window that the fast one does not hold.
    pub(super) before: f64,
    /// What the fast window would hold if the term's share had stayed.
    pub(super) expected: f64,
    /// Its share of all mentions of the past is large.
    common: bool,
    /// The past is long enough to say what is usual.
    pub(super) known: bool,
}

impl Sums {
    /// A mention of a weight, so many milliseconds after the landmark.
    pub(super) fn of(weight: f64, after: i64) -> Self {
        let Scale { fast, slow } = Scale::at(-after);
        Self { fast: weight * fast, slow: weight * slow }
    }

    /// Adds, or takes back; no sum falls below nothing.
    pub(super) fn add(&mut self, other: Self, back: bool) {
        let sign = if back { -1.0 } else { 1.0 };
        self.fast = (self.fast + sign * other.fast).max(0.0);
        self.slow = (self.slow + sign * other.slow).max(0.0);
    }
}

impl Scale {
    /// From sums to counts at a time so many milliseconds after the landmark.
    pub(super) fn at(after: i64) -> Self {
        let half_lives = |half_life: i64| (-after as f64 / half_life as f64).exp2();
        Self { fast: half_lives(FAST), slow: half_lives(SLOW) }
    }

    pub(super) fn of(self, sums: Sums) -> Sums {
        Sums { fast: self.fast * sums.fast, slow: self.slow * sums.slow }
    }

    /// Mentions of the fast window, and those of the slow one that it does not hold.
    fn counts(self, sums: Sums) -> (f64, f64) {
        let Sums { fast, slow } = self.of(sums);
        (fast, (slow - fast).max(0.0))
    }
}

impl All {
    pub(super) fn new(sums: Sums, scale: Scale) -> Self {
        let (now, before) = scale.counts(sums);
        Self { scale, now, before }
    }
}

impl Level {
    /// Of a term, beside all mentions at the same time.
    ///
    /// The others (all but the term's) say how busy the present is beside the past: `expected = before · others now / others
    /// before`, with half a mention added to the term's past and one to both of theirs.
    pub(super) fn of(term: Sums, all: &All) -> Self {
        let (now, before) = all.scale.counts(term);
        // What always stood in most mentions leaves hardly any others to compare with: there all take their place.
        let left_out = if before > all.before / 2.0 { (0.0, 0.0) } else { (now, before) };
        let others_now = (all.now - left_out.0).max(0.0);
        let others_before = (all.before - left_out.1).max(0.0);
        let expected = (before + UNSEEN) * (others_now + 1.0) / (others_before + 1.0);
        let known = all.before > ENOUGH;
        Self { now, before, expected, common: known && before > USUAL * all.before, known }
    }

    /// Standard deviations above what was expected: of counts that vary as Poisson's do, the past one's too, which the
    /// expectation rests on. The 1 keeps the rarest in bounds.
    pub(super) fn strength(&self) -> f64 {
        let doubt = self.expected * self.expected / (self.before + UNSEEN);
        (self.now - self.expected) / (self.expected + doubt + 1.0).sqrt()
    }

    /// Whether it is said more than usual.
    pub(super) fn is_up(&self) -> bool {
        self.now > self.expected && self.now > SILENT
    }

    /// Whether it stands in many mentions, now as ever.
    pub(super) fn is_usual(&self) -> bool {
        self.common && self.now < 2.0 * self.expected
    }

    /// Mentions an hour: now, and before.
    pub(super) fn rates(&self) -> (f64, f64) {
        let hours = |half_life: i64| half_life as f64 / 3_600_000.0 / std::f64::consts::LN_2;
        (self.now / hours(FAST), self.before / (hours(SLOW) - hours(FAST)))
    }
}

/// The latest whole multiple of the slow half-life: from one to another sums are scaled by powers of two, exactly.
pub(super) fn whole_half_lives(at: i64) -> i64 {
    at - at.rem_euclid(SLOW)
}

/// The landmark for a clock that has run far ahead of it, and what sums are scaled by.
pub(super) fn moved(landmark: i64, clock: i64) -> Option<(i64, Scale)> {
    (clock - landmark > FARTHEST).then(|| {
        let next = whole_half_lives(clock);
        (next, Scale::at(next - landmark))
    })
}

impl From<(f64, f64)> for Sums {
    fn from((fast, slow): (f64, f64)) -> Self {
        Self { fast, slow }
    }
}

impl From<Sums> for (f64, f64) {
    fn from(sums: Sums) -> Self {
        (sums.fast, sums.slow)
    }
}
