//! One encoder layer.

use std::ops::Range;

use rten_simd::SimdOp;

use super::super::Packed;
use super::attention::Attention;
use super::kernels::{Gelu, Norm, Product, Quant, Quantise, Residual, Scale};
use super::linear::{Gemm, Linear};

/// Tokens that go through the products of a layer together: enough to read the weights seldom, few enough that all that
/// lies between two products stays in the second-level cache.
const ROWS: usize = 64;
/// Rows are padded to this multiple, the height of the widest kernel's tile.
const TILE: usize = 8;

/// A layer's weights.
pub(super) struct Layer {
    /// Queries (scaled by `log2(e) / √head`), keys and values, one below the other.
    pub(super) qkv: Linear,
    /// After attention.
    pub(super) attention_output: Linear,
    /// After attention.
    pub(super) attention_norm: LayerNorm,
    /// Into the wide middle.
    pub(super) intermediate: Linear,
    /// Out of it.
    pub(super) output: Linear,
    /// At the end.
    pub(super) output_norm: LayerNorm,
}

/// A layer norm's weights.
pub(super) struct LayerNorm {
    /// Factor.
    pub(super) weight: Vec<f32>,
    /// Summand.
    pub(super) bias: Vec<f32>,
    /// Keeps the root off zero.
    pub(super) epsilon: f32,
}

impl LayerNorm {
    /// As the kernels take it.
    pub(super) fn view(&self) -> Norm<'_> {
        Norm { weight: &self.weight, bias: &self.bias, epsilon: self.epsilon }
    }
}

/// The vectors of a batch's tokens, as floats and as bytes.
#[derive(Default)]
pub(super) struct Tokens {
    width: usize,
    values: Vec<f32>,
    rows: Rows,
}

/// Quantised rows.
#[derive(Default)]
struct Rows {
    bytes: Vec<u8>,
    quants: Vec<Quant>,
}

impl Rows {
    fn reset(&mut self, rows: usize, width: usize) {
        self.bytes.resize(rows * width, 0);
        self.quants.resize(rows, Quant::default());
    }

    /// Has `quantise` write row `at`.
    fn write(&mut self, at: usize, width: usize, quantise: impl FnOnce(&mut [u8]) -> Quant) {
        self.quants[at] = quantise(&mut self.bytes[at * width..(at + 1) * width]);
    }
}

impl Tokens {
    /// Makes room for `tokens` rows, padded.
    pub(super) fn reset(&mut self, tokens: usize, width: usize) {
        let rows = tokens.next_multiple_of(TILE);
        self.width = width;
        self.values.resize(rows * width, 0.0);
        self.values[tokens * width..].fill(0.0);
        self.rows.reset(rows, width);
    }

    /// A row to be written: its floats and its bytes; `write` tells how it quantised them.
    pub(super) fn write(&mut self, at: usize, write: impl FnOnce(&mut [f32], &mut [u8]) -> Quant) {
        let values = &mut self.values[at * self.width..(at + 1) * self.width];
        self.rows.write(at, self.width, |bytes| write(values, bytes));
    }

    /// Keeps the rows of these ranges, which are in order, and closes up.
    pub(super) fn retain(&mut self, ranges: impl Iterator<Item = Range<usize>>) {
        let width = self.width;
        let mut end = 0;
        for range in ranges {
            let floats = range.start * width..range.end * width;
            self.values.copy_within(floats.clone(), end * width);
            self.rows.bytes.copy_within(floats, end * width);
            self.rows.quants.copy_within(range.clone(), end);
            end += range.len();
        }
        self.reset(end, width);
    }

    /// The first rows.
    pub(super) fn values(&self, tokens: usize) -> &[f32] {
        &self.values[..tokens * self.width]
    }
}

/// Memory between the products of a layer, kept from batch to batch.
#[derive(Default)]
pub(super) struct Scratch {
    products: Vec<i32>,
    qkv: Vec<f32>,
    mixed: Vec<f32>,
    middle: Vec<f32>,
    mixed_rows: Rows,
    middle_rows: Rows,
}

