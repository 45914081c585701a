//! Complaint, offence and spam.

use std::sync::Arc;

use serde_json::json;
use undertone::model::{ModelOptions, Request, Scorer};
use undertone::telemetry::Metrics;

use crate::common_model::with;
use crate::{options, signals};

/// The signals of a text from a model with these thresholds.
fn said(thresholds: [f32; 3]) -> [f32; 3] {
    let model = with(|card| {
        for (name, threshold) in ["complaint", "offensive", "spam"].into_iter().zip(thresholds) {
            card["heads"][name]["threshold"] = json!(threshold);
        }
    });
    let options = ModelOptions { path: Some(model.path().to_owned()), ..options() };
    let scorer = Scorer::load(&options, &[], Arc::new(Metrics::default())).unwrap();
    let text = "The new kettle drips a little, is that normal?".into();
    signals(&scorer.score(vec![Request { text, ..Request::default() }]).unwrap()[0])
}

#[test]
fn a_signal_is_a_half_at_the_threshold_of_the_model() {
    let plain = said([0.5; 3]);
    for half in said(plain) {
        assert!((half - 0.5).abs() < 1e-4, "{half}, where the model's own probability is its threshold");
    }
    for (moved, plain) in said([0.9; 3]).into_iter().zip(plain) {
        let odds = |probability: f32| probability / (1.0 - probability);
        assert!((odds(moved) * 9.0 / odds(plain) - 1.0).abs() < 1e-3, "{moved} of {plain}");
    }
}
