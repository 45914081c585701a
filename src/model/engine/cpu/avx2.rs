//! The matrix product for x86-64 processors with AVX2 and without VNNI.
//!
//! There, bytes are multiplied in pairs and each pair is added up in 16 bits (`vpmaddubsw`), which a second instruction widens
//! (`vpmaddwd`); both keep the same two units busy. Here two such sums are added in 16 bits before they are widened, so that
//! three of these instructions do the work of four. With activations of 7 bits the sum of four products fits where the weights
//! of one sign do not add up to more than 258 (127 · 258 = 32,766). Rows of weights with four that do are rounded to steps a
//! little wider ([`fit`]); of the shipped model's fours it is one in a thousand.
//!
//! `rten-gemm`, which serves other processors, widens every sum, and copies activations into an order of its own.
//! `benches/encode.rs` measures what that gains, `tests/model/agreement.rs` what the wider steps cost.
//!
//! `unsafe` is needed for the instructions (an [`Avx2`] exists only where the processor has them) and for reading and writing
//! vectors through pointers; [`Avx2::product`] checks all lengths that the reads and writes rest on.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256i, _MM_HINT_T1, _mm_prefetch, _mm256_add_epi16, _mm256_add_epi32, _mm256_load_si256, _mm256_madd_epi16,
    _mm256_maddubs_epi16, _mm256_set1_epi16, _mm256_set1_epi32, _mm256_setzero_si256, _mm256_storeu_si256,
};

use super::layout;

/// Rows of a tile of the product.
const ROWS: usize = 8;
/// Columns of a tile: two vectors of sums.
const COLUMNS: usize = 16;
/// Inputs whose products are added up before they are widened: two instructions of four.
const DEPTH: usize = 8;
/// The largest activation.
pub(super) const LEVELS: u8 = 127;
/// What four weights of one sign may add up to.
const MOST: i32 = 258;

/// Proof that the processor has the instructions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Avx2(());

/// Four weights for each of eight outputs.
#[derive(Clone, Copy)]
#[repr(C, align(32))]
struct Line([i8; 32]);

/// Weights in the order they are read: for each panel of 16 outputs, for each eight inputs, four lines: the first four inputs of
/// both halves of the outputs, then the other four.
pub(super) struct Weights {
    lines: Vec<Line>,
    inputs: usize,
    outputs: usize,
}

/// The weights of one sign whose products meet in 16 bits add up to at most so much in any four of a row.
fn heaviest(row: &[i8]) -> i32 {
    let of = |weights: &[i8], lane: usize, sign: i32| -> i32 {
        [lane, lane + 1, lane + 4, lane + 5].map(|at| (sign * i32::from(weights[at])).max(0)).iter().sum()
    };
    let eights = row
        .chunks_exact(DEPTH)
        .flat_map(|weights| [(0, 1), (0, -1), (2, 1), (2, -1)].map(|(lane, sign)| of(weights, lane, sign)));
    eights.max().unwrap_or(0)
}

/// Rounds the weights of an output to wider steps if their products could overflow; tells how much wider, 1 for most.
pub(super) fn fit(row: &mut [i8]) -> f32 {
    let heaviest = heaviest(row);
    if heaviest <= MOST {
        return 1.0;
    }
    // Each of four may be rounded up by a half.
    let wider = heaviest as f32 / (MOST - 2) as f32;
    row.iter_mut().for_each(|weight| *weight = (f32::from(*weight) / wider).round() as i8);
    wider
}

