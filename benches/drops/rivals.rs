//! What is compared: a plain threshold and a plain z-score, each on the 1 h and the 24 h window, unshrunk, with the same floor
//! on effective mentions and the same cooldown. What is tuned is the limit, to the false-alarm rate of the detectors.

use crate::stream::HOUR;
use crate::world::STEP;

pub(crate) const RIVALS: [&str; 4] = ["threshold 1h", "threshold 24h", "z-score 1h", "z-score 24h"];
const FLOOR: f64 = 15.0;
pub(crate) const COOLDOWN: usize = (6 * HOUR / STEP) as usize;

/// Mean and variance of a window's score at whole hours, with a half-life of two weeks.
#[derive(Debug, Clone, Copy, Default)]
struct Usual {
    weight: f64,
    sum: f64,
    squares: f64,
}

impl Usual {
    fn learn(&mut self, score: f64) {
        let kept = (-1.0_f64 / (14.0 * 24.0)).exp2();
        *self = Self {
            weight: self.weight * kept + 1.0,
            sum: self.sum * kept + score,
            squares: self.squares * kept + score * score,
        };
    }

    fn z(&self, score: f64) -> f64 {
        let mean = self.sum / self.weight;
        (mean - score) / (self.squares / self.weight - mean * mean).max(0.25).sqrt()
    }
}

/// Decayed sums, copies damped as for the detectors.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    positive: f64,
    opinion: f64,
    squares: f64,
}

impl Window {
    fn add(&mut self, positive: f64, opinion: f64) {
        self.positive += positive;
        self.opinion += opinion;
        self.squares += opinion * opinion;
    }

    fn decay(&mut self, half_life: f64) {
        let factor = (-(STEP as f64) / (half_life * HOUR as f64)).exp2();
        *self = Self {
            positive: self.positive * factor,
            opinion: self.opinion * factor,
            squares: self.squares * factor * factor,
        };
    }
}

/// The windows 1 h, 24 h and 7 d of one entity, and what rivals learnt of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rivals {
    windows: [Window; 3],
    usual: [Usual; 2],
}

impl Rivals {
    /// Hears a mention, one of so many copies.
    pub(crate) fn hear(&mut self, positive: f64, negative: f64, copies: u32) {
        let copies = f64::from(copies.max(1));
        let factor = copies.sqrt() - (copies - 1.0).sqrt();
        self.windows.iter_mut().for_each(|window| window.add(factor * positive, factor * (positive + negative)));
    }

    /// How far each rival sees it fallen: what its limit is held against. Nothing below the floor.
    pub(crate) fn look(&mut self, at: i64) -> [f32; RIVALS.len()] {
        self.windows.iter_mut().zip([1.0, 24.0, 168.0]).for_each(|(window, half_life)| window.decay(half_life));
        let [hour, day, week] = self.windows;
        let usual = week.positive / week.opinion.max(1e-9);
        let mut fallen = [0.0; RIVALS.len()];
        for (place, window) in [hour, day].into_iter().enumerate() {
            if window.opinion * window.opinion < FLOOR * window.squares || window.opinion < 1.0 {
                continue;
            }
            let share = window.positive / window.opinion;
            fallen[place] = (100.0 * (usual - share)) as f32;
            fallen[2 + place] = self.usual[place].z(100.0 * share) as f32;
            if at % HOUR == 0 {
                self.usual[place].learn(100.0 * share);
            }
        }
        fallen
    }
}

/// Alarms of a rival with a limit: one begins when the limit is passed, and is over once half of it is left.
pub(crate) fn alarms(fallen: &[f32], limit: f32) -> usize {
    let (mut count, mut open, mut quiet) = (0, false, 0_usize);
    for (step, value) in fallen.iter().enumerate() {
        if open && *value < limit / 2.0 {
            open = false;
            quiet = step + COOLDOWN;
        } else if !open && step >= quiet && *value >= limit {
            open = true;
            count += 1;
        }
    }
    count
}
