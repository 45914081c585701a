//! A Kafka record, without Kafka.

use std::sync::Arc;

/// Where a record came from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Topic.
    pub topic: Arc<str>,
    /// Partition.
    pub partition: i32,
    /// Offset.
    pub offset: i64,
}

/// A record as it came. Files and the demo make them too, with an origin of their own.
#[derive(Debug, Clone)]
pub struct Record {
    /// Where it came from.
    pub origin: Origin,
    /// Its key, untouched.
    pub key: Option<Vec<u8>>,
    /// Its value, untouched; `None` is a tombstone.
    pub payload: Option<Vec<u8>>,
    /// Its headers, untouched and in order.
    pub headers: Vec<(String, Option<Vec<u8>>)>,
    /// The record's own timestamp, in milliseconds since the epoch, where it has one.
    pub timestamp: Option<i64>,
}
