//! One spelling for what reads the same: queries and texts are folded alike before they are compared.
//!
//! Folding takes away upper and lower case (Unicode full case folding; `İ`, `ı` and `i` are one letter), composed and
//! decomposed accents, the styled letters of Unicode (full-width, mathematical, ligatures), invisible characters, kinds of
//! apostrophes, and HTML's `&amp;`. White space and hyphens between words become one space. Accents stay: `pho` is not `phở`.

use std::borrow::Cow;

use icu_casemap::{CaseMapper, CaseMapperBorrowed};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use super::chars::is_word;
use super::plain::plain;
use crate::text::Span;

const CASES: CaseMapperBorrowed<'static> = CaseMapper::new();

/// Stands in the folded text where a title ends: no term runs across it, since no term holds it.
const BARRIER: char = '\n';

/// A folded text that knows where each piece came from. Reused from text to text, so that folding allocates nothing.
#[derive(Debug, Default)]
pub(super) struct Folded {
    pub(super) text: String,
    /// Where folded and source text stop running in step, in order.
    steps: Vec<Step>,
}

/// From `folded` on, until the next step, the folded text stands for the source text from `source` on: byte for byte, or,
/// where `len` is not zero, as a whole for `len` bytes.
#[derive(Debug, Clone, Copy)]
struct Step {
    folded: u32,
    source: u32,
    len: u32,
}

impl Folded {
    /// Folds `body`, whose title ends before byte `text_start` (0 where there is none). Texts of 4 GB or more are refused
    /// by the decoder long before.
    pub(super) fn fold(&mut self, body: &str, text_start: usize) {
        self.text.clear();
        self.steps.clear();
        self.text.reserve(body.len());
        let bytes = body.as_bytes();
        let mut at = 0;
        // The shift of the running step; it differs at the start so that the first piece makes a step.
        let mut shift = usize::MAX;
        while let Some(&byte) = bytes.get(at) {
            let run = plain_run(bytes, at, self.text.as_bytes().last().copied());
            if run > 0 {
                self.step(&mut shift, at);
                let start = self.text.len();
                self.text.push_str(body.get(at..at + run).unwrap_or(""));
                if let Some(tail) = self.text.get_mut(start..) {
                    tail.make_ascii_lowercase();
                }
                at += run;
            } else if byte.is_ascii() && bytes.get(at + 1).is_none_or(u8::is_ascii) {
                at += self.ascii(bytes, at, text_start, &mut shift);
            } else {
                at += self.cluster(body, at, text_start, &mut shift);
            }
        }
    }

    /// Forgets a text that was so much larger than others that its room should not be kept.
    pub(super) fn shrink_to(&mut self, bytes: usize) {
        if self.text.capacity() > bytes {
            *self = Self::default();
        }
    }

    /// Folds the ASCII character at `at`; returns how many bytes that was.
    fn ascii(&mut self, bytes: &[u8], at: usize, text_start: usize, shift: &mut usize) -> usize {
        match bytes.get(at).copied().unwrap_or(0) {
            b'\n' if at + 1 == text_start => self.whole(shift, at, 1, BARRIER),
            byte if is_space(byte) => {
                if !self.text.ends_with([' ', BARRIER]) {
                    self.step(shift, at);
                    self.text.push(' ');
                }
            }
            b'&' => {
                if let Some((len, c)) = entity(bytes.get(at..).unwrap_or(&[])) {
                    self.whole(shift, at, len, c);
                    return len;
                }
                self.step(shift, at);
                self.text.push('&');
            }
            byte if byte.is_ascii_control() => {}
            byte => {
                self.step(shift, at);
                self.text.push(if byte == b'`' { '\'' } else { char::from(byte.to_ascii_lowercase()) });
            }
        }
        1
    }

    /// Notes that folded and source run in step from here.
    fn step(&mut self, shift: &mut usize, source: usize) {
        let now = source.wrapping_sub(self.text.len());
        if *shift != now {
            *shift = now;
            self.steps.push(Step { folded: self.text.len() as u32, source: source as u32, len: 0 });
        }
    }

