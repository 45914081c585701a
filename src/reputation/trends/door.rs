//! Who may come in: a term is counted from its second author on.
//!
//! Nearly every phrase is said once. A small table of hashes remembers who said what for half a day at most; only what
//! somebody else says too is worth a place among the counted terms (the doorkeeper of TinyLFU, Einziger et al. 2017).

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::reputation::room;

/// Slots at first, so that a quiet entity costs little, and at most.
const SLOTS: std::ops::RangeInclusive<usize> = 128..=2048;
/// While so few are written, they alone take room, each with its place; then all do.
const FEW: usize = 256;
/// The door forgets at each whole multiple of this many milliseconds of event time.
const PERIOD: i64 = 12 * 3_600_000;

/// Terms said once lately, and by whom.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Door {
    slots: Slots,
    /// Slots that were written since it forgot last.
    written: usize,
    period: i64,
}

/// In the upper half of a slot 16 bits of the term's hash, in the lower the author's; 0 is free.
#[derive(Debug, Clone, PartialEq)]
enum Slots {
    /// Those that were written, in their order: of a quiet entity's, few.
    Few { len: usize, places: Vec<u16>, contents: Vec<u32> },
    /// All of them, one after the other.
    All(Vec<u32>),
}

impl Door {
    /// Lets time pass.
    pub(super) fn open(&mut self, at: i64) {
        let period = at.div_euclid(PERIOD);
        if period > self.period {
            self.period = period;
            self.written = 0;
            self.slots = Slots::free(self.slots.len());
        }
    }

    /// Reads all slots, a cache line at a time.
    pub(super) fn read_through(&self) -> u64 {
        let (Slots::All(slots) | Slots::Few { contents: slots, .. }) = &self.slots;
        slots.iter().step_by(16).fold(0, |sum, slot| sum ^ u64::from(*slot))
    }

    /// The other author who said this lately; `None` if nobody did, which is remembered.
    pub(super) fn knock(&mut self, term: u64, author: u16) -> Option<u16> {
        let crowded = self.written > self.slots.len() / 2 && self.slots.len() < *SLOTS.end();
        if self.slots.len() == 0 || crowded {
            self.slots = Slots::free((2 * self.slots.len()).clamp(*SLOTS.start(), *SLOTS.end()));
            self.written = 0;
        }
        let place = term as usize & (self.slots.len() - 1);
        let slot = self.slots.at(place);
        let tag = (term >> 48) as u16;
        let (kept, other) = ((*slot >> 16) as u16, *slot as u16);
        if *slot != 0 && kept == tag {
            return (other != author).then_some(other);
        }
        self.written += 1;
        *slot = u32::from(tag) << 16 | u32::from(author);
        self.slots.settle();
        None
    }
}

impl Slots {
    fn free(len: usize) -> Self {
        Self::Few { len, places: Vec::new(), contents: Vec::new() }
    }

    #[inline]
    fn len(&self) -> usize {
        match self {
            Self::Few { len, .. } => *len,
            Self::All(slots) => slots.len(),
        }
    }

    /// A slot, to be written if it is free.
    #[inline]
    fn at(&mut self, place: usize) -> &mut u32 {
        match self {
            Self::All(slots) => &mut slots[place],
            Self::Few { places, contents, .. } => {
                let at = places.partition_point(|known| usize::from(*known) < place);
                if places.get(at).is_none_or(|known| usize::from(*known) != place) {
                    room::insert(places, at, place as u16);
                    room::insert(contents, at, 0);
                }
                &mut contents[at]
            }
        }
    }

    /// Lays all of them out where too many were written.
    #[inline]
    fn settle(&mut self) {
        let Self::Few { len, places, contents } = self else { return };
        if places.len() >= FEW {
            let mut all = vec![0; *len];
            for (place, content) in places.iter().zip(contents) {
                all[usize::from(*place)] = *content;
            }
            *self = Self::All(all);
        }
    }

    /// Places and contents of those that are not free.
    fn written(&self) -> Vec<(usize, u32)> {
        let written: Vec<(usize, u32)> = match self {
            Self::Few { places, contents, .. } => {
                places.iter().map(|place| usize::from(*place)).zip(contents.iter().copied()).collect()
            }
            Self::All(slots) => slots.iter().copied().enumerate().collect(),
        };
        written.into_iter().filter(|(_, content)| *content != 0).collect()
    }
}

impl Default for Slots {
    fn default() -> Self {
        Self::free(0)
    }
}

/// How many there are, then pairs of place and content, or all contents where that is shorter.
impl Serialize for Slots {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (len, written) = (self.len(), self.written());
        if written.len() * 2 < len {
            return (len, written, Vec::<u32>::new()).serialize(serializer);
        }
        let mut all = vec![0_u32; len];
        written.into_iter().for_each(|(place, content)| all[place] = content);
        (len, Vec::<(usize, u32)>::new(), all).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Slots {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (len, written, all) = <(usize, Vec<(usize, u32)>, Vec<u32>)>::deserialize(deserializer)?;
        if len != 0 && !(len.is_power_of_two() && SLOTS.contains(&len)) {
            return Err(serde::de::Error::custom(format!("{len} slots of a door")));
        }
        let mut slots = Self::free(len);
        for (place, content) in all.into_iter().enumerate().chain(written) {
            if place < len && content != 0 {
                *slots.at(place) = content;
                slots.settle();
            }
        }
        Ok(slots)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether slots lie in a short list or side by side cannot be told from what is said at the door, nor from a snapshot.
    #[test]
    fn few_slots_and_all_of_them_are_alike() {
        let mut door = Door::default();
        let mut plain = Vec::<u32>::new();
        let (mut written, mut lens) = (0, Vec::new());
        for number in 0..6_000_u64 {
            let term = xxhash_rust::xxh3::xxh3_64(&(number % 4_500).to_le_bytes());
            let author = (number % 7) as u16;
            if plain.is_empty() || (written > plain.len() / 2 && plain.len() < *SLOTS.end()) {
                plain = vec![0; (2 * plain.len()).clamp(*SLOTS.start(), *SLOTS.end())];
                written = 0;
                lens.push(plain.len());
            }
            let len = plain.len();
            let slot = &mut plain[term as usize % len];
            let (tag, other) = ((term >> 48) as u16, *slot as u16);
            let known = *slot != 0 && (*slot >> 16) as u16 == tag;
            if !known {
                (*slot, written) = (u32::from(tag) << 16 | u32::from(author), written + 1);
            }
            assert_eq!(door.knock(term, author), (known && other != author).then_some(other), "{number}");
            if number % 97 == 0 {
                let kept = serde_json::to_string(&door).unwrap();
                door = serde_json::from_str(&kept).unwrap();
                assert_eq!(serde_json::to_string(&door).unwrap(), kept);
            }
        }
        assert_eq!(lens, [128, 256, 512, 1024, 2048]);
        let used = plain.iter().copied().enumerate().filter(|(_, slot)| *slot != 0).collect::<Vec<_>>();
        assert_eq!(door.slots.written(), used);
        door.open(PERIOD);
        assert_eq!((door.slots.len(), door.slots.written()), (2048, Vec::new()));
    }
}
