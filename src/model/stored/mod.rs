//! An encoder as its files hold it, whichever family and storage it is of, in one form: BERT's.
//!
//! DistilBERT, RoBERTa and XLM-RoBERTa compute what BERT computes under other names: engines see positions that begin at 0, the
//! embedding of token type 0 already added to them, and layers of queries, keys, values, two norms and a wide middle.

mod embeddings;
mod family;
mod map;

pub(super) use self::embeddings::{Embeddings, Words};
pub(super) use self::family::Family;
pub(super) use self::map::{Map, Norm};

use std::path::PathBuf;

use self::family::Part;
use super::ModelError;
use super::weights::TensorFile;

/// The sizes of an encoder.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    /// Floats of a token.
    pub(super) hidden: usize,
    /// Layers.
    pub(super) layers: usize,
    /// Heads of attention, which share `hidden` evenly.
    pub(super) heads: usize,
    /// Floats of a token in the middle of a layer.
    pub(super) wide: usize,
    /// Rows of the table of word embeddings.
    pub(super) vocabulary: usize,
    /// Tokens of the longest sequence.
    pub(super) positions: usize,
    /// Keeps the root of a layer norm off zero.
    pub(super) epsilon: f32,
}

/// A layer's weights.
pub(super) struct LayerMaps {
    /// Queries, not scaled.
    pub(super) query: Map,
    /// Keys.
    pub(super) key: Map,
    /// Values.
    pub(super) value: Map,
    /// After attention.
    pub(super) attention_output: Map,
    /// After attention.
    pub(super) attention_norm: Norm,
    /// Into the wide middle, before GELU.
    pub(super) intermediate: Map,
    /// Out of it.
    pub(super) output: Map,
    /// At the end.
    pub(super) output_norm: Norm,
}

/// An encoder's tensors, read a layer at a time so that no more than that is held twice.
pub(super) struct Stored<'a> {
    /// Its sizes.
    pub(super) shape: Shape,
    family: Family,
    encoder: &'a TensorFile<'a>,
    /// The file with the table of word embeddings, if that has one of its own.
    words: Option<PathBuf>,
}

impl<'a> Stored<'a> {
    /// An encoder in one file, in floats, with the names that Hugging Face gives a family.
    pub(super) fn in_floats(shape: Shape, family: Family, file: &'a TensorFile<'a>) -> Self {
        Self { shape, family, encoder: file, words: None }
    }

    /// An encoder as `models/build.py` writes it: layers in 8 bits, and the word embeddings in 4 bits in a file of their own.
    pub(super) fn in_bits(shape: Shape, encoder: &'a TensorFile<'a>, words: PathBuf) -> Self {
        Self { shape, family: Family::Bare, encoder, words: Some(words) }
    }

    /// The embeddings with their layer norm.
    pub(super) fn embeddings(&self) -> Result<Embeddings, ModelError> {
        let Shape { hidden, vocabulary, .. } = self.shape;
        let words = match &self.words {
            Some(path) => Words::packed(path, vocabulary, hidden)?,
            None => Words::Floats(self.encoder.floats(&self.family.words(), &[vocabulary, hidden])?),
        };
        let positions = embeddings::positions(self.encoder, self.family, self.shape)?;
        Ok(Embeddings { words, positions, norm: self.norm(&self.family.embedding_norm(), hidden)? })
    }

    /// A layer, counted from 0.
    pub(super) fn layer(&self, layer: usize) -> Result<LayerMaps, ModelError> {
        let Shape { hidden, wide, .. } = self.shape;
        let name = |part| self.family.layer(layer, part);
        let map = |part, outputs, inputs| Map::read(self.encoder, &name(part), outputs, inputs);
        Ok(LayerMaps {
            query: map(Part::Query, hidden, hidden)?,
            key: map(Part::Key, hidden, hidden)?,
            value: map(Part::Value, hidden, hidden)?,
            attention_output: map(Part::AttentionOutput, hidden, hidden)?,
            attention_norm: self.norm(&name(Part::AttentionNorm), hidden)?,
            intermediate: map(Part::Intermediate, wide, hidden)?,
            output: map(Part::Output, hidden, wide)?,
            output_norm: self.norm(&name(Part::OutputNorm), hidden)?,
        })
    }

    /// An error that names the file: an engine cannot run such an encoder.
    pub(super) fn unfit(&self, detail: String) -> ModelError {
        self.encoder.error(detail)
    }

    fn norm(&self, name: &str, width: usize) -> Result<Norm, ModelError> {
        Ok(Norm {
            weight: self.encoder.floats(&format!("{name}.weight"), &[width])?,
            bias: self.encoder.floats(&format!("{name}.bias"), &[width])?,
            epsilon: self.shape.epsilon,
        })
    }
}
