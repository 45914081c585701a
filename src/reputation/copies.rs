//! Which mentions are copies of each other: reshares, and copy and paste with small edits.
//!
//! Posts are known by their SimHash ([`crate::text::fingerprint()`]). A cluster is known by the fingerprint of its first
//! member; a post joins the nearest cluster within [`NEAR`] bits, or begins one. docs/TRENDS.md has the measurements.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::ops::Range;

use rten_simd::{Isa, SimdOp};
use serde::{Deserialize, Serialize};

use super::hashing::Places;
use super::observation::Observation;
use super::room;
use crate::text::fingerprint;

/// Fingerprints that differ in at most so many bits are of copies.
pub const NEAR: u32 = 10;
/// Clusters that are remembered of one entity, at most; the least recently active is forgotten first. A plain scan over so
/// many is exact, and takes a microsecond or two.
pub const CLUSTERS: usize = 1024;
/// A cluster is forgotten once it was silent for so long, in milliseconds of event time.
pub const HORIZON: i64 = 7 * 24 * 3_600_000;
/// Texts of fewer words say the same by chance: a hundred people who write "thank you so much" are a hundred voices.
pub const FEWEST_WORDS: usize = 5;

/// The fingerprint of what has no copies.
const ALONE: u64 = 0;

/// A cluster of copies: the fingerprint of its first member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClusterId(u64);

impl ClusterId {
    /// Of what has no copies.
    pub(super) const ALONE: Self = Self(ALONE);

    /// The fingerprint; `None` of what has no copies.
    pub(super) fn fingerprint(self) -> Option<u64> {
        (self.0 != ALONE).then_some(self.0)
    }

    /// Whether it is the cluster of a fingerprint.
    pub(super) fn is(self, fingerprint: u64) -> bool {
        self.0 == fingerprint
    }

    /// Itself, or `None` for what has no copies.
    pub(super) fn known(self) -> Option<Self> {
        (self.0 != ALONE).then_some(self)
    }
}

/// The clusters of one entity that were active lately, column by column.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Copies {
    fingerprints: Vec<u64>,
    /// Event time of the latest member, in milliseconds since the epoch.
    active: Vec<i64>,
    sizes: Vec<u32>,
    places: Places,
    /// Who was active when, some of it long ago: brought up to date where the least recent is asked for. Empty until somebody
    /// has to go.
    idle: BinaryHeap<Reverse<(i64, u64)>>,
    /// The latest event time of any.
    clock: i64,
}

/// As it is kept in a snapshot.
#[derive(Serialize, Deserialize)]
struct Kept {
    clock: i64,
    /// Fingerprint, event time of the latest member, members.
    clusters: Vec<(u64, i64, u32)>,
}

/// The fingerprint to look for copies of a mention by: 0, which stands alone, where its text is too short to tell a copy
/// from two people who happen to say the same.
pub fn fingerprint_of(event: &Observation<'_>) -> u64 {
    if has_words(&event.mention.text, FEWEST_WORDS) { event.fingerprint } else { ALONE }
}

/// Whether a text has so many words, links and handles left out. Two characters of a script without spaces are one word.
pub fn has_words(text: &str, enough: usize) -> bool {
    let mut halves = 0;
    for piece in text.split(' ') {
        halves += plain_words(piece).map_or_else(|| halves_of(piece), |words| 2 * words);
        if halves / 2 >= enough {
            return true;
        }
    }
    false
}

/// How many words a piece without a space has, which is all that most texts are made of: only letters, digits and marks of ASCII,
/// and neither link nor handle; `None` of others.
fn plain_words(piece: &str) -> Option<usize> {
    let (mut words, mut inside) = (0, false);
    for byte in piece.bytes() {
        let is_in = byte.is_ascii_alphanumeric();
        if !is_in && (!byte.is_ascii_graphic() || matches!(byte, b'@' | b':')) {
            return None;
        }
        words += usize::from(is_in && !inside);
        inside = is_in;
    }
    Some(words)
}

/// Twice as many of any piece, a character of a script without spaces being half a word.
fn halves_of(piece: &str) -> usize {
    let pieces = piece.split_whitespace().filter(|piece| !piece.starts_with('@') && !piece.contains("://"));
    let words = pieces.flat_map(|piece| piece.split(|c: char| !c.is_alphanumeric())).filter(|word| !word.is_empty());
    words.map(|word| if word.starts_with(fingerprint::is_unspaced) { word.chars().count() } else { 2 }).sum()
}

