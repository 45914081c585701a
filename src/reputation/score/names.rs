//! Topics, sources and languages by small numbers.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::reputation::shared;

/// What is neither named nor has room: `other`.
pub(super) const OTHER: &str = "other";

/// The kinds of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Topic,
    Source,
    Language,
}

impl Kind {
    /// Names that have a number of their own, `other` not counted.
    const fn room(self) -> usize {
        match self {
            Self::Topic | Self::Language => 40,
            Self::Source => 16,
        }
    }
}

/// The names of one entity.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Names(#[serde(deserialize_with = "shared::names")] [Vec<Arc<str>>; 3]);

/// What became of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It has this number.
    Taken(u8),
    /// There is no room.
    Full,
}

impl Names {
    /// All names of a kind, by number.
    pub(super) fn of(&self, kind: Kind) -> &[Arc<str>] {
        &self.0[kind as usize]
    }

    /// The number of a name, which is given one if there is room. There always is for `other`.
    pub(super) fn place(&mut self, kind: Kind, name: &str) -> Place {
        let names = &mut self.0[kind as usize];
        if let Some(number) = names.iter().position(|it| shared::same(it, name)) {
            return Place::Taken(number as u8);
        }
        let named = names.len() - usize::from(names.iter().any(|it| **it == *OTHER));
        if named >= kind.room() && name != OTHER {
            return Place::Full;
        }
        // Names are few, and new ones come seldom.
        names.reserve_exact(1);
        names.push(shared::name(name));
        Place::Taken((names.len() - 1) as u8)
    }

    /// Gives the number of a name that is not needed any more to another.
    pub(super) fn replace(&mut self, kind: Kind, number: u8, name: &str) {
        if let Some(place) = self.0[kind as usize].get_mut(usize::from(number)) {
            *place = shared::name(name);
        }
    }
}
