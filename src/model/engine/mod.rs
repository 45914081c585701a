//! Engines: tokens in, token vectors out. The heads read the vectors while they are still warm.

pub mod cpu;

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
    pub fn sequences(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| start..end)
    }
}

/// Runs the encoder. Each worker thread makes one for itself and keeps it there: an engine need not be `Send`.
pub trait Engine {
    /// Encodes a batch. The answer holds `hidden size` floats for each token, in the order of [`Packed::ids`].
    fn encode(&mut self, batch: &Packed) -> Result<&[f32], String>;
}
