//! Text to token ids, as the `tokenizers` library makes them from a `tokenizer.json`, with the place of each token.
//!
//! Other families than XLM-R are left to the library ([`other`]). For XLM-R the library takes 449 MB and three seconds to load this vocabulary, so the three steps are written out here:
//! SentencePiece's character map ([`charsmap`]), words split at spaces that become `▁`, and the likeliest cut of each word
//! into pieces ([`unigram`]). One thing differs on purpose: `<s>`, `</s>` or `<mask>` typed by somebody is text, not a
//! special token.

mod charsmap;
mod file;
mod other;
mod trie;
mod unigram;

use std::path::Path;

use self::charsmap::Charsmap;
use self::unigram::{Scratch, Unigram};
use super::ModelError;
use crate::text::Span;

/// What stands for a space in pieces.
const SPACE: char = '▁';

/// A token with its place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// Row of the embedding table.
    pub id: u32,
    /// The bytes it stands for; the space before a word is not among them.
    pub span: Span,
}

/// A loaded tokenizer.
pub struct Tokenizer {
    cutter: Cutter,
    /// `<s>` or `[CLS]`, put before every text.
    pub begin: u32,
    /// `</s>` or `[SEP]`, put after every text.
    pub end: u32,
}

/// What cuts a text into tokens.
enum Cutter {
    /// Our own, for XLM-R's vocabularies.
    Xlmr(Box<Xlmr>),
    /// The library.
    Library(Box<tokenizers::Tokenizer>),
}

/// The steps of XLM-R.
struct Xlmr {
    charsmap: Charsmap,
    unigram: Unigram,
}

impl Tokenizer {
    /// Loads XLM-R's `tokenizer.json`.
    pub fn load(path: &Path) -> Result<Self, ModelError> {
        file::load(path)
    }

    /// Loads a `tokenizer.json` of any family that puts one token before a text and one after it.
    pub fn load_any(path: &Path) -> Result<Self, ModelError> {
        if other::is_unigram(path)?
            && let Ok(xlmr) = file::load(path)
        {
            return Ok(xlmr);
        }
        other::load(path)
    }

    /// Tokens of `text`, without those put around it.
    pub fn tokens(&self, text: &str) -> Vec<Token> {
        match &self.cutter {
            Cutter::Xlmr(xlmr) => xlmr.tokens(text),
            Cutter::Library(library) => other::tokens(library, text),
        }
    }
}

impl Xlmr {
    fn tokens(&self, text: &str) -> Vec<Token> {
        let mapped = self.charsmap.apply(text);
        let mut tokens = Vec::with_capacity(mapped.text.len() / 3 + 4);
        let mut scratch = Scratch::default();
        let mut word = String::new();
        let mut start = 0;
        // Every word takes the space before it; the first gets one if it has none.
        while start < mapped.text.len() {
            let rest = &mapped.text[start..];
            let spaced = rest.starts_with([' ', SPACE]);
            let lead = if spaced { rest.chars().next().map_or(0, char::len_utf8) } else { 0 };
            let length = rest[lead..].find([' ', SPACE]).map_or(rest.len(), |at| lead + at);
            word.clear();
            if spaced || start == 0 {
                word.push(SPACE);
            }
            let shift = word.len();
            word.push_str(&rest[lead..length]);
            for &(from, to, id) in self.unigram.cut(&word, &mut scratch) {
                let place = |at: usize| &mapped.source[(start + lead + at).min(mapped.source.len() - 1)];
                let (from, to) = ((from as usize).saturating_sub(shift), (to as usize).saturating_sub(shift));
                let span = if to == 0 {
                    // The space alone: an empty place where the word begins.
                    let at = mapped.source[start].1;
                    Span::new(at, at)
                } else {
                    Span::new(place(from).0, place(to - 1).1)
                };
                tokens.push(Token { id, span });
            }
            start += length;
        }
        tokens
    }
}
