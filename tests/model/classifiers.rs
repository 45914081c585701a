//! Sequence classifiers of Hugging Face, one of each family, against PyTorch.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use undertone::model::SentimentLabel::{Negative, Neutral, Positive};
use undertone::model::tokenizer::Tokenizer;
use undertone::model::{
    ClassifierOptions, Effort, EngineKind, ModelOptions, Request, Scorer, Scores, SentimentLabel, model_file,
};
use undertone::telemetry::Metrics;
use undertone::text::Span;

use crate::common_classifier::{golden, write};
use crate::options;

const KINDS: [&str; 4] = ["bert", "distilbert", "roberta", "xlm-roberta"];

/// What PyTorch said of a text.
#[derive(Deserialize)]
struct Row {
    kind: String,
    text: String,
    ids: Vec<u32>,
    /// In the order of the classifier's outputs.
    probabilities: Vec<f32>,
}

fn labels(labels: &[(&str, SentimentLabel)]) -> ClassifierOptions {
    let labels = labels.iter().map(|(label, sentiment)| ((*label).to_owned(), *sentiment)).collect();
    ClassifierOptions { labels, ..ClassifierOptions::default() }
}

fn load(path: &Path, classifier: ClassifierOptions) -> Result<Scorer, String> {
    load_with(path, classifier, EngineKind::Cpu)
}

fn load_with(path: &Path, classifier: ClassifierOptions, engine: EngineKind) -> Result<Scorer, String> {
    let options = ModelOptions { path: Some(path.to_owned()), engine, classifier, ..options() };
    Scorer::load(&options, &[], Arc::new(Metrics::default())).map_err(|error| error.to_string())
}

/// What a kind's labels stand for, in the order of its outputs, and what must be said of them.
fn meant(kind: &str) -> (Vec<SentimentLabel>, ClassifierOptions) {
    match kind {
        // As cardiffnlp's sets of three count; the middle one for the second is on purpose not the middle of the outputs.
        "bert" => {
            let of = [("LABEL_0", Neutral), ("LABEL_1", Negative), ("LABEL_2", Positive)];
            (of.map(|(_, sentiment)| sentiment).into(), labels(&of))
        }
        "distilbert" => (vec![Negative, Positive], ClassifierOptions::default()),
        _ => (vec![Negative, Neutral, Positive], ClassifierOptions::default()),
    }
}

fn asked(text: &str) -> Request {
    Request { text: text.to_owned(), ..Request::default() }
}

#[test]
fn each_family_says_what_it_says_in_pytorch() {
    hold_families_to_pytorch(EngineKind::Cpu, 0.02);
}

/// Every kind's probabilities are as near to PyTorch's.
pub(crate) fn hold_families_to_pytorch(engine: EngineKind, near: f32) {
    for kind in KINDS {
        let rows: Vec<Row> = golden::<Row>().into_iter().filter(|row| row.kind == kind).collect();
        assert_eq!(rows.len(), 8);
        let directory = write(kind);
        let (sentiments, options) = meant(kind);
        let scorer = load_with(directory.path(), options, engine).unwrap();
        let scores = scorer.score(rows.iter().map(|row| asked(&row.text)).collect()).unwrap();
        for (row, scores) in rows.iter().zip(&scores) {
            let mut expected = [0.0; 3];
            sentiments
                .iter()
                .zip(&row.probabilities)
                .for_each(|(sentiment, said)| expected[*sentiment as usize] += said);
            assert_eq!(scores.tokens as usize, row.ids.len(), "{kind}: {:?}", row.text);
            assert_eq!(scores.truncated, row.ids.len() == 64, "{kind}: {:?}", row.text);
            for (ours, theirs) in scores.text.probabilities.iter().zip(expected) {
                let found = scores.text.probabilities;
                assert!((ours - theirs).abs() < near, "{kind}, {:?}: {found:?}; PyTorch {expected:?}", row.text);
            }
            assert!(scores.signals.is_none() && scores.topics.is_empty() && scores.text.evidence.is_empty());
        }
    }
}

#[test]
fn tokens_are_those_of_the_library_in_every_family() {
    for row in golden::<Row>() {
        let directory = write(&row.kind);
        let tokenizer = Tokenizer::load_any(&directory.path().join("tokenizer.json")).unwrap();
        let tokens = tokenizer.tokens(&row.text);
        let inner = &row.ids[1..row.ids.len() - 1];
        let ids: Vec<u32> = tokens.iter().map(|token| token.id).take(62).collect();
        assert_eq!(
            (tokenizer.begin, &ids[..], tokenizer.end),
            (row.ids[0], inner, row.ids[row.ids.len() - 1]),
            "{}",
            row.kind
        );
        assert!(tokens.iter().all(|token| row.text.get(token.span.start as usize..token.span.end as usize).is_some()));
    }
}

