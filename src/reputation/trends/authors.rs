//! How many distinct authors, in 33 bytes.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many are known one by one.
const KNOWN: usize = 16;

/// The smallest hashes of all authors: exact up to [`KNOWN`] of them but for two whose hashes collide, and beyond it an
/// estimate by how close together the smallest lie, ± 27 % (k minimum values; Bar-Yossef et al. 2002).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Authors {
    hashes: [u16; KNOWN],
    len: u8,
}

impl Authors {
    pub(super) fn add(&mut self, author: u16) {
        let len = usize::from(self.len);
        let Err(at) = self.known().binary_search(&author) else { return };
        if len < KNOWN {
            self.len += 1;
        } else if at == KNOWN {
            return;
        }
        let end = usize::from(self.len);
        self.hashes[at..end].rotate_right(1);
        self.hashes[at] = author;
    }

    pub(super) fn remove(&mut self, author: u16) {
        if let Ok(at) = self.known().binary_search(&author) {
            let end = usize::from(self.len);
            self.hashes[at..end].rotate_left(1);
            self.len -= 1;
            self.hashes[end - 1] = 0;
        }
    }

    pub(super) fn count(&self) -> u64 {
        let len = usize::from(self.len);
        if len < KNOWN {
            return u64::from(self.len);
        }
        let largest = (f64::from(self.hashes[KNOWN - 1]) + 1.0) / 65_536.0;
        (((KNOWN - 1) as f64 / largest).round() as u64).max(KNOWN as u64)
    }

    fn known(&self) -> &[u16] {
        &self.hashes[..usize::from(self.len)]
    }
}

impl Serialize for Authors {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.known())
    }
}

impl<'de> Deserialize<'de> for Authors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut authors = Self::default();
        Vec::<u16>::deserialize(deserializer)?.into_iter().for_each(|author| authors.add(author));
        Ok(authors)
    }
}
