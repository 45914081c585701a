//! Tables whose keys are hashes already.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use hashbrown::HashTable;

/// A map from hashes. Its order never reaches an output.
pub(super) type ByHash<K, V> = HashMap<K, V, BuildHasherDefault<Mixed>>;

/// Where things stand in a list, by the hash that each of them bears. The list knows the hashes, so that here a place takes three
/// bytes, where a map from hashes takes seventeen: an entity has six such tables.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(HashTable<u16>);

impl Places {
    /// The place of what bears a hash; `is_it` says whether what stands at a place does.
    pub(super) fn find(&self, hash: u64, is_it: impl Fn(u16) -> bool) -> Option<u16> {
        self.0.find(mixed(hash), |place| is_it(*place)).copied()
    }

    /// Where its place is kept.
    pub(super) fn get_mut(&mut self, hash: u64, is_it: impl Fn(u16) -> bool) -> Option<&mut u16> {
        self.0.find_mut(mixed(hash), |place| is_it(*place))
    }

    /// Adds what is not in it yet. `hash_at` says what stands at each place that is.
    pub(super) fn insert(&mut self, hash: u64, place: u16, hash_at: impl Fn(u16) -> u64) {
        self.0.insert_unique(mixed(hash), place, |place| mixed(hash_at(*place)));
    }

    /// Takes a place out.
    pub(super) fn remove(&mut self, hash: u64, place: u16) {
        if let Ok(found) = self.0.find_entry(mixed(hash), |other| *other == place) {
            found.remove();
        }
    }
}

/// Spreads the bits of one integer by a multiplication: SimHashes of like texts share most of theirs.
fn mixed(hash: u64) -> u64 {
    let product = u128::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (product >> 64) as u64 ^ product as u64
}

/// The hasher of [`ByHash`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = mixed(value ^ self.0);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
