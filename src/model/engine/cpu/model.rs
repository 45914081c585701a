//! The weights of the int8 encoder, loaded.

use super::attention::HEADS;
use super::embedding::Embedding;
use super::layer::{Layer, LayerNorm};
use super::linear::{Gemm, Linear};
use crate::model::ModelError;
use crate::model::stored::{LayerMaps, Map, Norm, Stored};

/// The weights, shared by all workers.
pub(in crate::model) struct CpuModel {
    pub(super) embedding: Embedding,
    pub(super) layers: Vec<Layer>,
    /// Floats of a head of attention.
    pub(super) head: usize,
    /// Floats of a token.
    pub(super) hidden: usize,
    /// Tokens of the longest sequence.
    pub(super) max_positions: usize,
    /// The matrix kernel's name.
    pub(in crate::model) kernel: String,
}

impl CpuModel {
    /// Loads an encoder. The kernels take heads of 32 and of 64 floats, and widths in multiples of 32: others are an error, which
    /// says so.
    pub(in crate::model) fn load(stored: &Stored<'_>) -> Result<Self, ModelError> {
        let shape = stored.shape;
        let head = shape.hidden / shape.heads.max(1);
        if !HEADS.contains(&head) || head * shape.heads != shape.hidden || !shape.wide.is_multiple_of(32) {
            return Err(stored.unfit(format!(
                "hidden size {}, {} heads of attention, {} in the middle: the cpu engine expects heads of 32 or 64 and a multiple of 32",
                shape.hidden, shape.heads, shape.wide
            )));
        }
        let gemm = Gemm::new();
        let layers =
            (0..shape.layers).map(|at| Ok(layer(&gemm, stored.layer(at)?, head))).collect::<Result<_, ModelError>>()?;
        let embeddings = stored.embeddings()?;
        Ok(Self {
            embedding: Embedding {
                words: embeddings.words.small(shape.hidden),
                positions: embeddings.positions,
                norm: norm(embeddings.norm),
            },
            layers,
            head,
            hidden: shape.hidden,
            max_positions: shape.positions,
            kernel: gemm.name().to_owned(),
        })
    }
}

fn layer(gemm: &Gemm, maps: LayerMaps, head: usize) -> Layer {
    Layer {
        qkv: qkv(gemm, [maps.query, maps.key, maps.value], head),
        attention_output: linear(gemm, maps.attention_output),
        attention_norm: norm(maps.attention_norm),
        intermediate: linear(gemm, maps.intermediate),
        output: linear(gemm, maps.output),
        output_norm: norm(maps.output_norm),
    }
}

fn linear(gemm: &Gemm, map: Map) -> Linear {
    let (rows, scale, bias) = map.int8();
    gemm.pack(&rows, scale, bias)
}

/// Queries, keys and values as one map. The scale of attention, and the step from e to 2, are put into the queries.
fn qkv(gemm: &Gemm, [query, key, value]: [Map; 3], head: usize) -> Linear {
    let (mut rows, mut scale, mut bias) = query.int8();
    let factor = std::f32::consts::LOG2_E / (head as f32).sqrt();
    scale.iter_mut().chain(&mut bias).for_each(|value| *value *= factor);
    for map in [key, value] {
        let (own_rows, own_scale, own_bias) = map.int8();
        rows.extend(own_rows);
        scale.extend(own_scale);
        bias.extend(own_bias);
    }
    gemm.pack(&rows, scale, bias)
}

fn norm(norm: Norm) -> LayerNorm {
    LayerNorm { weight: norm.weight, bias: norm.bias, epsilon: norm.epsilon }
}
