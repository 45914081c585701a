//! An entity's state as it is kept in `undertone.reputation-state`. docs/schemas/reputation-state.v1.json says the same.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::entity::EntityState;

/// The `schema` field.
pub const SCHEMA: &str = "undertone.reputation-state/1";

/// One entity, and the offset of its partition of the enriched topic that the state stands for. It is written from a reference.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Snapshot<S = EntityState> {
    /// [`SCHEMA`].
    pub schema: Arc<str>,
    /// Partition of the enriched topic.
    pub partition: i32,
    /// How many partitions the enriched topic had.
    pub partitions: i32,
    /// The state holds all events before this offset, and none from it on.
    pub offset: i64,
    /// The book's clock then, in milliseconds since the epoch.
    pub clock: i64,
    /// The state.
    pub state: S,
}

/// The `schema` field of a [`Checkpoint`].
pub const CHECKPOINT: &str = "undertone.reputation-checkpoint/1";

/// Says that all events of a partition before an offset are in the snapshots that stand before it in the log. Without it, one
/// entity that was not spoken of for a month would make a restore read a month of events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// [`CHECKPOINT`].
    pub schema: Arc<str>,
    /// Partition of the enriched topic.
    pub partition: i32,
    /// How many partitions the enriched topic had.
    pub partitions: i32,
    /// What lies before it is kept; a restore reads from here on.
    pub offset: i64,
    /// The book's clock at that offset, in milliseconds since the epoch.
    pub clock: i64,
}
