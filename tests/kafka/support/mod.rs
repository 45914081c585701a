//! What the tests with a real Kafka share.

pub(crate) mod broker;
pub(crate) mod daemon;
pub(crate) mod events;
pub(crate) mod posts;
pub(crate) mod process;
pub(crate) mod prometheus;
pub(crate) mod topics;
pub(crate) mod webhook;
pub(crate) mod within;
pub(crate) mod world;
