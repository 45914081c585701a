//! Each kernel against the plain formula in doubles.

use proptest::prelude::*;

use super::*;

/// Numbers that look random and are the same every time.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12_345);
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 * 4.0 - 2.0
    };
    (0..count).map(|_| next()).collect()
}

const WIDTH: usize = 64;

/// A product with what belongs to it.
struct Sample {
    acc: Vec<i32>,
    sum: Vec<i32>,
    scale: Vec<f32>,
    bias: Vec<f32>,
    input: Quant,
}

impl Sample {
    fn new() -> Self {
        Self {
            acc: numbers(WIDTH, 6).iter().map(|x| (x * 1000.0) as i32).collect(),
            sum: (-32..32).collect(),
            scale: numbers(WIDTH, 1),
            bias: numbers(WIDTH, 2),
            input: Quant { step: 0.002, zero: 200 },
        }
    }

    fn product(&self) -> Product<'_> {
        let channels = Channels { sum: &self.sum, scale: &self.scale, bias: &self.bias };
        Product { acc: &self.acc, input: self.input, channels }
    }

    fn expected(&self) -> Vec<f64> {
        (0..WIDTH)
            .map(|c| {
                let acc = f64::from(self.acc[c] - 200 * self.sum[c]);
                acc * 0.002 * f64::from(self.scale[c]) + f64::from(self.bias[c])
            })
            .collect()
    }
}

fn erf(x: f64) -> f64 {
    // The series converges for the range tested here.
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * 2.0 / std::f64::consts::PI.sqrt()
}

/// What the bytes stand for.
fn back(bytes: &[u8], quant: Quant) -> Vec<f32> {
    bytes.iter().map(|byte| quant.step * (f32::from(*byte) - f32::from(quant.zero))).collect()
}

fn assert_near(found: &[f32], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((f64::from(*found) - expected).abs() <= tolerance, "{at}: {found}, expected {expected}");
    }
}

#[test]
fn a_product_is_scaled() {
    let sample = Sample::new();
    let mut out = vec![0.0; WIDTH];
    Scale { product: sample.product(), out: &mut out }.dispatch();
    assert_near(&out, &sample.expected(), 1e-4);
}

#[test]
fn gelu_is_within_a_fiftieth_of_a_quantisation_step() {
    // As many channels as points: each a product of 0, so that the bias is what GELU sees.
    let mut points: Vec<f32> = (-512..512).map(|step| step as f32 / 100.0).collect();
    points[0] = -40.0;
    points[1023] = 40.0;
    let (acc, sum, scale) = (vec![0; 1024], vec![0; 1024], vec![1.0; 1024]);
    let channels = Channels { sum: &sum, scale: &scale, bias: &points };
    let product = Product { acc: &acc, input: Quant { step: 1.0, zero: 0 }, channels };
    let (mut values, mut bytes) = (vec![0.0; 1024], vec![0; 1024]);
    let quant = Gelu { product, values: &mut values, bytes: &mut bytes, levels: 127.0 }.dispatch();
    for (x, found) in points.iter().zip(&values).skip(1).take(1022) {
        let x = f64::from(*x);
        let expected = x * 0.5 * (1.0 + erf(x / std::f64::consts::SQRT_2));
        assert!((f64::from(*found) - expected).abs() < 2.2e-4, "gelu({x}) = {found}, expected {expected}");
    }
    assert!(values[0].abs() < 1e-4 && (values[1023] - 40.0).abs() < 1e-4);
    let values: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
    assert_near(&back(&bytes, quant), &values, f64::from(quant.step) * 0.51);
    assert!(bytes.iter().all(|byte| *byte <= 127));
}

#[test]
fn a_product_is_added_and_normalised() {
    let sample = Sample::new();
    let (weight, bias, before) = (numbers(WIDTH, 3), numbers(WIDTH, 4), numbers(WIDTH, 5));
    let sums: Vec<f64> = sample.expected().iter().zip(&before).map(|(x, before)| x + f64::from(*before)).collect();
    let mean = sums.iter().sum::<f64>() / WIDTH as f64;
    let deviation = (sums.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / WIDTH as f64).sqrt();
    let affine = weight.iter().zip(&bias).map(|(weight, bias)| (f64::from(*weight), f64::from(*bias)));
    let expected: Vec<f64> =
        sums.iter().zip(affine).map(|(x, (weight, bias))| (x - mean) / deviation * weight + bias).collect();

    let norm = Norm { weight: &weight, bias: &bias, epsilon: 1e-12 };
    let (mut values, mut bytes) = (before, vec![0; WIDTH]);
    let product = sample.product();
    let quant = Residual { product, norm, values: &mut values, bytes: &mut bytes, levels: 255.0 }.dispatch();
    assert_near(&values, &expected, 1e-4);
    assert_near(&back(&bytes, quant), &expected, f64::from(quant.step) * 0.52);

    let mut values: Vec<f32> = sums.iter().map(|x| *x as f32).collect();
    let quant = Normalise { norm, values: &mut values, bytes: &mut bytes, levels: 255.0 }.dispatch();
    assert_near(&values, &expected, 1e-4);
    assert_near(&back(&bytes, quant), &expected, f64::from(quant.step) * 0.52);
}

proptest! {
    #[test]
    fn quantising_loses_half_a_step_at_most_and_keeps_zero(
        values in proptest::collection::vec(-1e3f32..1e3, 16),
        levels in prop_oneof![Just(127.0f32), Just(255.0)],
    ) {
        let mut bytes = vec![0; 16];
        let quant = Quantise { values: &values, bytes: &mut bytes, levels }.dispatch();
        for (back, value) in back(&bytes, quant).iter().zip(&values) {
            prop_assert!((back - value).abs() <= quant.step * 0.51 + 1e-6);
        }
        prop_assert!(bytes.iter().chain([&quant.zero]).all(|byte| f32::from(*byte) <= levels));
    }
}

#[test]
fn a_row_of_zeros_is_quantised_to_zeros() {
    let mut bytes = vec![7; 16];
    let quant = Quantise { values: &[0.0; 16], bytes: &mut bytes, levels: 255.0 }.dispatch();
    assert_eq!((quant, bytes), (Quant { step: 1.0, zero: 0 }, vec![0; 16]));
}
