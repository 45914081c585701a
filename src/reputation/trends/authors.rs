//! How many distinct authors, in 16 bytes, and 50 where there are more than six.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How many are known one by one.
const KNOWN: usize = 16;
/// How many have room within a term: most terms are said by fewer.
const FEW: usize = 6;

/// The smallest hashes of all authors: exact up to [`KNOWN`] of them but for two whose hashes collide, and beyond it an
/// estimate by how close together the smallest lie, ± 27 % (k minimum values; Bar-Yossef et al. 2002).
#[derive(Debug, Clone)]
pub(super) enum Authors {
    Few(Smallest<FEW>),
    Many(Box<Smallest<KNOWN>>),
}

/// The smallest hashes, in order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Smallest<const N: usize> {
    len: u8,
    hashes: [u16; N],
}

impl<const N: usize> Smallest<N> {
    /// Whether there is room for it, or it is known.
    fn add(&mut self, author: u16) -> bool {
        let len = usize::from(self.len);
        let Err(at) = self.known().binary_search(&author) else { return true };
        if len < N {
            self.len += 1;
        } else if N < KNOWN || at == N {
            return false;
        }
        let end = usize::from(self.len);
        self.hashes[at..end].rotate_right(1);
        self.hashes[at] = author;
        true
    }

    fn remove(&mut self, author: u16) {
        if let Ok(at) = self.known().binary_search(&author) {
            let end = usize::from(self.len);
            self.hashes[at..end].rotate_left(1);
            self.len -= 1;
        }
    }

    fn known(&self) -> &[u16] {
        &self.hashes[..usize::from(self.len)]
    }
}

impl Default for Authors {
    fn default() -> Self {
        Self::Few(Smallest { len: 0, hashes: [0; FEW] })
    }
}

impl PartialEq for Authors {
    fn eq(&self, other: &Self) -> bool {
        self.known() == other.known()
    }
}

impl Authors {
    pub(super) fn add(&mut self, author: u16) {
        match self {
            Self::Many(many) => _ = many.add(author),
            Self::Few(few) => {
                if !few.add(author) {
                    let mut many = Smallest { len: few.len, hashes: [0; KNOWN] };
                    many.hashes[..FEW].copy_from_slice(&few.hashes);
                    many.add(author);
                    *self = Self::Many(Box::new(many));
                }
            }
        }
    }

    pub(super) fn remove(&mut self, author: u16) {
        match self {
            Self::Few(few) => few.remove(author),
            Self::Many(many) => many.remove(author),
        }
    }

    pub(super) fn count(&self) -> u64 {
        let known = self.known();
        match known.last().filter(|_| known.len() == KNOWN) {
            None => known.len() as u64,
            Some(last) => {
                let largest = (f64::from(*last) + 1.0) / 65_536.0;
                (((KNOWN - 1) as f64 / largest).round() as u64).max(KNOWN as u64)
            }
        }
    }

    fn known(&self) -> &[u16] {
        match self {
            Self::Few(few) => few.known(),
            Self::Many(many) => many.known(),
        }
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
