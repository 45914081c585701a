//! Which mentions are copies of each other: reshares, and copy and paste with small edits.
//!
//! Posts are known by their SimHash ([`crate::text::fingerprint()`]). A cluster is known by the fingerprint of its first
//! member; a post joins the nearest cluster within [`NEAR`] bits, or begins one. docs/TRENDS.md has the measurements.

use serde::{Deserialize, Serialize};

use super::observation::Observation;
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

/// The clusters of one entity that were active lately.
///
/// Sorted by fingerprint, column by column: the scan reads nothing but fingerprints, and ties fall the same way whatever
/// the order of arrival.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Copies {
    fingerprints: Vec<u64>,
    /// Event time of the latest member, in milliseconds since the epoch.
    active: Vec<i64>,
    sizes: Vec<u32>,
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
    let pieces = text.split_whitespace().filter(|piece| !piece.starts_with('@') && !piece.contains("://"));
    let mut halves = 0;
    for word in pieces.flat_map(|piece| piece.split(|c: char| !c.is_alphanumeric())).filter(|word| !word.is_empty()) {
        halves += if word.starts_with(fingerprint::is_unspaced) { word.chars().count() } else { 2 };
        if halves / 2 >= enough {
            return true;
        }
    }
    false
}

impl Copies {
    /// Adds a mention to the cluster that it is a copy of, or begins one. `at` is its event time in milliseconds since the
    /// epoch. A fingerprint of 0 (of an empty text, or by [`fingerprint_of`]) has no copies.
    pub fn join(&mut self, fingerprint: u64, at: i64) -> ClusterId {
        if fingerprint == ALONE {
            return ClusterId(ALONE);
        }
        self.clock = self.clock.max(at);
        let known = match self.fingerprints.binary_search(&fingerprint) {
            Ok(slot) if self.is_current(slot) => Some(slot),
            Ok(slot) => {
                // Long over: the same words again begin anew.
                self.remove(slot);
                self.nearest(fingerprint)
            }
            Err(_) => self.nearest(fingerprint),
        };
        let Some(slot) = known else { return self.begin(fingerprint, at) };
        self.sizes[slot] = self.sizes[slot].saturating_add(1);
        self.active[slot] = self.active[slot].max(at);
        ClusterId(self.fingerprints[slot])
    }

    /// How many members a cluster has; 1 if it is not known any more.
    pub fn size(&self, cluster: ClusterId) -> u32 {
        self.slot(cluster).map_or(1, |slot| self.sizes[slot])
    }

    /// A member was deleted, or edited into something else.
    pub fn leave(&mut self, cluster: ClusterId) {
        let Some(slot) = self.slot(cluster) else { return };
        match self.sizes[slot] {
            0 | 1 => self.remove(slot),
            _ => self.sizes[slot] -= 1,
        }
    }

    /// How many clusters are remembered, those of one member included.
    pub fn len(&self) -> usize {
        self.fingerprints.len()
    }

    /// Whether none is remembered.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    fn slot(&self, cluster: ClusterId) -> Option<usize> {
        self.fingerprints.binary_search(&cluster.0).ok().filter(|slot| self.is_current(*slot))
    }

    fn is_current(&self, slot: usize) -> bool {
        self.active[slot] >= self.clock.saturating_sub(HORIZON)
    }

    /// The nearest of the clusters within [`NEAR`] bits; of equally near ones the smallest fingerprint.
    fn nearest(&self, fingerprint: u64) -> Option<usize> {
        // Distances of a whole block first, without a branch: that vectorises, and hardly a block has a hit.
        const BLOCK: usize = 64;
        let mut best = (NEAR + 1, 0);
        for (block, candidates) in self.fingerprints.chunks(BLOCK).enumerate() {
            let nearest = candidates.iter().map(|other| (other ^ fingerprint).count_ones()).min().unwrap_or(u32::MAX);
            if nearest >= best.0 {
                continue;
            }
            for (offset, other) in candidates.iter().enumerate() {
                let (apart, slot) = ((other ^ fingerprint).count_ones(), block * BLOCK + offset);
                if apart < best.0 && self.is_current(slot) {
                    best = (apart, slot);
                }
            }
        }
        (best.0 <= NEAR).then_some(best.1)
    }

    fn begin(&mut self, fingerprint: u64, at: i64) -> ClusterId {
        let cluster = ClusterId(fingerprint);
        if self.len() >= CLUSTERS {
            let oldest = self.active.iter().enumerate().min_by_key(|(_, active)| **active);
            match oldest {
                // A late mention may itself be what is forgotten first.
                Some((_, active)) if *active > at => return cluster,
                Some((slot, _)) => self.remove(slot),
                None => {}
            }
        }
        if at < self.clock.saturating_sub(HORIZON) {
            return cluster;
        }
        let slot = self.fingerprints.partition_point(|other| *other < fingerprint);
        self.fingerprints.insert(slot, fingerprint);
        self.active.insert(slot, at);
        self.sizes.insert(slot, 1);
        cluster
    }

    fn remove(&mut self, slot: usize) {
        self.fingerprints.remove(slot);
        self.active.remove(slot);
        self.sizes.remove(slot);
    }
}

impl From<Kept> for Copies {
    fn from(Kept { clock, mut clusters }: Kept) -> Self {
        clusters.sort_unstable();
        clusters.dedup_by_key(|(fingerprint, _, _)| *fingerprint);
        Self {
            fingerprints: clusters.iter().map(|row| row.0).collect(),
            active: clusters.iter().map(|row| row.1).collect(),
            sizes: clusters.iter().map(|row| row.2).collect(),
            clock,
        }
    }
}

impl From<Copies> for Kept {
    fn from(Copies { fingerprints, active, sizes, clock }: Copies) -> Self {
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
