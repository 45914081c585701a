//! What is usual at an hour of the week: effects of hour, weekday and their meeting, each shrunk toward none by how much the data
//! can tell (empirical Bayes, method of moments: Efron and Morris 1975).

use serde::{Deserialize, Serialize};

use crate::reputation::room;

/// Hours of a week.
pub(super) const HOURS: usize = 168;
/// What a week counts one week later: about five weeks are remembered.
const KEPT: f32 = 0.8;

/// Sums of one hour of the week over the weeks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
struct Cell {
    /// Σ of what was measured, in units of `base`.
    sum: f32,
    /// Σ of what it was measured on: opinion for shares, expected mentions for volumes.
    base: f32,
    /// Σ of squares of the base's parts: `base² / squares` is how many independent ones it is worth.
    squares: f32,
}

/// Sums by hour of the week.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub(super) struct Season {
    /// Bit by bit, the hours that something was learnt of: of a quiet entity, few.
    known: [u64; HOURS.div_ceil(64)],
    /// Of those hours, in their order.
    cells: Vec<Cell>,
}

/// As it is kept in a snapshot.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// Of all hours; empty before anything was learnt.
    cells: Vec<Cell>,
}

/// What may pass for chance between the means of cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise {
    /// Variance of one independent part.
    pub(super) each: f64,
    /// Variance of a whole day.
    pub(super) day: f64,
}

/// Sums of a group of cells.
#[derive(Clone, Copy, Default)]
struct Group {
    sum: f64,
    base: f64,
    squares: f64,
}

impl Group {
    fn add(&mut self, cell: Cell, expected: f64) {
        self.sum += f64::from(cell.sum) - expected * f64::from(cell.base);
        self.base += f64::from(cell.base);
        self.squares += f64::from(cell.squares);
    }

    fn mean(self) -> f64 {
        if self.base > 0.0 { self.sum / self.base } else { 0.0 }
    }

    /// Variance of the mean by chance.
    fn chance(self, each: f64, whole: f64) -> f64 {
        if self.base > 0.0 { each * self.squares / (self.base * self.base) + whole } else { f64::INFINITY }
    }
}

impl Season {
    /// Adds an hour of the week.
    pub(super) fn learn(&mut self, hour_of_week: usize, sum: f64, base: f64, squares: f64) {
        let place = (0..hour_of_week).filter(|hour| self.knows(*hour)).count();
        if !self.knows(hour_of_week) {
            self.known[hour_of_week / 64] |= 1 << (hour_of_week % 64);
            room::insert(&mut self.cells, place, Cell::default());
        }
        let cell = &mut self.cells[place];
        cell.sum = cell.sum * KEPT + sum as f32;
        cell.base = cell.base * KEPT + base as f32;
        cell.squares = cell.squares * KEPT + squares as f32;
    }

    fn knows(&self, hour: usize) -> bool {
        self.known[hour / 64] >> (hour % 64) & 1 != 0
    }

    /// The hours that something was learnt of.
    fn iter(&self) -> impl Iterator<Item = (usize, Cell)> {
        (0..HOURS).filter(|hour| self.knows(*hour)).zip(self.cells.iter().copied())
    }

    /// By how much this hour of the week differs from all.
    pub(super) fn offset(&self, hour_of_week: usize, noise: Noise) -> f64 {
        if self.cells.is_empty() {
            return 0.0;
        }
        let mut all = Group::default();
        self.cells.iter().for_each(|cell| all.add(*cell, 0.0));
        let mean = all.mean();
        let by_hour = self.effects::<24>(|hour| hour % 24, |_| mean, noise.each, 0.0);
        let weeks = 1.0 / (1.0 - f64::from(KEPT));
        let by_day =
            self.effects::<7>(|hour| hour / 24, |hour| mean + by_hour[hour % 24], noise.each, noise.day / weeks);
        let usual = |hour: usize| mean + by_hour[hour % 24] + by_day[hour / 24];
        let by_both = self.effects::<HOURS>(|hour| hour, usual, noise.each, noise.day / weeks);
        by_hour[hour_of_week % 24] + by_day[hour_of_week / 24] + by_both[hour_of_week]
    }

    /// The shrunk effect of each of N groups on top of what is expected.
    fn effects<const N: usize>(
        &self,
        group_of: impl Fn(usize) -> usize,
        expected: impl Fn(usize) -> f64,
        each: f64,
        whole: f64,
    ) -> [f64; N] {
        let mut groups = [Group::default(); N];
        for (hour, cell) in self.iter() {
            groups[group_of(hour)].add(cell, expected(hour));
        }
        // How much groups differ beyond chance: weighted, so that thin groups do not decide.
        let (mut excess, mut weights) = (0.0, 0.0);
        for group in groups.iter().filter(|group| group.base > 0.0) {
            let chance = group.chance(each, whole);
            let weight = 1.0 / (chance + each * 1e-3);
            excess += weight * (group.mean().powi(2) - chance);
            weights += weight;
        }
        let between = if weights > 0.0 { (excess / weights).max(0.0) } else { 0.0 };
        groups.map(|group| {
            let chance = group.chance(each, whole);
            if between > 0.0 && chance.is_finite() { group.mean() * between / (between + chance) } else { 0.0 }
        })
    }
}

impl From<Kept> for Season {
    fn from(Kept { cells }: Kept) -> Self {
        let mut season = Self::default();
        for (hour, cell) in cells.into_iter().enumerate().take(HOURS) {
            // The first stands for that anything was learnt at all.
            if hour == 0 || cell != Cell::default() {
                season.known[hour / 64] |= 1 << (hour % 64);
                season.cells.push(cell);
            }
        }
        season.cells.shrink_to_fit();
        season
    }
}

impl From<Season> for Kept {
    fn from(season: Season) -> Self {
        let length = if season.cells.is_empty() { 0 } else { HOURS };
        let mut cells = vec![Cell::default(); length];
        season.iter().for_each(|(hour, cell)| cells[hour] = cell);
        Self { cells }
    }
}
