//! Scores of texts that were seen lately, bounded.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use quick_cache::sync::Cache;
use xxhash_rust::xxh3::Xxh3Builder;

use super::{Request, Scores};

/// Stands for a request: 128 bits over its text, language and targets. Keys are kept instead of texts, so that an
/// entry's size does not depend on its text's; two texts meet in one key once in 10²⁸ pairs.
pub(super) type Key = u128;

/// Scores with more targets are not kept: entries are counted, not weighed, so none may be much larger than others.
const MOST_TARGETS: usize = 64;

/// The cache; its keys are made with a seed that differs from process to process.
pub(super) struct ScoreCache {
    cache: Option<Cache<Key, Arc<Scores>>>,
    seed: u64,
}

impl ScoreCache {
    /// Room for so many scores; with 0 nothing is kept.
    pub(super) fn new(entries: usize) -> Self {
        let seed = RandomState::new().hash_one(0);
        Self { cache: (entries > 0).then(|| Cache::new(entries)), seed }
    }

    /// The key of a request.
    pub(super) fn key(&self, request: &Request) -> Key {
        use std::hash::Hash;
        let mut hasher = Xxh3Builder::new().with_seed(self.seed).build();
        request.hash(&mut hasher);
        hasher.digest128()
    }

    /// What was said of a request.
    pub(super) fn get(&self, key: Key) -> Option<Arc<Scores>> {
        self.cache.as_ref()?.get(&key)
    }

    /// Keeps what was said, unless it was said of very many targets.
    pub(super) fn insert(&self, key: Key, scores: Arc<Scores>) {
        if let Some(cache) = self.cache.as_ref().filter(|_| scores.targets.len() <= MOST_TARGETS) {
            cache.insert(key, scores);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Sentiment;

    #[test]
    fn what_was_said_of_very_many_targets_is_not_kept() {
        let text = Sentiment { probabilities: [0.2, 0.2, 0.6], abstained: false, evidence: Vec::new() };
        let of = |targets| {
            Arc::new(Scores {
                targets: vec![text.clone(); targets],
                text: text.clone(),
                signals: None,
                topics: Vec::new(),
                tokens: 3,
                layers: 1,
                truncated: false,
            })
        };
        let cache = ScoreCache::new(10);
        cache.insert(1, of(MOST_TARGETS));
        cache.insert(2, of(MOST_TARGETS + 1));
        assert!(cache.get(1).is_some() && cache.get(2).is_none());
    }
}
