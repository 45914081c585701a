//! What the phrases of a mention come to, for one entity.

use std::collections::HashSet;

use super::{Effect, Found, Lexicon, MOST_SHIFT, Phrase};
use crate::model::SentimentLabel;
use crate::text::Span;

/// The names of phrases that are told, at most.
const MOST_NAMES: usize = 32;

/// What a lexicon says of the sentiment toward one entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict<'a> {
    /// What it does; never [`Effect::Spare`].
    pub effect: Effect,
    /// The names of the phrases that did it, in the order in which they stand in the mention, the first 32.
    pub by: Vec<&'a str>,
}

impl Lexicon {
    /// What the phrases of a mention mean for an entity (`None`: for the text as such); `None` where the model's word stands.
    ///
    /// Of the phrases that hold for the entity and the language, a place inside a longer one does not count. A fixed label
    /// goes before shifts, an opinion before neutral, and of two opinions the one that stands first. Shifts add up.
    pub fn verdict(&self, found: &Found, entity: Option<&str>, language: &str) -> Option<Verdict<'_>> {
        let phrases = self.that_count(found, entity, language);
        let names = |of: &dyn Fn(Effect) -> bool| {
            phrases
                .iter()
                .filter(|phrase| of(phrase.effect))
                .filter_map(|phrase| phrase.name())
                .take(MOST_NAMES)
                .collect()
        };
        let labels = || phrases.iter().filter_map(|phrase| phrase.effect.label());
        let opinion = labels().find(|label| *label != SentimentLabel::Neutral);
        if let Some(label) = opinion.or_else(|| labels().next()) {
            let effect = Effect::Fix(label);
            return Some(Verdict { effect, by: names(&|other| other == effect) });
        }
        let shift: f64 = phrases.iter().map(|phrase| phrase.effect.shift()).sum();
        let effect = Effect::Shift(shift.clamp(-MOST_SHIFT, MOST_SHIFT));
        // Shifts that cancel each other leave what the model said.
        (shift.abs() > 1e-9).then(|| Verdict { effect, by: names(&|other| other.shift() != 0.0) })
    }

    /// The phrases that count, each once, in the order in which they first stand in the mention: that of the file plays no
    /// part in it.
    fn that_count(&self, found: &Found, entity: Option<&str>, language: &str) -> Vec<&Phrase> {
        let mut places: Vec<(Span, u32, &Phrase)> = Vec::new();
        for (index, spans) in found {
            let phrase = self.phrases.get(*index as usize);
            if let Some(phrase) = phrase.filter(|phrase| phrase.holds(entity, language)) {
                places.extend(spans.iter().map(|span| (*span, *index, phrase)));
            }
        }
        // In this order whatever a place lies inside of comes before it.
        places.sort_by(|(a, _, one), (b, _, other)| {
            let by_place = a.start.cmp(&b.start).then(b.end.cmp(&a.end));
            by_place.then_with(|| other.particularity().cmp(&one.particularity()))
        });
        let (mut covered, mut seen) = (0, HashSet::new());
        places.retain(|(span, index, _)| {
            let counts = span.end > covered;
            covered = covered.max(span.end);
            counts && seen.insert(*index)
        });
        places.into_iter().map(|(_, _, phrase)| phrase).collect()
    }
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

impl Phrase {
    fn name(&self) -> Option<&str> {
        self.texts.first().map(String::as_str)
    }
}
