//! The int8 encoder: BERT layers over packed sequences, one thread.
//!
//! Weights are int8 with a scale per output channel. Activations are quantised per token as they leave a layer, so a token's
//! numbers depend on its own sequence only, and a score is the same alone and in any batch, to the last bit. Matrix products
//! run on kernels of our own for AVX-512 VNNI and for AVX2, elsewhere on `rten-gemm`; everything between two of them (scale,
//! bias, GELU, residual, layer norm, quantising again) is one pass over rows that are still in the cache.

mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
mod embedding;
mod kernels;
mod layer;
#[cfg(target_arch = "x86_64")]
mod layout;
mod linear;
mod model;
#[cfg(target_arch = "x86_64")]
mod vnni;

use std::ops::Range;
use std::sync::Arc;

pub(super) use model::CpuModel;

use self::attention::Attention;
use self::layer::{Scratch, Tokens};
use super::{Engine, Packed};

/// An encoder with its scratch memory; the weights are shared.
pub(super) struct CpuEngine {
    model: Arc<CpuModel>,
    gemm: linear::Gemm,
    batch: Packed,
    tokens: Tokens,
    scratch: Scratch,
    attention: Attention,
}

impl CpuEngine {
    /// An engine for the calling thread.
    pub(super) fn new(model: Arc<CpuModel>) -> Self {
        Self {
            model,
            gemm: linear::Gemm::new(),
            batch: Packed::default(),
            tokens: Tokens::default(),
            scratch: Scratch::default(),
            attention: Attention::default(),
        }
    }
}

impl Engine for CpuEngine {
    fn layers(&self) -> usize {
        self.model.layers.len()
    }

    fn start(&mut self, batch: &Packed) -> Result<(), String> {
        let Self { model, gemm, tokens, .. } = self;
        tokens.reset(batch.ids().len(), model.hidden);
        for range in batch.sequences() {
            if range.len() > model.max_positions {
                return Err(format!("a sequence of {} tokens; at most {}", range.len(), model.max_positions));
            }
            for (position, at) in range.enumerate() {
                model.embedding.token(batch.ids()[at], position, tokens, at, gemm.levels())?;
            }
        }
        self.batch.clone_from(batch);
        Ok(())
    }

    fn run(&mut self, layers: Range<usize>) -> Result<(), String> {
        let Self { model, gemm, batch, tokens, scratch, attention } = self;
        let there = model.layers.len();
        let run = model.layers.get(layers.clone()).ok_or_else(|| format!("layers {layers:?} of {there}"))?;
        run.iter().try_for_each(|layer| layer.run(gemm, model.head, batch, tokens, scratch, attention))
    }

    fn vectors(&mut self) -> Result<&[f32], String> {
        Ok(self.tokens.values(self.batch.ids().len()))
    }

    fn retain(&mut self, stays: &[bool]) -> Result<(), String> {
        self.tokens.retain(self.batch.kept(stays));
        self.batch.retain(stays);
        Ok(())
    }
}