#[test]
fn what_it_says_of_a_text_it_says_of_every_entity_in_it_and_alone_as_in_company() {
    let directory = write("roberta");
    let scorer = load(directory.path(), ClassifierOptions::default()).unwrap();
    let all: Vec<Request> = golden::<Row>().iter().map(|row| asked(&row.text)).collect();
    let together = scorer.score(all.clone()).unwrap();
    for (request, together) in all.into_iter().zip(together) {
        let target = Request { targets: vec![vec![Span::new(0, 2)], vec![]], ..request };
        let alone: Arc<Scores> = scorer.score(vec![target]).unwrap().remove(0);
        assert_eq!(alone.text, together.text, "to the last bit");
        assert_eq!(alone.targets, [together.text.clone(), together.text.clone()]);
    }
}

#[test]
fn it_abstains_below_the_bound_it_was_given() {
    let directory = write("roberta");
    for (bound, abstains) in [(0.0, false), (0.99, true)] {
        let options = ClassifierOptions { abstain_below: bound, ..ClassifierOptions::default() };
        let scores = load(directory.path(), options).unwrap().score(vec![asked("ok")]).unwrap();
        assert_eq!(scores[0].text.abstained, abstains);
    }
}

#[test]
fn it_is_called_by_its_folder_and_a_version_that_changes_with_its_weights() {
    let (one, other) = (write("roberta"), write("distilbert"));
    let [one, other] = [&one, &other].map(|directory| {
        let scorer = load(directory.path(), ClassifierOptions::default()).unwrap();
        assert_eq!(scorer.info().name, directory.path().file_name().unwrap().to_str().unwrap());
        scorer.info().version.clone()
    });
    assert!(one.len() == 16 && one != other, "{one} {other}");
}

/// The error of loading a classifier that `change` left.
fn refused(kind: &str, change: impl FnOnce(&Path)) -> String {
    let directory = write(kind);
    change(directory.path());
    match load(directory.path(), meant(kind).1) {
        Ok(_) => panic!("a broken classifier was accepted"),
        Err(error) => error,
    }
}

fn edit(path: &Path, change: impl FnOnce(&mut Value)) {
    let path = path.join("config.json");
    let mut config: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut config);
    std::fs::write(path, config.to_string()).unwrap();
}

#[test]
fn what_cannot_be_read_is_refused_with_the_file_and_the_way_out() {
    let error = match load(write("bert").path(), ClassifierOptions::default()) {
        Ok(_) => panic!("labels that say nothing were accepted"),
        Err(error) => error,
    };
    assert!(error.contains("config.json: id2label: found [\"LABEL_0\"") && error.contains("--label"), "{error}");

    let error = refused("bert", |path| edit(path, |config| config["architectures"] = json!(["BertForMaskedLM"])));
    assert!(error.contains("config.json: architectures: found [\"BertForMaskedLM\"]"), "{error}");
    assert!(error.contains("RobertaForSequenceClassification") && error.contains("undertone.json"), "{error}");

    let error = refused("bert", |path| edit(path, |config| config["position_embedding_type"] = json!("relative_key")));
    assert!(error.contains("position_embedding_type: found \"relative_key\"; expected \"absolute\""), "{error}");

    let error = refused("roberta", |path| edit(path, |config| config["num_attention_heads"] = json!(8)));
    assert!(error.contains("model.safetensors") && error.contains("expects heads of 32 or 64"), "{error}");

    let error = refused("roberta", |path| edit(path, |config| config["intermediate_size"] = json!(512)));
    assert!(
        error.contains("roberta.encoder.layer.0.intermediate.dense.weight: found F32 of shape [256, 128]"),
        "{error}"
    );

    let error = refused("roberta", |path| std::fs::remove_file(path.join("model.safetensors")).unwrap());
    assert!(error.contains("model.safetensors: cannot be read"), "{error}");

    let error = refused("roberta", |path| std::fs::write(path.join("tokenizer.json"), "{}").unwrap());
    assert!(error.contains("tokenizer.json: expected a tokenizer of Hugging Face"), "{error}");

    let error = refused("roberta", |path| {
        std::fs::rename(path.join("model.safetensors"), path.join("model-00001-of-00002.safetensors")).unwrap();
        std::fs::write(path.join("model.safetensors.index.json"), "{}").unwrap();
    });
    assert!(error.contains("weights in several files"), "{error}");
}

#[test]
fn labels_that_are_not_named_are_those_of_the_library_and_a_model_of_ours_takes_none() {
    let error =
        refused("distilbert", |path| edit(path, |config| drop(config.as_object_mut().unwrap().remove("id2label"))));
    assert!(error.contains("found [\"LABEL_0\", \"LABEL_1\"]"), "{error}");
    let ours = model_file("undertone.json").unwrap();
    let error = load(ours.parent().unwrap(), labels(&[("LABEL_0", Negative)])).err().unwrap();
    assert!(error.contains("labels: found \"LABEL_0\"; expected none"), "{error}");
}

#[test]
fn less_effort_needs_exits_which_a_classifier_has_not() {
    let directory = write("roberta");
    let options = ModelOptions { path: Some(directory.path().to_owned()), effort: Effort::Fast, ..options() };
    let error = Scorer::load(&options, &[], Arc::new(Metrics::default())).err().unwrap().to_string();
    assert!(error.contains("effort: found \"fast\"; expected \"full\""), "{error}");
}
