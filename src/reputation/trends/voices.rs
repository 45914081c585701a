//! Who spoke lately: so that one author is one voice, and what is deleted can be taken back.

use serde::{Deserialize, Serialize};

/// Mentions that are remembered.
const REMEMBERED: usize = 512;
/// An author's mentions within this time, in milliseconds, weigh less each: the n-th weighs 1/n.
const REPETITION: i64 = 12 * 3_600_000;

/// The last mentions of an entity, in a ring.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "(Vec<Voice>, usize)", into = "(Vec<Voice>, usize)")]
pub(super) struct Voices {
    ring: Vec<Voice>,
    /// Their authors once more, in a row: each mention looks through them all.
    authors: Vec<u64>,
    next: usize,
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
        if author == 0 {
            return 1.0;
        }
        let known = self.authors.iter().enumerate().filter(|(_, known)| **known == author);
        let before = known.filter(|(place, _)| (at - self.ring[*place].at).abs() < REPETITION);
        1.0 / (1 + before.count()) as f64
    }

    pub(super) fn remember(&mut self, voice: Voice) {
        if self.next < self.ring.len() {
            self.ring[self.next] = voice;
            self.authors[self.next] = voice.author;
        } else {
            self.ring.push(voice);
            self.authors.push(voice.author);
        }
        self.next = (self.next + 1) % REMEMBERED;
    }

    /// What a mention was counted for, which is forgotten.
    pub(super) fn forget(&mut self, event: u64) -> Option<Voice> {
        let place = self.ring.iter().position(|voice| voice.event == event && voice.weight > 0.0)?;
        let found = self.ring[place];
        self.ring[place] = Voice { event: 0, author: 0, at: found.at, weight: 0.0 };
        self.authors[place] = 0;
        Some(found)
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
        Self { ring, authors, next }
    }
}

impl From<Voices> for (Vec<Voice>, usize) {
    fn from(voices: Voices) -> Self {
        (voices.ring, voices.next)
    }
}
