//! Linear maps and layer norms, stored in floats or in 8 bits.

use super::super::ModelError;
use super::super::weights::TensorFile;

/// A linear map.
pub(in crate::model) struct Map {
    weight: Weight,
    /// What is added to each output.
    pub(in crate::model) bias: Vec<f32>,
}

/// Weights `[outputs, inputs]`, row by row.
enum Weight {
    /// A weight is a whole number of −127 to 127 times the scale of its row.
    Int8 { rows: Vec<i8>, scale: Vec<f32> },
    /// As they are.
    Floats(Vec<f32>),
}

/// A layer norm.
pub(in crate::model) struct Norm {
    /// Factor.
    pub(in crate::model) weight: Vec<f32>,
    /// Summand.
    pub(in crate::model) bias: Vec<f32>,
    /// Keeps the root off zero.
    pub(in crate::model) epsilon: f32,
}

impl Map {
    /// Reads the map of this name: 8 bits where there are scales, floats where there are none.
    pub(super) fn read(file: &TensorFile<'_>, name: &str, outputs: usize, inputs: usize) -> Result<Self, ModelError> {
        let (weight, scale) = (format!("{name}.weight"), format!("{name}.scale"));
        let weight = if file.has(&scale) {
            Weight::Int8 { rows: file.int8(&weight, &[outputs, inputs])?, scale: file.floats(&scale, &[outputs])? }
        } else {
            Weight::Floats(file.floats(&weight, &[outputs, inputs])?)
        };
        Ok(Self { weight, bias: file.floats(&format!("{name}.bias"), &[outputs])? })
    }

    /// The weights as floats, row by row, and the biases.
    #[cfg(any(test, feature = "libtorch"))]
    pub(in crate::model) fn floats(self) -> (Vec<f32>, Vec<f32>) {
        let weight = match self.weight {
            Weight::Floats(weight) => weight,
            Weight::Int8 { rows, scale } => {
                let inputs = rows.len() / scale.len().max(1);
                let row = |(row, scale): (&[i8], f32)| {
                    row.iter().map(move |&weight| f32::from(weight) * scale).collect::<Vec<_>>()
                };
                rows.chunks_exact(inputs.max(1)).zip(scale).flat_map(row).collect()
            }
        };
        (weight, self.bias)
    }

    /// The weights in 8 bits, row by row, the scale of each row, and the biases. Floats are rounded.
    pub(in crate::model) fn int8(self) -> (Vec<i8>, Vec<f32>, Vec<f32>) {
        let bias = self.bias;
        match self.weight {
            Weight::Int8 { rows, scale } => (rows, scale, bias),
            Weight::Floats(weight) => {
                let (rows, scale) = rounded(&weight, weight.len() / bias.len().max(1));
                (rows, scale, bias)
            }
        }
    }
}

/// Rows of this width in 8 bits, and the scale of each, which takes the largest of a row to 127.
pub(super) fn rounded(weight: &[f32], width: usize) -> (Vec<i8>, Vec<f32>) {
    let mut rows = Vec::with_capacity(weight.len());
    let mut scales = Vec::with_capacity(weight.len() / width.max(1));
    for row in weight.chunks_exact(width.max(1)) {
        let largest = row.iter().fold(0.0, |largest: f32, weight| largest.max(weight.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        // No weight is over 127 scales, so the cast cuts nothing off.
        rows.extend(row.iter().map(|weight| (weight / scale).round() as i8));
        scales.push(scale);
    }
    (rows, scales)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map() -> Map {
        Map { weight: Weight::Floats(vec![0.5, -1.27, 0.004, 0.0, 0.0, 0.0]), bias: vec![1.0, 2.0] }
    }

    #[test]
    fn floats_are_rounded_to_the_nearest_of_their_rows_steps() {
        let (rows, scale, bias) = map().int8();
        assert_eq!((rows, bias), (vec![50, -127, 0, 0, 0, 0], vec![1.0, 2.0]));
        assert!((scale[0] - 0.01).abs() < 1e-7 && scale[1] == 1.0, "{scale:?}");
    }

    #[test]
    fn eight_bits_come_back_as_floats() {
        let (rows, scale, bias) = map().int8();
        let (weight, bias) = Map { weight: Weight::Int8 { rows, scale }, bias }.floats();
        assert_eq!(bias, [1.0, 2.0]);
        for (found, expected) in weight.iter().zip([0.5, -1.27, 0.0, 0.0, 0.0, 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{weight:?}");
        }
    }
}
