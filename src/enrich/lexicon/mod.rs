//! What the user knows better than the model: phrases that fix or shift the sentiment toward an entity. docs/LEXICON.md is
//! the manual.
//!
//! The model and its cache know a text; which phrases hold depends on the entity as well. So a lexicon comes after both:
//! [`Lexicon::find`] looks a mention through once, [`Lexicon::verdict`] says what that means for one entity of it, and
//! `correct` does the arithmetic.

mod clash;
mod correct;
mod phrase;
mod verdict;

use xxhash_rust::xxh3::xxh3_64;

pub use clash::{Clash, clashes};
pub(super) use correct::corrected;
pub use phrase::{Effect, MOST_SHIFT, Phrase};
pub use verdict::Verdict;

use crate::text::Span;
use crate::watch::Phrases;

/// Phrases, compiled. Shared by all threads.
#[derive(Debug)]
pub struct Lexicon {
    /// A hash of what the phrases say, 16 hexadecimal digits. Their order, their notes and the layout of the file do not count.
    pub version: String,
    /// In the order of the file.
    pub phrases: Vec<Phrase>,
    /// For each spelling that is looked for, its phrase and its place there.
    spellings: Vec<(u32, u32)>,
    finder: Phrases,
}

/// The spellings that stand in one mention, whomever they are for, and where: bytes of its body.
pub type Found = Vec<(u32, Vec<Span>)>;

impl Lexicon {
    /// Compiles phrases. They are taken as they are: the reader of `lexicon.toml` checks them, and refuses those that
    /// [clash](clashes).
    ///
    /// # Errors
    /// There are too many for one automaton.
    pub fn new(phrases: Vec<Phrase>) -> Result<Self, String> {
        let spellings =
            (0..).zip(&phrases).flat_map(|(index, phrase)| (0..).zip(&phrase.texts).map(move |(at, _)| (index, at)));
        let spellings: Vec<(u32, u32)> = spellings.collect();
        let finder = Phrases::new(phrases.iter().flat_map(|phrase| phrase.texts.iter().map(String::as_str)))?;
        Ok(Self { version: version(&phrases), phrases, spellings, finder })
    }

    /// Looks for all spellings in the body of a mention, whose title ends before `text_start`.
    pub fn find(&self, body: &str, text_start: usize) -> Found {
        self.finder.find(body, text_start)
    }
}

fn version(phrases: &[Phrase]) -> String {
    let mut said: Vec<String> = phrases.iter().map(Phrase::canonical).collect();
    said.sort_unstable();
    format!("{:016x}", xxh3_64(said.join("\n").as_bytes()))
}

#[cfg(test)]
mod tests;