    /// Pushes a character that stands for `len` bytes as a whole; space and barrier are not repeated.
    fn whole(&mut self, shift: &mut usize, source: usize, len: usize, c: char) {
        if c == ' ' && self.text.ends_with([' ', BARRIER]) {
            return;
        }
        if c == BARRIER && self.text.ends_with(' ') {
            self.text.pop();
        }
        self.steps.push(Step { folded: self.text.len() as u32, source: source as u32, len: len as u32 });
        self.text.push(c);
        *shift = usize::MAX;
    }

    /// Folds the character at `at` together with the marks on it; returns how many bytes that was.
    fn cluster(&mut self, body: &str, at: usize, text_start: usize, shift: &mut usize) -> usize {
        let rest = body.get(at..).unwrap_or("");
        let mut chars = rest.char_indices();
        let Some((_, base)) = chars.next() else { return 1 };
        let len = chars.find(|&(_, c)| !joins_on(c)).map_or(rest.len(), |(offset, _)| offset);
        let alone = len == base.len_utf8();
        if base.is_ascii() && (alone || !base.is_ascii_graphic()) {
            return self.ascii(body.as_bytes(), at, text_start, shift);
        }
        if alone && let Some(folded) = plain(base) {
            self.step(shift, at);
            self.text.push(folded);
            return len;
        }
        if alone && is_invisible(base) {
            return len;
        }
        if alone && (base.is_whitespace() || is_hyphen(base)) {
            self.whole(shift, at, len, ' ');
            return len;
        }
        let cluster = rest.get(..len).unwrap_or("");
        let start = self.text.len();
        self.steps.push(Step { folded: start as u32, source: at as u32, len: len as u32 });
        fold_cluster(cluster, &mut self.text);
        *shift = usize::MAX;
        len
    }

    /// The piece of the source that a piece of the folded text stands for.
    pub(super) fn to_source(&self, start: usize, end: usize) -> Span {
        let (first, _) = self.source_of(start);
        let (_, last) = self.source_of(end.saturating_sub(1));
        Span::new(first, last)
    }

    /// Where the source of a folded byte starts and ends.
    fn source_of(&self, folded: usize) -> (u32, u32) {
        let folded = folded as u32;
        let next = self.steps.partition_point(|step| step.folded <= folded);
        match next.checked_sub(1).and_then(|index| self.steps.get(index)) {
            Some(step) if step.len == 0 => {
                let source = step.source + (folded - step.folded);
                (source, source + 1)
            }
            Some(step) => (step.source, step.source + step.len),
            None => (folded, folded + 1),
        }
    }
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c)
}

/// How many bytes from `at` on are ASCII that folds byte for byte: most of most texts, copied at once. `last` is what was
/// folded before. A letter before a character beyond ASCII is left out, since that may be a mark on it.
fn plain_run(bytes: &[u8], at: usize, last: Option<u8>) -> usize {
    let mut after_space = matches!(last, Some(b' ' | b'\n'));
    let rest = bytes.get(at..).unwrap_or(&[]);
    let mut is_plain = |&byte: &u8| {
        let is_space = byte == b' ';
        let plain = (byte.is_ascii_graphic() && !matches!(byte, b'-' | b'&' | b'`')) || (is_space && !after_space);
        after_space = is_space;
        plain
    };
    let run = rest.iter().position(|byte| !is_plain(byte)).unwrap_or(rest.len());
    if rest.get(run).is_some_and(|byte| !byte.is_ascii()) { run.saturating_sub(1) } else { run }
}

/// The entities that feeds leave in names such as `AT&amp;T` and `McDonald&#39;s`.
fn entity(rest: &[u8]) -> Option<(usize, char)> {
    const ENTITIES: [(&[u8], char); 9] = [
        (b"&amp;", '&'),
        (b"&lt;", '<'),
        (b"&gt;", '>'),
        (b"&quot;", '"'),
        (b"&apos;", '\''),
        (b"&#39;", '\''),
        (b"&#039;", '\''),
        (b"&rsquo;", '\''),
        (b"&nbsp;", ' '),
    ];
    ENTITIES.iter().find(|(name, _)| rest.starts_with(name)).map(|&(name, c)| (name.len(), c))
}

