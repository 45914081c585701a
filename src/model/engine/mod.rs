//! Engines: tokens in, token vectors out, some layers at a time. The heads read the vectors while they are still warm.

use std::ops::Range;
use std::sync::Arc;

use self::choice::EngineKind;
use self::cpu::{CpuEngine, CpuModel};
use super::directory::Directory;
use super::stored::Stored;
use super::{ModelError, ModelOptions};

pub mod choice;
mod cpu;
#[cfg(feature = "libtorch")]
mod libtorch;

/// Tokens of a batch on a CPU.
const BATCH_TOKENS: usize = 1_024;

/// Sequences of a batch, one after the other without padding.
#[derive(Debug, Default, Clone)]
pub struct Packed {
    ids: Vec<u32>,
    ends: Vec<usize>,
}

impl Packed {
    /// Adds a sequence.
    pub fn push(&mut self, ids: &[u32]) {
        self.ids.extend_from_slice(ids);
        self.ends.push(self.ids.len());
    }

    /// All token ids.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Where in [`Packed::ids`] each sequence lies.
    pub fn sequences(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| start..end)
    }

    /// Drops the sequences whose flag is false; the others close up and keep their order.
    pub fn retain(&mut self, stays: &[bool]) {
        let mut kept = Self::default();
        self.kept(stays).for_each(|range| kept.push(&self.ids[range]));
        *self = kept;
    }

    /// Where in [`Packed::ids`] the sequences lie whose flag is true.
    pub fn kept<'a>(&'a self, stays: &'a [bool]) -> impl Iterator<Item = Range<usize>> + 'a {
        self.sequences().zip(stays).filter(|(_, stays)| **stays).map(|(range, _)| range)
    }
}

/// Runs the encoder over one batch after the other. Each worker thread makes one for itself and keeps it there: an
/// engine need not be `Send`.
///
/// A batch is taken in by [`Engine::start`]; [`Engine::run`] takes it some layers further, as often as heads want to
/// look at [`Engine::vectors`] between; [`Engine::retain`] lets go of sequences that need no more. The vectors of a
/// sequence depend on it alone, whatever else is or was in its batch. After an error the batch is lost, and the next
/// one may be started.
pub trait Engine {
    /// How many layers there are.
    fn layers(&self) -> usize;

    /// Takes in a batch, in place of the one before: its vectors are those that go into layer 0.
    fn start(&mut self, batch: &Packed) -> Result<(), String>;

    /// Runs these layers, the first of which is the one after those that have run.
    fn run(&mut self, layers: Range<usize>) -> Result<(), String>;

    /// The vectors that the last layer run gave: `hidden size` floats for each token of the sequences still there, in
    /// the order of [`Packed::ids`].
    fn vectors(&mut self) -> Result<&[f32], String>;

    /// Drops the sequences whose flag is false; the others close up and keep their order, as [`Packed::retain`] does.
    fn retain(&mut self, stays: &[bool]) -> Result<(), String>;

    /// A batch through all layers.
    fn encode(&mut self, batch: &Packed) -> Result<&[f32], String> {
        self.start(batch)?;
        self.run(0..self.layers())?;
        self.vectors()
    }
}

/// Makes an engine on the thread that will run it.
pub type MakeEngine = dyn Fn() -> Result<Box<dyn Engine>, String> + Send + Sync;

/// An encoder that is loaded, and how it likes to be run.
pub struct Loaded {
    /// Engine and kernel or device: `cpu (avx512-vnni)`.
    pub name: String,
    /// Makes engines that share its weights.
    pub make: Arc<MakeEngine>,
    /// Threads, each with an engine of its own.
    pub workers: usize,
    /// Tokens of a batch, unless the user says otherwise.
    pub batch_tokens: usize,
    /// It computes all sequences of a batch as if they were as long as the longest.
    pub pads: bool,
}

/// Loads the encoder of a model directory of ours alone, without heads, for measuring.
pub fn open(options: &ModelOptions) -> Result<Loaded, ModelError> {
    let directory = Directory::open(options.path.as_deref())?;
    let tensors = directory.tensors()?;
    load(options, &directory.stored(&tensors.parse()?))
}

/// Loads an encoder into the engine that the options name.
pub(super) fn load(options: &ModelOptions, stored: &Stored<'_>) -> Result<Loaded, ModelError> {
    match options.engine {
        EngineKind::Cpu => {
            let model = Arc::new(CpuModel::load(stored)?);
            Ok(Loaded {
                name: format!("cpu ({})", model.kernel),
                make: Arc::new(move || Ok(Box::new(CpuEngine::new(model.clone())))),
                workers: options.workers.unwrap_or_else(cores).max(1),
                batch_tokens: BATCH_TOKENS,
                pads: false,
            })
        }
        #[cfg(feature = "libtorch")]
        EngineKind::Libtorch(place) => libtorch::load(place, options.workers, stored),
        #[cfg(not(feature = "libtorch"))]
        EngineKind::Libtorch(_) => Err(ModelError::Engine {
            name: "libtorch",
            detail: "found a program that was built without it; expected one of `cargo build --release --features libtorch` (docs/ENGINES.md)".into(),
        }),
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::Packed;

    #[test]
    fn what_stays_closes_up_in_its_order() {
        let mut batch = Packed::default();
        [&[1, 2, 3][..], &[4], &[5, 6]].into_iter().for_each(|ids| batch.push(ids));
        assert_eq!(batch.kept(&[true, false, true]).collect::<Vec<_>>(), [0..3, 4..6]);
        batch.retain(&[false, true, true]);
        assert_eq!((batch.ids(), batch.sequences().collect::<Vec<_>>()), (&[4, 5, 6][..], vec![0..1, 1..3]));
        batch.retain(&[false, false]);
        assert!(batch.ids().is_empty() && batch.sequences().next().is_none());
    }
}
