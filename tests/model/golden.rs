//! Against the float32 reference (`models/golden.py`: PyTorch on the same stored weights).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use undertone::model::tokenizer::Tokenizer;
use undertone::model::{Effort, ModelOptions, Request, Scorer, Sentiment, model_file};
use undertone::telemetry::Metrics;
use undertone::text::Span;

use crate::{options, scorer, signals};

/// A row of the reference.
#[derive(Debug, Deserialize)]
struct Row {
    text: String,
    targets: Vec<Vec<[u32; 2]>>,
    ids: Vec<u32>,
    text_probs: [f32; 3],
    target_probs: Vec<[f32; 3]>,
    complaint: f32,
    offensive: f32,
    spam: f32,
    /// By layer.
    exits: BTreeMap<u32, Exit>,
}

/// What the heads of an earlier layer say, before the temperature.
#[derive(Debug, Deserialize)]
struct Exit {
    text_logits: [f32; 3],
    target_logits: Vec<[f32; 3]>,
    complaint: f32,
    offensive: f32,
    spam: f32,
}

impl Row {
    /// The request that the row answers.
    fn request(&self) -> Request {
        let spans = |target: &Vec<[u32; 2]>| target.iter().map(|[start, end]| Span::new(*start, *end)).collect();
        Request { text: self.text.clone(), targets: self.targets.iter().map(spans).collect(), ..Request::default() }
    }
}

fn rows(path: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn own_rows() -> Vec<Row> {
    rows(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/model/golden.jsonl"))
}

/// The likeliest class, and by how much.
pub(crate) fn label(probabilities: &[f32; 3]) -> (usize, f32) {
    let mut order = [0, 1, 2];
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    (order[0], probabilities[order[0]] - probabilities[order[1]])
}

#[test]
fn token_ids_are_those_of_the_original_tokenizer() {
    let tokenizer = Tokenizer::load(&model_file("tokenizer.json").unwrap()).unwrap();
    for row in own_rows() {
        let mut ids = vec![tokenizer.begin];
        ids.extend(tokenizer.tokens(&format!("query: {}", row.text)).iter().map(|token| token.id).take(126));
        ids.push(tokenizer.end);
        assert_eq!(ids, row.ids, "{}", row.text);
    }
}

#[test]
fn labels_and_probabilities_are_those_of_the_float_reference() {
    hold_to_reference(scorer(), [0.01, 0.1]);
}

/// Labels with a margin of 0.05 are the reference's, and probabilities are as near, on average and at most.
pub(crate) fn hold_to_reference(scorer: &Scorer, near: [f32; 2]) {
    println!("{}", scorer.info().engine);
    let rows = own_rows();
    let scores = scorer.score(rows.iter().map(Row::request).collect()).unwrap();
    let mut distances = Vec::new();
    for (row, scores) in rows.iter().zip(&scores) {
        let mut compare = |what: &str, ours: &Sentiment, reference: &[f32; 3]| {
            let (expected, margin) = label(reference);
            if margin >= 0.05 {
                let ours = &ours.probabilities;
                assert_eq!(label(ours).0, expected, "{what} of {:?}: {ours:?}, reference {reference:?}", row.text);
            }
            distances.extend(ours.probabilities.iter().zip(reference).map(|(a, b)| (a - b).abs()));
        };
        compare("text", &scores.text, &row.text_probs);
        assert_eq!(scores.targets.len(), row.targets.len());
        for (ours, reference) in scores.targets.iter().zip(&row.target_probs) {
            compare("target", ours, reference);
        }
        for (ours, reference) in signals(scores).into_iter().zip([row.complaint, row.offensive, row.spam]) {
            distances.push((ours - reference).abs());
        }
        assert_eq!(scores.tokens as usize, row.ids.len());
    }
    assert_near(&distances, near);
}

/// That distances are small, on average and at most.
fn assert_near(distances: &[f32], near: [f32; 2]) {
    let mean = distances.iter().sum::<f32>() / distances.len() as f32;
    let most = distances.iter().copied().fold(0.0, f32::max);
    println!("mean distance {mean}, most {most}");
    assert!(mean <= near[0] && most <= near[1], "mean distance {mean}, most {most}; expected at most {near:?}");
}

/// The temperature of each exit for a text whose language is not told.
fn temperatures() -> BTreeMap<u32, f32> {
    let card = std::fs::read_to_string(model_file("undertone.json").unwrap()).unwrap();
    let card: serde_json::Value = serde_json::from_str(&card).unwrap();
    let of = |exit: &serde_json::Value| {
        let temperature = exit["calibration"]["temperature"].as_f64().unwrap();
        (exit["layer"].as_u64().unwrap() as u32, temperature as f32)
    };
    card["exits"].as_array().unwrap().iter().map(of).collect()
}

fn softmax(logits: &[f32; 3], temperature: f32) -> [f32; 3] {
    let powers = logits.map(|logit| (logit / temperature).exp());
    powers.map(|power| power / powers.iter().sum::<f32>())
}

#[test]
fn a_text_that_leaves_early_is_told_what_the_float_reference_says_at_that_layer() {
    hold_exits_to_reference(&options(), [0.01, 0.1]);
}

/// As [`hold_to_reference`], of what leaves early.
pub(crate) fn hold_exits_to_reference(options: &ModelOptions, near: [f32; 2]) {
    let (rows, temperatures) = (own_rows(), temperatures());
    let mut distances = Vec::new();
    let mut left: BTreeMap<u32, usize> = BTreeMap::new();
    for effort in [Effort::Balanced, Effort::Fast] {
        let options = ModelOptions { effort, ..options.clone() };
        let scorer = Scorer::load(&options, &[], Arc::new(Metrics::default())).unwrap();
        let scores = scorer.score(rows.iter().map(Row::request).collect()).unwrap();
        for (row, scores) in rows.iter().zip(&scores) {
            let Some(&temperature) = temperatures.get(&scores.layers) else { continue };
            let said = &row.exits[&scores.layers];
            *left.entry(scores.layers).or_default() += 1;
            let ours = std::iter::once(&scores.text).chain(&scores.targets);
            let reference = std::iter::once(&said.text_logits).chain(&said.target_logits);
            for (ours, logits) in ours.zip(reference) {
                let reference = softmax(logits, temperature);
                distances.extend(ours.probabilities.iter().zip(reference).map(|(a, b)| (a - b).abs()));
            }
            let told = signals(scores).into_iter().zip([said.complaint, said.offensive, said.spam]);
            distances.extend(told.map(|(ours, reference)| (ours - reference).abs()));
        }
    }
    assert_eq!(left.keys().collect::<Vec<_>>(), temperatures.keys().collect::<Vec<_>>(), "texts leave at every exit");
    println!("{left:?} left early");
    assert_near(&distances, near);
}