impl Layer {
    /// Runs the layer over all tokens, with heads of `head` floats.
    pub(super) fn run(
        &self,
        gemm: &Gemm,
        head: usize,
        batch: &Packed,
        tokens: &mut Tokens,
        scratch: &mut Scratch,
        attention: &mut Attention,
    ) -> Result<(), String> {
        let (hidden, levels) = (tokens.width, gemm.levels());
        let rows = tokens.rows.quants.len();
        let wide = self.intermediate.outputs();
        let Scratch { products, qkv, mixed, middle, mixed_rows, middle_rows } = scratch;
        products.resize(ROWS * wide.max(3 * hidden), 0);
        qkv.resize(rows * 3 * hidden, 0.0);
        mixed.resize(rows * hidden, 0.0);
        middle.resize(wide, 0.0);
        mixed_rows.reset(ROWS, hidden);
        middle_rows.reset(ROWS, wide);

        for first in (0..rows).step_by(ROWS) {
            let count = ROWS.min(rows - first);
            let products = &mut products[..count * 3 * hidden];
            let bytes = &tokens.rows.bytes[first * hidden..(first + count) * hidden];
            gemm.product(&self.qkv, bytes, products)?;
            for (at, acc) in products.chunks_exact(3 * hidden).enumerate() {
                let at = first + at;
                let out = &mut qkv[at * 3 * hidden..(at + 1) * 3 * hidden];
                let product = Product { acc, input: tokens.rows.quants[at], channels: self.qkv.channels() };
                Scale { product, out }.dispatch();
            }
        }
        attention.run(batch, [hidden, head], qkv, mixed);

        for first in (0..rows).step_by(ROWS) {
            let count = ROWS.min(rows - first);
            for at in 0..count {
                let values = &mixed[(first + at) * hidden..(first + at + 1) * hidden];
                mixed_rows.write(at, hidden, |bytes| Quantise { values, bytes, levels }.dispatch());
            }
            let products_hidden = &mut products[..count * hidden];
            gemm.product(&self.attention_output, &mixed_rows.bytes[..count * hidden], products_hidden)?;
            self.residual(
                &self.attention_output,
                &self.attention_norm,
                first,
                products_hidden,
                mixed_rows,
                tokens,
                levels,
            );

            let bytes = &tokens.rows.bytes[first * hidden..(first + count) * hidden];
            let products_wide = &mut products[..count * wide];
            gemm.product(&self.intermediate, bytes, products_wide)?;
            let channels = self.intermediate.channels();
            for (at, acc) in products_wide.chunks_exact(wide).enumerate() {
                let product = Product { acc, input: tokens.rows.quants[first + at], channels };
                middle_rows.write(at, wide, |bytes| Gelu { product, values: middle, bytes, levels }.dispatch());
            }
            let products_hidden = &mut products[..count * hidden];
            gemm.product(&self.output, &middle_rows.bytes[..count * wide], products_hidden)?;
            self.residual(&self.output, &self.output_norm, first, products_hidden, middle_rows, tokens, levels);
        }
        Ok(())
    }

    /// Adds the products of the rows from `first` on to the tokens, normalises, and quantises.
    #[expect(clippy::too_many_arguments, reason = "two halves of one loop")]
    fn residual(
        &self,
        linear: &Linear,
        norm: &LayerNorm,
        first: usize,
        products: &[i32],
        inputs: &Rows,
        tokens: &mut Tokens,
        levels: f32,
    ) {
        let width = tokens.width;
        for (at, acc) in products.chunks_exact(width).enumerate() {
            let product = Product { acc, input: inputs.quants[at], channels: linear.channels() };
            let norm = norm.view();
            tokens.write(first + at, |values, bytes| Residual { product, norm, values, bytes, levels }.dispatch());
        }
    }
}
