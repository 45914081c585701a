//! What passes between Undertone and the world: input as it comes, output as documented.
// Helpers of tests may panic as tests may.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod asyncapi;
mod boards;
#[path = "../common/boards.rs"]
mod common_boards;
#[cfg(feature = "shared-data")]
mod community;
mod configuration;
mod decode;
mod mappings;
mod normalise;
#[path = "../common/planted.rs"]
mod planted;
mod records;
mod rules;
mod schemas;
mod support;
