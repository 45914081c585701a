//! Mentions that may serve as examples: few, recent, weighty, and different.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::HOUR;
use crate::reputation::alert::Example;
use crate::reputation::observation::Observation;

/// How many are kept.
const KEPT: usize = 16;
/// How many are shown.
const SHOWN: usize = 5;
/// How many characters of their text.
const CHARACTERS: usize = 200;
/// A mention counts half after so many hours.
const HALF_LIFE: f64 = 6.0;
/// Texts whose fingerprints differ in fewer bits are copies (text/fingerprint.rs measures it).
const COPY_BITS: u32 = 10;
/// What a mention without a bad word counts among examples.
const NEUTRAL: f64 = 0.3;

/// The mentions kept.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Examples {
    kept: Vec<Kept>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    example: Example,
    /// log₂ of its worth, as of the epoch: worth fades, and their order does not.
    worth: f64,
    fingerprint: u64,
    topics: Vec<Arc<str>>,
    language: Arc<str>,
    at: i64,
}

impl Examples {
    /// Keeps a mention, if it is worth more than the least of those kept.
    pub(super) fn offer(&mut self, event: &Observation<'_>, weight: f64) {
        let (bad, score) = event.sentiment.as_ref().map_or((0.0, 0.0), |s| (s.negative, s.positive - s.negative));
        let worth = (weight * (NEUTRAL + bad)).log2() + event.at() as f64 / (HALF_LIFE * HOUR as f64);
        if !worth.is_finite() {
            return;
        }
        let author =
            event.mention.author.as_ref().and_then(|author| author.handle.as_deref().or(author.name.as_deref()));
        let same = |kept: &Kept| {
            (kept.fingerprint ^ event.fingerprint).count_ones() < COPY_BITS
                || (author.is_some() && kept.example.author.as_deref() == author)
        };
        // One of a cluster and one of an author: the weightiest.
        let place = match self.kept.iter().position(same) {
            Some(place) => Some(place),
            None if self.kept.len() < KEPT => None,
            None => self
                .kept
                .iter()
                .enumerate()
                .min_by(|(_, a), (_, b)| a.worth.total_cmp(&b.worth))
                .map(|(place, _)| place),
        };
        if place.and_then(|place| self.kept.get(place)).is_some_and(|kept| kept.worth >= worth) {
            return;
        }
        let kept = Kept {
            example: Example {
                id: event.id.to_string(),
                source: event.mention.source.to_string(),
                author: author.map(str::to_owned),
                url: event.mention.url.as_ref().map(ToString::to_string),
                text: beginning(&event.mention.text),
                score,
            },
            worth,
            fingerprint: event.fingerprint,
            topics: event.topics.iter().map(|topic| Arc::from(&*topic.id)).collect(),
            language: Arc::from(&*event.language.code),
            at: event.at(),
        };
        match place {
            Some(place) => self.kept[place] = kept,
            None => self.kept.push(kept),
        }
    }

    /// Takes a mention back, and all that is said of it.
    pub(super) fn forget(&mut self, id: &str) {
        self.kept.retain(|kept| kept.example.id != id);
    }

    /// Those since a moment that fit a cause, best first; if none fits, those of any cause.
    pub(super) fn of(&self, cause: &str, since: i64) -> Vec<Example> {
        let fits = |kept: &&Kept| {
            kept.topics.iter().any(|topic| &**topic == cause)
                || kept.example.source == cause
                || &*kept.language == cause
        };
        let recent = || self.kept.iter().filter(|kept| kept.at >= since);
        let mut chosen: Vec<&Kept> = recent().filter(fits).collect();
        if chosen.is_empty() {
            chosen = recent().collect();
        }
        chosen.sort_by(|a, b| b.worth.total_cmp(&a.worth));
        chosen.into_iter().take(SHOWN).map(|kept| kept.example.clone()).collect()
    }
}

fn beginning(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
