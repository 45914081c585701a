//! How an entity is spoken of against its usual: the statistics behind the drop alarm.
//!
//! Every mention's share of positive, `x = p_pos / (p_pos + p_neg)`, is held against what is usual at this hour of the week. What
//! remains is averaged over several half-lives at once (an EWMA chart: Roberts 1959) and summed to the log-likelihood ratio of a
//! drop (CUSUM: Page 1954), both in units of what chance, repeated authors and the entity's own days would make of it.

use serde::{Deserialize, Serialize};

use super::season::{HOURS, Noise, Season};
use super::{DAY, HOUR};
use crate::reputation::tally::Split;

/// Half-lives of the averages, in hours.
const SCALES: [f64; 5] = [1.0, 3.0, 8.0, 24.0, 60.0];
/// How many standard errors below the usual is too far, by scale.
const LIMITS: [f64; 5] = [4.6, 4.0, 3.5, 2.5, 2.1];
/// The drops that the CUSUMs wait for, as shares.
const DROPS: [f64; 2] = [0.10, 0.22];
/// Log-likelihood ratios at which they speak.
const RATIOS: [f64; 2] = [12.0, 14.0];
/// What a CUSUM may hold at most, so that it comes back soon.
const FULL: f64 = 18.0;
/// Shares of few mentions have longer tails than a normal: so many are taken off their number.
const FEW: f64 = 3.0;
/// The most that one step may add: a burst is not a drop until it lasts.
const STRIDE: f64 = 2.0;
/// For how many hours a day's level stays, as noise.
const CORRELATED: f64 = 24.0;
/// Half-life of the usual level.
const LEVEL: f64 = 8.0 * 24.0;
/// What part of the variance of days counts in averages: days come one at a time, chance all the time.
const DAYS: f64 = 0.55;
/// Half-life of what is learnt about scatter, in looks.
const SCATTER: f64 = 30.0;
/// Variance of a day's level before anything is known of the entity: (4 points)².
const DAY_PRIOR: f64 = 0.04 * 0.04;
/// A day's level varies by one point at least.
const DAY_LEAST: f64 = 0.01 * 0.01;
/// Days and hours that the priors weigh.
const PRIOR_LOOKS: f64 = 7.0;
/// Independent opinionated mentions, and time, before a level counts as known.
const KNOWN_MENTIONS: f64 = 40.0;
const KNOWN_AFTER: i64 = 2 * DAY;

/// What was heard.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Heard {
    positive: f64,
    opinion: f64,
    squares: f64,
}

impl Heard {
    fn add(&mut self, other: Self, factor: f64) {
        self.positive += other.positive * factor;
        self.opinion += other.opinion * factor;
        self.squares += other.squares * factor * factor;
    }

    fn decay(&mut self, factor: f64) {
        *self = Self {
            positive: self.positive * factor,
            opinion: self.opinion * factor,
            squares: self.squares * factor * factor,
        };
    }

    fn effective(self) -> f64 {
        if self.squares > 0.0 { self.opinion * self.opinion / self.squares } else { 0.0 }
    }

    fn mean(self) -> f64 {
        if self.opinion > 0.0 { self.positive / self.opinion } else { 0.0 }
    }
}

/// Σ log-likelihood ratio, and since when it is above zero.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Cusum {
    sum: f64,
    since: i64,
}

/// A mean of what was learnt, with a prior.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Learnt {
    sum: f64,
    looks: f64,
}

impl Learnt {
    fn learn(&mut self, value: f64) {
        let kept = (-1.0 / SCATTER).exp2();
        self.sum = self.sum * kept + value;
        self.looks = self.looks * kept + 1.0;
    }

    fn mean(self, prior: f64) -> f64 {
        (self.sum + prior * PRIOR_LOOKS) / (self.looks + PRIOR_LOOKS)
    }
}

/// The tone of one entity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Tone {
    began: Option<i64>,
    hour_number: i64,
    /// Since the last step.
    pending: Heard,
    /// This hour and the last, this day: for learning. `positive` is what is above the usual.
    hour: Heard,
    raw: Heard,
    last_hour: Heard,
    day: Heard,
    /// Averages by scale; `positive` is what is above the usual.
    scales: [Heard; SCALES.len()],
    cusums: [Cusum; DROPS.len()],
    /// The usual share, the season taken out.
    level: Heard,
    season: Season,
    offset: f64,
    /// By how much hours scatter more than independent mentions would: a factor of variance.
    dispersion: Learnt,
    /// Variance of a day's level.
    days: Learnt,
}

/// What the statistics say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Signs {
    /// An average is further below the usual than chance allows.
    pub(super) seasonal: bool,
    /// A drop is likelier than none.
    pub(super) cusum: bool,
    /// Since when a drop is likelier than none, in milliseconds since the epoch.
    pub(super) since: i64,
}

