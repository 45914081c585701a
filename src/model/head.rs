//! A linear map in float32, for what reads token vectors.

use super::ModelError;
use super::math::dot;
use super::weights::TensorFile;

/// Weights `[outputs, inputs]`, row by row, and a summand for each output.
pub(super) struct Head {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Head {
    /// Reads it; without a bias nothing is added.
    pub(super) fn load(
        file: &TensorFile<'_>,
        weight: &str,
        bias: Option<&str>,
        shape: [usize; 2],
    ) -> Result<Self, ModelError> {
        let bias = bias.map_or_else(|| Ok(vec![0.0; shape[0]]), |name| file.floats(name, &[shape[0]]))?;
        Ok(Self { weight: file.floats(weight, &shape)?, bias })
    }

    /// All outputs.
    pub(super) fn outputs(&self, vector: &[f32]) -> Vec<f32> {
        (0..self.bias.len()).map(|row| self.output(row, vector)).collect()
    }

    /// The first outputs.
    pub(super) fn logits<const N: usize>(&self, vector: &[f32]) -> [f32; N] {
        std::array::from_fn(|row| self.output(row, vector))
    }

    fn output(&self, row: usize, vector: &[f32]) -> f32 {
        let width = vector.len();
        dot(&self.weight[row * width..(row + 1) * width], vector) + self.bias[row]
    }
}
