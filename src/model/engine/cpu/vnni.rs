//! The matrix product for x86-64 processors with AVX-512 VNNI, which most of the time of the model is spent in.
//!
//! `rten-gemm` has a kernel for the same instruction, and it runs everywhere else. It first copies the activations into an
//! order of its own and takes zero points off in every tile; here activations are read where they lie, and the next weights
//! are fetched while the present ones are used. `benches/encode.rs` measures what that gains.
//!
//! `unsafe` is needed for the instructions (a [`Vnni`] exists only where the processor has them) and for reading and writing
//! vectors through pointers; [`Vnni::product`] checks all lengths that the reads and writes rest on.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m512i, _MM_HINT_T1, _mm_prefetch, _mm512_dpbusd_epi32, _mm512_load_si512, _mm512_set1_epi32,
    _mm512_setzero_si512, _mm512_storeu_si512,
};

use super::layout::{self, DEPTH};

/// Rows of a tile of the product.
pub(super) const ROWS: usize = 8;
/// Columns of a tile: two vectors of sums. With eight rows that makes sixteen sums, enough to hide the latency of each.
const COLUMNS: usize = 32;

/// Proof that the processor has the instructions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vnni(());

/// Four weights for each of sixteen outputs.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([i8; 64]);

/// Weights in the order they are read: for each panel of 32 outputs, for each four inputs, two lines.
pub(super) struct Weights {
    lines: Vec<Line>,
    inputs: usize,
    outputs: usize,
}

impl Vnni {
    /// Asks the processor.
    pub(super) fn detect() -> Option<Self> {
        (is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vnni")).then_some(Self(()))
    }

    /// Lays out weights `[outputs, inputs]`; `None` where the shape does not fill whole panels.
    pub(super) fn pack(self, weight: &[i8], outputs: usize, inputs: usize) -> Option<Weights> {
        assert_eq!(weight.len(), outputs * inputs);
        if !outputs.is_multiple_of(COLUMNS) || !inputs.is_multiple_of(DEPTH) {
            return None;
        }
        let lines = layout::lines(weight, inputs, Line);
        Some(Weights { lines, inputs, outputs })
    }

    /// `bytes · weightsᵀ`, a row of `out` for a row of `bytes`; rows come in multiples of [`ROWS`].
    pub(super) fn product(self, weights: &Weights, bytes: &[u8], out: &mut [i32]) {
        let rows = bytes.len() / weights.inputs;
        assert!(rows.is_multiple_of(ROWS) && bytes.len() == rows * weights.inputs);
        assert_eq!(out.len(), rows * weights.outputs);
        assert_eq!(weights.lines.len() * 64, weights.inputs * weights.outputs);
        // SAFETY: `self` proves that the instructions exist; the lengths were checked just above.
        unsafe { product(weights, bytes, out) }
    }
}

/// # Safety
/// `bytes` holds `ROWS · n` rows of `weights.inputs`, `out` as many rows of `weights.outputs`, and `weights.lines` is complete.
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn product(weights: &Weights, bytes: &[u8], out: &mut [i32]) {
    let Weights { lines, inputs, outputs } = weights;
    let panel_lines = inputs / DEPTH * 2;
    let tiles = bytes.len() / inputs / ROWS;
    for (column, panel) in lines.chunks_exact(panel_lines).enumerate() {
        let next = lines.get((column + 1) * panel_lines..).unwrap_or(&[]);
        let share = panel_lines.div_ceil(tiles);
        for tile in 0..tiles {
            // The next panel comes into the second-level cache in parts, one with each tile.
            for line in next.iter().skip(tile * share).take(share) {
                _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(line).cast());
            }
            let bytes = &bytes[tile * ROWS * inputs..(tile + 1) * ROWS * inputs];
            // SAFETY: eight rows of `inputs` bytes, as many as the panel has lines for.
            let sums = unsafe { tile_sums(panel, bytes.as_ptr(), *inputs) };
            for (row, sums) in sums.iter().enumerate() {
                let at = (tile * ROWS + row) * outputs + column * COLUMNS;
                let out = &mut out[at..at + COLUMNS];
                // SAFETY: 32 numbers, two vectors of sixteen.
                unsafe {
                    _mm512_storeu_si512(out.as_mut_ptr().cast(), sums[0]);
                    _mm512_storeu_si512(out.as_mut_ptr().add(COLUMNS / 2).cast(), sums[1]);
                }
            }
        }
    }
}

/// # Safety
/// `bytes` points to `ROWS` rows of `inputs` bytes, and `panel` has two lines for each four of them.
#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
unsafe fn tile_sums(panel: &[Line], bytes: *const u8, inputs: usize) -> [[__m512i; 2]; ROWS] {
    let mut sums = [[_mm512_setzero_si512(); 2]; ROWS];
    for (four, lines) in panel.as_chunks::<2>().0.iter().enumerate() {
        // SAFETY: a line is 64 bytes and aligned to 64.
        let (left, right) =
            unsafe { (_mm512_load_si512(lines[0].0.as_ptr().cast()), _mm512_load_si512(lines[1].0.as_ptr().cast())) };
        for (row, sums) in sums.iter_mut().enumerate() {
            // SAFETY: the four bytes lie within the row, as `four` counts the fours of a row.
            let activations = unsafe { bytes.add(row * inputs + four * DEPTH).cast::<i32>().read_unaligned() };
            let activations = _mm512_set1_epi32(activations);
            sums[0] = _mm512_dpbusd_epi32(sums[0], activations, left);
            sums[1] = _mm512_dpbusd_epi32(sums[1], activations, right);
        }
    }
    sums
}
