//! Who leaves early, and that nobody else notices.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use serde_json::json;
use undertone::model::{Effort, ModelOptions, Request, Scorer, Scores};
use undertone::telemetry::Metrics;

use crate::batches::requests;
use crate::common_model::{exit, with};
use crate::{cases, options, signals};

/// Layers of the exits, and of the whole.
const FIRST: usize = 4;
const SECOND: usize = 8;
const ALL: usize = 12;

fn load(path: &Path, effort: Effort, metrics: Arc<Metrics>) -> Scorer {
    Scorer::load(&ModelOptions { path: Some(path.to_owned()), effort, ..options() }, &[], metrics).unwrap()
}

/// Each request on its own.
fn alone(scorer: &Scorer) -> Vec<Arc<Scores>> {
    requests().into_iter().map(|request| scorer.score(vec![request]).unwrap().remove(0)).collect()
}

/// What every request is told by a model that all leave after so many layers.
fn all_leave_at(layers: usize) -> Vec<Arc<Scores>> {
    let model = with(|card| card["exits"] = json!([exit(layers, json!({"fast": 0.0}))]));
    alone(&load(model.path(), Effort::Fast, Arc::default()))
}

/// The probability of the least sure answer.
fn sureness(scores: &Scores) -> f32 {
    let sentiments = if scores.targets.is_empty() { std::slice::from_ref(&scores.text) } else { &scores.targets[..] };
    let sentiments = sentiments.iter().map(|said| said.probabilities.iter().copied().fold(0.0, f32::max));
    let signals = signals(scores).map(|yes| yes.max(1.0 - yes));
    sentiments.chain(signals).fold(1.0, f32::min)
}

/// A bound that a share of these reach.
fn bound<'a>(scores: impl IntoIterator<Item = &'a Arc<Scores>>, share: f64) -> f32 {
    let mut sure: Vec<f32> = scores.into_iter().map(|scores| sureness(scores)).collect();
    sure.sort_by(|a, b| b.total_cmp(a));
    sure[((sure.len() as f64 * share) as usize).min(sure.len() - 1)]
}

/// A level, its scorer, and what it should say of each request.
struct Level {
    scorer: Scorer,
    expected: Vec<Arc<Scores>>,
}

/// One model with two exits, at all three levels. The bounds are such that some leave at each exit and some at none.
static LEVELS: LazyLock<Vec<Level>> = LazyLock::new(|| {
    let whole = alone(&load(with(|_| {}).path(), Effort::Full, Arc::default()));
    let (first, second) = (all_leave_at(FIRST), all_leave_at(SECOND));
    // A text that is just sure enough leaves, and one that misses the bound by the last bit does not: each would tell
    // if its sureness were another in company.
    let bounds = |share: f64, nudge: fn(f32) -> f32| {
        let early = nudge(bound(&first, share));
        let rest = first.iter().zip(&second).filter(|(first, _)| sureness(first) < early).map(|(_, second)| second);
        (early, nudge(bound(rest, share)))
    };
    let (balanced, fast) = (bounds(0.2, |bound| bound), bounds(0.5, f32::next_up));
    let model = with(|card| {
        let sure = |balanced: f32, fast: f32| json!({ "balanced": balanced, "fast": fast });
        card["exits"] = json!([exit(FIRST, sure(balanced.0, fast.0)), exit(SECOND, sure(balanced.1, fast.1))]);
    });
    let level = |effort, bounds: Option<(f32, f32)>| {
        let expected = (0..whole.len()).map(|at| match bounds {
            Some((early, _)) if sureness(&first[at]) >= early => first[at].clone(),
            Some((_, late)) if sureness(&second[at]) >= late => second[at].clone(),
            _ => whole[at].clone(),
        });
        Level { expected: expected.collect(), scorer: load(model.path(), effort, Arc::default()) }
    };
    vec![level(Effort::Full, None), level(Effort::Balanced, Some(balanced)), level(Effort::Fast, Some(fast))]
});

/// How many of these left after so many layers.
fn left(scores: &[Arc<Scores>], layers: usize) -> usize {
    scores.iter().filter(|scores| scores.layers as usize == layers).count()
}

#[test]
fn alone_a_text_leaves_at_the_first_exit_where_its_least_sure_answer_is_sure_enough() {
    for level in &*LEVELS {
        assert_eq!(alone(&level.scorer), level.expected, "{:?}", level.scorer.info().effort);
    }
    let [full, balanced, fast] = &LEVELS[..] else { panic!("three levels") };
    assert_eq!(left(&full.expected, ALL), requests().len());
    for level in [balanced, fast] {
        let counts = [FIRST, SECOND, ALL].map(|layers| left(&level.expected, layers));
        assert!(counts.iter().all(|&count| count > 0), "a test of nothing: {counts:?}");
    }
    assert!(left(&fast.expected, ALL) < left(&balanced.expected, ALL));
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn in_any_company_a_text_leaves_where_it_would_alone_with_the_same_numbers_to_the_last_bit(
        picks in proptest::collection::vec(0usize..12, 1..40),
    ) {
        let requests = requests();
        for Level { scorer, expected } in &*LEVELS {
            let scores = scorer.score(picks.iter().map(|&pick| requests[pick].clone()).collect()).unwrap();
            prop_assert_eq!(scores.len(), picks.len());
            for (&pick, score) in picks.iter().zip(&scores) {
                prop_assert_eq!(score, &expected[pick], "{:?}: {}", scorer.info().effort, requests[pick].text);
            }
        }
    }
}

#[test]
fn texts_are_counted_by_the_layers_they_went_through_and_every_depth_stands_at_zero_first() {
    let model = with(|card| {
        card["exits"] = json!([exit(FIRST, json!({"fast": 1.0})), exit(SECOND, json!({"fast": 0.0}))]);
    });
    let metrics = Arc::<Metrics>::default();
    let scorer = load(model.path(), Effort::Fast, metrics.clone());
    let count = |layers: usize| {
        let series = format!("undertone_scored_total{{layers=\"{layers}\"}} ");
        metrics.render().lines().find_map(|line| line.strip_prefix(&series)?.parse::<usize>().ok())
    };
    assert_eq!([FIRST, SECOND, ALL].map(count), [Some(0); 3]);
    let texts = requests();
    scorer.score(texts.clone()).unwrap();
    assert_eq!([FIRST, SECOND, ALL].map(count), [Some(0), Some(texts.len()), Some(0)]);

    let metrics = Arc::<Metrics>::default();
    load(model.path(), Effort::Full, metrics.clone());
    assert!(!metrics.render().contains("layers=\"8\""), "a depth that nobody leaves at is no series");
}

#[test]
fn a_level_that_one_exit_does_not_name_passes_it_by() {
    let model = with(|card| {
        card["exits"] = json!([exit(FIRST, json!({"fast": 0.0})), exit(SECOND, json!({"fast": 0.0, "balanced": 0.0}))]);
    });
    let at = |effort| {
        let request = Request { text: "Nova linija radi odlično".into(), ..Request::default() };
        load(model.path(), effort, Arc::default()).score(vec![request]).unwrap().remove(0).layers as usize
    };
    assert_eq!([Effort::Full, Effort::Balanced, Effort::Fast].map(at), [ALL, SECOND, FIRST]);
}
