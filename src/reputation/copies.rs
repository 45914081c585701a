//! Which mentions are copies of each other. For now those with the same fingerprint.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::observation::Observation;

/// A cluster of copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClusterId(u64);

/// The clusters of one entity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Copies {
    clusters: BTreeMap<u64, u32>,
}

/// The fingerprint to look for copies by.
pub fn fingerprint_of(event: &Observation<'_>) -> u64 {
    event.fingerprint
}

impl Copies {
    /// Adds a mention to its cluster; 0 stands alone.
    pub fn join(&mut self, fingerprint: u64, _at: i64) -> ClusterId {
        if fingerprint != 0 {
            *self.clusters.entry(fingerprint).or_default() += 1;
        }
        ClusterId(fingerprint)
    }

    /// How many members it has.
    pub fn size(&self, cluster: ClusterId) -> u32 {
        self.clusters.get(&cluster.0).copied().unwrap_or(1)
    }

    /// A member was deleted, or edited into something else.
    pub fn leave(&mut self, cluster: ClusterId) {
        match self.clusters.get_mut(&cluster.0) {
            Some(size) if *size > 1 => *size -= 1,
            _ => {
                self.clusters.remove(&cluster.0);
            }
        }
    }
}
