//! The commands, as a user runs them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]

mod check;
mod eval;
mod lexicon;
mod query;
mod score;
mod support;
