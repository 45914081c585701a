//! The second stage as a service: enriched events in, standings, alerts and snapshots out, one transaction a chunk.
//!
//! One thread owns consumer, books and producer, since adding up is cheap: [`serve`] polls a chunk, folds it into the books of
//! its partitions ([`part`]), and commits what is due with the offsets ([`outbox`]). What a partition's entities add up to is
//! kept in a changelog ([`changelog`]) and read back when the partition is assigned ([`restore`]). After an abort the books hold
//! events that were not committed, so they are dropped and restored as well: there is one way to come by a book, and it is that.
//! docs/EXACTLY_ONCE.md tells the rest.

mod changelog;
mod due;
mod outbox;
mod part;
mod placement;
mod reading;
mod restore;
mod rounds;
mod serve;
mod service;

pub use part::Fold;
pub use service::Repute;
