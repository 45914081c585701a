//! Who may come in: a term is counted from its second author on.
//!
//! Nearly every phrase is said once. A small table of hashes remembers who said what for half a day at most; only what
//! somebody else says too is worth a place among the counted terms (the doorkeeper of TinyLFU, Einziger et al. 2017).

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Slots at first, so that a quiet entity costs little, and at most.
const SLOTS: std::ops::RangeInclusive<usize> = 128..=2048;
/// The door forgets at each whole multiple of this many milliseconds of event time.
const PERIOD: i64 = 12 * 3_600_000;

/// Terms said once lately, and by whom.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Door {
    /// In the upper half 16 bits of the term's hash, in the lower the author's; 0 is free.
    #[serde(serialize_with = "sparse", deserialize_with = "dense")]
    slots: Vec<u32>,
    /// Slots that were written since it forgot last.
    written: usize,
    period: i64,
}

impl Door {
    /// Lets time pass.
    pub(super) fn open(&mut self, at: i64) {
        let period = at.div_euclid(PERIOD);
        if period > self.period {
            self.period = period;
            self.written = 0;
            self.slots.fill(0);
        }
    }

    /// Reads all slots, a cache line at a time.
    pub(super) fn read_through(&self) -> u64 {
        self.slots.iter().step_by(16).fold(0, |sum, slot| sum ^ u64::from(*slot))
    }

    /// The other author who said this lately; `None` if nobody did, which is remembered.
    pub(super) fn knock(&mut self, term: u64, author: u16) -> Option<u16> {
        let crowded = self.written > self.slots.len() / 2 && self.slots.len() < *SLOTS.end();
        if self.slots.is_empty() || crowded {
            self.slots = vec![0; (2 * self.slots.len()).clamp(*SLOTS.start(), *SLOTS.end())];
            self.written = 0;
        }
        let mask = self.slots.len() - 1;
        let slot = self.slots.get_mut(term as usize & mask)?;
        let tag = (term >> 48) as u16;
        let (kept, other) = ((*slot >> 16) as u16, *slot as u16);
        if *slot != 0 && kept == tag {
            return (other != author).then_some(other);
        }
        self.written += 1;
        *slot = u32::from(tag) << 16 | u32::from(author);
        None
    }
}

/// Slots, then pairs of place and content.
fn sparse<S: Serializer>(slots: &[u32], serializer: S) -> Result<S::Ok, S::Error> {
    let used: Vec<(usize, u32)> = slots.iter().copied().enumerate().filter(|(_, slot)| *slot != 0).collect();
    if used.len() * 2 < slots.len() {
        (slots.len(), used, Vec::<u32>::new()).serialize(serializer)
    } else {
        (slots.len(), Vec::<(usize, u32)>::new(), slots).serialize(serializer)
    }
}

fn dense<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u32>, D::Error> {
    let (len, used, all) = <(usize, Vec<(usize, u32)>, Vec<u32>)>::deserialize(deserializer)?;
    if len != 0 && !(len.is_power_of_two() && SLOTS.contains(&len)) {
        return Err(serde::de::Error::custom(format!("{len} slots of a door")));
    }
    let mut slots = all;
    slots.resize(len, 0);
    for (at, content) in used {
        if let Some(slot) = slots.get_mut(at) {
            *slot = content;
        }
    }
    Ok(slots)
}
