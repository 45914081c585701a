//! The terms that are counted, at most [`TERMS`]: a Space-Saving table (Metwally et al. 2005) of decayed sums.

use serde::{Deserialize, Serialize};

use super::TrendKind;
use super::authors::Authors;
use super::level::{Scale, Sums};
use crate::reputation::blocks::Blocks;
use crate::reputation::hashing::Places;

/// Terms of one entity, at most.
pub(super) const TERMS: usize = 512;
/// To make room, the weakest of so many neighbours goes; the next time others are looked at.
const LOOKED_AT: usize = 8;

/// A term and its sums, relative to the landmark. It takes 64 bytes, as much as comes from memory at once: every word of every
/// mention looks at some.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Term {
    pub(super) key: u64,
    pub(super) kind: TrendKind,
    pub(super) text: Box<str>,
    pub(super) sums: Sums,
    /// Since it was last at its usual level.
    pub(super) authors: Authors,
    /// The mention that was counted last, so that a term counts once a mention.
    #[serde(skip)]
    pub(super) counted: u32,
}

/// The table.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "(Vec<Term>, usize)", into = "(Vec<Term>, usize)")]
pub(super) struct Terms {
    terms: Blocks<Term>,
    places: Places,
    /// Where the next look for a weak one begins.
    hand: usize,
}

impl Terms {
    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut Term> {
        let place = self.places.find(key, |place| self.terms[usize::from(place)].key == key)?;
        self.terms.get_mut(usize::from(place))
    }

    /// Takes a new term in. If that needs room, it takes over the slow sum of what goes: its own past is not known, and this is
    /// the most that it can have been. So a term that comes and goes does not look new each time.
    pub(super) fn admit(&mut self, mut term: Term) {
        if self.terms.len() < TERMS {
            let (key, place) = (term.key, self.terms.len());
            self.terms.push(term);
            return self.index(key, place);
        }
        let looked_at = (0..LOOKED_AT).map(|step| (self.hand + step) % TERMS);
        let strength = |place: &usize| self.terms[*place].sums.fast + self.terms[*place].sums.slow;
        let weakest = looked_at.min_by(|a, b| strength(a).total_cmp(&strength(b))).unwrap_or_default();
        self.hand = (self.hand + LOOKED_AT) % TERMS;
        term.sums.slow += self.terms[weakest].sums.slow;
        self.places.remove(self.terms[weakest].key, weakest as u16);
        let key = term.key;
        self.terms[weakest] = term;
        self.index(key, weakest);
    }

    fn index(&mut self, key: u64, place: usize) {
        let terms = &self.terms;
        self.places.insert(key, place as u16, |place| terms[usize::from(place)].key);
    }

    /// Moves the landmark.
    pub(super) fn scale(&mut self, scale: Scale) {
        for term in self.terms.iter_mut() {
            term.sums = scale.of(term.sums);
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Term> {
        self.terms.iter()
    }
}

impl From<(Vec<Term>, usize)> for Terms {
    fn from((mut terms, hand): (Vec<Term>, usize)) -> Self {
        terms.truncate(TERMS);
        let mut table = Self { terms: terms.into_iter().collect(), hand, ..Self::default() };
        for place in 0..table.terms.len() {
            table.index(table.terms[place].key, place);
        }
        table
    }
}

impl From<Terms> for (Vec<Term>, usize) {
    fn from(terms: Terms) -> Self {
        (terms.terms.into_vec(), terms.hand)
    }
}
