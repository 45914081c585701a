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
    ring: Blocks<Voice>,
    /// The lowest bits of their authors' hashes, in a row: each mention looks through them all.
    tags: Vec<u16>,
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
        // Most are not known. Counting has no branch, so that it vectorises.
        let known: u16 = self.tags.iter().map(|tag| u16::from(*tag == author as u16)).sum();
        if author == 0 || known == 0 {
            return 1.0;
        }
        let before = self.ring.iter().filter(|said| said.author == author && (at - said.at).abs() < REPETITION);
        1.0 / (1 + before.count()) as f64
    }

    pub(super) fn remember(&mut self, voice: Voice) {
        let tag = voice.author as u16;
        if self.next < self.ring.len() {
            self.ring[self.next] = voice;
            self.tags[self.next] = tag;
        } else {
            self.ring.push(voice);
            room::push(&mut self.tags, tag);
        }
        self.next = (self.next + 1) % REMEMBERED;
    }

    /// What a mention was counted for, which is forgotten.
    pub(super) fn forget(&mut self, event: u64) -> Option<Voice> {
        let place = self.ring.iter().position(|voice| voice.event == event && voice.weight > 0.0)?;
        let voice = self.ring[place];
        self.ring[place] = Voice { event: 0, author: 0, weight: 0.0, ..voice };
        self.tags[place] = 0;
        Some(voice)
    }

    /// Whether an author has spoken among the remembered mentions.
    pub(super) fn knows(&self, author: u64) -> bool {
        self.ring.iter().any(|said| said.author == author)
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
        let next = next.min(ring.len()) % REMEMBERED;
        let tags = ring.iter().map(|voice| voice.author as u16).collect();
        Self { ring: ring.into_iter().collect(), tags, next }
    }
}

impl From<Voices> for (Vec<Voice>, usize) {
    fn from(voices: Voices) -> Self {
        (voices.ring.into_vec(), voices.next)
    }
}
