//! Tests against a real Apache Kafka: see `support::broker`.

// Helpers are called by tests only: a panic is how they say that something is wrong.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(feature = "shared-data")]
mod airline;
mod alerting;
mod boards;
#[path = "../common/boards.rs"]
mod common_boards;
mod dead_letters;
mod exactly_once;
mod page;
#[path = "../common/planted.rs"]
mod planted;
mod repute;
mod running;
mod support;
mod unruly_core;
mod unruly_reputation;
