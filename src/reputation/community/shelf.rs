//! Excerpts of the posts that wait: of the oldest and of the newest, since all of them would be too much.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::excerpt::Excerpt;

/// How many are kept; those in the middle are let go.
pub(super) const MOST: usize = 128;
/// What they may take, in bytes.
pub(super) const MOST_BYTES: usize = 40_000;

/// The excerpt of a post, and the revision it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    key: u64,
    at: i64,
    revision: u64,
    excerpt: Excerpt,
}

/// Excerpts by age.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf {
    kept: BTreeMap<(i64, u64), Kept>,
    bytes: usize,
}

impl Shelf {
    /// Keeps the excerpt of a post.
    pub(super) fn put(&mut self, key: u64, at: i64, revision: u64, excerpt: Excerpt) {
        self.take(key, at);
        self.bytes += excerpt.size();
        self.kept.insert((at, key), Kept { key, at, revision, excerpt });
        while self.kept.len() > MOST || self.bytes > MOST_BYTES {
            let Some(middle) = self.kept.keys().nth(self.kept.len() / 2).copied() else { break };
            self.take(middle.1, middle.0);
        }
    }

    /// Shows what an edit made of a post.
    pub(super) fn edit(&mut self, key: u64, at: i64, revision: u64, mut excerpt: Excerpt) {
        if let Some(kept) = self.kept.get(&(at, key)).filter(|kept| kept.revision <= revision) {
            excerpt.created_at = kept.excerpt.created_at;
            self.put(key, at, revision, excerpt);
        }
    }

    /// Lets go of a post.
    pub(super) fn take(&mut self, key: u64, at: i64) {
        if let Some(kept) = self.kept.remove(&(at, key)) {
            self.bytes -= kept.excerpt.size();
        }
    }

    /// The excerpt of a post, if it is kept.
    pub(super) fn get(&self, key: u64, at: i64) -> Option<&Excerpt> {
        self.kept.get(&(at, key)).map(|kept| &kept.excerpt)
    }
}

impl Serialize for Shelf {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.kept.values())
    }
}

impl<'de> Deserialize<'de> for Shelf {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut shelf = Self::default();
        for kept in Vec::<Kept>::deserialize(deserializer)? {
            shelf.put(kept.key, kept.at, kept.revision, kept.excerpt);
        }
        Ok(shelf)
    }
}
