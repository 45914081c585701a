//! The int8 encoder: BERT layers over packed sequences, one thread.
//!
//! Weights are int8 with a scale per output channel. Activations are quantised per token as they leave a layer, so a token's
//! numbers depend on its own sequence only, and a score is the same alone and in any batch, to the last bit. Matrix products
//! run on `rten-gemm`; everything between two of them (scale, bias, GELU, residual, layer norm, quantising again) is one pass
//! over rows that are still in the cache.

mod attention;
mod embedding;
mod kernels;
mod layer;
mod linear;
mod model;
#[cfg(target_arch = "x86_64")]
mod vnni;

use std::sync::Arc;

pub use model::CpuModel;

use self::attention::Attention;
use self::layer::{Scratch, Tokens};
use super::{Engine, Packed};

/// An encoder with its scratch memory; the weights are shared.
pub struct CpuEngine {
    model: Arc<CpuModel>,
    gemm: linear::Gemm,
    tokens: Tokens,
    scratch: Scratch,
    attention: Attention,
}

impl CpuEngine {
    /// An engine for the calling thread.
    pub fn new(model: Arc<CpuModel>) -> Self {
        Self {
            model,
            gemm: linear::Gemm::new(),
            tokens: Tokens::default(),
            scratch: Scratch::default(),
            attention: Attention::default(),
        }
    }
}

impl Engine for CpuEngine {
    fn encode(&mut self, batch: &Packed) -> Result<&[f32], String> {
        let Self { model, gemm, tokens, scratch, attention } = self;
        tokens.reset(batch.ids().len(), model.hidden);
        for range in batch.sequences() {
            if range.len() > model.max_positions {
                return Err(format!("a sequence of {} tokens; at most {}", range.len(), model.max_positions));
            }
            for (position, at) in range.enumerate() {
                model.embedding.token(batch.ids()[at], position, tokens, at, gemm.levels())?;
            }
        }
        for layer in &model.layers {
            layer.run(gemm, batch, tokens, scratch, attention)?;
        }
        Ok(tokens.values(batch.ids().len()))
    }
}