impl Copies {
    /// Adds a mention to the cluster that it is a copy of, or begins one. `at` is its event time in milliseconds since the
    /// epoch. A fingerprint of 0 (of an empty text, or by [`fingerprint_of`]) has no copies.
    pub fn join(&mut self, fingerprint: u64, at: i64) -> ClusterId {
        if fingerprint == ALONE {
            return ClusterId(ALONE);
        }
        self.clock = self.clock.max(at);
        let known = match self.place(fingerprint) {
            Some(place) if self.is_current(place) => Some(place),
            Some(place) => {
                // Long over: the same words again begin anew.
                self.remove(place);
                self.nearest(fingerprint)
            }
            None => self.nearest(fingerprint),
        };
        let Some(place) = known else { return self.begin(fingerprint, at) };
        self.sizes[place] = self.sizes[place].saturating_add(1);
        self.active[place] = self.active[place].max(at);
        ClusterId(self.fingerprints[place])
    }

    /// How many members a cluster has; 1 if it is not known any more.
    pub fn size(&self, cluster: ClusterId) -> u32 {
        self.known_size(cluster).unwrap_or(1)
    }

    /// How many members a cluster has; `None` if it is not known any more.
    pub fn known_size(&self, cluster: ClusterId) -> Option<u32> {
        self.slot(cluster).map(|slot| self.sizes[slot])
    }

    /// A member was deleted, or edited into something else.
    pub fn leave(&mut self, cluster: ClusterId) {
        let Some(slot) = self.slot(cluster) else { return };
        match self.sizes[slot] {
            0 | 1 => self.remove(slot),
            _ => self.sizes[slot] -= 1,
        }
    }

    /// The cluster that the next new one takes the place of; `None` while there is room.
    pub fn going(&mut self) -> Option<ClusterId> {
        if self.len() < CLUSTERS {
            return None;
        }
        self.least_recent().map(|place| ClusterId(self.fingerprints[place]))
    }

    /// How many clusters are remembered, those of one member included.
    pub fn len(&self) -> usize {
        self.fingerprints.len()
    }

    /// Whether none is remembered.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    /// Looks where a fingerprint will be looked for.
    pub(super) fn look_ahead(&self, fingerprint: u64) -> usize {
        self.place(fingerprint).unwrap_or_default()
    }

    fn slot(&self, cluster: ClusterId) -> Option<usize> {
        self.place(cluster.0).filter(|place| self.is_current(*place))
    }

    /// Where the cluster of exactly this fingerprint stands.
    fn place(&self, fingerprint: u64) -> Option<usize> {
        find(&self.places, &self.fingerprints, fingerprint)
    }

    fn is_current(&self, place: usize) -> bool {
        self.active[place] >= self.clock.saturating_sub(HORIZON)
    }

    /// The nearest of the clusters within [`NEAR`] bits; of equally near ones the smallest fingerprint.
    fn nearest(&self, fingerprint: u64) -> Option<usize> {
        let mut best = None::<(u32, u64, usize)>;
        let mut look = |places: Range<usize>| {
            for place in places {
                let other = self.fingerprints[place];
                let found = (apart(other, fingerprint), other, place);
                if found.0 <= NEAR && best.is_none_or(|best| found < best) && self.is_current(place) {
                    best = Some(found);
                }
            }
        };
        let (blocks, rest) = self.fingerprints.as_chunks::<ABREAST>();
        let mut seen = 0;
        while let Some(next) = (Search { blocks: &blocks[seen..], fingerprint }).dispatch() {
            look((seen + next) * ABREAST..(seen + next + 1) * ABREAST);
            seen += next + 1;
        }
        look(self.len() - rest.len()..self.len());
        best.map(|(_, _, place)| place)
    }

    fn begin(&mut self, fingerprint: u64, at: i64) -> ClusterId {
        let cluster = ClusterId(fingerprint);
        if self.len() >= CLUSTERS {
            match self.least_recent() {
                // A late mention may itself be what is forgotten first.
                Some(place) if self.active[place] > at => return cluster,
                Some(place) => self.remove(place),
                None => {}
            }
        }
        if at < self.clock.saturating_sub(HORIZON) {
            return cluster;
        }
        self.push(fingerprint, at, 1);
        if self.idle.len() > 2 * CLUSTERS {
            // Most of it is of clusters that left. It is made anew when it is asked.
            self.idle.clear();
        }
        if !self.idle.is_empty() {
            self.idle.push(Reverse((at, fingerprint)));
        }
        cluster
    }

