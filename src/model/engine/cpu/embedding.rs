//! The embedding table, kept in four bits.

use std::ops::Range;

use rten_simd::SimdOp;

use super::kernels::Normalise;
use super::layer::{LayerNorm, Tokens};

/// Weights that share a scale.
const BLOCK: usize = 32;
/// Bytes of a block: a scale in half precision, then 32 weights of four bits.
const BLOCK_BYTES: usize = 18;

/// Word, position and type embeddings with their layer norm.
pub(super) struct Embedding {
    /// The file; the table is a range of it.
    pub(super) bytes: Vec<u8>,
    /// Where the table lies.
    pub(super) table: Range<usize>,
    /// Position embedding plus the embedding of type 0, for each position.
    pub(super) positions: Vec<f32>,
    /// Layer norm.
    pub(super) norm: LayerNorm,
}

/// Bytes of a row of the table of this width.
pub(super) const fn row_bytes(width: usize) -> usize {
    width / BLOCK * BLOCK_BYTES
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
        let length = row_bytes(width);
        let table = &self.bytes[self.table.clone()];
        let row = table.get(id as usize * length..(id as usize + 1) * length);
        let row = row.ok_or_else(|| format!("token {id} is past the end of the embedding table"))?;
        let positions = &self.positions[position * width..(position + 1) * width];
        tokens.write(at, |values, bytes| {
            let blocks = values.as_chunks_mut::<BLOCK>().0.iter_mut();
            let blocks = blocks.zip(row.as_chunks::<BLOCK_BYTES>().0).zip(positions.as_chunks::<BLOCK>().0);
            for ((out, block), position) in blocks {
                let scale = half::f16::from_le_bytes([block[0], block[1]]).to_f32();
                let weight = |nibble: u8| scale * (f32::from(nibble) - 8.0);
                for (at, pair) in block[2..].iter().enumerate() {
                    out[at] = weight(pair & 15) + position[at];
                    out[at + BLOCK / 2] = weight(pair >> 4) + position[at + BLOCK / 2];
                }
            }
            Normalise { norm: self.norm.view(), values, bytes, levels }.dispatch()
        });
        Ok(())
    }
}
