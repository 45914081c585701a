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
/// Bits below a key.
const BELOW: u32 = 16;

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
    /// In order: a key in the upper 48 bits, and below it where in `seen` its author stands. Whoever comes moves no more than these.
    keys: Vec<u64>,
    seen: Vec<Seen>,
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
        Self { keys: Vec::new(), seen: Vec::new(), limit: ALL, next: None, today: i32::MIN }
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

/// The key of an entry of `keys`.
fn key(kept: u64) -> u64 {
    kept >> BELOW
}

/// And where its author stands.
fn place(kept: u64) -> usize {
    (kept & ((1 << BELOW) - 1)) as usize
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
        let at = self.keys.partition_point(|kept| key(*kept) < author);
        match self.keys.get(at).filter(|kept| key(**kept) == author) {
            Some(kept) => self.seen[place(*kept)].note(day),
            None => self.enter(at, author, Seen { first: day, last: day, days: 1 }),
        }
    }

    /// Looks where an author will be looked for.
    pub(super) fn look_ahead(&self, author: u64) -> usize {
        self.keys.partition_point(|kept| key(*kept) < author)
    }

    /// An author who is not known takes part. If there are too many, the one of the largest key goes, who may be the same.
    fn enter(&mut self, at: usize, author: u64, new: Seen) {
        if self.keys.len() < MOST {
            room::insert(&mut self.keys, at, author << BELOW | self.seen.len() as u64);
            return room::push(&mut self.seen, new);
        }
        let mut largest = author;
        if at < self.keys.len()
            && let Some(last) = self.keys.pop()
        {
            largest = key(last);
            self.seen[place(last)] = new;
            self.keys.insert(at, author << BELOW | place(last) as u64);
        }
        self.next =
            self.next.map(|(limit, since)| (limit.min(largest), since)).filter(|(limit, _)| *limit > self.limit);
        self.limit = self.limit.min(largest);
    }

    /// Authors in the order of their keys.
    fn iter(&self) -> impl Iterator<Item = (u64, &Seen)> {
        self.keys.iter().map(|kept| (key(*kept), &self.seen[place(*kept)]))
    }

    /// A new day: the silent are forgotten, and where that leaves room more are let in.
    fn turn(&mut self, day: i32) {
        self.today = day;
        if self.seen.iter().any(|seen| day - seen.last >= FORGET) {
            let (before, stay) = (std::mem::take(&mut self.seen), &mut self.seen);
            self.keys.retain_mut(|kept| {
                let seen = before[place(*kept)];
                let stays = day - seen.last < FORGET;
                if stays {
                    *kept = key(*kept) << BELOW | stay.len() as u64;
                    stay.push(seen);
                }
                stays
            });
        }
        if let Some((limit, since)) = self.next {
            if day - since >= FORGET {
                (self.limit, self.next) = (limit, None);
            }
        } else if self.limit < ALL && self.keys.len() < MOST / 4 {
            let room = (MOST / 2) as f64 / self.keys.len().max(1) as f64;
            let limit = ((self.limit as f64 * room) as u64).min(ALL);
            self.next = Some((limit, day));
        }
    }

    /// How many took part in the period that ends with a day.
    pub(super) fn turnout(&self, day: i32) -> Turnout {
        let (now, before) = (day - PERIOD + 1, day - 2 * PERIOD + 1);
        let scale = ALL as f64 / self.limit as f64;
        let mut turnout = Turnout::default();
        for (_, seen) in self.iter().take_while(|(key, _)| *key < self.limit) {
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
        let row = |(key, seen): (u64, &Seen)| {
            [key, day(seen.first) << 24 | day(seen.last), seen.days >> 32, seen.days & u64::from(u32::MAX)]
        };
        let authors = Rows(self.iter().map(row).collect());
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
        authors.truncate(MOST);
        let keys = (0..).zip(&authors).map(|(place, (key, _))| key << BELOW | place).collect();
        let seen = authors.into_iter().map(|(_, seen)| seen).collect();
        Ok(Self { keys, seen, limit: kept.limit.max(1), next: kept.next, today: kept.today })
    }
}
