//! BERT's layers as rust-bert has them, on libtorch: in half precision on a GPU, or in float32 on a CPU.
//!
//! rust-bert's own pipelines pass no attention mask, so that a text's score depends on the padding that its batch-mates cause. Here
//! the layers are called one by one with a mask of ours, which leaves padding no weight at all. What is left of a batch's influence
//! is the order in which libtorch adds up: differences of a millionth, where the `cpu` engine has none.
//!
//! rust-bert's layer norms take 10⁻¹² as their epsilon, whatever `config.json` says (10⁻⁵, for RoBERTa). That of the embeddings is
//! ours and takes the model's. Within the layers variances are of the order of 1, so that 10⁻⁵ of it should not show: the tests
//! hold a small RoBERTa to PyTorch within 10⁻⁴.
//!
//! What goes wrong within libtorch (a GPU's memory that is full) panics in rust-bert; workers turn that into an error of the batch.

mod device;
mod weights;

use std::ops::Range;
use std::sync::Arc;

use rust_bert::bert::BertLayer;
use tch::{Device, Kind, Tensor};

use self::device::{Chosen, Gpus};
use self::weights::{Embedding, Weights};
use super::choice::Place;
use super::{Engine, Loaded, Packed};
use crate::model::ModelError;
use crate::model::caught::caught;
use crate::model::stored::{Shape, Stored};

/// Workers that share a GPU: while one reads its heads, which is the CPU's work, others keep it busy.
const WORKERS_OF_A_GPU: usize = 4;
/// Tokens of a batch on a GPU, padding counted: smaller ones leave it waiting for the next.
const TOKENS_OF_A_GPU: usize = 16_384;

/// An engine that is asked to go on with nothing.
const NO_BATCH: &str = "no batch has been started";

/// Loads an encoder for `workers` threads, and lets it encode a first sequence: a GPU that this libtorch has no code for says so then.
pub(super) fn load(place: Place, workers: Option<usize>, stored: &Stored<'_>) -> Result<Loaded, ModelError> {
    let failed = |detail| ModelError::Engine { name: "libtorch", detail };
    let place = Chosen::of(place, &Gpus::here()).map_err(failed)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let on_gpu = place.device.is_cuda();
    let workers = workers.unwrap_or(if on_gpu { WORKERS_OF_A_GPU.min(cores) } else { cores }).max(1);
    // Cores that have no worker of their own help the others.
    let threads = if on_gpu { 1 } else { (cores / workers).max(1) };
    let weights = Arc::new(caught(|| Weights::load(stored, place)).map_err(failed)??);
    let make = move || LibtorchEngine::new(&weights, threads);
    let mut batch = Packed::default();
    batch.push(&[0, 0]);
    caught(|| make()?.encode(&batch).map(|_| ())).and_then(|tried| tried).map_err(failed)?;
    Ok(Loaded {
        name: format!("libtorch ({})", place.name()),
        make: Arc::new(move || Ok(Box::new(make()?))),
        workers,
        batch_tokens: if on_gpu { TOKENS_OF_A_GPU } else { super::BATCH_TOKENS },
        pads: true,
    })
}

/// An encoder with the batch that is in it; the weights are shared.
struct LibtorchEngine {
    shape: Shape,
    place: Chosen,
    embedding: Embedding,
    layers: Vec<BertLayer>,
    batch: Option<Batch>,
    vectors: Vec<f32>,
}

/// Sequences, padded to the longest.
struct Batch {
    lengths: Vec<usize>,
    longest: usize,
    /// `[sequences, longest, hidden]`.
    hidden: Tensor,
    /// `[sequences, 1, 1, longest]`: minus infinity where there is padding, else 0.
    mask: Tensor,
}

impl LibtorchEngine {
    /// An engine for the calling thread, which libtorch may use `threads` for.
    fn new(weights: &Weights, threads: usize) -> Result<Self, String> {
        tch::set_num_threads(i32::try_from(threads).unwrap_or(1));
        Ok(Self {
            shape: weights.shape,
            place: weights.place,
            embedding: weights.embedding()?,
            layers: weights.layers()?,
            batch: None,
            vectors: Vec::new(),
        })
    }
}

impl Engine for LibtorchEngine {
    fn layers(&self) -> usize {
        self.layers.len()
    }

