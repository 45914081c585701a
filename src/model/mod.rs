//! The model stage: normalised texts in, scores out. The only room that knows tensors.
//!
//! [`Scorer`] is its door. Behind it: identical inputs are scored once (in the chunk and through a bounded cache), the rest
//! is tokenised in parallel, sorted by length, cut into batches by token budget, encoded by one pinned worker per core,
//! read by the heads (which may let a text leave before the last layer), and scattered back into the order it came in.

mod batch;
mod cache;
mod card;
mod directory;
mod effort;
pub mod engine;
mod evidence;
mod heads;
mod input;
mod math;
pub mod scorer;
pub mod scores;
pub mod tokenizer;
mod topics;
mod weights;
mod workers;

pub use directory::model_file;
pub use effort::Effort;
pub use scorer::{EngineKind, ModelError, ModelInfo, ModelOptions, Request, Scorer, SignalThresholds, Ticket};
pub use scores::{Evidence, Scores, Sentiment, SentimentLabel};
