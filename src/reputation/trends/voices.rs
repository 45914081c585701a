//! Who spoke lately: so that one author is one voice, and what is deleted can be taken back.

use serde::{Deserialize, Serialize};

/// Mentions that are remembered.
const REMEMBERED: usize = 512;
/// An author's mentions within this time, in milliseconds, weigh less each: the n-th weighs 1/n.
const REPETITION: i64 = 12 * 3_600_000;

/// The last mentions of an entity, in a ring.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Voices {
    ring: Vec<Voice>,
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
        let before = self.ring.iter().filter(|voice| voice.author == author && (at - voice.at).abs() < REPETITION);
        1.0 / (1 + before.count()) as f64
    }

    pub(super) fn remember(&mut self, voice: Voice) {
        match self.ring.get_mut(self.next) {
            Some(oldest) => *oldest = voice,
            None => self.ring.push(voice),
        }
        self.next = (self.next + 1) % REMEMBERED;
    }

    /// What a mention was counted for, which is forgotten.
    pub(super) fn forget(&mut self, event: u64) -> Option<Voice> {
        let voice = self.ring.iter_mut().find(|voice| voice.event == event && voice.weight > 0.0)?;
        let found = *voice;
        (voice.event, voice.author, voice.weight) = (0, 0, 0.0);
        Some(found)
    }

    /// Whether an author has spoken among the remembered mentions.
    pub(super) fn knows(&self, author: u64) -> bool {
        self.ring.iter().any(|voice| voice.author == author)
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
