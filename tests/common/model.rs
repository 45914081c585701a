//! Models that tests make of the shipped one: the same weights, another `undertone.json`.

use serde_json::{Value, json};
use tempfile::TempDir;
use undertone::model::model_file;

/// A copy of the shipped model whose JSON files may be changed; the large files are links.
pub(crate) fn copy() -> TempDir {
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

/// A copy with an `undertone.json` that was changed: to begin with it has no exits and one temperature, whatever ships.
pub(crate) fn with(change: impl FnOnce(&mut Value)) -> TempDir {
    let directory = copy();
    let mut card = card();
    card.as_object_mut().unwrap().remove("exits");
    card["calibration"].as_object_mut().unwrap().remove("languages");
    change(&mut card);
    std::fs::write(directory.path().join("undertone.json"), serde_json::to_string_pretty(&card).unwrap()).unwrap();
    directory
}

/// An exit at a layer that reads it with the heads of the last. They were not made for it: what they say is nonsense,
/// and good enough to see who leaves.
pub(crate) fn exit(layer: usize, sure: Value) -> Value {
    let mut heads = card()["heads"].clone();
    for (head, field) in
        [("sentiment", "labels"), ("complaint", "threshold"), ("offensive", "threshold"), ("spam", "threshold")]
    {
        heads[head].as_object_mut().unwrap().remove(field);
    }
    json!({ "layer": layer, "heads": heads, "calibration": { "temperature": 1.3, "languages": {} }, "sure": sure })
}

fn card() -> Value {
    serde_json::from_slice(&std::fs::read(model_file("undertone.json").unwrap()).unwrap()).unwrap()
}
