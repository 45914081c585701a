//! Finding and reading a model directory: docs/MODEL_FORMAT.md describes it.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::ModelError;
use super::card::Card;
use super::weights::{load_error, read};

/// The architecture, out of `config.json`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Architecture {
    pub(super) hidden_size: usize,
    pub(super) num_hidden_layers: usize,
    pub(super) num_attention_heads: usize,
    pub(super) intermediate_size: usize,
    pub(super) vocab_size: usize,
    pub(super) max_position_embeddings: usize,
    pub(super) type_vocab_size: usize,
    pub(super) layer_norm_eps: f32,
    hidden_act: String,
    model_type: String,
}

/// A model directory whose two JSON files have been read.
pub(super) struct Directory {
    pub(super) path: PathBuf,
    pub(super) architecture: Architecture,
    pub(super) card: Card,
}

impl Directory {
    /// Finds the directory and reads what it says of itself.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, ModelError> {
        let path = Self::find(path)?;
        let architecture: Architecture = json(&path.join("config.json"))?;
        let card: Card = json(&path.join("undertone.json"))?;
        check_architecture(&path.join("config.json"), &architecture)?;
        card.check(&path.join("undertone.json"), &architecture)?;
        Ok(Self { path, architecture, card })
    }

    fn find(path: Option<&Path>) -> Result<PathBuf, ModelError> {
        match path {
            Some(path) => Ok(path.to_owned()),
            None => discover(std::env::var_os("UNDERTONE_MODEL").map(PathBuf::from), &usual_places()),
        }
    }

    /// A file of the directory.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// Where a file of the model is, for tools that read one file only: the model is looked for as the program does.
pub fn model_file(name: &str) -> Result<PathBuf, ModelError> {
    Ok(Directory::find(None)?.join(name))
}

/// Where a model lies unless one is told: beside the binary, then in the source tree.
fn usual_places() -> Vec<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|exe| {
        let exe = exe.canonicalize().unwrap_or(exe);
        Some(exe.parent()?.parent()?.join("share/undertone/models/default"))
    });
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/default");
    beside.into_iter().chain([PathBuf::from("models/default"), source]).collect()
}

fn discover(variable: Option<PathBuf>, places: &[PathBuf]) -> Result<PathBuf, ModelError> {
    if let Some(path) = variable.filter(|path| !path.as_os_str().is_empty()) {
        return Ok(path);
    }
    places.iter().find(|place| place.join("undertone.json").is_file()).cloned().ok_or_else(|| {
        let looked: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
        ModelError::Load {
            path: "not found".into(),
            detail: format!(
                "no model directory in {}; name one with --model, `[model] path` or UNDERTONE_MODEL",
                looked.join(", ")
            ),
        }
    })
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<T, ModelError> {
    serde_json::from_slice(&read(path)?).map_err(|error| load_error(path, error.to_string()))
}

fn check_architecture(path: &Path, found: &Architecture) -> Result<(), ModelError> {
    let heads = found.num_attention_heads;
    if found.model_type != "bert" {
        return Err(load_error(path, format!("model_type: found {:?}; expected \"bert\"", found.model_type)));
    }
    if found.hidden_act != "gelu" {
        return Err(load_error(path, format!("hidden_act: found {:?}; expected \"gelu\"", found.hidden_act)));
    }
    // The kernels of attention hold one head of one token in two vectors of sixteen floats.
    if heads == 0 || found.hidden_size != heads * 32 || !found.intermediate_size.is_multiple_of(32) {
        return Err(load_error(
            path,
            format!(
                "hidden_size {}, num_attention_heads {heads}, intermediate_size {}: expected heads of 32 and a multiple of 32",
                found.hidden_size, found.intermediate_size
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_wins_over_the_usual_places() {
        let found = discover(Some("/somewhere".into()), &[]).unwrap();
        assert_eq!(found, Path::new("/somewhere"));
    }

    #[test]
    fn the_first_place_with_a_card_is_taken_and_an_empty_variable_is_none() {
        let root = tempfile::tempdir().unwrap();
        let (first, second) = (root.path().join("a"), root.path().join("b"));
        std::fs::create_dir_all(&second).unwrap();
        std::fs::write(second.join("undertone.json"), "{}").unwrap();
        assert_eq!(discover(Some("".into()), &[first, second.clone()]).unwrap(), second);
    }

    #[test]
    fn nothing_found_says_where_it_looked_and_what_to_do() {
        let error = discover(None, &["/no/such/place".into()]).unwrap_err().to_string();
        assert!(error.contains("/no/such/place") && error.contains("UNDERTONE_MODEL"), "{error}");
    }
}
