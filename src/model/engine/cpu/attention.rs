//! Self-attention of a batch: each sequence looks at itself only.

use rten_simd::ops::{BitOps, IntOps, NumOps};
use rten_simd::{Isa, Simd, SimdOp};

use super::super::Packed;
use super::kernels::ROUND;

/// Floats that a head may have.
pub(super) const HEADS: [usize; 2] = [32, 64];
/// Tokens whose queries are worked on together, so that a vector of keys is read once for all of them and their sums do not
/// wait for each other.
const ROWS: usize = 8;
/// Of those, tokens whose values are mixed together: two vectors of sums each.
const MIXED: usize = 4;

/// Attention with its scratch memory.
#[derive(Default)]
pub(super) struct Attention {
    keys: Vec<f32>,
    weights: Vec<f32>,
}

impl Attention {
    /// From rows of queries, keys and values (`3 · hidden` floats a token) to rows of mixed values (`hidden` floats), with heads of
    /// `head` floats, one of [`HEADS`]. Queries are scaled by `log2(e) / √head`, so that weights are powers of two.
    pub(super) fn run(&mut self, batch: &Packed, [hidden, head]: [usize; 2], qkv: &[f32], out: &mut [f32]) {
        for range in batch.sequences() {
            let qkv = &qkv[range.start * 3 * hidden..range.end * 3 * hidden];
            let out = &mut out[range.start * hidden..range.end * hidden];
            let Self { keys, weights } = self;
            // A constant of the compiler's: loops over a head are unrolled.
            match head {
                64 => Sequence::<64> { qkv, hidden, keys, weights, out }.dispatch(),
                _ => Sequence::<32> { qkv, hidden, keys, weights, out }.dispatch(),
            }
        }
    }
}

/// One sequence, with heads of so many floats.
struct Sequence<'a, const HEAD: usize> {
    qkv: &'a [f32],
    hidden: usize,
    /// Keys of one head with tokens as lanes: vector `HEAD · tile + d` holds the d-th float of the tile's tokens.
    keys: &'a mut Vec<f32>,
    /// Scores, then weights, of [`ROWS`] tokens: vector `ROWS · tile + r` is what row `r` gives the tile's tokens.
    weights: &'a mut Vec<f32>,
    out: &'a mut [f32],
}

impl<const HEAD: usize> SimdOp for Sequence<'_, HEAD> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(mut self, isa: I) {
        let length = self.qkv.len() / (3 * self.hidden);
        let tiles = length.div_ceil(isa.f32().len());
        self.keys.clear();
        self.keys.resize(tiles * HEAD * isa.f32().len(), 0.0);
        self.weights.clear();
        self.weights.resize(tiles * ROWS * isa.f32().len(), 0.0);
        for column in (0..self.hidden).step_by(HEAD) {
            self.turn_keys(isa, column);
            for first in (0..length).step_by(ROWS) {
                let tops = self.score(isa, column, first, length);
                let sums = self.weigh(isa, &tops, length);
                self.mix(isa, column, first, length, &sums);
            }
        }
    }
}

impl<const HEAD: usize> Sequence<'_, HEAD> {
    /// Lays out the keys of the head whose queries begin at `column`.
    #[inline(always)]
    fn turn_keys<I: Isa>(&mut self, isa: I, column: usize) {
        let lanes = isa.f32().len();
        for (token, row) in self.qkv.chunks_exact(3 * self.hidden).enumerate() {
            let tile = &mut self.keys[token / lanes * HEAD * lanes..][..HEAD * lanes];
            let key = &row[self.hidden + column..][..HEAD];
            for (d, float) in key.iter().enumerate() {
                tile[d * lanes + token % lanes] = *float;
            }
        }
    }

    /// Scores of the rows from `first` on; tells the highest of each row.
    #[inline(always)]
    fn score<I: Isa>(&mut self, isa: I, column: usize, first: usize, length: usize) -> [f32; ROWS] {
        let ops = isa.f32();
        let lanes = ops.len();
        // Rows past the end repeat the last one; nobody reads them.
        let queries: [&[f32]; ROWS] = std::array::from_fn(|r| {
            let token = (first + r).min(length - 1);
            &self.qkv[token * 3 * self.hidden + column..][..HEAD]
        });
        let mut tops = [ops.splat(f32::MIN); ROWS];
        let tiles = self.keys.chunks_exact(HEAD * lanes).zip(self.weights.chunks_exact_mut(ROWS * lanes));
        for (tile, (keys, weights)) in tiles.enumerate() {
            let mut scores = [ops.zero(); ROWS];
            for (d, keys) in keys.chunks_exact(lanes).enumerate() {
                let keys = ops.load(keys);
                for r in 0..ROWS {
                    scores[r] = ops.mul_add(ops.splat(queries[r][d]), keys, scores[r]);
                }
            }
            let real = ops.first_n_mask((length - tile * lanes).min(lanes));
            for (r, out) in weights.chunks_exact_mut(lanes).enumerate() {
                let score = ops.select(scores[r], ops.splat(f32::MIN), real);
                tops[r] = ops.max(tops[r], score);
                ops.store(score, out);
            }
        }
        tops.map(|top| top.to_array().into_iter().fold(f32::MIN, f32::max))
    }

    /// Scores to weights, not yet divided by their sums, which it tells.
    #[inline(always)]
    fn weigh<I: Isa>(&mut self, isa: I, tops: &[f32; ROWS], length: usize) -> [f32; ROWS] {
        let ops = isa.f32();
        let lanes = ops.len();
        let mut sums = [ops.zero(); ROWS];
        for (tile, weights) in self.weights.chunks_exact_mut(ROWS * lanes).enumerate() {
            let real = ops.first_n_mask((length - tile * lanes).min(lanes));
            for (r, weights) in weights.chunks_exact_mut(lanes).enumerate() {
                let weight = exp2(isa, ops.sub(ops.load(weights), ops.splat(tops[r])));
                let weight = ops.select(weight, ops.zero(), real);
                sums[r] = ops.add(sums[r], weight);
                ops.store(weight, weights);
            }
        }
        sums.map(|sum| ops.sum(sum))
    }

    /// Values mixed by weight, for the rows from `first` on.
    #[inline(always)]
    fn mix<I: Isa>(&mut self, isa: I, column: usize, first: usize, length: usize, sums: &[f32; ROWS]) {
        let ops = isa.f32();
        let lanes = ops.len();
        for group in (0..ROWS.min(length - first)).step_by(MIXED) {
            for part in (0..HEAD).step_by(2 * lanes) {
                let mut mixed = [[ops.zero(); 2]; MIXED];
                for (token, row) in self.qkv.chunks_exact(3 * self.hidden).enumerate() {
                    let values: [I::F32; 2] = ops.load_many(&row[2 * self.hidden + column + part..]);
                    let weights = &self.weights[token / lanes * ROWS * lanes..][..ROWS * lanes];
                    for (r, mixed) in mixed.iter_mut().enumerate() {
                        let weight = ops.splat(weights[(group + r) * lanes + token % lanes]);
                        mixed[0] = ops.mul_add(weight, values[0], mixed[0]);
                        mixed[1] = ops.mul_add(weight, values[1], mixed[1]);
                    }
                }
                for (r, mixed) in mixed.iter().enumerate() {
                    let row = first + group + r;
                    if row < length {
                        let out = &mut self.out[row * self.hidden + column + part..][..2 * lanes];
                        let factor = ops.splat(1.0 / sums[group + r]);
                        ops.store(ops.mul(mixed[0], factor), &mut out[..lanes]);
                        ops.store(ops.mul(mixed[1], factor), &mut out[lanes..]);
                    }
                }
            }
        }
    }
}

