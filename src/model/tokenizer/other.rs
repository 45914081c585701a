//! Tokenizers of other families, WordPiece and byte pairs among them, by the `tokenizers` library.

use std::path::Path;

use serde::Deserialize;

use super::{Cutter, Token, Tokenizer};
use crate::model::ModelError;
use crate::model::weights::{load_error, read};
use crate::text::Span;

/// The kind of a `tokenizer.json`.
#[derive(Deserialize)]
struct File {
    model: Model,
}

#[derive(Deserialize)]
struct Model {
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Whether it is a Unigram tokenizer, as XLM-R's is.
pub(super) fn is_unigram(path: &Path) -> Result<bool, ModelError> {
    let file: File = serde_json::from_slice(&read(path)?)
        .map_err(|error| load_error(path, format!("expected a tokenizer of Hugging Face; found: {error}")))?;
    Ok(file.model.kind.as_deref() == Some("Unigram"))
}

/// Loads a tokenizer that puts one token before a text and one after it.
pub(super) fn load(path: &Path) -> Result<Tokenizer, ModelError> {
    let refuse = |detail: String| load_error(path, detail);
    let mut library = tokenizers::Tokenizer::from_bytes(read(path)?)
        .map_err(|error| refuse(format!("expected a tokenizer of Hugging Face; found: {error}")))?;
    // What somebody typed is text, and what is cut off or filled up is decided elsewhere.
    library.set_encode_special_tokens(true);
    library.with_padding(None);
    library.with_truncation(None).map_err(|error| refuse(error.to_string()))?;
    let empty = library.encode("", true).map_err(|error| refuse(error.to_string()))?;
    let &[begin, end] = empty.get_ids() else {
        return Err(refuse(format!(
            "post_processor: found {} tokens around an empty text; expected one before and one after",
            empty.get_ids().len()
        )));
    };
    Ok(Tokenizer { cutter: Cutter::Library(Box::new(library)), begin, end })
}

/// The tokens of a text; none of a text that the library cannot read, of which no case is known.
pub(super) fn tokens(library: &tokenizers::Tokenizer, text: &str) -> Vec<Token> {
    let Ok(encoded) = library.encode(text, false) else { return Vec::new() };
    let bound = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
    let spans = encoded.get_offsets().iter().map(|(start, end)| Span::new(bound(*start), bound(*end)));
    encoded.get_ids().iter().zip(spans).map(|(id, span)| Token { id: *id, span }).collect()
}
