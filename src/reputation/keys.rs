//! Hashes that an event is looked up by.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::observation::Observation;

/// What the tables of an entity will be asked for when an event comes, so that its memory can be fetched before.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys {
    /// [`id`].
    pub(super) id: u64,
    /// [`author`]; 0 if nobody is named.
    pub(super) author: u64,
    /// [`mention`].
    pub(super) mention: u64,
    /// Of its text.
    pub(super) fingerprint: u64,
}

impl Keys {
    pub(super) fn of(event: &Observation<'_>) -> Self {
        Self {
            id: id(event),
            author: author(event).unwrap_or_default(),
            mention: mention(&event.mention.id, source(event)),
            fingerprint: event.fingerprint,
        }
    }
}

/// Of an event's id.
pub(super) fn id(event: &Observation<'_>) -> u64 {
    xxh3_64(event.id.as_bytes())
}

/// Of an event's source.
pub(super) fn source(event: &Observation<'_>) -> u64 {
    xxh3_64(event.mention.source.as_bytes())
}

/// Of an author within the source; `None` if nobody is named.
pub(super) fn author(event: &Observation<'_>) -> Option<u64> {
    event.author().map(|author| xxh3_64_with_seed(author.as_bytes(), source(event)))
}

/// Of a mention's id, or another name, within a source: 48 bits, and never 0.
pub(super) fn mention(name: &str, source: u64) -> u64 {
    short(xxh3_64_with_seed(name.as_bytes(), source))
}

/// The same of a hash.
pub(super) fn short(hash: u64) -> u64 {
    (hash >> 16).max(1)
}
