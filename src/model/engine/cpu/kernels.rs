//! The row by row work between two matrix products, on vectors of whatever width the processor has.
//!
//! Each kernel is an operation of `rten-simd`, which compiles it for AVX-512, AVX2, NEON and plain instructions and chooses at
//! run time. All rows are multiples of sixteen floats wide, so there are no remainders, and a row's result does not depend on
//! the rows around it.

use rten_simd::ops::{BitOps, NumOps, ToFloat};
use rten_simd::{Isa, Simd, SimdOp};

/// What turns the whole numbers of a product back into floats: `(acc − zero · sum) · step · scale + bias`, where `zero` and
/// `step` are those of the row that went in.
#[derive(Clone, Copy)]
pub(super) struct Channels<'a> {
    /// Sum of each output channel's weights.
    pub(super) sum: &'a [i32],
    /// Scale of each output channel.
    pub(super) scale: &'a [f32],
    /// Bias of each output channel.
    pub(super) bias: &'a [f32],
}

/// How a row was quantised: `value = step · (byte − zero)`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Quant {
    /// The size of a step.
    pub(super) step: f32,
    /// The byte that stands for 0.
    pub(super) zero: u8,
}

/// A row of a product with what turns it into floats.
#[derive(Clone, Copy)]
pub(super) struct Product<'a> {
    /// The row.
    pub(super) acc: &'a [i32],
    /// How the row that went in was quantised.
    pub(super) input: Quant,
    /// The map it went through.
    pub(super) channels: Channels<'a>,
}

/// Yields a product as vectors of floats, in order.
struct Floats<'a, I: Isa> {
    isa: I,
    product: Product<'a>,
    zero: I::I32,
    step: I::F32,
}

impl<'a, I: Isa> Floats<'a, I> {
    #[inline(always)]
    fn new(isa: I, product: Product<'a>) -> Self {
        let width = product.acc.len();
        let Channels { sum, scale, bias } = product.channels;
        assert!(sum.len() == width && scale.len() == width && bias.len() == width);
        let zero = isa.i32().splat(i32::from(product.input.zero));
        Self { isa, product, zero, step: isa.f32().splat(product.input.step) }
    }

    /// The vector that begins at channel `at`.
    #[inline(always)]
    fn at(&self, at: usize) -> I::F32 {
        let (floats, ints) = (self.isa.f32(), self.isa.i32());
        let Product { acc, channels, .. } = self.product;
        let shift = ints.mul(ints.load(&channels.sum[at..]), self.zero);
        let acc = ints.to_float(ints.sub(ints.load(&acc[at..]), shift));
        let scale = floats.mul(floats.load(&channels.scale[at..]), self.step);
        floats.mul_add(acc, scale, floats.load(&channels.bias[at..]))
    }
}

/// The least and the greatest of a row; 0 is always among them, so that it has a byte of its own.
struct Range<I: Isa> {
    low: I::F32,
    high: I::F32,
}

impl<I: Isa> Range<I> {
    #[inline(always)]
    fn new(isa: I) -> Self {
        Self { low: isa.f32().zero(), high: isa.f32().zero() }
    }

    #[inline(always)]
    fn see(&mut self, isa: I, values: I::F32) {
        self.low = isa.f32().min(values, self.low);
        self.high = isa.f32().max(values, self.high);
    }

    #[inline(always)]
    fn quant(&self, levels: f32) -> Quant {
        let low = self.low.to_array().into_iter().fold(0.0, f32::min);
        let high = self.high.to_array().into_iter().fold(0.0, f32::max);
        let step = (high - low) / levels;
        if step > 0.0 && step.is_finite() {
            Quant { step, zero: (-low / step).round() as u8 }
        } else {
            Quant { step: 1.0, zero: 0 }
        }
    }
}

/// Adding 1.5 · 2²³ rounds to a whole number, which then stands in the low bits.
pub(super) const ROUND: f32 = 12_582_912.0;

/// The bytes of a row. The crate's own narrowing does not use the instruction that does it in one step; from this loop the
/// compiler does.
#[inline(always)]
fn to_bytes(values: &[f32], quant: Quant, levels: f32, bytes: &mut [u8]) {
    let inverse = 1.0 / quant.step;
    let zero = f32::from(quant.zero);
    for (byte, value) in bytes.iter_mut().zip(values) {
        let level = value * inverse + zero;
        let level = if level > 0.0 { level } else { 0.0 };
        let level = if level < levels { level } else { levels };
        *byte = (level + ROUND).to_bits() as u8;
    }
}

/// Turns a product into floats.
pub(super) struct Scale<'a> {
    pub(super) product: Product<'a>,
    pub(super) out: &'a mut [f32],
}

impl SimdOp for Scale<'_> {
    type Output = ();

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) {
        let floats = Floats::new(isa, self.product);
        let length = isa.f32().len();
        for (at, out) in self.out.chunks_exact_mut(length).enumerate() {
            isa.f32().store(floats.at(at * length), out);
        }
    }
}

