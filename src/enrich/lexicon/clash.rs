//! Phrases that say two things of one place.

use std::collections::HashMap;

use super::Phrase;
use crate::watch::phrases::folded;

/// Two spellings that are found at the same places, for a common entity in a common language, with nothing to choose between
/// them. Each is an index of a phrase and one of its spellings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clash {
    /// The one that comes first.
    pub first: (usize, usize),
    /// The other.
    pub second: (usize, usize),
}

/// What clashes, each later spelling with the first one that it clashes with.
pub fn clashes(phrases: &[Phrase]) -> Vec<Clash> {
    let mut alike: HashMap<String, Vec<(usize, usize)>> = HashMap::new();
    let mut clashes = Vec::new();
    for (index, phrase) in phrases.iter().enumerate() {
        for (place, text) in phrase.texts.iter().enumerate() {
            let earlier = alike.entry(folded(text)).or_default();
            let clash = earlier.iter().find(|(other, _)| {
                *other == index || phrases.get(*other).is_some_and(|other| nothing_between(phrase, other))
            });
            clashes.extend(clash.map(|&first| Clash { first, second: (index, place) }));
            earlier.push((index, place));
        }
    }
    clashes
}

fn nothing_between(one: &Phrase, other: &Phrase) -> bool {
    one.particularity() == other.particularity()
        && meet(&one.entities, &other.entities)
        && meet(&one.languages, &other.languages)
}

fn meet(one: &Option<Vec<String>>, other: &Option<Vec<String>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.iter().any(|item| other.contains(item)),
        _ => true,
    }
}