impl Avx2 {
    /// Asks the processor.
    pub(super) fn detect() -> Option<Self> {
        is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    /// Lays out weights `[outputs, inputs]`, each row of which has been made to [`fit`]; `None` where the shape does not fill whole
    /// panels.
    pub(super) fn pack(self, weight: &[i8], outputs: usize, inputs: usize) -> Option<Weights> {
        assert_eq!(weight.len(), outputs * inputs);
        if !outputs.is_multiple_of(COLUMNS) || !inputs.is_multiple_of(DEPTH) {
            return None;
        }
        let lines = layout::lines(weight, inputs, Line);
        Some(Weights { lines, inputs, outputs })
    }

    /// `bytes · weightsᵀ`, a row of `out` for a row of `bytes`, none of which is above [`LEVELS`]; rows come in multiples of
    /// [`ROWS`].
    pub(super) fn product(self, weights: &Weights, bytes: &[u8], out: &mut [i32]) {
        let rows = bytes.len() / weights.inputs;
        assert!(rows.is_multiple_of(ROWS) && bytes.len() == rows * weights.inputs);
        assert_eq!(out.len(), rows * weights.outputs);
        assert_eq!(weights.lines.len() * 32, weights.inputs * weights.outputs);
        // SAFETY: `self` proves that the instructions exist; the lengths were checked just above.
        unsafe { product(weights, bytes, out) }
    }
}

/// # Safety
/// `bytes` holds `ROWS · n` rows of `weights.inputs`, `out` as many rows of `weights.outputs`, and `weights.lines` is complete.
#[target_feature(enable = "avx2")]
unsafe fn product(weights: &Weights, bytes: &[u8], out: &mut [i32]) {
    let Weights { lines, inputs, outputs } = weights;
    let panel_lines = inputs / 2;
    let tiles = bytes.len() / inputs / ROWS;
    let share = panel_lines.div_ceil(tiles).next_multiple_of(2);
    for (column, panel) in lines.chunks_exact(panel_lines).enumerate() {
        let next = lines.get((column + 1) * panel_lines..).unwrap_or(&[]);
        let panel = panel.as_chunks().0;
        for (tile, tile_bytes) in bytes.chunks_exact(ROWS * inputs).enumerate() {
            // The next panel comes into the second-level cache in parts, one with each tile; two lines are fetched at once.
            for line in next.iter().skip(tile * share).take(share).step_by(2) {
                _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(line).cast());
            }
            // No closure: it would have the instructions, and what calls it would not, so that neither is inlined.
            let mut rows = [Default::default(); ROWS];
            for (row, bytes) in rows.iter_mut().zip(tile_bytes.chunks_exact(*inputs)) {
                *row = bytes.as_chunks().0;
            }
            let out = &mut out[tile * ROWS * outputs + column * COLUMNS..];
            store(&tile_sums::<0>(panel, rows), out, *outputs);
            store(&tile_sums::<1>(panel, rows), &mut out[COLUMNS / 2..], *outputs);
        }
    }
}

/// Writes a vector to the beginning of each row of `outputs` numbers.
#[inline]
#[target_feature(enable = "avx2")]
fn store(sums: &[__m256i; ROWS], out: &mut [i32], outputs: usize) {
    for (sums, row) in sums.iter().zip(out.chunks_mut(outputs)) {
        let row = &mut row[..COLUMNS / 2];
        // SAFETY: eight numbers, a vector.
        unsafe { _mm256_storeu_si256(row.as_mut_ptr().cast(), *sums) };
    }
}

/// The sums of a tile, those of one half of the panel's outputs. Eight sums, two lines and what comes between fit the sixteen registers
/// of the processor: where a sum had to lie on the stack between two steps, and there across two pages, products took two and a half
/// times as long.
///
/// Everything is walked by iterators: an index would be checked for overflow in the builds of the tests, which took nine times as long.
#[inline]
#[target_feature(enable = "avx2")]
fn tile_sums<const HALF: usize>(panel: &[[Line; 4]], rows: [&[[u8; DEPTH]]; ROWS]) -> [__m256i; ROWS] {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [_mm256_setzero_si256(); ROWS];
    let [a, b, c, d, e, f, g, h] = rows;
    let eights = a.iter().zip(b).zip(c).zip(d).zip(e).zip(f).zip(g).zip(h);
    for (lines, (((((((a, b), c), d), e), f), g), h)) in panel.iter().zip(eights) {
        // SAFETY: a line is 32 bytes and aligned to 32.
        let (line, line_on) = unsafe {
            (_mm256_load_si256(lines[HALF].0.as_ptr().cast()), _mm256_load_si256(lines[HALF + 2].0.as_ptr().cast()))
        };
        for (sum, eight) in sums.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            let [a, b, c, d, e, f, g, h] = *eight;
            let four = _mm256_set1_epi32(i32::from_le_bytes([a, b, c, d]));
            let four_on = _mm256_set1_epi32(i32::from_le_bytes([e, f, g, h]));
            let pairs = _mm256_add_epi16(_mm256_maddubs_epi16(four, line), _mm256_maddubs_epi16(four_on, line_on));
            *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_fits_does_not_overflow_and_is_the_nearest(mut row in proptest::collection::vec(-127i8..=127, 64)) {
            let before = row.clone();
            let wider = fit(&mut row);
            proptest::prop_assert!(heaviest(&row) <= MOST, "{}", heaviest(&row));
            for (before, after) in before.iter().zip(&row) {
                proptest::prop_assert!((f32::from(*before) - f32::from(*after) * wider).abs() <= wider / 2.0 + 1e-3);
            }
        }
    }

    #[test]
    fn a_row_that_fits_stays_as_it_is() {
        let mut row = [86, 86, 127, 127, 86, 0, 2, 2];
        assert_eq!((fit(&mut row), row), (1.0, [86, 86, 127, 127, 86, 0, 2, 2]));
    }
}