/// GELU as `x · Φ(x)`, with `Φ(x) − ½` an odd polynomial on ±4 and flat beyond. Fitted by weighted least squares so that it
/// is exactly ±½ at ±4; the largest error of the product is 2·10⁻⁴, a fiftieth of the step of the quantisation that follows.
#[inline(always)]
fn gelu<I: Isa>(isa: I, x: I::F32) -> I::F32 {
    const COEFFICIENTS: [f32; 6] =
        [-1.588_823_4e-6, 4.776_381e-5, -0.000_812_186_6, 0.008_763_687, -0.064_554_4, 0.397_870_26];
    let ops = isa.f32();
    let u = ops.clamp(x, ops.splat(-4.0), ops.splat(4.0));
    let z = ops.mul(u, u);
    let mut p = ops.splat(2.258_814_2e-8);
    for coefficient in COEFFICIENTS {
        p = ops.mul_add(p, z, ops.splat(coefficient));
    }
    ops.mul(x, ops.mul_add(u, p, ops.splat(0.5)))
}

/// Turns a product into floats, applies GELU, and quantises; `values` is scratch of the row's width.
pub(super) struct Gelu<'a> {
    pub(super) product: Product<'a>,
    pub(super) values: &'a mut [f32],
    pub(super) bytes: &'a mut [u8],
    pub(super) levels: f32,
}

impl SimdOp for Gelu<'_> {
    type Output = Quant;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> Quant {
        let floats = Floats::new(isa, self.product);
        let mut range = Range::new(isa);
        let length = isa.f32().len();
        for (at, out) in self.values.chunks_exact_mut(length).enumerate() {
            let values = gelu(isa, floats.at(at * length));
            range.see(isa, values);
            isa.f32().store(values, out);
        }
        let quant = range.quant(self.levels);
        to_bytes(self.values, quant, self.levels, self.bytes);
        quant
    }
}

/// A layer norm.
#[derive(Clone, Copy)]
pub(super) struct Norm<'a> {
    /// Factor.
    pub(super) weight: &'a [f32],
    /// Summand.
    pub(super) bias: &'a [f32],
    /// Keeps the root off zero.
    pub(super) epsilon: f32,
}

impl Norm<'_> {
    /// Normalises `values`, whose sum is known; tells their range.
    #[inline(always)]
    fn apply<I: Isa>(&self, isa: I, sum: I::F32, values: &mut [f32]) -> Range<I> {
        let ops = isa.f32();
        let (length, width) = (ops.len(), values.len());
        assert!(self.weight.len() == width && self.bias.len() == width);
        let mean = ops.splat(ops.sum(sum) / width as f32);
        let mut squares = ops.zero();
        for values in values.chunks_exact(length) {
            let distance = ops.sub(ops.load(values), mean);
            squares = ops.mul_add(distance, distance, squares);
        }
        let factor = ops.splat(1.0 / (ops.sum(squares) / width as f32 + self.epsilon).sqrt());
        let mut range = Range::new(isa);
        for (at, values) in values.chunks_exact_mut(length).enumerate() {
            let (weight, bias) = (ops.load(&self.weight[at * length..]), ops.load(&self.bias[at * length..]));
            let scaled = ops.mul_add(ops.mul(ops.sub(ops.load(values), mean), factor), weight, bias);
            range.see(isa, scaled);
            ops.store(scaled, values);
        }
        range
    }
}

/// Turns a product into floats, adds it to `values`, normalises, and quantises.
pub(super) struct Residual<'a> {
    pub(super) product: Product<'a>,
    pub(super) norm: Norm<'a>,
    pub(super) values: &'a mut [f32],
    pub(super) bytes: &'a mut [u8],
    pub(super) levels: f32,
}

impl SimdOp for Residual<'_> {
    type Output = Quant;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> Quant {
        let ops = isa.f32();
        let floats = Floats::new(isa, self.product);
        let length = ops.len();
        let mut sum = ops.zero();
        for (at, out) in self.values.chunks_exact_mut(length).enumerate() {
            let values = ops.add(floats.at(at * length), ops.load(out));
            sum = ops.add(sum, values);
            ops.store(values, out);
        }
        let quant = self.norm.apply(isa, sum, self.values).quant(self.levels);
        to_bytes(self.values, quant, self.levels, self.bytes);
        quant
    }
}

/// Normalises `values`, and quantises.
pub(super) struct Normalise<'a> {
    pub(super) norm: Norm<'a>,
    pub(super) values: &'a mut [f32],
    pub(super) bytes: &'a mut [u8],
    pub(super) levels: f32,
}

impl SimdOp for Normalise<'_> {
    type Output = Quant;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> Quant {
        let ops = isa.f32();
        let mut sum = ops.zero();
        for values in self.values.chunks_exact(ops.len()) {
            sum = ops.add(sum, ops.load(values));
        }
        let quant = self.norm.apply(isa, sum, self.values).quant(self.levels);
        to_bytes(self.values, quant, self.levels, self.bytes);
        quant
    }
}

/// Quantises a row.
pub(super) struct Quantise<'a> {
    pub(super) values: &'a [f32],
    pub(super) bytes: &'a mut [u8],
    pub(super) levels: f32,
}

impl SimdOp for Quantise<'_> {
    type Output = Quant;

    #[inline(always)]
    fn eval<I: Isa>(self, isa: I) -> Quant {
        let ops = isa.f32();
        let mut range = Range::new(isa);
        for values in self.values.chunks_exact(ops.len()) {
            range.see(isa, ops.load(values));
        }
        let quant = range.quant(self.levels);
        to_bytes(self.values, quant, self.levels, self.bytes);
        quant
    }
}

#[cfg(test)]
mod tests;