impl Tone {
    /// Adds a mention's opinion, weights damped.
    pub(super) fn hear(&mut self, split: Split, squares: f64, at: i64) {
        self.began.get_or_insert(at);
        self.pending.add(Heard { positive: split.positive, opinion: split.opinion(), squares }, 1.0);
    }

    /// When the first opinion was heard.
    pub(super) fn began(&self) -> Option<i64> {
        self.began
    }

    /// The share that is usual now.
    fn usual(&self) -> f64 {
        (self.level.mean() + self.offset).clamp(0.02, 0.98)
    }

    fn noise(&self) -> Noise {
        let share = self.level.mean().clamp(0.05, 0.95);
        Noise { each: self.dispersion.mean(1.0) * share * (1.0 - share), day: self.day_variance() }
    }

    fn day_variance(&self) -> f64 {
        self.days.mean(DAY_PRIOR).max(DAY_LEAST)
    }

    /// Whether enough was heard to say what is usual.
    pub(super) fn known(&self, at: i64) -> bool {
        self.began.is_some_and(|began| at - began >= KNOWN_AFTER) && self.level.effective() >= KNOWN_MENTIONS
    }

    /// Takes what was heard since the last step into account. While `frozen`, nothing is learnt about what is usual.
    pub(super) fn step(&mut self, from: i64, at: i64, frozen: bool) {
        let hour = (at - 1).div_euclid(HOUR);
        if hour != self.hour_number {
            self.close_hour(hour, frozen);
        }
        let hours = (at - from) as f64 / HOUR as f64;
        let heard = std::mem::take(&mut self.pending);
        if self.level.opinion == 0.0 {
            self.level = heard;
        }
        let usual = self.usual();
        let above = Heard { positive: heard.positive - usual * heard.opinion, ..heard };
        for (scale, half_life) in self.scales.iter_mut().zip(SCALES) {
            scale.decay((-hours / half_life).exp2());
            scale.add(above, 1.0);
        }
        self.raw.add(heard, 1.0);
        self.hour.add(above, 1.0);
        self.day.add(above, 1.0);
        if !frozen {
            self.level.decay((-hours / LEVEL).exp2());
            self.level.add(Heard { positive: heard.positive - self.offset * heard.opinion, ..heard }, 1.0);
        }
        self.sum_up(above, at);
    }

    fn sum_up(&mut self, above: Heard, at: i64) {
        let Noise { each, day } = self.noise();
        // A day's level is noise that stays for a while. As white noise of the same power it makes a mention tell less, the more
        // mentions there are.
        let hourly = self.scales[2].effective() / (SCALES[2] * 2.0 * std::f64::consts::LOG2_E);
        let told = 1.0 / (1.0 + hourly * day * CORRELATED / each);
        for (cusum, drop) in self.cusums.iter_mut().zip(DROPS) {
            if above.squares > 0.0 {
                // log N(r; −δ·o, s²) − log N(r; 0, s²), s² = each · squares.
                let middle = above.positive + above.opinion * drop / 2.0;
                let ratio = -drop * above.opinion * middle / (each * above.squares);
                cusum.sum += (told * ratio).clamp(-STRIDE, STRIDE);
            }
            cusum.sum = cusum.sum.clamp(0.0, FULL);
            if cusum.sum == 0.0 {
                cusum.since = at;
            }
        }
    }

    fn close_hour(&mut self, next: i64, frozen: bool) {
        let (above, raw) = (std::mem::take(&mut self.hour), std::mem::take(&mut self.raw));
        let known = self.level.effective() >= KNOWN_MENTIONS;
        if !frozen && known {
            // Neighbouring hours share their day's level, so it cancels out of their difference.
            let chance = |heard: Heard| heard.squares / (heard.opinion * heard.opinion);
            if above.effective() >= 2.0 && self.last_hour.effective() >= 2.0 {
                let share = self.usual();
                let expected = (chance(above) + chance(self.last_hour)) * share * (1.0 - share);
                let found = (above.mean() - self.last_hour.mean()).powi(2);
                self.dispersion.learn((found / expected).min(9.0));
            }
        }
        if !frozen && raw.opinion > 0.0 {
            let hour_of_week = self.hour_number.rem_euclid(HOURS as i64) as usize;
            self.season.learn(hour_of_week, raw.positive, raw.opinion, raw.squares);
        }
        self.last_hour = above;
        let hours_of_day = DAY / HOUR;
        if next.div_euclid(hours_of_day) != self.hour_number.div_euclid(hours_of_day) {
            let day = std::mem::take(&mut self.day);
            if !frozen && known && day.effective() >= 4.0 {
                let each = self.noise().each;
                let chance = each * day.squares / (day.opinion * day.opinion);
                // A day of four deviations counts as one of three: outliers do not set the scale.
                let most = 9.0 * (self.day_variance() + chance);
                self.days.learn(day.mean().powi(2).min(most) - chance);
            }
        }
        self.hour_number = next;
        self.offset = self.season.offset(next.rem_euclid(HOURS as i64) as usize, self.noise());
    }

