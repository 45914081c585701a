//! Tensors out of a safetensors file, checked for type and shape.

use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use super::ModelError;

/// A safetensors file that has been read and parsed.
pub(super) struct TensorFile<'a> {
    path: &'a Path,
    tensors: SafeTensors<'a>,
}

/// Reads a whole file.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, ModelError> {
    std::fs::read(path).map_err(|error| load_error(path, format!("cannot be read: {error}")))
}

/// A load error that names the file.
pub(super) fn load_error(path: &Path, detail: impl Into<String>) -> ModelError {
    ModelError::Load { path: path.display().to_string(), detail: detail.into() }
}

impl<'a> TensorFile<'a> {
    /// Parses `bytes`, the content of the file at `path`.
    pub(super) fn parse(path: &'a Path, bytes: &'a [u8]) -> Result<Self, ModelError> {
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|error| load_error(path, format!("expected a safetensors file; found: {error}")))?;
        Ok(Self { path, tensors })
    }

    /// An error that names the file.
    pub(super) fn error(&self, detail: String) -> ModelError {
        load_error(self.path, detail)
    }

    /// Whether there is a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tensors.tensor(name).is_ok()
    }

    /// A tensor of floats of exactly this shape.
    pub(super) fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        Ok(numbers(&self.view(name, &FLOATS, shape)?))
    }

    /// A tensor of floats of any number of rows of this width.
    pub(super) fn rows(&self, name: &str, width: usize) -> Result<Vec<f32>, ModelError> {
        let rows = self.tensors.tensor(name).ok().and_then(|view| view.shape().first().copied());
        self.floats(name, &[rows.unwrap_or(1), width])
    }

    /// A tensor of signed bytes of exactly this shape.
    pub(super) fn int8(&self, name: &str, shape: &[usize]) -> Result<Vec<i8>, ModelError> {
        let view = self.view(name, &[Dtype::I8], shape)?;
        Ok(view.data().iter().map(|&b| b.cast_signed()).collect())
    }

    /// Where in the file the bytes of a U8 tensor of exactly this shape lie.
    pub(super) fn byte_range(
        &self,
        bytes: &[u8],
        name: &str,
        shape: &[usize],
    ) -> Result<std::ops::Range<usize>, ModelError> {
        let view = self.view(name, &[Dtype::U8], shape)?;
        let length = view.data().len();
        // The tensor's data is a slice of the file, so its place is the distance between the two.
        let start = view.data().as_ptr().addr() - bytes.as_ptr().addr();
        Ok(start..start + length)
    }

    fn view(&self, name: &str, types: &[Dtype], shape: &[usize]) -> Result<TensorView<'a>, ModelError> {
        let view = self.tensors.tensor(name).map_err(|_| {
            load_error(self.path, format!("tensor {name}: not found; expected {} of shape {shape:?}", listed(types)))
        })?;
        if !types.contains(&view.dtype()) || view.shape() != shape {
            return Err(load_error(
                self.path,
                format!(
                    "tensor {name}: found {:?} of shape {:?}; expected {} of shape {shape:?}",
                    view.dtype(),
                    view.shape(),
                    listed(types)
                ),
            ));
        }
        Ok(view)
    }
}

/// The types that a tensor of floats may have.
const FLOATS: [Dtype; 3] = [Dtype::F32, Dtype::F16, Dtype::BF16];

/// The numbers of a tensor of floats.
fn numbers(view: &TensorView<'_>) -> Vec<f32> {
    let data = view.data();
    let pairs = || data.chunks_exact(2).map(|b| [b[0], b[1]]);
    match view.dtype() {
        Dtype::F16 => pairs().map(|pair| half::f16::from_le_bytes(pair).to_f32()).collect(),
        Dtype::BF16 => pairs().map(|pair| half::bf16::from_le_bytes(pair).to_f32()).collect(),
        _ => data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
    }
}

fn listed(types: &[Dtype]) -> String {
    let names: Vec<String> = types.iter().map(|kind| format!("{kind:?}")).collect();
    match &names[..] {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => names.concat(),
    }
}