    /// The least recently active; of equals the smallest fingerprint.
    fn least_recent(&mut self) -> Option<usize> {
        if self.idle.is_empty() || self.idle.len() > 2 * CLUSTERS {
            self.idle = self.active.iter().copied().zip(self.fingerprints.iter().copied()).map(Reverse).collect();
        }
        let (places, fingerprints) = (&self.places, &self.fingerprints);
        while let Some(mut first) = self.idle.peek_mut() {
            let Reverse((at, fingerprint)) = *first;
            match find(places, fingerprints, fingerprint) {
                Some(place) if self.active[place] == at => return Some(place),
                // Which moves it to where it belongs.
                Some(place) => first.0.0 = self.active[place],
                None => drop(PeekMut::pop(first)),
            }
        }
        None
    }

    fn push(&mut self, fingerprint: u64, at: i64, size: u32) {
        room::push(&mut self.fingerprints, fingerprint);
        room::push(&mut self.active, at);
        room::push(&mut self.sizes, size);
        let fingerprints = &self.fingerprints;
        self.places.insert(fingerprint, fingerprints.len() as u16 - 1, |place| fingerprints[usize::from(place)]);
    }

    fn remove(&mut self, place: usize) {
        self.places.remove(self.fingerprints[place], place as u16);
        self.fingerprints.swap_remove(place);
        self.active.swap_remove(place);
        self.sizes.swap_remove(place);
        // The last one fills the gap.
        let last = self.fingerprints.len() as u16;
        let moved = self.fingerprints.get(place).and_then(|moved| self.places.get_mut(*moved, |other| other == last));
        if let Some(kept) = moved {
            *kept = place as u16;
        }
    }
}

/// In how many bits two fingerprints differ.
fn apart(one: u64, other: u64) -> u32 {
    (one ^ other).count_ones()
}

/// How many fingerprints are looked at at once, and without a branch: that vectorises, where the number is known.
const ABREAST: usize = 32;

/// Looks for the first block that holds a fingerprint within [`NEAR`] bits of another one.
struct Search<'a> {
    blocks: &'a [[u64; ABREAST]],
    fingerprint: u64,
}

/// Nothing in it is written for an instruction set: it is compiled for several.
impl SimdOp for Search<'_> {
    type Output = Option<usize>;

    #[inline(always)]
    fn eval<I: Isa>(self, _: I) -> Option<usize> {
        // The top bit of a difference is set where the subtraction passes below zero.
        let beyond = |other: &u64| u64::from(apart(*other, self.fingerprint)).wrapping_sub(u64::from(NEAR) + 1);
        self.blocks.iter().position(|block| block.iter().fold(0, |below, other| below | beyond(other)) >> 63 != 0)
    }
}

fn find(places: &Places, fingerprints: &[u64], fingerprint: u64) -> Option<usize> {
    let is_it = |place| fingerprints.get(usize::from(place)) == Some(&fingerprint);
    places.find(fingerprint, is_it).map(usize::from)
}

impl From<Kept> for Copies {
    fn from(Kept { clock, clusters }: Kept) -> Self {
        let mut copies = Self { clock, ..Self::default() };
        for (fingerprint, active, size) in clusters.into_iter().take(CLUSTERS) {
            if copies.place(fingerprint).is_none() {
                copies.push(fingerprint, active, size);
            }
        }
        copies
    }
}

impl From<Copies> for Kept {
    fn from(Copies { fingerprints, active, sizes, clock, .. }: Copies) -> Self {
        // What is past the horizon would not be found again.
        let first = clock.saturating_sub(HORIZON);
        let columns = fingerprints.into_iter().zip(active).zip(sizes);
        let clusters = columns.map(|((fingerprint, active), size)| (fingerprint, active, size));
        Self { clock, clusters: clusters.filter(|row| row.1 >= first).collect() }
    }
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "benches/copies.rs includes it")]
mod planted;
#[cfg(test)]
mod tests;
