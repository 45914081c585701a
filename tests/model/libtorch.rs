//! The engine `libtorch`, in float32 on the CPU: against the float reference, against the engine `cpu`, and that padding does not leak.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use undertone::model::{Device, Effort, EngineKind, ModelOptions, Place, Precision, Request, Scorer, Scores};
use undertone::telemetry::Metrics;
use undertone::watch::Topic;

#[cfg(feature = "shared-data")]
use crate::agreement;
use crate::batches::requests;
use crate::{classifiers, golden, signals};

/// Between two ways of adding up the same floats: single precision has 24 bits, and differences of a few of the last grow over twelve layers. A text
/// that saw its neighbours' padding would differ by far more.
const NEAR: f32 = 2e-5;

const CPU: Place = Place { device: Device::Cpu, precision: Precision::Auto };

fn options() -> ModelOptions {
    ModelOptions { engine: EngineKind::Libtorch(CPU), ..crate::options() }
}

fn load(options: &ModelOptions) -> Result<Scorer, String> {
    Scorer::load(options, &[], Arc::new(Metrics::default())).map_err(|error| error.to_string())
}

/// The shipped model at each effort, loaded once.
fn scorer(effort: Effort) -> &'static Scorer {
    static SCORERS: [OnceLock<Scorer>; 3] = [const { OnceLock::new() }; 3];
    SCORERS[effort as usize].get_or_init(|| load(&ModelOptions { effort, ..options() }).unwrap())
}

/// All probabilities of a text.
fn probabilities(scores: &Scores) -> Vec<f32> {
    let sentiments = std::iter::once(&scores.text).chain(&scores.targets);
    sentiments.flat_map(|said| said.probabilities).chain(signals(scores)).collect()
}

fn distance(one: &Scores, other: &Scores) -> f32 {
    let (one, other) = (probabilities(one), probabilities(other));
    assert_eq!(one.len(), other.len());
    one.iter().zip(&other).map(|(one, other)| (one - other).abs()).fold(0.0, f32::max)
}

#[test]
fn it_says_where_and_how_precisely_it_computes() {
    assert_eq!(scorer(Effort::Full).info().engine, "libtorch (cpu, float32)");
}

#[test]
fn labels_and_probabilities_are_those_of_the_float_reference() {
    golden::hold_to_reference(scorer(Effort::Full), [1e-5, 1e-4]);
}

#[test]
fn what_leaves_early_is_told_what_the_float_reference_says_at_that_layer() {
    golden::hold_exits_to_reference(&options(), [1e-5, 1e-4]);
}

#[test]
#[cfg(feature = "shared-data")]
fn it_agrees_with_the_float_reference_on_the_val_sets() {
    let bars = agreement::Bars { agree: 0.999, clear: 1.0, mean: 1e-4, high: 1e-3, loss: 0.02 };
    agreement::hold_to_reference(scorer(Effort::Full), &bars);
}

#[test]
fn each_family_of_classifiers_says_what_it_says_in_pytorch() {
    classifiers::hold_families_to_pytorch(EngineKind::Libtorch(CPU), 1e-4);
}

/// Both engines read the same weights; `cpu` rounds what lies between the layers as well.
#[test]
fn the_engine_cpu_says_the_same_within_its_rounding() {
    let (ours, theirs) = (scorer(Effort::Full).score(requests()).unwrap(), crate::scorer().score(requests()).unwrap());
    for ((request, ours), theirs) in requests().iter().zip(&ours).zip(&theirs) {
        let (text, distance) = (&request.text, distance(ours, theirs));
        assert!(distance < 0.1, "{text}: {distance}");
        assert_eq!(
            (ours.tokens, ours.layers, ours.truncated),
            (theirs.tokens, theirs.layers, theirs.truncated),
            "{text}"
        );
    }
}

#[test]
fn topics_are_found_as_the_engine_cpu_finds_them() {
    let topic = |id: &str, description: &str| Topic {
        id: id.into(),
        name: id.into(),
        description: description.into(),
        examples: Vec::new(),
        threshold: Some(0.0),
    };
    let topics = [topic("delivery", "Delivery of parcels and orders"), topic("price", "Prices and discounts")];
    let found = |options: &ModelOptions| {
        let scorer = Scorer::load(options, &topics, Arc::new(Metrics::default())).unwrap();
        let texts = ["three weeks and the package is still not here", "why did it become so expensive?"];
        let scores =
            scorer.score(texts.map(|text| Request { text: text.into(), ..Request::default() }).to_vec()).unwrap();
        scores.iter().map(|scores| scores.topics.clone()).collect::<Vec<_>>()
    };
    let (ours, theirs) = (found(&options()), found(&crate::options()));
    for (ours, theirs) in ours.iter().flatten().zip(theirs.iter().flatten()) {
        assert!(ours.0 == theirs.0 && (ours.1 - theirs.1).abs() < 0.02, "{ours:?}, cpu {theirs:?}");
    }
    assert_eq!(ours.iter().map(|topics| topics[0].0).collect::<Vec<_>>(), [0, 1]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_text_alone_is_the_text_in_any_company_and_leaves_at_the_same_layer(
        picks in proptest::collection::vec(0usize..12, 1..40),
    ) {
        static ALONE: OnceLock<Vec<Vec<Arc<Scores>>>> = OnceLock::new();
        let alone = ALONE.get_or_init(|| {
            let of = |effort| requests().into_iter().map(|request| scorer(effort).score(vec![request]).unwrap().remove(0)).collect();
            Effort::ALL.into_iter().map(of).collect()
        });
        let requests = requests();
        for (effort, alone) in Effort::ALL.into_iter().zip(alone) {
            let scores = scorer(effort).score(picks.iter().map(|&pick| requests[pick].clone()).collect()).unwrap();
            for (&pick, score) in picks.iter().zip(&scores) {
                let (text, distance) = (&requests[pick].text, distance(score, &alone[pick]));
                prop_assert!(distance <= NEAR, "{effort:?}, {text}: {distance}");
                prop_assert_eq!(score.layers, alone[pick].layers, "{:?}, {}", effort, text);
            }
        }
    }
}

#[test]
fn some_texts_leave_a_batch_where_others_go_on() {
    let scores = scorer(Effort::Balanced).score(requests()).unwrap();
    let layers: BTreeSet<u32> = scores.iter().map(|scores| scores.layers).collect();
    assert!(layers.len() > 1, "all leave at {layers:?}, so that the test above is one of nothing");
}

#[test]
fn a_batch_is_cut_with_its_padding_and_order_is_kept() {
    let small = load(&ModelOptions { batch_tokens: Some(128), workers: Some(1), ..options() }).unwrap();
    let (small, large) = (small.score(requests()).unwrap(), scorer(Effort::Full).score(requests()).unwrap());
    let most = small.iter().zip(&large).map(|(small, large)| distance(small, large)).fold(0.0, f32::max);
    assert!(most <= NEAR, "{most}");
}

#[test]
fn what_is_not_there_is_an_error_that_says_what_is() {
    let with = |device, precision| {
        let engine = EngineKind::Libtorch(Place { device, precision });
        load(&ModelOptions { engine, ..crate::options() }).err().unwrap()
    };
    let told = with(Device::Cuda(99), Precision::Auto);
    assert!(told.starts_with("engine \"libtorch\": device: found \"cuda:99\"; expected one that is there"), "{told}");
    let told = with(Device::Cpu, Precision::Float16);
    assert!(told.starts_with("engine \"libtorch\": precision: found \"float16\" on the CPU"), "{told}");
}