/// Whether a character is written onto the one before it, or is not seen.
fn joins_on(c: char) -> bool {
    !c.is_ascii() && plain(c).is_none() && (is_combining_mark(c) || is_vowel_or_final(c))
}

/// Korean vowels and final consonants written apart, the vowels of Kirat Rai, and the sound marks of half-width kana: what
/// composes with the character before it and is no mark.
fn is_vowel_or_final(c: char) -> bool {
    matches!(u32::from(c), 0x1160..=0x11FF | 0xD7B0..=0xD7FF | 0x16D63..=0x16D6A | 0xFF9E..=0xFF9F)
}

/// Characters that are not seen: soft hyphens, joiners, direction marks, variation selectors, tags.
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xAD | 0x34F | 0x61C | 0x180B..=0x180F | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F
        | 0xFE00..=0xFE0F | 0xFEFF | 0xE0000..=0xE0FFF)
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{FE63}' | '\u{FF0D}')
}

/// Folds a character with its marks: styled letters to plain ones, case, then composed again.
fn fold_cluster(cluster: &str, out: &mut String) {
    let visible = cluster.chars().filter(|&c| !is_invisible(c)).map(plain_sign);
    let mut plain = String::with_capacity(cluster.len());
    for c in visible {
        // Only letters and digits: ™, ², … and ½ are signs beside a word and must not become a part of it.
        if c.is_alphabetic() || c.is_ascii_digit() || is_combining_mark(c) || is_styled_digit(c) {
            if is_enclosed(c) { plain.push(c) } else { plain.extend(std::iter::once(c).nfkd()) }
        } else {
            plain.push(c);
        }
    }
    let ordered: String = plain.nfd().collect();
    let folded = CASES.fold_string(&ordered);
    let mut before = '\0';
    let mut letters = String::with_capacity(folded.len());
    for c in folded.nfd() {
        // İ folds to i and a dot; Turkish readers see one letter with i.
        if !(c == '\u{307}' && before == 'i') {
            letters.push(if c == 'ı' { 'i' } else { c });
        }
        before = c;
    }
    out.extend(letters.nfc());
}

fn is_styled_digit(c: char) -> bool {
    matches!(u32::from(c), 0xFF10..=0xFF19 | 0x1D7CE..=0x1D7FF)
}

/// Letters in circles are alphabetic for Unicode and symbols for readers.
fn is_enclosed(c: char) -> bool {
    matches!(u32::from(c), 0x2460..=0x24FF | 0x3200..=0x33FF | 0x1F100..=0x1F2FF)
}

/// Kinds of apostrophe to `'`, full-width signs to plain ones.
fn plain_sign(c: char) -> char {
    match c {
        '’' | '‘' | 'ʼ' | '´' | '＇' => '\'',
        '＠' | '﹫' => '@',
        '＃' | '﹟' => '#',
        '＆' => '&',
        c => c,
    }
}

/// A term as it stands in folded texts.
pub(super) fn fold_term(term: &str) -> String {
    let mut folded = Folded::default();
    folded.fold(term, 0);
    folded.text.trim_matches(' ').to_owned()
}

/// A handle or a name of an account, folded, without `@`.
pub(super) fn fold_handle(handle: &str) -> Cow<'_, str> {
    // Most handles are folded already.
    if handle.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'.') {
        return Cow::Borrowed(handle);
    }
    Cow::Owned(fold_term(handle.trim().trim_start_matches(['@', '＠'])))
}

/// Whether there is something to look for: a letter, a digit, or a symbol such as an emoji or a currency sign; not
/// punctuation alone.
pub(super) fn is_searchable(text: &str) -> bool {
    let is_punctuation = |c: char| {
        c.is_ascii() || matches!(u32::from(c), 0xA0..=0xBF | 0x2000..=0x206F | 0x3000..=0x303F | 0xFF00..=0xFFEF)
    };
    fold_term(text).chars().any(|c| is_word(c) || !is_punctuation(c))
}
