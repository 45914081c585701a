//! What the peers in Rust share.

#[path = "../../protocol.rs"]
pub mod protocol;

use protocol::Batch;

/// Ids and mask of a batch, padded to its longest text.
pub struct Padded<T> {
    /// Texts.
    pub texts: usize,
    /// Tokens of the longest.
    pub longest: usize,
    /// Ids, a row a text.
    pub ids: Vec<T>,
    /// 1 where there is a token.
    pub mask: Vec<T>,
    /// Tokens of each text.
    pub lengths: Vec<usize>,
}

impl<T: TryFrom<u32> + Copy> Padded<T> {
    /// Pads; `None` where an id does not fit.
    pub fn new(batch: &Batch) -> Option<Self> {
        let longest = batch.iter().map(Vec::len).max()?;
        let (zero, one) = (T::try_from(0).ok()?, T::try_from(1).ok()?);
        let (mut ids, mut mask) = (Vec::new(), Vec::new());
        for text in batch {
            for at in 0..longest {
                ids.push(text.get(at).map_or(Some(one), |&id| T::try_from(id).ok())?);
                mask.push(if at < text.len() { one } else { zero });
            }
        }
        Some(Self { texts: batch.len(), longest, ids, mask, lengths: batch.iter().map(Vec::len).collect() })
    }
}
