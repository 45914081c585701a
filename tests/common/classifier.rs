//! Small random classifiers of Hugging Face, one of each family, written by a formula: `tests/model/classifiers.py` asked PyTorch
//! about the same ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use undertone::model::model_file;

/// The tensors of a kind.
#[derive(Deserialize)]
struct Shapes {
    kind: String,
    shapes: BTreeMap<String, Vec<usize>>,
}

/// Where configurations, tokenizers and goldens lie.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/model/classifiers")
}

/// The rows of the goldens that are of a kind of row.
pub(crate) fn golden<T: for<'de> Deserialize<'de>>() -> Vec<T> {
    let text = std::fs::read_to_string(folder().join("golden.jsonl")).unwrap();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// A tensor by a formula of its name, as in `classifiers.py`.
fn weights(name: &str, shape: &[usize]) -> Vec<u8> {
    let mut state = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let shift = if name.to_lowercase().contains("norm") && name.ends_with("weight") { 1.0 } else { 0.0 };
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (((state >> 40) as f64 / f64::from(1 << 24) - 0.5) * 0.3) as f32 + shift
    };
    (0..shape.iter().product()).flat_map(|_| next().to_le_bytes()).collect()
}

/// The shipped vocabulary, cut to its first pieces: the whole one would make a table of 250,000 rows.
fn unigram() -> String {
    let mut whole: Value =
        serde_json::from_slice(&std::fs::read(model_file("tokenizer.json").unwrap()).unwrap()).unwrap();
    whole["model"]["vocab"].as_array_mut().unwrap().truncate(2000);
    whole["added_tokens"].as_array_mut().unwrap().retain(|token| token["id"].as_u64().unwrap() < 2000);
    whole.to_string()
}

/// A classifier's directory, as a hub serves it.
pub(crate) fn write(kind: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let into = |name: &str| directory.path().join(name);
    std::fs::copy(folder().join(format!("{kind}.config.json")), into("config.json")).unwrap();
    let tokenizer = match kind {
        "xlm-roberta" => unigram(),
        "roberta" => std::fs::read_to_string(folder().join("roberta.tokenizer.json")).unwrap(),
        _ => std::fs::read_to_string(folder().join("bert.tokenizer.json")).unwrap(),
    };
    std::fs::write(into("tokenizer.json"), tokenizer).unwrap();
    let shapes = golden::<Shapes>().into_iter().find(|shapes| shapes.kind == kind).unwrap().shapes;
    let tensors: Vec<_> = shapes.into_iter().map(|(name, shape)| (weights(&name, &shape), name, shape)).collect();
    let views =
        tensors.iter().map(|(bytes, name, shape)| (name, TensorView::new(Dtype::F32, shape.clone(), bytes).unwrap()));
    std::fs::write(into("model.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
    directory
}
