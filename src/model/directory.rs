//! Finding and reading a model directory: ours, which docs/MODEL_FORMAT.md describes, or a classifier of Hugging Face.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::ModelError;
use super::architecture::Architecture;
use super::card::Card;
use super::stored::{Family, Shape, Stored};
use super::weights::{TensorFile, load_error, read};

/// A model directory whose JSON files have been read.
pub(super) struct Directory {
    pub(super) path: PathBuf,
    pub(super) shape: Shape,
    pub(super) kind: Kind,
}

/// What a directory holds.
pub(super) enum Kind {
    /// A model of ours, with what it says of itself.
    Ours(Box<Card>),
    /// A classifier.
    Classifier {
        /// Who named its tensors.
        family: Family,
        /// What it is called, if it says so.
        name: Option<String>,
        /// The labels of its outputs, in their order.
        labels: Vec<String>,
    },
}

impl Directory {
    /// Finds the directory and reads what it says of itself.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, ModelError> {
        let path = Self::find(path)?;
        let config = path.join("config.json");
        let architecture: Architecture = json(&config)?;
        let card = path.join("undertone.json");
        if !card.exists() {
            let (shape, family) = architecture.classifier(&config)?;
            let labels = architecture.labels();
            return Ok(Self { path, shape, kind: Kind::Classifier { family, labels, name: architecture.name } });
        }
        let shape = architecture.shape(&config)?;
        let read: Card = json(&card)?;
        read.check(&card, shape)?;
        Ok(Self { path, shape, kind: Kind::Ours(Box::new(read)) })
    }

    /// Reads the file that holds the encoder and what reads its vectors.
    pub(super) fn tensors(&self) -> Result<Tensors, ModelError> {
        let name = match self.kind {
            Kind::Ours(_) => "encoder.safetensors",
            Kind::Classifier { .. } => "model.safetensors",
        };
        let path = self.file(name);
        if !path.exists() && self.file("model.safetensors.index.json").exists() {
            return Err(load_error(&self.path, "found weights in several files; expected one, model.safetensors"));
        }
        Ok(Tensors { bytes: read(&path)?, path })
    }

    /// The encoder in that file.
    pub(super) fn stored<'a>(&self, file: &'a TensorFile<'a>) -> Stored<'a> {
        match self.kind {
            Kind::Ours(_) => Stored::in_bits(self.shape, file, self.file("embeddings.safetensors")),
            Kind::Classifier { family, .. } => Stored::in_floats(self.shape, family, file),
        }
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

/// A file of tensors that has been read.
pub(super) struct Tensors {
    path: PathBuf,
    pub(super) bytes: Vec<u8>,
}

impl Tensors {
    /// The tensors in it.
    pub(super) fn parse(&self) -> Result<TensorFile<'_>, ModelError> {
        TensorFile::parse(&self.path, &self.bytes)
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
