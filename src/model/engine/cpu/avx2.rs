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
const ROWS: usize = 4;
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
    for (column, panel) in lines.chunks_exact(panel_lines).enumerate() {
        let next = lines.get((column + 1) * panel_lines..).unwrap_or(&[]);
        let share = panel_lines.div_ceil(tiles).next_multiple_of(2);
        for tile in 0..tiles {
            // The next panel comes into the second-level cache in parts, one with each tile; two lines are fetched at once.
            for line in next.iter().skip(tile * share).take(share).step_by(2) {
                _mm_prefetch::<_MM_HINT_T1>(std::ptr::from_ref(line).cast());
            }
            let tile_bytes = &bytes[tile * ROWS * inputs..(tile + 1) * ROWS * inputs];
            let rows = std::array::from_fn(|row| tile_bytes[row * inputs..(row + 1) * inputs].as_chunks::<DEPTH>().0);
            let sums = tile_sums(panel.as_chunks::<4>().0, rows);
            for (row, sums) in sums.iter().enumerate() {
                let at = (tile * ROWS + row) * outputs + column * COLUMNS;
                let out = &mut out[at..at + COLUMNS];
                // SAFETY: 16 numbers, two vectors of eight.
                unsafe {
                    _mm256_storeu_si256(out.as_mut_ptr().cast(), sums[0]);
                    _mm256_storeu_si256(out.as_mut_ptr().add(COLUMNS / 2).cast(), sums[1]);
                }
            }
        }
    }
}

/// The sums of a tile. Everything is walked by iterators: an index would be checked for overflow in the builds of the tests, which
/// took nine times as long.
#[inline]
#[target_feature(enable = "avx2")]
fn tile_sums(panel: &[[Line; 4]], rows: [&[[u8; DEPTH]]; ROWS]) -> [[__m256i; 2]; ROWS] {
    let ones = _mm256_set1_epi16(1);
    let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
    let [first, second, third, fourth] = rows;
    let eights = first.iter().zip(second).zip(third).zip(fourth);
    for (lines, (((first, second), third), fourth)) in panel.iter().zip(eights) {
        let [left, right, left_on, right_on] = lines;
        // SAFETY: a line is 32 bytes and aligned to 32.
        let (left, right, left_on, right_on) = unsafe {
            (
                _mm256_load_si256(left.0.as_ptr().cast()),
                _mm256_load_si256(right.0.as_ptr().cast()),
                _mm256_load_si256(left_on.0.as_ptr().cast()),
                _mm256_load_si256(right_on.0.as_ptr().cast()),
            )
        };
        for (sums, eight) in sums.iter_mut().zip([first, second, third, fourth]) {
            let [a, b, c, d, e, f, g, h] = *eight;
            let four = _mm256_set1_epi32(i32::from_le_bytes([a, b, c, d]));
            let four_on = _mm256_set1_epi32(i32::from_le_bytes([e, f, g, h]));
            let pairs = _mm256_add_epi16(_mm256_maddubs_epi16(four, left), _mm256_maddubs_epi16(four_on, left_on));
            sums[0] = _mm256_add_epi32(sums[0], _mm256_madd_epi16(pairs, ones));
            let pairs = _mm256_add_epi16(_mm256_maddubs_epi16(four, right), _mm256_maddubs_epi16(four_on, right_on));
            sums[1] = _mm256_add_epi32(sums[1], _mm256_madd_epi16(pairs, ones));
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
