//! What can be said of an event by itself: made where events are decoded, which is on all cores, since adding them up is on one.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::community::Heard;
use super::copies;
use super::observation::Observation;
use super::words::{Word, Words};

/// A mention whose author is not named.
pub(super) const NOBODY: u64 = 0;
/// Words of a text that are read, at most: what matters is said early, and a novel must not cost more than a post.
const WORDS: usize = 64;

/// An event, and what can be said of it by itself.
#[derive(Debug, Clone)]
pub struct Digested<'a> {
    /// The event.
    pub event: Observation<'a>,
    /// Its place in the order of the log among the records that were read with it, some of which may be no events of its book.
    pub place: usize,
    pub(super) digest: Digest,
}

impl<'a> Digested<'a> {
    /// Reads an event, which stands at a place among others.
    pub fn new(event: Observation<'a>, place: usize) -> Self {
        let digest = Digest::of(&event);
        Self { event, place, digest }
    }
}

/// In which order records are best decoded, by their places among these keys: those of an entity one after the other, in the order of the
/// log, so that their events lie side by side in memory, as [`Book::fold_chunk`](super::Book::fold_chunk) reads them. Strewn over some
/// dozens of megabytes they would cost it about a fifth of its time (docs/PERFORMANCE.md).
pub fn side_by_side<'k>(keys: impl Iterator<Item = Option<&'k [u8]>>) -> Vec<usize> {
    let mut places: Vec<(u64, usize)> = keys.map(|key| key.map_or(0, xxh3_64)).zip(0..).collect();
    places.sort_unstable();
    places.into_iter().map(|(_, place)| place).collect()
}

/// What an entity's tables are asked for when an event comes, and its words.
#[derive(Debug, Clone)]
pub struct Digest {
    /// Hash of its id.
    pub(super) id: u64,
    /// Hash of its author within the source; [`NOBODY`] if nobody is named.
    pub(super) author: u64,
    /// The fingerprint to look for copies by: [`copies::fingerprint_of`].
    pub(super) fingerprint: u64,
    /// What it is to the community.
    pub(super) heard: Heard,
    /// The words of its text, in order.
    pub(super) words: Vec<Word>,
}

impl Digest {
    /// Of an event.
    pub fn of(event: &Observation<'_>) -> Self {
        let source = xxh3_64(event.mention.source.as_bytes());
        let hash = |author: &str| xxh3_64_with_seed(author.as_bytes(), source).max(NOBODY + 1);
        Self {
            id: xxh3_64(event.id.as_bytes()),
            author: event.author().map_or(NOBODY, hash),
            fingerprint: copies::fingerprint_of(event),
            heard: Heard::new(event, source),
            words: words(&event.mention.text),
        }
    }

    /// The author, where somebody is named.
    pub(super) fn author(&self) -> Option<u64> {
        (self.author != NOBODY).then_some(self.author)
    }
}

fn words(text: &str) -> Vec<Word> {
    // Few texts have shorter ones on average.
    let mut words = Vec::with_capacity((text.len() / 4).min(WORDS));
    words.extend(Words::new(text).take(WORDS));
    words
}
