//! The `cpu` engine's matrix product alone, at the best of the encoder's shapes: what the machine could give.
//!
//! 64 rows, as the engine takes them, with weights and activations in the second-level cache. The sources are the engine's own:
//! a kernel that moves into a file of its own needs its line here.

use std::hint::black_box;
use std::thread;
use std::time::Instant;

use anyhow::{Context, anyhow};

use crate::protocol;

/// What `linear.rs` wants of the row kernels.
#[allow(dead_code, reason = "the engine reads them")]
mod kernels {
    #[derive(Clone, Copy)]
    pub(super) struct Channels<'a> {
        pub(super) sum: &'a [i32],
        pub(super) scale: &'a [f32],
        pub(super) bias: &'a [f32],
    }
}

#[allow(dead_code, unused_imports, reason = "the engine uses the rest")]
#[cfg(target_arch = "x86_64")]
#[path = "../../src/model/engine/cpu/avx2.rs"]
mod avx2;
#[allow(unused_imports, reason = "its tests are the engine's")]
#[cfg(target_arch = "x86_64")]
#[path = "../../src/model/engine/cpu/layout.rs"]
mod layout;
#[allow(dead_code, unused_imports, reason = "the engine uses the rest")]
#[path = "../../src/model/engine/cpu/linear.rs"]
mod linear;
#[cfg(target_arch = "x86_64")]
#[path = "../../src/model/engine/cpu/vnni.rs"]
mod vnni;

use linear::{Gemm, Linear};

const ROWS: usize = 64;
/// Inputs and outputs of the encoder's maps.
const SHAPES: [(usize, usize); 4] = [(384, 1152), (384, 384), (384, 1536), (1536, 384)];

/// A map with activations and room for products.
struct Product {
    gemm: Gemm,
    linear: Linear,
    bytes: Vec<u8>,
    out: Vec<i32>,
    inputs: usize,
}

impl Product {
    fn new((inputs, outputs): (usize, usize)) -> Self {
        let gemm = Gemm::new();
        let levels = gemm.levels() as usize + 1;
        // Weights as a trained map has them: most of them small.
        let weight: Vec<i8> =
            (0..inputs * outputs).map(|i| ((i * 104_729 % 61) as i8 - 30) * (1 + (i % 97 == 0) as i8)).collect();
        let linear = gemm.pack(&weight, vec![1.0; outputs], vec![0.0; outputs]);
        let bytes = (0..ROWS * inputs).map(|i| (i * 7919 % levels) as u8).collect();
        Self { gemm, linear, bytes, out: vec![0; ROWS * outputs], inputs }
    }

    /// Multiply-adds of one product.
    fn size(&self) -> f64 {
        (self.out.len() * self.inputs) as f64
    }

    /// Runs so many multiply-adds.
    fn run(&mut self, count: f64) -> anyhow::Result<()> {
        for _ in 0..(count / self.size()).ceil() as usize {
            self.gemm.product(&self.linear, black_box(&self.bytes), &mut self.out).map_err(|error| anyhow!(error))?;
        }
        black_box(&self.out);
        Ok(())
    }
}

/// Serves `run`: `billions` of multiply-adds on each of the threads.
pub(crate) fn serve(billions: f64, threads: usize) -> anyhow::Result<()> {
    let ((inputs, outputs), kernel) = alone(best)?;
    protocol::serve(&format!("{kernel} {ROWS}x{inputs}x{outputs}"), |_| {
        let run = || alone(|| Product::new((inputs, outputs)).run(billions * 1e9));
        protocol::timed(|| {
            thread::scope(|scope| {
                let threads: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
                threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| anyhow!("panicked"))?)
            })?;
            Ok(Vec::new())
        })
    })
}

/// The shape of the highest rate, and the kernel's name.
fn best() -> anyhow::Result<((usize, usize), String)> {
    let mut rates = Vec::new();
    for shape in SHAPES {
        let mut product = Product::new(shape);
        product.run(1e8)?;
        let mut fastest = f64::MAX;
        for _ in 0..20 {
            let start = Instant::now();
            product.run(1e8)?;
            fastest = fastest.min(start.elapsed().as_secs_f64());
        }
        rates.push((fastest, shape, product.gemm.name().to_owned()));
    }
    let best = rates.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).context("no shape")?;
    Ok((best.1, best.2))
}

/// Runs `work` in a rayon pool of this thread alone, as the engine's workers do.
fn alone<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let _pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    work()
}
