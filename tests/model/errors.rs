//! A broken model directory is refused with the file, what was found and what was expected.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};
use undertone::model::{Effort, ModelOptions, Scorer};
use undertone::telemetry::Metrics;

use crate::common_model::{copy, exit, with};
use crate::options;

/// The error of loading what `change` left.
fn refused(change: impl FnOnce(&Path)) -> String {
    let directory = copy();
    change(directory.path());
    error(directory.path(), Effort::Full)
}

/// The error of loading a model.
fn error(path: &Path, effort: Effort) -> String {
    let options = ModelOptions { path: Some(path.to_owned()), effort, ..options() };
    match Scorer::load(&options, &[], Arc::new(Metrics::default())) {
        Ok(_) => panic!("a broken model was accepted"),
        Err(error) => error.to_string(),
    }
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in {}", path.display());
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_missing_directory() {
    let error = refused(|path| std::fs::remove_dir_all(path).unwrap());
    assert!(error.contains("config.json: cannot be read"), "{error}");
}

#[test]
fn a_missing_file() {
    let error = refused(|path| std::fs::remove_file(path.join("tokenizer.json")).unwrap());
    assert!(error.contains("tokenizer.json: cannot be read"), "{error}");
}

#[test]
fn a_file_of_another_kind() {
    let error = refused(|path| {
        std::fs::remove_file(path.join("encoder.safetensors")).unwrap();
        std::fs::write(path.join("encoder.safetensors"), "hello").unwrap();
    });
    assert!(error.contains("encoder.safetensors: expected a safetensors file"), "{error}");
}

#[test]
fn a_tensor_of_another_shape() {
    let error = refused(|path| edit(&path.join("config.json"), "1536", "1600"));
    assert!(error.contains("encoder.layer.0.intermediate.dense.weight"), "{error}");
    assert!(error.contains("found I8 of shape [1536, 384]; expected I8 of shape [1600, 384]"), "{error}");
}

#[test]
fn a_head_that_is_not_there() {
    let error = refused(|path| edit(&path.join("undertone.json"), "head.c.weight", "head.x.weight"));
    assert!(error.contains("tensor head.x.weight: not found; expected F32, F16 or BF16 of shape [2, 384]"), "{error}");
}

#[test]
fn a_format_of_the_future() {
    let error = refused(|path| edit(&path.join("undertone.json"), "\"format\": 1", "\"format\": 2"));
    assert!(error.contains("undertone.json: format: found 2; expected 1"), "{error}");
}

#[test]
fn a_field_nobody_knows() {
    let error = refused(|path| edit(&path.join("undertone.json"), "\"prefix\"", "\"prefiks\""));
    assert!(error.contains("undertone.json") && error.contains("prefiks") && error.contains("line"), "{error}");
}

#[test]
fn an_architecture_the_kernels_do_not_fit() {
    let error = refused(|path| edit(&path.join("config.json"), "\"gelu\"", "\"relu\""));
    assert!(error.contains("hidden_act: found \"relu\"; expected \"gelu\""), "{error}");
}

#[test]
fn a_tokenizer_of_another_kind() {
    let error = refused(|path| {
        std::fs::remove_file(path.join("tokenizer.json")).unwrap();
        let other = r#"{"added_tokens":[],"normalizer":null,"pre_tokenizer":{"type":"Whitespace"},"model":{"type":"WordPiece","unk_id":0,"vocab":[["a",0.0]]}}"#;
        std::fs::write(path.join("tokenizer.json"), other).unwrap();
    });
    assert!(error.contains("model: found WordPiece; expected Unigram"), "{error}");
}

#[test]
#[cfg(not(feature = "libtorch"))]
fn an_engine_that_the_program_was_built_without_says_how_to_build_it() {
    let engine = undertone::model::EngineKind::Libtorch(undertone::model::Place::default());
    let options = ModelOptions { engine, ..options() };
    let told = Scorer::load(&options, &[], Arc::new(Metrics::default())).err().unwrap().to_string();
    assert!(told.contains("engine \"libtorch\": found a program that was built without it"), "{told}");
    assert!(told.contains("--features libtorch") && told.contains("docs/ENGINES.md"), "{told}");
}

/// The error of loading a model with these exits.
fn refused_exits(exits: Value) -> String {
    error(with(|card| card["exits"] = exits).path(), Effort::Full)
}

#[test]
fn exits_out_of_place() {
    let at = |layers: &[usize]| refused_exits(layers.iter().map(|&layer| exit(layer, json!({}))).collect());
    assert!(at(&[0]).contains("undertone.json: exits[0].layer: found 0; expected 1 to 11"), "{}", at(&[0]));
    assert!(at(&[12]).contains("exits[0].layer: found 12; expected 1 to 11"), "{}", at(&[12]));
    assert!(
        at(&[6, 4]).contains("exits[1].layer: found 4; expected 7 to 11: above the exit before"),
        "{}",
        at(&[6, 4])
    );
    assert!(at(&[6, 6]).contains("exits[1].layer: found 6; expected 7 to 11"), "{}", at(&[6, 6]));
}

#[test]
fn an_exit_whose_tensors_are_not_there_or_of_another_shape_even_where_nobody_takes_it() {
    let head = |name: &str| {
        let mut exit = exit(6, json!({}));
        exit["heads"]["spam"]["weight"] = name.into();
        refused_exits(json!([exit]))
    };
    let missing = head("exit5.p.weight");
    assert!(
        missing.contains("tensor exit5.p.weight: not found; expected F32, F16 or BF16 of shape [2, 384]"),
        "{missing}"
    );
    let wrong = head("head.s.weight");
    let expected = "tensor head.s.weight: found F32 of shape [3, 384]; expected F32, F16 or BF16 of shape [2, 384]";
    assert!(wrong.contains(expected), "{wrong}");
}

#[test]
fn an_exit_with_a_bound_that_is_no_probability_or_a_level_nobody_knows() {
    let error = refused_exits(json!([exit(6, json!({"fast": 0.8})), exit(8, json!({"balanced": 1.5}))]));
    assert!(error.contains("exits[1].sure.balanced: found 1.5; expected 0 to 1"), "{error}");
    let error = refused_exits(json!([exit(6, json!({"quick": 0.8}))]));
    assert!(error.contains("quick") && error.contains("balanced"), "{error}");
    let mut unfinished = exit(6, json!({}));
    unfinished["heads"].as_object_mut().unwrap().remove("offensive");
    let error = refused_exits(json!([unfinished]));
    assert!(error.contains("missing field `offensive`") && error.contains("line"), "{error}");
}

#[test]
fn temperatures_that_are_none() {
    let model = with(|card| card["calibration"]["languages"] = json!({"vi": 0.0}));
    let told = error(model.path(), Effort::Full);
    assert!(told.contains("calibration.languages.vi: found 0; expected above 0"), "{told}");
    let mut exit = exit(6, json!({}));
    exit["calibration"]["languages"] = json!({"Serbian": 1.2});
    let told = refused_exits(json!([exit]));
    assert!(told.contains("exits[0].calibration.languages: found \"Serbian\"; expected ISO 639-1 codes"), "{told}");
}

#[test]
fn an_effort_that_the_model_has_no_exit_for() {
    let told = error(with(|_| {}).path(), Effort::Fast);
    let expected = "undertone.json: exits: found none; expected one with sure.fast for effort \"fast\"";
    assert!(told.contains(expected), "{told}");
    let other = with(|card| card["exits"] = json!([exit(6, json!({"fast": 0.8}))]));
    let told = error(other.path(), Effort::Balanced);
    assert!(told.contains("exits: found none with sure.balanced; expected one with sure.balanced"), "{told}");
}

#[test]
fn a_threshold_that_no_probability_passes() {
    let model = with(|card| card["heads"]["spam"]["threshold"] = json!(1.0));
    let error = error(model.path(), Effort::Full);
    assert!(error.contains("heads.spam.threshold: found 1; expected above 0 and below 1"), "{error}");
}
