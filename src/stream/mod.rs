//! Kafka: consume, transact, rebalance, dead letters, lag. Nothing below this room knows Kafka.
//!
//! A chunk of records passes four threads, handed over by channels that hold one chunk at most:
//! `consume` (polls, forms chunks, answers rebalances) → `begin` (decode, match, tokenise) → `finish` (wait for the model,
//! assemble, serialise) → `transact` (produce, offsets, commit). What became of each chunk goes back to `consume`, which alone
//! decides about rewinding. docs/EXACTLY_ONCE.md tells why.

mod assignment;
mod chunk;
mod clients;
mod consume;
mod context;
pub mod core;
pub mod error;
mod feeder;
mod follow;
mod hearing;
mod inprocess;
mod lag;
mod outgoing;
mod owned;
pub mod repute;
pub mod service;
mod sessions;
mod stages;
mod suspect;
pub mod topics;
mod transact;
mod trouble;
mod writer;

pub use clients::{Role, admin};
pub use context::Remembering;
pub use core::Core;
pub use error::RunError;
pub use feeder::{FeedError, Feeder};
pub use follow::follow;
pub use inprocess::InProcessBroker;
pub use repute::Repute;
pub use service::Service;
