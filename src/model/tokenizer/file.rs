//! Reading XLM-R's `tokenizer.json`.

use std::borrow::Cow;
use std::path::Path;

use serde::Deserialize;
use spm_precompiled::Precompiled;

use super::{Charsmap, Cutter, Tokenizer, Unigram, Xlmr};
use crate::model::ModelError;
use crate::model::weights::{load_error, read};

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    added_tokens: Vec<AddedToken<'a>>,
    normalizer: serde_json::Value,
    pre_tokenizer: serde_json::Value,
    #[serde(borrow)]
    model: Model<'a>,
}

#[derive(Deserialize)]
struct AddedToken<'a> {
    id: u32,
    #[serde(borrow)]
    content: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Model<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    unk_id: Option<u32>,
    #[serde(default)]
    byte_fallback: bool,
    #[serde(borrow)]
    vocab: Vec<(Cow<'a, str>, f64)>,
}

/// Loads a tokenizer, and refuses one that asks for steps this module does not take.
pub(super) fn load(path: &Path) -> Result<Tokenizer, ModelError> {
    let bytes = read(path)?;
    let file: File<'_> = serde_json::from_slice(&bytes)
        .map_err(|error| load_error(path, format!("expected a Unigram tokenizer of Hugging Face; found: {error}")))?;
    let refuse = |field: &str, found: &dyn std::fmt::Display, expected: &str| {
        load_error(path, format!("{field}: found {found}; expected {expected}"))
    };
    let kind = file.model.kind.as_deref().unwrap_or("no type");
    if kind != "Unigram" || file.model.byte_fallback {
        return Err(refuse("model", &kind, "Unigram without byte fallback"));
    }
    let unknown = file.model.unk_id.ok_or_else(|| refuse("model.unk_id", &"nothing", "the id of <unk>"))?;
    if file.model.vocab.len() <= unknown as usize {
        return Err(refuse("model.vocab", &file.model.vocab.len(), "more pieces than unk_id"));
    }
    let split = &file.pre_tokenizer;
    let scheme = split["prepend_scheme"].as_str();
    if split["type"] != "Metaspace"
        || split["replacement"] != "▁"
        || !(split["add_prefix_space"] == true || scheme == Some("always"))
    {
        return Err(refuse("pre_tokenizer", split, "Metaspace with ▁ before every word"));
    }
    let added = |content: &str| {
        let token = file.added_tokens.iter().find(|token| token.content == content);
        token.map(|token| token.id).ok_or_else(|| refuse("added_tokens", &"no such token", content))
    };
    let special: Vec<u32> = file.added_tokens.iter().map(|token| token.id).collect();
    let xlmr = Xlmr {
        charsmap: Charsmap::new(charsmap(&file.normalizer).map_err(|detail| load_error(path, detail))?),
        unigram: Unigram::new(&file.model.vocab, unknown, &special),
    };
    Ok(Tokenizer { cutter: Cutter::Xlmr(Box::new(xlmr)), begin: added("<s>")?, end: added("</s>")? })
}

/// The character map out of `[Precompiled, Replace " {2,}" by " "]`.
fn charsmap(normalizer: &serde_json::Value) -> Result<Precompiled, String> {
    let steps = normalizer["normalizers"].as_array().map_or(&[][..], Vec::as_slice);
    match steps {
        [map, replace]
            if map["type"] == "Precompiled"
                && replace["type"] == "Replace"
                && replace["pattern"]["Regex"] == " {2,}"
                && replace["content"] == " " =>
        {
            Precompiled::deserialize(map).map_err(|error| format!("normalizer: found {error}; expected a charsmap"))
        }
        _ => {
            let found: Vec<&str> = steps.iter().map(|step| step["type"].as_str().unwrap_or("?")).collect();
            Err(format!("normalizer: found {found:?}; expected Precompiled, then Replace of \" {{2,}}\" by \" \""))
        }
    }
}
