//! Calibration by language.

use std::sync::Arc;

use serde_json::json;
use undertone::model::{ModelOptions, Request, Scorer, Scores};
use undertone::telemetry::Metrics;

use crate::common_model::with;
use crate::options;

fn scorer() -> Scorer {
    let model = with(|card| {
        card["calibration"] = json!({"temperature": 1.0, "languages": {"vi": 2.0, "sr": 100.0}, "abstain_below": 0.4});
    });
    let options = ModelOptions { path: Some(model.path().to_owned()), cache_entries: 100, ..options() };
    Scorer::load(&options, &[], Arc::new(Metrics::default())).unwrap()
}

/// One text, said to be in this language.
fn said(scorer: &Scorer, language: &'static str) -> Arc<Scores> {
    let text = "The parcel came late and the box was wet".into();
    scorer.score(vec![Request { text, language: language.into(), ..Request::default() }]).unwrap().remove(0)
}

/// How far apart negative and positive are, as logits.
fn apart(scores: &Scores) -> f32 {
    let [negative, _, positive] = scores.text.probabilities;
    (negative / positive).ln()
}

#[test]
fn the_temperature_is_that_of_the_language_and_the_cache_tells_languages_apart() {
    let scorer = scorer();
    let (english, vietnamese, serbian) = (said(&scorer, "en"), said(&scorer, "vi"), said(&scorer, "sr"));
    assert!(apart(&english) > 0.5, "clearly negative: {english:?}");
    assert!((apart(&english) / apart(&vietnamese) - 2.0).abs() < 1e-3, "{english:?} {vietnamese:?}");
    assert!((apart(&english) / apart(&serbian) - 100.0).abs() < 1.0, "{english:?} {serbian:?}");
    assert_eq!(vietnamese.signals, english.signals, "signals are not its business");
    assert!(serbian.text.abstained && !english.text.abstained, "nobody is sure at such a temperature");
}

#[test]
fn a_language_that_is_not_listed_takes_the_temperature_of_all() {
    let scorer = scorer();
    let english = said(&scorer, "en");
    for language in ["und", "", "is"] {
        assert_eq!(said(&scorer, language), english, "{language:?}");
    }
}