    /// How far below the usual an average is, as a share, and in standard errors.
    fn below(&self, scale: Heard, noise: Noise) -> (f64, f64) {
        let depth = -scale.mean();
        let chance =
            noise.each * (1.0 / (scale.effective() - FEW).max(1.0) + 1.0 / self.level.effective()) + DAYS * noise.day;
        (depth, depth / chance.sqrt())
    }

    /// What the statistics say at a step. Averages of less than `floor` effective mentions say nothing; one of the others must be
    /// `least` below the usual, and those that speak half of it: a slow average shows a young drop in part.
    pub(super) fn signs(&self, at: i64, floor: f64, least: f64) -> Signs {
        let strongest = self.cusums.iter().max_by(|a, b| a.sum.total_cmp(&b.sum)).filter(|cusum| cusum.sum > 0.0);
        let mut signs = Signs { seasonal: false, cusum: false, since: strongest.map_or(at, |cusum| cusum.since) };
        let noise = self.noise();
        let loud =
            || self.scales.iter().zip(LIMITS).filter(|(scale, _)| scale.effective() >= floor && scale.opinion >= 1.0);
        if !self.known(at) || !loud().any(|(scale, _)| -scale.mean() >= least) {
            return signs;
        }
        signs.seasonal = loud().any(|(scale, limit)| {
            let (depth, errors) = self.below(*scale, noise);
            depth >= least / 2.0 && errors > limit
        });
        signs.cusum = self.cusums.iter().zip(RATIOS).any(|(cusum, ratio)| cusum.sum > ratio);
        signs
    }

    /// Whether any average is low enough that the bands of windows may have parted. Coarse, and cheap.
    pub(super) fn looks_low(&self, floor: f64, least: f64, errors: f64) -> bool {
        let share = self.level.mean();
        self.scales.iter().any(|scale| {
            let (depth, effective) = (-scale.mean(), scale.effective());
            effective >= floor / 2.0
                && depth >= least
                && depth * effective.sqrt() >= errors * (share * (1.0 - share)).sqrt()
        })
    }

    /// How far below the usual it is now, as a share: by the fastest average that says enough; `None` in silence.
    pub(super) fn depth(&self, floor: f64) -> Option<f64> {
        self.scales.iter().find(|scale| scale.effective() >= floor && scale.opinion >= 1.0).map(|scale| -scale.mean())
    }

    /// Takes what is said now for the usual.
    pub(super) fn settle(&mut self, floor: f64) {
        let depth = self.depth(floor).unwrap_or(0.0);
        self.level.positive -= depth * self.level.opinion;
        self.reset();
    }

    /// Forgets what spoke for a drop. Averages begin anew at the usual, with the weight that they have: of nothing but the last hours a
    /// slow one would be a fast one, and its limit is not meant for that.
    pub(super) fn reset(&mut self) {
        self.cusums = Default::default();
        self.scales.iter_mut().for_each(|scale| scale.positive = 0.0);
        (self.hour, self.last_hour, self.day) = Default::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An hour of twenty mentions, of which this share is positive.
    fn hour(tone: &mut Tone, number: i64, share: f64) {
        let at = number * HOUR;
        tone.hear(Split { positive: 20.0 * share, negative: 20.0 * (1.0 - share) }, 20.0, at + 1);
        tone.step(at, at + HOUR, false);
    }

    /// What a slow average has heard since an alert ended is little, and its limit is meant for much.
    #[test]
    fn after_an_alert_a_few_bad_hours_are_no_drop_to_the_slow_averages() {
        let mut tone = Tone::default();
        let mut chance = fastrand::Rng::with_seed(1);
        let weeks = 6 * 168;
        for number in 0..weeks {
            // As much scatter as twenty mentions have by themselves.
            let share = 0.7 + if chance.bool() { 0.1 } else { -0.1 };
            hour(&mut tone, number, share);
        }
        tone.reset();
        for number in weeks..weeks + 4 {
            hour(&mut tone, number, 0.58);
            let signs = tone.signs((number + 1) * HOUR, 15.0, 0.08);
            assert!(!signs.seasonal, "{} hours after the alert: {signs:?}", number - weeks + 1);
        }
        // It is not deaf: a day of them is a drop.
        let later = (weeks + 4..weeks + 28).any(|number| {
            hour(&mut tone, number, 0.5);
            tone.signs((number + 1) * HOUR, 15.0, 0.08).seasonal
        });
        assert!(later);
    }
}
