//! A message of librdkafka as a record of our own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rdkafka::message::{BorrowedMessage, Headers, Message};

use crate::mention::{Origin, Record};

/// Copies a message.
pub(super) fn owned(message: &BorrowedMessage<'_>, topic: Arc<str>) -> Record {
    let (partition, offset) = (message.partition(), message.offset());
    // rust-rdkafka panics at a header whose key is not UTF-8. Kafka lets producers write such keys, and one of them must not
    // stop the stream: the record is read without its headers.
    let headers = catch_unwind(AssertUnwindSafe(|| headers(message))).unwrap_or_else(|_| {
        tracing::warn!(%topic, partition, offset, "a record has a header whose key is not UTF-8; its headers are left out");
        Vec::new()
    });
    Record {
        origin: Origin { topic, partition, offset },
        key: message.key().map(<[u8]>::to_vec),
        payload: message.payload().map(<[u8]>::to_vec),
        headers,
        timestamp: message.timestamp().to_millis(),
    }
}

fn headers(message: &BorrowedMessage<'_>) -> Vec<(String, Option<Vec<u8>>)> {
    message.headers().map_or_else(Vec::new, |headers| {
        headers.iter().map(|header| (header.key.to_owned(), header.value.map(<[u8]>::to_vec))).collect()
    })
}
