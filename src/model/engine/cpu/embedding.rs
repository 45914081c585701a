//! What a token looks like before the first layer.

use rten_simd::SimdOp;

use super::kernels::{Normalise, Quant};
use super::layer::{LayerNorm, Tokens};
use crate::model::stored::Words;

/// Word, position and type embeddings with their layer norm.
pub(super) struct Embedding {
    /// Four or eight bits a weight.
    pub(super) words: Words,
    /// Position embedding plus the embedding of type 0, for each position.
    pub(super) positions: Vec<f32>,
    /// Layer norm.
    pub(super) norm: LayerNorm,
}

impl Embedding {
    /// Writes the vector of token `id` at `position` of its sequence to row `at` of `tokens`.
    pub(super) fn token(
        &self,
        id: u32,
        position: usize,
        tokens: &mut Tokens,
        at: usize,
        levels: f32,
    ) -> Result<(), String> {
        let width = self.norm.weight.len();
        let positions = &self.positions[position * width..(position + 1) * width];
        let mut read = Ok(());
        tokens.write(at, |values, bytes| {
            read = self.words.read(id, values);
            if read.is_err() {
                return Quant::default();
            }
            values.iter_mut().zip(positions).for_each(|(value, position)| *value += position);
            Normalise { norm: self.norm.view(), values, bytes, levels }.dispatch()
        });
        read
    }
}
