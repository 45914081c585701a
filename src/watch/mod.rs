//! The watchlist: entities, their queries, and which mentions concern them.

pub(crate) mod chars;
pub mod entity;
mod fold;
mod hit;
mod matcher;
pub mod phrases;
mod plain;
pub mod query;
mod relation;
mod version;
pub mod watchlist;

pub use entity::{Account, Entity, EntityKind, Space, Topic};
pub use phrases::Phrases;
pub use watchlist::{Match, Relation, Watchlist, WatchlistError};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