    fn start(&mut self, batch: &Packed) -> Result<(), String> {
        self.batch = None;
        let lengths: Vec<usize> = batch.sequences().map(|range| range.len()).collect();
        let longest = longest(&lengths);
        if longest > self.shape.positions {
            return Err(format!("a sequence of {longest} tokens; at most {}", self.shape.positions));
        }
        // On a GPU an id past the end would leave the whole process without it.
        if let Some(id) = batch.ids().iter().find(|&&id| id as usize >= self.shape.vocabulary) {
            return Err(format!("token {id} is past the end of the embedding table"));
        }
        let mut ids = vec![0_i64; lengths.len() * longest];
        let mut mask = vec![f32::NEG_INFINITY; lengths.len() * longest];
        for (at, range) in batch.sequences().enumerate() {
            let row = at * longest..at * longest + range.len();
            mask[row.clone()].fill(0.0);
            ids[row].iter_mut().zip(&batch.ids()[range]).for_each(|(to, id)| *to = i64::from(*id));
        }
        let Chosen { device, kind } = self.place;
        let [rows, columns] = [lengths.len() as i64, longest as i64];
        let ids = Tensor::from_slice(&ids).view([rows, columns]).to_device(device);
        let mask = Tensor::from_slice(&mask).view([rows, 1, 1, columns]).to_device(device).to_kind(kind);
        let hidden = tch::no_grad(|| self.embedding.of(&ids));
        self.batch = Some(Batch { lengths, longest, hidden, mask });
        Ok(())
    }

    fn run(&mut self, layers: Range<usize>) -> Result<(), String> {
        let there = self.layers.len();
        let run = self.layers.get(layers.clone()).ok_or_else(|| format!("layers {layers:?} of {there}"))?;
        let batch = self.batch.as_mut().ok_or(NO_BATCH)?;
        tch::no_grad(|| {
            for layer in run {
                batch.hidden = layer.forward_t(&batch.hidden, Some(&batch.mask), None, None, false).hidden_state;
            }
        });
        Ok(())
    }

    fn vectors(&mut self) -> Result<&[f32], String> {
        let packed = self.batch.as_ref().ok_or(NO_BATCH)?.packed(self.shape.hidden as i64);
        let numbers = packed.numel();
        self.vectors.resize(numbers, 0.0);
        packed.copy_data(&mut self.vectors, numbers);
        Ok(&self.vectors)
    }

    fn retain(&mut self, stays: &[bool]) -> Result<(), String> {
        self.batch.as_mut().ok_or(NO_BATCH)?.retain(stays);
        Ok(())
    }
}

impl Batch {
    /// The vectors of all tokens without those of the padding, one below the other, in float32 and the machine's memory.
    fn packed(&self, width: i64) -> Tensor {
        let rows = self.hidden.reshape([-1, width]);
        let is_padded = self.lengths.iter().any(|&length| length < self.longest);
        let rows = if is_padded { rows.index_select(0, &self.index(self.tokens())) } else { rows };
        rows.to_kind(Kind::Float).to_device(Device::Cpu)
    }

    /// Which rows of the padded sequences, one below the other, are tokens.
    fn tokens(&self) -> impl Iterator<Item = usize> {
        let starts = (0..).step_by(self.longest.max(1));
        starts.zip(&self.lengths).flat_map(|(start, &length)| start..start + length)
    }

    /// Drops sequences, and the padding that only they needed.
    fn retain(&mut self, stays: &[bool]) {
        let kept = || stays.iter().enumerate().filter(|(_, stays)| **stays).map(|(at, _)| at);
        let rows = self.index(kept());
        self.lengths = kept().map(|at| self.lengths[at]).collect();
        self.longest = longest(&self.lengths);
        let columns = self.longest as i64;
        self.hidden = self.hidden.index_select(0, &rows).narrow(1, 0, columns).contiguous();
        self.mask = self.mask.index_select(0, &rows).narrow(3, 0, columns).contiguous();
    }

    fn index(&self, rows: impl Iterator<Item = usize>) -> Tensor {
        let rows: Vec<i64> = rows.map(|row| row as i64).collect();
        Tensor::from_slice(&rows).to_device(self.hidden.device())
    }
}

fn longest(lengths: &[usize]) -> usize {
    lengths.iter().copied().max().unwrap_or(0)
}
