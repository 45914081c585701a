//! The commands, as a user runs them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]

mod check;
mod classifier;
#[path = "../common/classifier.rs"]
mod common_classifier;
#[path = "../common/model.rs"]
mod common_model;
mod effort;
mod eval;
mod lexicon;
mod query;
mod score;
mod support;
