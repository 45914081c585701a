//! Who takes part: active authors, newcomers, those who stayed.
//!
//! Authors are kept whole up to [`MOST`]; beyond, those whose hash is smallest: a uniform sample (adaptive sampling, Wegman;
//! Flajolet 1990), from which numbers are scaled up and shares read off. At 1,000 authors the standard error of a number is
//! 3 %, of a share at most 1.6 points. One such sample answers all three questions, exactly for nearly every entity, where
//! a sketch of distinct counts would answer the first.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::packed::Rows;
use crate::reputation::room;

/// How many authors are kept.
pub(super) const MOST: usize = 1_000;
/// Days of a period.
pub(super) const PERIOD: i32 = 30;
/// An author who was silent for so many days is forgotten, and a newcomer when they return.
const FORGET: i32 = 90;
/// Keys are hashes of 48 bits.
const ALL: u64 = 1 << 48;

/// When an author wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    first: i32,
    last: i32,
    /// Bit n: wrote n days before `last`.
    days: u64,
}

/// The authors of one entity. Days are whole days of UTC since the epoch.
#[derive(Debug, Clone)]
pub(super) struct Members {
    /// In the order of their keys: as a list they take little more than half of what they would take as a tree.
    kept: Vec<(u64, Seen)>,
    /// Keys below it are kept.
    limit: u64,
    /// A higher limit on probation, and the day from which authors below it are kept: figures use it once it knows the whole past that
    /// they need.
    next: Option<(u64, i32)>,
    today: i32,
}

/// How many took part; estimates if there are too many authors to keep.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Turnout {
    /// Wrote in the last period.
    pub(super) active: f64,
    /// Of those, for the first time.
    pub(super) newcomers: f64,
    /// Wrote in the period before.
    pub(super) before: f64,
    /// Of those, in the last one too.
    pub(super) stayed: f64,
}

impl Default for Members {
    fn default() -> Self {
        Self { kept: Vec::new(), limit: ALL, next: None, today: i32::MIN }
    }
}

impl Seen {
    /// Whether they wrote on one of these days.
    fn within(&self, first: i32, last: i32) -> bool {
        let (nearest, farthest) = ((self.last - last).max(0), self.last - first);
        // The days of both ends and between them, as bits.
        let bits = |count: i32| if count >= 64 { u64::MAX } else { (1 << count.max(0)) - 1 };
        farthest >= 0 && self.days & bits(farthest.saturating_add(1)) & !bits(nearest) != 0
    }

    fn note(&mut self, day: i32) {
        self.first = self.first.min(day);
        if day > self.last {
            let by = day - self.last;
            self.days = if by < 64 { self.days << by } else { 0 } | 1;
            self.last = day;
        } else if self.last - day < 64 {
            self.days |= 1 << (self.last - day);
        }
    }
}

impl Members {
    /// An author wrote.
    pub(super) fn note(&mut self, author: u64, day: i32) {
        if day > self.today {
            self.turn(day);
        }
        if author >= self.next.map_or(self.limit, |(limit, _)| limit) || self.today - day >= FORGET {
            return;
        }
        let place = self.kept.binary_search_by_key(&author, |(key, _)| *key).unwrap_or_else(|place| {
            room::insert(&mut self.kept, place, (author, Seen { first: day, last: day, days: 0 }));
            place
        });
        self.kept[place].1.note(day);
        while self.kept.len() > MOST {
            let Some((largest, _)) = self.kept.pop() else { break };
            self.next =
                self.next.map(|(limit, since)| (limit.min(largest), since)).filter(|(limit, _)| *limit > self.limit);
            self.limit = self.limit.min(largest);
        }
    }

    /// A new day: the silent are forgotten, and where that leaves room more are let in.
    fn turn(&mut self, day: i32) {
        self.today = day;
        self.kept.retain(|(_, seen)| day - seen.last < FORGET);
        if let Some((limit, since)) = self.next {
            if day - since >= FORGET {
                (self.limit, self.next) = (limit, None);
            }
        } else if self.limit < ALL && self.kept.len() < MOST / 4 {
            let room = (MOST / 2) as f64 / self.kept.len().max(1) as f64;
            let limit = ((self.limit as f64 * room) as u64).min(ALL);
            self.next = Some((limit, day));
        }
    }

    /// How many took part in the period that ends with a day.
    pub(super) fn turnout(&self, day: i32) -> Turnout {
        let (now, before) = (day - PERIOD + 1, day - 2 * PERIOD + 1);
        let scale = ALL as f64 / self.limit as f64;
        let mut turnout = Turnout::default();
        for (_, seen) in self.kept.iter().take_while(|(key, _)| *key < self.limit) {
            let (active, earlier) = (seen.within(now, day), seen.within(before, now - 1));
            turnout.active += if active { scale } else { 0.0 };
            turnout.newcomers += if active && seen.first >= now { scale } else { 0.0 };
            turnout.before += if earlier { scale } else { 0.0 };
            turnout.stayed += if active && earlier { scale } else { 0.0 };
        }
        turnout
    }
}

/// As it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    limit: u64,
    next: Option<(u64, i32)>,
    today: i32,
    authors: Rows<4>,
}

/// A day is kept in 24 bits, so that days before 1970 do not wrap.
const EPOCH: i32 = 1 << 20;

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let day = |day: i32| u64::from((day + EPOCH).unsigned_abs());
        let row = |(key, seen): &(u64, Seen)| {
            [*key, day(seen.first) << 24 | day(seen.last), seen.days >> 32, seen.days & u64::from(u32::MAX)]
        };
        let authors = Rows(self.kept.iter().map(row).collect());
        Kept { limit: self.limit, next: self.next, today: self.today, authors }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kept = Kept::deserialize(deserializer)?;
        let day = |bits: u64| (bits & 0xff_ffff) as i32 - EPOCH;
        let author = |[key, days, high, low]: [u64; 4]| {
            (key, Seen { first: day(days >> 24), last: day(days), days: high << 32 | low })
        };
        let mut authors: Vec<_> = kept.authors.0.into_iter().map(author).collect();
        authors.sort_by_key(|(key, _)| *key);
        authors.dedup_by_key(|(key, _)| *key);
        Ok(Self { kept: authors, limit: kept.limit.max(1), next: kept.next, today: kept.today })
    }
}
