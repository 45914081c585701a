//! A broken model directory is refused with the file, what was found and what was expected.

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use undertone::model::{ModelOptions, Scorer, model_file};
use undertone::telemetry::Metrics;

use crate::options;

/// A copy of the shipped model whose files may be broken; the large ones are links.
fn copy() -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for name in ["embeddings.safetensors", "encoder.safetensors", "tokenizer.json"] {
        std::os::unix::fs::symlink(model_file(name).unwrap().canonicalize().unwrap(), directory.path().join(name))
            .unwrap();
    }
    for name in ["config.json", "undertone.json"] {
        std::fs::copy(model_file(name).unwrap(), directory.path().join(name)).unwrap();
    }
    directory
}

/// The error of loading what `change` left.
fn refused(change: impl FnOnce(&Path)) -> String {
    let directory = copy();
    change(directory.path());
    let options = ModelOptions { path: Some(directory.path().to_owned()), ..options() };
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
    assert!(error.contains("tensor head.x.weight: not found; expected F32 or F16 of shape [2, 384]"), "{error}");
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
