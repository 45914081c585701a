//! The model stage, with the shipped model.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail")]
#![allow(clippy::print_stdout, reason = "figures, for those who ask for them with --nocapture")]

#[cfg(feature = "shared-data")]
mod agreement;
mod batches;
mod classifiers;
#[path = "../common/classifier.rs"]
mod common_classifier;
#[path = "../common/model.rs"]
mod common_model;
mod effort;
mod errors;
mod golden;
mod languages;
#[cfg(feature = "libtorch")]
mod libtorch;
mod signals;
mod tokenizer;

use std::sync::{Arc, OnceLock};

use proptest::prelude::ProptestConfig;
use undertone::model::{ModelOptions, Scorer, Scores};
use undertone::telemetry::Metrics;

/// Options that look for the model where a user's would be.
fn options() -> ModelOptions {
    ModelOptions { path: None, workers: Some(2), batch_tokens: Some(1024), cache_entries: 0, ..ModelOptions::default() }
}

/// The shipped model, loaded once, without a cache: what is asked twice is computed twice.
fn scorer() -> &'static Scorer {
    static SCORER: OnceLock<Scorer> = OnceLock::new();
    SCORER.get_or_init(|| Scorer::load(&options(), &[], Arc::new(Metrics::default())).unwrap())
}

/// Batches that a property is tried on: 24, or what `PROPTEST_CASES` says, as emulation bears few.
fn cases() -> ProptestConfig {
    let usual = std::env::var_os("PROPTEST_CASES").is_none();
    if usual { ProptestConfig::with_cases(24) } else { ProptestConfig::default() }
}

/// Complaint, offence and spam of the shipped model.
fn signals(scores: &Scores) -> [f32; 3] {
    let signals = scores.signals.unwrap();
    [signals.complaint, signals.offensive, signals.spam]
}
