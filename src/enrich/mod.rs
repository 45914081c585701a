//! Stage 1, pure: a chunk of records to enriched events. Knows no Kafka, and reads no clock: same input, same output.
//!
//! [`Enricher::begin`] decodes, matches, normalises, tells languages and hands the texts to the model; [`Enricher::wait`]
//! waits for it; [`Enricher::assemble`] makes the events. Three steps, so that a shell can prepare one chunk while the
//! model is busy with another, and can time each.

mod assemble;
mod enricher;
pub mod event;
pub mod lexicon;
mod offsets;
mod prepare;

pub use enricher::{EnrichError, Enriched, Enricher, Parts, Pending, Scored};
pub use event::EnrichedEvent;
pub use lexicon::Lexicon;

#[cfg(test)]
mod tests;
