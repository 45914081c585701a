//! The weights of the int8 encoder, loaded.

use std::path::Path;

use super::embedding::{Embedding, row_bytes};
use super::layer::{Layer, LayerNorm};
use super::linear::{Gemm, Linear};
use crate::model::ModelError;
use crate::model::directory::Directory;
use crate::model::weights::{TensorFile, read};

/// The weights, shared by all workers.
pub struct CpuModel {
    pub(super) embedding: Embedding,
    pub(super) layers: Vec<Layer>,
    /// Floats of a token.
    pub hidden: usize,
    /// Tokens of the longest sequence.
    pub max_positions: usize,
    /// The matrix kernel's name.
    pub kernel: String,
}

impl CpuModel {
    /// Loads the encoder of the model directory at `path`; `None` looks where [`crate::model::ModelOptions::path`] says.
    pub fn open(path: Option<&Path>) -> Result<Self, ModelError> {
        let directory = Directory::open(path)?;
        let path = directory.file("encoder.safetensors");
        let bytes = read(&path)?;
        Self::load(&directory, &TensorFile::parse(&path, &bytes)?)
    }

    /// Loads the encoder; `encoder` is the directory's parsed `encoder.safetensors`.
    pub(in crate::model) fn load(directory: &Directory, encoder: &TensorFile<'_>) -> Result<Self, ModelError> {
        let architecture = &directory.architecture;
        let (hidden, wide) = (architecture.hidden_size, architecture.intermediate_size);
        let gemm = Gemm::new();
        let loader = Loader { encoder, gemm: &gemm, epsilon: architecture.layer_norm_eps };
        let layers = (0..architecture.num_hidden_layers)
            .map(|layer| {
                let prefix = format!("encoder.layer.{layer}.");
                let name = |part: &str| format!("{prefix}{part}");
                Ok(Layer {
                    qkv: loader.qkv(&prefix, hidden)?,
                    attention_output: loader.linear(&name("attention.output.dense"), hidden, hidden)?,
                    attention_norm: loader.norm(&name("attention.output.LayerNorm"), hidden)?,
                    intermediate: loader.linear(&name("intermediate.dense"), wide, hidden)?,
                    output: loader.linear(&name("output.dense"), hidden, wide)?,
                    output_norm: loader.norm(&name("output.LayerNorm"), hidden)?,
                })
            })
            .collect::<Result<_, ModelError>>()?;
        Ok(Self {
            embedding: embedding(directory, &loader)?,
            layers,
            hidden,
            max_positions: architecture.max_position_embeddings,
            kernel: gemm.name().to_owned(),
        })
    }
}

fn embedding(directory: &Directory, loader: &Loader<'_>) -> Result<Embedding, ModelError> {
    let architecture = &directory.architecture;
    let (hidden, positions) = (architecture.hidden_size, architecture.max_position_embeddings);
    let path = directory.file("embeddings.safetensors");
    let bytes = read(&path)?;
    let file = TensorFile::parse(&path, &bytes)?;
    let shape = [architecture.vocab_size, row_bytes(hidden)];
    let table = file.byte_range(&bytes, "embeddings.word_embeddings.weight.q4", &shape)?;
    let mut rows = loader.encoder.floats("embeddings.position_embeddings.weight", &[positions, hidden])?;
    let types =
        loader.encoder.floats("embeddings.token_type_embeddings.weight", &[architecture.type_vocab_size, hidden])?;
    for row in rows.chunks_exact_mut(hidden) {
        row.iter_mut().zip(&types).for_each(|(row, kind)| *row += kind);
    }
    Ok(Embedding { table, bytes, positions: rows, norm: loader.norm("embeddings.LayerNorm", hidden)? })
}

struct Loader<'a> {
    encoder: &'a TensorFile<'a>,
    gemm: &'a Gemm,
    epsilon: f32,
}

/// Int8 weights with their scales and biases, not yet laid out.
#[derive(Default)]
struct Raw {
    weight: Vec<i8>,
    scale: Vec<f32>,
    bias: Vec<f32>,
}

impl Loader<'_> {
    fn raw(&self, name: &str, outputs: usize, inputs: usize) -> Result<Raw, ModelError> {
        Ok(Raw {
            weight: self.encoder.int8(&format!("{name}.weight"), &[outputs, inputs])?,
            scale: self.encoder.floats(&format!("{name}.scale"), &[outputs])?,
            bias: self.encoder.floats(&format!("{name}.bias"), &[outputs])?,
        })
    }

    fn linear(&self, name: &str, outputs: usize, inputs: usize) -> Result<Linear, ModelError> {
        let raw = self.raw(name, outputs, inputs)?;
        Ok(self.gemm.pack(&raw.weight, raw.scale, raw.bias))
    }

    /// Queries, keys and values as one map. The scale of attention, and the step from e to 2, are put into the queries.
    fn qkv(&self, prefix: &str, hidden: usize) -> Result<Linear, ModelError> {
        let mut all = Raw::default();
        for part in ["query", "key", "value"] {
            let mut raw = self.raw(&format!("{prefix}attention.self.{part}"), hidden, hidden)?;
            if part == "query" {
                let factor = std::f32::consts::LOG2_E / 32f32.sqrt();
                raw.scale.iter_mut().chain(&mut raw.bias).for_each(|value| *value *= factor);
            }
            all.weight.extend(raw.weight);
            all.scale.extend(raw.scale);
            all.bias.extend(raw.bias);
        }
        Ok(self.gemm.pack(&all.weight, all.scale, all.bias))
    }

    fn norm(&self, name: &str, width: usize) -> Result<LayerNorm, ModelError> {
        Ok(LayerNorm {
            weight: self.encoder.floats(&format!("{name}.weight"), &[width])?,
            bias: self.encoder.floats(&format!("{name}.bias"), &[width])?,
            epsilon: self.epsilon,
        })
    }
}
