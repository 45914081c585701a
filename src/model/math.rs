//! Small sums of the heads. Each is made in one fixed order, so that a score does not depend on anything but its text.

/// Partial sums that do not wait for each other.
const LANES: usize = 16;

/// The dot product.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

/// The mean of some rows; `None` of no rows.
pub(super) fn mean<'a>(rows: impl Iterator<Item = &'a [f32]>, width: usize) -> Option<Vec<f32>> {
    let mut sum = vec![0.0; width];
    let mut count = 0u32;
    for row in rows {
        sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        count += 1;
    }
    let factor = 1.0 / count as f32;
    sum.iter_mut().for_each(|value| *value *= factor);
    (count > 0).then_some(sum)
}

/// Scales a vector to length 1; the zero vector stays.
pub(super) fn normalise(vector: &mut [f32]) {
    let length = dot(vector, vector).sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
}

/// Probabilities of logits divided by a temperature.
pub(super) fn softmax<const N: usize>(mut logits: [f32; N], temperature: f32) -> [f32; N] {
    softmax_all(&mut logits, temperature);
    logits
}

/// Turns logits, divided by a temperature, into probabilities.
pub(super) fn softmax_all(logits: &mut [f32], temperature: f32) {
    let highest = logits.iter().copied().fold(f32::MIN, f32::max);
    logits.iter_mut().for_each(|logit| *logit = ((*logit - highest) / temperature).exp());
    let sum: f32 = logits.iter().sum();
    logits.iter_mut().for_each(|power| *power /= sum);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_nothing_is_nothing() {
        assert_eq!(mean(std::iter::empty(), 3), None);
        assert_eq!(mean([&[1.0, 2.0][..], &[3.0, 6.0]].into_iter(), 2), Some(vec![2.0, 4.0]));
    }

    #[test]
    fn a_temperature_above_one_makes_less_sure() {
        let plain = softmax([0.0, 1.0, 3.0], 1.0);
        let cooled = softmax([0.0, 1.0, 3.0], 2.0);
        assert!((plain.iter().sum::<f32>() - 1.0).abs() < 1e-6);
        assert!(cooled[2] < plain[2] && cooled[0] > plain[0]);
    }

    proptest::proptest! {
        #[test]
        fn the_dot_product_is_that_of_doubles(pairs in proptest::collection::vec((-2f32..2.0, -2f32..2.0), 0..100)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let expected: f64 = pairs.iter().map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
            proptest::prop_assert!((f64::from(dot(&a, &b)) - expected).abs() < 1e-4);
        }
    }
}
