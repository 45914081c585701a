//! What the loop asks of the pure core. A trait, so that tests can put a core that fails in its place.

use jiff::Timestamp;

use crate::enrich::{Enriched, Enricher, Pending, Scored};
use crate::mention::Record;

/// Records to events, in two steps.
pub trait Core: Send + Sync {
    /// A chunk under way.
    type Pending: Send;
    /// A chunk whose slow part is done.
    type Scored: Send;

    /// Prepares a chunk and starts the slow part of it; does not wait.
    fn begin(&self, records: Vec<Record>) -> Self::Pending;
    /// How much work the slow part is.
    fn tokens(&self, pending: &Self::Pending) -> usize;
    /// Waits for the slow part. An error fails the whole chunk: it is tried again, and its records alone if need be.
    fn wait(&self, pending: Self::Pending) -> Result<Self::Scored, String>;
    /// Makes the events, one [`Enriched`] per record, in the order of the chunk.
    fn assemble(&self, scored: Self::Scored, processed_at: Timestamp) -> Vec<Enriched>;
}

impl Core for Enricher {
    type Pending = Pending;
    type Scored = Scored;

    fn begin(&self, records: Vec<Record>) -> Pending {
        Self::begin(self, records)
    }

    fn tokens(&self, pending: &Pending) -> usize {
        pending.tokens()
    }

    fn wait(&self, pending: Pending) -> Result<Scored, String> {
        Self::wait(self, pending).map_err(|error| error.to_string())
    }

    fn assemble(&self, scored: Scored, processed_at: Timestamp) -> Vec<Enriched> {
        Self::assemble(self, scored, processed_at)
    }
}