/// 2ˣ for x ≤ 0, relative error under 3·10⁻⁶: a polynomial for the fraction, the exponent's bits for the rest.
#[inline(always)]
fn exp2<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    const COEFFICIENTS: [f32; 5] = [0.009_618_437, 0.055_503_324, 0.240_226_48, std::f32::consts::LN_2, 1.0];
    let (ops, ints) = (isa.f32(), isa.i32());
    let x = ops.max(x, ops.splat(-126.0));
    let shifted = ops.add(x, ops.splat(ROUND));
    let fraction = ops.sub(x, ops.sub(shifted, ops.splat(ROUND)));
    let mut p = ops.splat(0.001_339_887_4);
    for coefficient in COEFFICIENTS {
        p = ops.mul_add(p, fraction, ops.splat(coefficient));
    }
    let exponent = ints.shift_left::<23>(shifted.reinterpret_cast());
    ints.add(p.reinterpret_cast(), exponent).reinterpret_cast()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Exp2<'a>(&'a mut [f32]);

    impl SimdOp for Exp2<'_> {
        type Output = ();

        fn eval<I: Isa>(self, isa: I) {
            for values in self.0.chunks_exact_mut(isa.f32().len()) {
                isa.f32().store(exp2(isa, isa.f32().load(values)), values);
            }
        }
    }

    #[test]
    fn powers_of_two_are_accurate_and_vanish_far_down() {
        let inputs: Vec<f32> = (0..1024).map(|step| -step as f32 / 10.0).collect();
        let mut powers = inputs.clone();
        Exp2(&mut powers).dispatch();
        for (x, power) in inputs.iter().zip(&powers) {
            assert!((f64::from(*power) / f64::from(*x).exp2() - 1.0).abs() < 1e-5, "2^{x} = {power}");
        }
        let mut far = [f32::MIN; 16];
        Exp2(&mut far).dispatch();
        assert!(far.iter().all(|power| (0.0..1e-37).contains(power)), "{far:?}");
    }

    #[test]
    fn attention_is_that_of_the_formula_and_stays_within_a_sequence() {
        HEADS.into_iter().for_each(check);
    }

    fn check(head: usize) {
        let hidden = 2 * head;
        let lengths = [1, 2, 8, 15, 16, 17, 33, 128];
        let mut batch = Packed::default();
        lengths.iter().for_each(|&length| batch.push(&vec![0; length]));
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 * 4.0 - 2.0
        };
        let qkv: Vec<f32> = (0..batch.ids().len() * 3 * hidden).map(|_| next()).collect();
        let mut out = vec![f32::NAN; batch.ids().len() * hidden];
        Attention::default().run(&batch, [hidden, head], &qkv, &mut out);
        let at = |token: usize, column: usize| f64::from(qkv[token * 3 * hidden + column]);
        for range in batch.sequences() {
            for (token, column) in range.clone().flat_map(|token| [(token, 0), (token, head)]) {
                let score =
                    |other: usize| (0..head).map(|d| at(token, column + d) * at(other, hidden + column + d)).sum();
                let powers: Vec<f64> = range.clone().map(|other| f64::exp2(score(other))).collect();
                let sum: f64 = powers.iter().sum();
                for d in column..column + head {
                    let values = range.clone().map(|other| at(other, 2 * hidden + d));
                    let expected: f64 = powers.iter().zip(values).map(|(power, value)| power / sum * value).sum();
                    let found = f64::from(out[token * hidden + d]);
                    assert!((found - expected).abs() < 1e-4, "token {token} float {d}: {found}, expected {expected}");
                }
            }
        }
    }
}
