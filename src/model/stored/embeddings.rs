//! The tables that tokens and places are looked up in.

use std::ops::Range;
use std::path::Path;

use super::super::ModelError;
use super::super::weights::{TensorFile, read};
use super::map::rounded;
use super::{Family, Norm, Shape};

/// Weights of a packed row that share a scale.
const BLOCK: usize = 32;
/// Bytes of a block: a scale in half precision, then 32 weights of four bits.
const BLOCK_BYTES: usize = 18;

/// Word, position and type embeddings with their layer norm.
pub(in crate::model) struct Embeddings {
    /// A row for each token id.
    pub(in crate::model) words: Words,
    /// The embedding of each position plus that of token type 0, row by row.
    pub(in crate::model) positions: Vec<f32>,
    /// Over their sum.
    pub(in crate::model) norm: Norm,
}

/// The table of word embeddings.
pub(in crate::model) enum Words {
    /// Four bits a weight (docs/MODEL_FORMAT.md): a range of the file's bytes.
    Packed {
        /// The file.
        bytes: Vec<u8>,
        /// Where the table lies in it.
        table: Range<usize>,
    },
    /// Eight bits a weight: a weight is a whole number times the scale of its row.
    Int8 {
        /// Row by row.
        rows: Vec<i8>,
        /// One for each row.
        scale: Vec<f32>,
    },
    /// Floats, row by row.
    Floats(Vec<f32>),
}

impl Words {
    /// The table in 4 bits of the file at `path`.
    pub(super) fn packed(path: &Path, rows: usize, width: usize) -> Result<Self, ModelError> {
        let bytes = read(path)?;
        let shape = [rows, packed_bytes(width)];
        let table =
            TensorFile::parse(path, &bytes)?.byte_range(&bytes, "embeddings.word_embeddings.weight.q4", &shape)?;
        Ok(Self::Packed { bytes, table })
    }

    /// The same in at most 8 bits: floats are rounded.
    pub(in crate::model) fn small(self, width: usize) -> Self {
        let Self::Floats(table) = self else { return self };
        let (rows, scale) = rounded(&table, width);
        Self::Int8 { rows, scale }
    }

    /// Writes the row of a token; an error if the table has none.
    #[inline]
    pub(in crate::model) fn read(&self, id: u32, row: &mut [f32]) -> Result<(), String> {
        let missing = || format!("token {id} is past the end of the embedding table");
        let (id, width) = (id as usize, row.len());
        match self {
            Self::Floats(table) => row.copy_from_slice(table.get(id * width..(id + 1) * width).ok_or_else(missing)?),
            Self::Int8 { rows, scale } => {
                let weights = rows.get(id * width..(id + 1) * width).ok_or_else(missing)?;
                row.iter_mut().zip(weights).for_each(|(out, weight)| *out = f32::from(*weight) * scale[id]);
            }
            Self::Packed { bytes, table } => {
                let length = packed_bytes(width);
                let packed = bytes[table.clone()].get(id * length..(id + 1) * length).ok_or_else(missing)?;
                for (out, block) in row.as_chunks_mut::<BLOCK>().0.iter_mut().zip(packed.as_chunks::<BLOCK_BYTES>().0) {
                    let scale = half::f16::from_le_bytes([block[0], block[1]]).to_f32();
                    let weight = |nibble: u8| scale * (f32::from(nibble) - 8.0);
                    for (at, pair) in block[2..].iter().enumerate() {
                        out[at] = weight(pair & 15);
                        out[at + BLOCK / 2] = weight(pair >> 4);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Bytes of a packed row of this width.
const fn packed_bytes(width: usize) -> usize {
    width / BLOCK * BLOCK_BYTES
}

/// The embedding of each position that a sequence may have, plus that of token type 0.
pub(super) fn positions(file: &TensorFile<'_>, family: Family, shape: Shape) -> Result<Vec<f32>, ModelError> {
    let Shape { hidden, positions, .. } = shape;
    let skipped = family.first_position();
    let mut table = file.floats(&family.positions(), &[skipped + positions, hidden])?;
    table.drain(..skipped * hidden);
    if family.has_types() {
        let types = file.rows(&family.types(), hidden)?;
        for row in table.chunks_exact_mut(hidden) {
            row.iter_mut().zip(&types).for_each(|(row, kind)| *row += kind);
        }
    }
    Ok(table)
}
