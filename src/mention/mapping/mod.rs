//! Feeds that have a shape of their own: a declarative mapping to the canonical mention. docs/MAPPINGS.md is the manual.

mod assemble;
mod compile;
mod convert;
mod document;
mod field;
mod path;
mod template;
mod time;
mod way;

use std::path::Path as FilePath;

use serde_json::Value;

use super::decode::Decoded;
use super::{Rejection, canonical_json};
use compile::Compiled;

/// A compiled mapping.
#[derive(Debug, Clone)]
pub struct Mapping {
    /// What it is called: the file's stem.
    pub name: String,
    compiled: Compiled,
}

/// Why a mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// The file cannot be read.
    #[error("{file}: {error}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file says something that a mapping cannot say.
    #[error("{file}:{line}: {field}: found {found}, expected {expected}")]
    Invalid {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The field of the mapping, as a path: `created_at.format`.
        field: String,
        /// What stands there.
        found: String,
        /// What may stand there.
        expected: String,
    },
}

impl Mapping {
    /// Reads and compiles a mapping file (TOML).
    pub fn load(path: &FilePath) -> Result<Self, MappingError> {
        let file = path.display().to_string();
        let text =
            std::fs::read_to_string(path).map_err(|error| MappingError::Unreadable { file: file.clone(), error })?;
        let name = path.file_stem().map_or_else(|| file.clone(), |stem| stem.to_string_lossy().into_owned());
        Ok(Self { name, compiled: Compiled::parse(&file, &text)? })
    }

    /// Compiles the text of a mapping; `name` stands for the file in errors.
    pub fn parse(name: &str, text: &str) -> Result<Self, MappingError> {
        Ok(Self { name: name.to_owned(), compiled: Compiled::parse(name, text)? })
    }

    /// The mentions in a JSON text, each read or refused by itself. `recorded` is the time of its record, in milliseconds
    /// since the epoch.
    pub(super) fn read(&self, json: &str, recorded: Option<i64>) -> Vec<Result<Decoded, Rejection>> {
        let root = match canonical_json::parse_object(json) {
            Ok(fields) => Value::Object(fields),
            Err(rejection) => return vec![Err(rejection)],
        };
        let read = |item| {
            let item = field::Item { item, root: &root, recorded };
            self.compiled.wants(item).then(|| assemble::assemble(&self.compiled, item))
        };
        match &self.compiled.items {
            None => read(&root).into_iter().collect(),
            Some(path) => path.nodes(&root).into_iter().filter_map(read).collect(),
        }
    }
}
