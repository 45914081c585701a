//! Mentions that may serve as examples: few, recent, weighty, and different.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::HOUR;
use super::strings::Strings;
use crate::reputation::alert::Example;
use crate::reputation::observation::Observation;
use crate::reputation::room;

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
#[serde(from = "Row", into = "Row")]
struct Kept {
    /// log₂ of its worth, as of the epoch: worth fades, and their order does not.
    worth: f64,
    score: f64,
    fingerprint: u64,
    at: i64,
    /// In the order of [`Texts`].
    texts: Strings,
}

/// What a kept mention says, the author first: each new mention is held against it.
struct Texts<'a> {
    author: Option<&'a str>,
    id: &'a str,
    source: &'a str,
    url: Option<&'a str>,
    text: &'a str,
    language: &'a str,
    topics: Vec<&'a str>,
}

/// As it is kept in a snapshot.
#[derive(Serialize, Deserialize)]
struct Row {
    example: Example,
    worth: f64,
    fingerprint: u64,
    topics: Vec<String>,
    language: String,
    at: i64,
}

/// Says of what may be left out whether it is there: an empty name is a name.
const THERE: &str = "+";

impl<'a> Texts<'a> {
    fn pack(&self) -> Strings {
        let optional = |it: Option<&'a str>| [it.map_or("", |_| THERE), it.unwrap_or_default()];
        let fields = [self.id, self.source, self.text, self.language];
        let all = optional(self.author).into_iter().chain(optional(self.url)).chain(fields);
        Strings::new(all.chain(self.topics.iter().copied()))
    }

    fn of(strings: &'a Strings) -> Self {
        let mut strings = strings.iter();
        let mut next = || strings.next().unwrap_or_default();
        let (author, url) = (optional(next(), next()), optional(next(), next()));
        let (id, source, text, language) = (next(), next(), next(), next());
        Self { author, id, source, url, text, language, topics: strings.collect() }
    }
}

fn optional<'a>(mark: &str, it: &'a str) -> Option<&'a str> {
    (mark == THERE).then_some(it)
}

impl Kept {
    fn author(&self) -> Option<&str> {
        let mut strings = self.texts.iter();
        optional(strings.next()?, strings.next()?)
    }

    fn example(&self) -> Example {
        let Texts { author, id, source, url, text, .. } = Texts::of(&self.texts);
        Example {
            id: id.to_owned(),
            source: source.to_owned(),
            author: author.map(str::to_owned),
            url: url.map(str::to_owned),
            text: text.to_owned(),
            score: self.score,
        }
    }
}

impl From<Row> for Kept {
    fn from(Row { example, worth, fingerprint, topics, language, at }: Row) -> Self {
        let texts = Texts {
            author: example.author.as_deref(),
            id: &example.id,
            source: &example.source,
            url: example.url.as_deref(),
            text: &example.text,
            language: &language,
            topics: topics.iter().map(String::as_str).collect(),
        };
        Self { worth, score: example.score, fingerprint, at, texts: texts.pack() }
    }
}

impl From<Kept> for Row {
    fn from(kept: Kept) -> Self {
        let Texts { language, topics, .. } = Texts::of(&kept.texts);
        let (topics, language) = (topics.into_iter().map(str::to_owned).collect(), language.to_owned());
        let Kept { worth, fingerprint, at, .. } = kept;
        Self { example: kept.example(), worth, fingerprint, topics, language, at }
    }
}

impl Examples {
    /// Keeps a mention, if it is worth more than the least of those kept.
    pub(super) fn offer(&mut self, event: &Observation<'_>, weight: f64) {
        let (bad, score) = event.sentiment.as_ref().map_or((0.0, 0.0), |s| (s.negative, s.positive - s.negative));
        let worth = (weight * (NEUTRAL + bad)).log2() + event.at() as f64 / (HALF_LIFE * HOUR as f64);
        // Most are worth less than any that is kept, and then it does not matter whose place they would take.
        if !worth.is_finite() || (self.kept.len() >= KEPT && self.kept.iter().all(|kept| kept.worth >= worth)) {
            return;
        }
        let author =
            event.mention.author.as_ref().and_then(|author| author.handle.as_deref().or(author.name.as_deref()));
        let same = |kept: &Kept| {
            (kept.fingerprint ^ event.fingerprint).count_ones() < COPY_BITS
                || (author.is_some() && kept.author() == author)
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
        let texts = Texts {
            author,
            id: &event.id,
            source: &event.mention.source,
            url: event.mention.url.as_deref(),
            text: &beginning(&event.mention.text),
            language: &event.language.code,
            topics: event.topics.iter().map(|topic| &*topic.id).collect(),
        };
        let kept = Kept { worth, score, fingerprint: event.fingerprint, at: event.at(), texts: texts.pack() };
        match place {
            Some(place) => self.kept[place] = kept,
            None => room::push(&mut self.kept, kept),
        }
    }

    /// Takes a mention back, and all that is said of it.
    pub(super) fn forget(&mut self, id: &str) {
        self.kept.retain(|kept| Texts::of(&kept.texts).id != id);
    }

    /// Those since a moment that fit a cause, best first; if none fits, those of any cause.
    pub(super) fn of(&self, cause: &str, since: i64) -> Vec<Example> {
        let fits = |kept: &&Kept| {
            let Texts { source, language, topics, .. } = Texts::of(&kept.texts);
            topics.contains(&cause) || source == cause || language == cause
        };
        let recent = || self.kept.iter().filter(|kept| kept.at >= since);
        let mut chosen: Vec<&Kept> = recent().filter(fits).collect();
        if chosen.is_empty() {
            chosen = recent().collect();
        }
        chosen.sort_by(|a, b| b.worth.total_cmp(&a.worth));
        chosen.into_iter().take(SHOWN).map(Kept::example).collect()
    }
}

fn beginning(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(CHARACTERS) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
