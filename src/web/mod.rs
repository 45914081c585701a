//! HTTP: `/livez`, `/readyz`, `/metrics`, and the live page with its stream of events.

pub mod board;
mod events;
pub mod feed;
mod guard;
pub mod health;
mod line;
mod page;
#[cfg(test)]
mod sample;
pub mod server;
pub mod tally;

pub use board::Board;
pub use feed::Feed;
pub use health::Health;
pub use server::{Server, serve};
