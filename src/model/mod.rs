//! The model stage: normalised texts in, scores out. The only room that knows tensors.
//!
//! [`Scorer`] is its door. Behind it: identical inputs are scored once (in the chunk and through a bounded cache), the rest
//! is tokenised in parallel, sorted by length, cut into batches by token budget, encoded by one pinned worker per core,
//! read by the heads (which may let a text leave before the last layer), and scattered back into the order it came in.

mod architecture;
mod batch;
mod cache;
mod card;
mod caught;
mod classifier;
mod directory;
mod effort;
pub mod engine;
mod evidence;
mod head;
mod heads;
mod input;
mod labels;
mod loaded;
mod math;
mod reader;
pub mod scorer;
pub mod scores;
mod stored;
pub mod tokenizer;
mod topics;
mod weights;
mod workers;

pub use directory::model_file;
pub use effort::Effort;
pub use engine::choice::{Device, EngineKind, Place, Precision};
pub use scorer::{ClassifierOptions, ModelError, ModelInfo, ModelOptions, Request, Scorer, Ticket};
pub use scores::{Evidence, Scores, Sentiment, SentimentLabel, Signals};
