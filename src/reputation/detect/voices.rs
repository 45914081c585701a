//! Who spoke within the hour, so that one loud author or one viral copy is not taken for a crowd.

use serde::{Deserialize, Serialize};

use super::HOUR;
use crate::reputation::digest::Digest;
use crate::reputation::observation::Observation;
use crate::reputation::score::Folded;

/// Authors remembered at most: 8 KB. An author who was overwritten counts as new, so that a flood is counted, not lost.
const MOST: usize = 1024;
const LEAST: usize = 16;

/// Authors of the current hour: a direct-mapped table, each author in the slot of their hash, the latest comer overwriting.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Voices {
    hour: i64,
    heard: usize,
    /// (hash, how often they spoke), 0 in an empty slot.
    slots: Vec<(u32, u16)>,
}

/// What a mention counts for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Voice {
    /// In a count of voices: the first mention of an author in an hour counts 1, their others nothing, copies less (the cluster of
    /// n copies counts √n), spam nothing.
    pub(super) count: f64,
    /// By how much its opinion is damped: an author's k-th mention of the hour 1/k, copies as above. Spam is part of the weight.
    pub(super) opinion: f64,
    /// What it adds to the square of its author's opinion: mentions of one author, or of one text, are no independent witnesses,
    /// so their sum counts squared, not the sum of their squares.
    pub(super) square: f64,
}

impl Voices {
    /// Hears a mention at a step of the clock.
    pub(super) fn hear(&mut self, event: &Observation<'_>, digest: &Digest, folded: Folded, now: i64) -> Voice {
        let hour = now.div_euclid(HOUR);
        if hour != self.hour {
            *self = Self { hour, ..Self::default() };
        }
        let times = digest.author().map_or(1, |author| self.again(author));
        let copies = f64::from(folded.copies.max(1));
        let copy = copies.sqrt() - (copies - 1.0).sqrt();
        let sincere = 1.0 - event.signals.spam.unwrap_or(0.0).clamp(0.0, 1.0);
        let first = if times == 1 { 1.0 } else { 0.0 };
        let (turn, before) = (1.0 / f64::from(times), harmonic(times - 1));
        // Copies: (√n)² − (√(n − 1))² = 1, whichever of them it is.
        let square = (before + turn).powi(2) - before.powi(2);
        Voice { count: first * copy * sincere, opinion: copy * turn, square }
    }

    /// Looks where an author will be looked for.
    pub(super) fn look_ahead(&self, author: u64) -> usize {
        let slot = (author as u32 as usize).checked_rem(self.slots.len());
        slot.and_then(|slot| self.slots.get(slot)).map_or(0, |(_, times)| usize::from(*times))
    }

    /// How often this author spoke, this time included.
    fn again(&mut self, hash: u64) -> u16 {
        if self.slots.is_empty() {
            self.slots = vec![(0, 0); LEAST];
        } else if self.heard * 2 > self.slots.len() && self.slots.len() < MOST {
            let old = std::mem::take(&mut self.slots);
            self.slots = vec![(0, 0); old.len() * 4];
            for (tag, times) in old.into_iter().filter(|(_, times)| *times > 0) {
                let slot = tag as usize % self.slots.len();
                self.slots[slot] = (tag, times);
            }
        }
        let tag = hash as u32;
        let slot = tag as usize % self.slots.len();
        let entry = &mut self.slots[slot];
        if entry.0 != tag || entry.1 == 0 {
            self.heard += 1;
            *entry = (tag, 0);
        }
        entry.1 = entry.1.saturating_add(1);
        entry.1
    }
}

/// 1 + 1/2 + … + 1/k, to 1 %.
fn harmonic(k: u16) -> f64 {
    const EULER: f64 = 0.577_215_664_901_532_9;
    match f64::from(k) {
        k if k < 0.5 => 0.0,
        k if k < 1.5 => 1.0,
        k => k.ln() + EULER + 0.5 / k,
    }
}
