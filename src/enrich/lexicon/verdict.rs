//! What the phrases of a mention come to, for one entity.

use std::collections::HashSet;

use super::{Effect, Found, Lexicon, MOST_SHIFT, Phrase};
use crate::model::SentimentLabel;
use crate::text::Span;

/// Phrases that are named, at most.
const MOST_NAMES: usize = 32;

/// What a lexicon says of the sentiment toward one entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<'a> {
    /// What it does; never [`Effect::Spare`].
    pub effect: Effect,
    /// The phrases that did it, by the spelling that was said, in the order of the mention, the first 32.
    pub by: Vec<&'a str>,
}

impl Lexicon {
    /// What the phrases of a mention mean for an entity (`None`: for the text as such); `None` where the model's word stands.
    ///
    /// Of the phrases that hold for the entity and the language, a place inside a longer one does not count. A fixed label
    /// goes before shifts, an opinion before neutral, and of two opinions the one that stands first. Shifts add up.
    pub fn verdict(&self, found: &Found, entity: Option<&str>, language: &str) -> Option<Verdict<'_>> {
        let said = self.that_count(found, entity, language);
        let names = |of: &dyn Fn(Effect) -> bool| {
            said.iter().filter(|(_, phrase)| of(phrase.effect)).map(|(text, _)| *text).take(MOST_NAMES).collect()
        };
        let labels = || said.iter().filter_map(|(_, phrase)| phrase.effect.label());
        let opinion = labels().find(|label| *label != SentimentLabel::Neutral);
        if let Some(label) = opinion.or_else(|| labels().next()) {
            let effect = Effect::Fix(label);
            return Some(Verdict { effect, by: names(&|other| other == effect) });
        }
        let shift: f64 = said.iter().map(|(_, phrase)| phrase.effect.shift()).sum();
        let effect = Effect::Shift(shift.clamp(-MOST_SHIFT, MOST_SHIFT));
        // Shifts that cancel each other leave what the model said.
        (shift.abs() > 1e-9).then(|| Verdict { effect, by: names(&|other| other.shift() != 0.0) })
    }

    /// The phrases that count, each once, by the spelling of it that stands first, in the order of the mention: that of the file
    /// plays no part in it.
    fn that_count(&self, found: &Found, entity: Option<&str>, language: &str) -> Vec<(&str, &Phrase)> {
        let mut places: Vec<Place<'_>> = Vec::new();
        for (spelling, spans) in found {
            let Some(&(index, text)) = self.spellings.get(*spelling as usize) else { continue };
            let Some(phrase) = self.phrases.get(index as usize) else { continue };
            let Some(text) = phrase.texts.get(text as usize).filter(|_| phrase.holds(entity, language)) else {
                continue;
            };
            places.extend(spans.iter().map(|&span| Place { span, index, text, phrase }));
        }
        // In this order whatever a place lies inside of comes before it.
        places.sort_by(|one, other| {
            let by_place = one.span.start.cmp(&other.span.start).then(other.span.end.cmp(&one.span.end));
            by_place.then_with(|| other.phrase.particularity().cmp(&one.phrase.particularity()))
        });
        let (mut covered, mut seen) = (0, HashSet::new());
        places.retain(|place| {
            let counts = place.span.end > covered;
            covered = covered.max(place.span.end);
            counts && seen.insert(place.index)
        });
        places.into_iter().map(|place| (place.text, place.phrase)).collect()
    }
}

/// Where a phrase stands, and by which of its spellings.
struct Place<'a> {
    span: Span,
    index: u32,
    text: &'a str,
    phrase: &'a Phrase,
}

impl Effect {
    const fn label(self) -> Option<SentimentLabel> {
        match self {
            Self::Fix(label) => Some(label),
            _ => None,
        }
    }

    const fn shift(self) -> f64 {
        match self {
            Self::Shift(by) => by,
            _ => 0.0,
        }
    }
}
