//! Who spoke lately: so that one author is one voice, and what is deleted can be taken back.

use serde::{Deserialize, Serialize};

use crate::reputation::blocks::Blocks;
use crate::reputation::room;

/// Mentions that are remembered.
const REMEMBERED: usize = 512;
/// An author's mentions within this time, in milliseconds, weigh less each: the n-th weighs 1/n.
const REPETITION: i64 = 12 * 3_600_000;

/// The last mentions of an entity, in a ring.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "(Vec<Voice>, usize)", into = "(Vec<Voice>, usize)")]
pub(super) struct Voices {
    ring: Blocks<Said>,
    /// Their authors, in a row: each mention looks through them all.
    authors: Vec<u64>,
    next: usize,
}

/// What is remembered of a mention beside its author.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Said {
    event: u64,
    at: i64,
    weight: f64,
}

/// A mention that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "(u64, u64, i64, f64)", into = "(u64, u64, i64, f64)")]
pub(super) struct Voice {
    /// Hash of the event's id.
    pub(super) event: u64,
    /// Hash of its author; 0 if nobody is named.
    pub(super) author: u64,
    /// Event time in milliseconds since the epoch.
    pub(super) at: i64,
    /// What it was counted for, 0 to 1.
    pub(super) weight: f64,
}

impl Voices {
    /// What one more mention of an author is worth.
    pub(super) fn share(&self, author: u64, at: i64) -> f64 {
        // Most are not known. Counting has no branch, so that it vectorises.
        let known: usize = self.authors.iter().map(|known| usize::from(*known == author)).sum();
        if author == 0 || known == 0 {
            return 1.0;
        }
        let known = self.authors.iter().enumerate().filter(|(_, known)| **known == author);
        let before = known.filter(|(place, _)| (at - self.ring[*place].at).abs() < REPETITION);
        1.0 / (1 + before.count()) as f64
    }

    pub(super) fn remember(&mut self, voice: Voice) {
        let Voice { event, author, at, weight } = voice;
        let said = Said { event, at, weight };
        if self.next < self.ring.len() {
            self.ring[self.next] = said;
            self.authors[self.next] = author;
        } else {
            self.ring.push(said);
            room::push(&mut self.authors, author);
        }
        self.next = (self.next + 1) % REMEMBERED;
    }

    /// What a mention was counted for, which is forgotten.
    pub(super) fn forget(&mut self, event: u64) -> Option<Voice> {
        let place = self.ring.iter().position(|voice| voice.event == event && voice.weight > 0.0)?;
        let Said { event, at, weight } = self.ring[place];
        self.ring[place] = Said { event: 0, at, weight: 0.0 };
        let author = std::mem::take(&mut self.authors[place]);
        Some(Voice { event, author, at, weight })
    }

    /// Whether an author has spoken among the remembered mentions.
    pub(super) fn knows(&self, author: u64) -> bool {
        self.authors.contains(&author)
    }
}

impl From<(u64, u64, i64, f64)> for Voice {
    fn from((event, author, at, weight): (u64, u64, i64, f64)) -> Self {
        Self { event, author, at, weight }
    }
}

impl From<Voice> for (u64, u64, i64, f64) {
    fn from(voice: Voice) -> Self {
        (voice.event, voice.author, voice.at, voice.weight)
    }
}

impl From<(Vec<Voice>, usize)> for Voices {
    fn from((mut ring, next): (Vec<Voice>, usize)) -> Self {
        ring.truncate(REMEMBERED);
        let authors = ring.iter().map(|voice| voice.author).collect();
        let next = next.min(ring.len()) % REMEMBERED;
        let ring = ring.into_iter().map(|Voice { event, at, weight, .. }| Said { event, at, weight }).collect();
        Self { ring, authors, next }
    }
}

impl From<Voices> for (Vec<Voice>, usize) {
    fn from(voices: Voices) -> Self {
        let both = voices.ring.into_vec().into_iter().zip(voices.authors);
        (both.map(|(Said { event, at, weight }, author)| Voice { event, author, at, weight }).collect(), voices.next)
    }
}
