//! Tables of a snapshot: rows of 48-bit numbers as one string, a third of what JSON numbers take, and quick to read back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Bytes of one number: keys are 48 bits, and so are milliseconds until the year 10,889.
const BYTES: usize = 6;
/// The largest number that a row may hold.
const MOST: u64 = (1 << (8 * BYTES)) - 1;

/// A row in memory: each number in six bytes, most significant first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed<const N: usize>([[u8; BYTES]; N]);

impl<const N: usize> Packed<N> {
    /// Numbers of at most 48 bits.
    pub(super) fn new(numbers: [u64; N]) -> Self {
        Self(numbers.map(|number| {
            let [_, _, bytes @ ..] = number.to_be_bytes();
            bytes
        }))
    }

    pub(super) fn numbers(&self) -> [u64; N] {
        self.0.map(|[a, b, c, d, e, f]| u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
    }

    /// One of them.
    pub(super) fn number(&self, place: usize) -> u64 {
        let [a, b, c, d, e, f] = self.0[place];
        u64::from_be_bytes([0, 0, a, b, c, d, e, f])
    }
}

/// Rows of a table.
#[derive(Debug)]
pub(super) struct Rows<const N: usize>(pub(super) Vec<[u64; N]>);

/// Each number in six bytes, most significant first, the whole in base64.
impl<const N: usize> Serialize for Rows<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(self.0.len() * N * BYTES);
        for number in self.0.iter().flatten() {
            bytes.extend_from_slice(number.min(&MOST).to_be_bytes().split_at(8 - BYTES).1);
        }
        serializer.serialize_str(&STANDARD_NO_PAD.encode(bytes))
    }
}

impl<'de, const N: usize> Deserialize<'de> for Rows<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD_NO_PAD.decode(text).map_err(de::Error::custom)?;
        if bytes.len() % (N * BYTES) != 0 {
            return Err(de::Error::custom(format!("found {} bytes, expected rows of {}", bytes.len(), N * BYTES)));
        }
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte));
        let row = |bytes: &[u8]| {
            let mut row = [0; N];
            row.iter_mut().zip(bytes.chunks_exact(BYTES)).for_each(|(slot, bytes)| *slot = number(bytes));
            row
        };
        Ok(Self(bytes.chunks_exact(N * BYTES).map(row).collect()))
    }
}
