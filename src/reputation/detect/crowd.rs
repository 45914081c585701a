//! How many voices speak of an entity, against its usual: the statistics behind volume spikes and topic surges.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::HOUR;
use super::parts::{FAST, OTHER, Part, Parts};
use super::season::{HOURS, Noise, Season};

/// How many standard errors above the usual is too many.
const SPIKE_ERRORS: f64 = 5.0;
const SURGE_ERRORS: f64 = 6.0;
/// How many times the usual is too many.
const SPIKE_TIMES: f64 = 2.5;
const SURGE_TIMES: f64 = 3.0;
/// How long an entity is listened to before its volume can be unusual.
const KNOWN_AFTER: f64 = 3.0 * 24.0;
/// Variance of an hour's volume around its expectation, relative, before anything is known; and the hours it weighs.
const SCATTER_PRIOR: f64 = 0.15;
const PRIOR_HOURS: f64 = 48.0;
/// Half-life of what is learnt about scatter, in hours.
const SCATTER: f64 = 14.0 * 24.0;
/// Σ of decays of a sum that has always been kept, per hour: 1 / ln 2.
const MASS: f64 = std::f64::consts::LOG2_E;

/// The volume of one entity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Crowd {
    hour_number: i64,
    /// Voices in this hour.
    hour: f64,
    /// Expected voices, decayed like those that came, and the same at twice the rate, for their variance.
    expected: f64,
    expected_squares: f64,
    season: Season,
    /// Times the level, at this hour of the week.
    factor: f64,
    /// The factor at the busiest hour so far of the week that is remembered.
    busiest: f64,
    /// Relative variance of an hour: sum and weight.
    scatter: (f64, f64),
}

/// What is too many.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Swell {
    /// The topic; `None` for all together.
    pub(super) topic: Option<Arc<str>>,
    /// Voices an hour now.
    pub(super) now: f64,
    /// Voices an hour that were expected.
    pub(super) usual: f64,
    /// Standard deviation of what was expected.
    pub(super) deviation: f64,
    /// Decayed voices.
    pub(super) voices: f64,
    /// It is too much for this hour of the week.
    pub(super) seasonal: bool,
    /// It would be too much for the busiest hour of the week too.
    pub(super) bands: bool,
}

impl Swell {
    /// How many times the usual.
    pub(super) fn times(&self) -> f64 {
        self.now / self.usual.max(0.1)
    }
}

impl Crowd {
    /// Counts voices.
    pub(super) fn count(&mut self, voices: f64) {
        self.hour += voices;
    }

    /// Voices an hour at the mean hour of the week.
    fn level(parts: &Parts) -> f64 {
        if parts.hours > 0.0 { parts.total.slow / parts.hours } else { 0.0 }
    }

    fn relative_variance(&self) -> f64 {
        (self.scatter.0 + SCATTER_PRIOR * PRIOR_HOURS) / (self.scatter.1 + PRIOR_HOURS)
    }

    /// Lets time pass. While `frozen`, nothing is learnt about what is usual.
    pub(super) fn step(&mut self, from: i64, at: i64, parts: &Parts, frozen: bool) {
        let hour = (at - 1).div_euclid(HOUR);
        if hour != self.hour_number {
            self.close_hour(hour, parts, frozen);
        }
        let hours = (at - from) as f64 / HOUR as f64;
        let fast = (-hours / FAST).exp2();
        let expected = Self::level(parts) * self.factor * hours;
        self.expected = self.expected * fast + expected;
        self.expected_squares = self.expected_squares * fast * fast + expected;
    }

    fn close_hour(&mut self, next: i64, parts: &Parts, frozen: bool) {
        let voices = std::mem::take(&mut self.hour);
        let level = Self::level(parts);
        let relative = self.relative_variance();
        if !frozen && parts.hours >= 24.0 && level > 0.0 {
            let expected = level * self.factor;
            // A wild hour counts as one of twice the usual and three deviations: the crowd of a crisis is no season.
            let most = expected * 2.0 + 3.0 * (expected + relative * expected * expected).sqrt();
            let voices = voices.min(most);
            self.season.learn(
                self.hour_number.rem_euclid(HOURS as i64) as usize,
                voices,
                level,
                level + relative * level * level,
            );
            if expected >= 1.0 {
                let kept = (-1.0 / SCATTER).exp2();
                let excess = ((voices - expected).powi(2) - expected) / (expected * expected);
                self.scatter.0 = self.scatter.0 * kept + excess;
                self.scatter.1 = self.scatter.1 * kept + 1.0;
            }
        }
        self.hour_number = next;
        let noise = Noise { each: 1.0, day: relative / 4.0 };
        self.factor = (1.0 + self.season.offset(next.rem_euclid(HOURS as i64) as usize, noise)).clamp(0.05, 20.0);
        self.busiest = self.factor.max(self.busiest * (-1.0_f64 / HOURS as f64).exp2());
    }

    /// The volume now.
    pub(super) fn volume(&self, parts: &Parts, floor: f64) -> Swell {
        self.swell(None, parts.total, 1.0, parts, floor, (SPIKE_ERRORS, SPIKE_TIMES))
    }

    /// The topic that rises most, if one is too many.
    pub(super) fn surge(&self, parts: &Parts, floor: f64) -> Option<Swell> {
        let all = self.volume(parts, floor);
        // Where everything doubles, a topic that doubles does not rise.
        let tide = all.times().max(1.0);
        let loud = parts.topics.iter().filter(|(name, part)| &***name != OTHER && part.fast >= floor);
        loud.map(|(name, part)| self.swell(Some(name), *part, tide, parts, floor, (SURGE_ERRORS, SURGE_TIMES)))
            .filter(|swell| swell.seasonal)
            .max_by(|a, b| (a.now - a.usual).total_cmp(&(b.now - b.usual)))
    }

    /// One topic now.
    pub(super) fn topic(&self, name: &Arc<str>, parts: &Parts, floor: f64) -> Swell {
        let part = parts.topics.get(name).copied().unwrap_or_default();
        self.swell(Some(name), part, 1.0, parts, floor, (SURGE_ERRORS, SURGE_TIMES))
    }

    fn swell(
        &self,
        topic: Option<&Arc<str>>,
        part: Part,
        tide: f64,
        parts: &Parts,
        floor: f64,
        limits: (f64, f64),
    ) -> Swell {
        let share = if parts.total.slow > 0.0 { part.slow / parts.total.slow } else { 0.0 };
        let expected = self.expected * share * tide;
        let variance = self.expected_squares * share * tide + self.relative_variance() * expected * expected + 1.0;
        let known = parts.hours >= KNOWN_AFTER && part.fast >= floor;
        let (errors, times) = limits;
        let beyond = |expected: f64, variance: f64| {
            part.fast - expected > errors * variance.sqrt() && part.fast > times * expected
        };
        let peak = (self.busiest / self.factor.max(0.05)).max(1.0);
        Swell {
            topic: topic.map(Arc::clone),
            now: part.fast / MASS,
            usual: expected / MASS,
            deviation: variance.sqrt() / MASS,
            voices: part.fast,
            seasonal: known && beyond(expected, variance),
            bands: known && beyond(expected * peak, variance * peak * peak),
        }
    }
}
