//! A text to its words and hashtags, without allocating: each is a hash and the place where it stands.

use xxhash_rust::xxh3::xxh3_64;

use crate::watch::chars::{is_unspaced, is_word};

/// Longer words (in bytes) are none that people say: what looks like one is passed over.
const LONGEST_WORD: usize = 48;
/// Shorter words (in bytes) are glue in most languages: no term on their own, and none begins or ends with them.
const SHORTEST_TERM: usize = 3;

/// A word or a hashtag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    /// Of its letters in lower case.
    pub(super) hash: u64,
    /// Where it begins, in bytes; a hashtag begins after its `#`.
    pub(super) start: u32,
    /// One past its end.
    pub(super) end: u32,
    /// It is a hashtag.
    pub(super) hashtag: bool,
    /// Nothing but spaces or a hyphen stands between it and the word before: a phrase may run across.
    pub(super) follows: bool,
    /// A term may begin or end with it.
    pub(super) edge: bool,
    /// It is a term on its own.
    pub(super) alone: bool,
}

/// The words of a text in their order; links, handles and HTML's entities are passed over.
///
/// A character of Chinese or Japanese is a word that is no term on its own. Thai, Lao, Burmese and Khmer need a dictionary to
/// tell their words apart: a run without a space is taken for one word, and passed over if it is long.
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
    /// A phrase may not run across what was passed over since the last word.
    broken: bool,
}

impl<'a> Words<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0, broken: true }
    }

    /// Passes over what is glued together until the next space.
    fn skip_to_space(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        self.at += rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len());
        self.broken = true;
    }

    /// The word that begins at `start`, with its hash; `None` if it is passed over.
    fn word(&mut self, start: usize, hashtag: bool) -> Option<Word> {
        let mut folded = Folded::default();
        let (mut letters, mut digits_only) = folded.take_plain(&self.text.as_bytes()[start..]);
        self.at = start + letters;
        while let Some(c) = next_char(self.text, self.at) {
            let is_in = is_word(c) || (hashtag && c == '_');
            if !is_in {
                // An apostrophe between letters is part of the word.
                let after = self.at + c.len_utf8();
                let inside = matches!(c, '\'' | '’') && next_char(self.text, after).is_some_and(is_word);
                if !inside || hashtag || letters == 0 {
                    break;
                }
                folded.push('\'');
                self.at = after;
                continue;
            }
            if !hashtag && is_ideographic(c) {
                if letters > 0 {
                    break;
                }
                folded.push(c);
                self.at += c.len_utf8();
                return self.finish(start, &folded, hashtag, false, true);
            }
            folded.push(c);
            letters += 1;
            digits_only &= c.is_numeric();
            self.at += c.len_utf8();
        }
        let long = self.at - start >= SHORTEST_TERM;
        self.finish(start, &folded, hashtag, long && !digits_only, long)
    }

    fn finish(&mut self, start: usize, folded: &Folded, hashtag: bool, alone: bool, edge: bool) -> Option<Word> {
        let follows = !std::mem::replace(&mut self.broken, hashtag) && !hashtag;
        if folded.is_too_long() || self.at == start {
            self.broken = true;
            return None;
        }
        // Records are a hundred megabytes at most.
        let (start, end) = (start as u32, self.at as u32);
        Some(Word { hash: xxh3_64(folded.bytes()), start, end, hashtag, follows, edge, alone })
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        while let Some(c) = next_char(self.text, self.at) {
            let start = self.at;
            let rest = &self.text[start..];
            match c {
                ' ' | '-' => self.at += 1,
                '@' => self.skip_to_space(),
                '#' | '＃' => {
                    let first = start + c.len_utf8();
                    self.at = first;
                    self.broken = true;
                    if next_char(self.text, first).is_some_and(|c| is_word(c) || c == '_') {
                        match self.word(first, true) {
                            // `#1` is a rank.
                            Some(word) if word.alone => return Some(word),
                            _ => {}
                        }
                    }
                }
                '&' => {
                    self.at += entity(rest);
                    self.broken = true;
                }
                'h' | 'H' | 'w' | 'W' if is_link(rest) => self.skip_to_space(),
                c if is_word(c) => {
                    if let Some(word) = self.word(start, false) {
                        return Some(word);
                    }
                }
                c => {
                    self.at += c.len_utf8();
                    self.broken |= !matches!(c, '\u{200d}' | '\u{fe0f}');
                }
            }
        }
        None
    }
}

fn next_char(text: &str, at: usize) -> Option<char> {
    match text.as_bytes().get(at) {
        Some(byte) if byte.is_ascii() => Some(char::from(*byte)),
        _ => text.get(at..)?.chars().next(),
    }
}

/// Chinese and Japanese: of the scripts without spaces, those whose characters mean something.
fn is_ideographic(c: char) -> bool {
    c >= '\u{2e80}' && is_unspaced(c)
}

fn is_link(rest: &str) -> bool {
    let starts = |scheme: &str| rest.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    starts("http://") || starts("https://") || starts("www.")
}

/// The length of an HTML entity at the start of `rest`, or 1.
fn entity(rest: &str) -> usize {
    let end = rest.bytes().take(10).position(|byte| byte == b';');
    match end {
        Some(end) if rest.bytes().take(end).skip(1).all(|byte| byte.is_ascii_alphanumeric() || byte == b'#') => end + 1,
        _ => 1,
    }
}

/// Letters and digits of ASCII: a table, since every byte of every text is asked for.
static PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    table
};

/// The lower-case bytes of a word.
struct Folded {
    bytes: [u8; LONGEST_WORD],
    len: usize,
}

impl Default for Folded {
    fn default() -> Self {
        Self { bytes: [0; LONGEST_WORD], len: 0 }
    }
}

impl Folded {
    /// Takes the letters and digits of ASCII that a word begins with, which are all of most words; how many they are, and whether all
    /// are digits.
    fn take_plain(&mut self, text: &[u8]) -> (usize, bool) {
        let end = text.iter().position(|byte| !PLAIN[usize::from(*byte)]).unwrap_or(text.len());
        let plain = &text[..end];
        if let Some(room) = self.bytes.get_mut(..end) {
            room.copy_from_slice(plain);
            // All of them, since that is fewer steps than a loop.
            self.bytes.make_ascii_lowercase();
        }
        self.len = end;
        (end, plain.iter().all(u8::is_ascii_digit))
    }

    fn push(&mut self, c: char) {
        if c.is_ascii() {
            if let Some(room) = self.bytes.get_mut(self.len) {
                *room = c.to_ascii_lowercase() as u8;
            }
            self.len += 1;
        } else {
            for lower in c.to_lowercase() {
                self.push_bytes(lower.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
    }

    fn push_bytes(&mut self, more: &[u8]) {
        let end = self.len + more.len();
        if let Some(room) = self.bytes.get_mut(self.len..end) {
            room.copy_from_slice(more);
        }
        self.len = end;
    }

    fn is_too_long(&self) -> bool {
        self.len > LONGEST_WORD
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        Words::new(text)
            .map(|word| {
                let joint = if word.follows { "+" } else { "" };
                let mark = if word.hashtag { "#" } else { "" };
                let glue = if word.edge { "" } else { "~" };
                format!("{joint}{mark}{glue}{}", &text[word.start as usize..word.end as usize])
            })
            .collect()
    }

    #[test]
    fn words_hashtags_and_where_phrases_break() {
        assert_eq!(
            read(
                "The ferry isn't late. RT @user: #FerryDown_2 again & again &amp; again https://example.com/a?b ok, done"
            ),
            ["The", "+ferry", "+isn't", "+late", "~RT", "#FerryDown_2", "again", "again", "again", "~ok", "done"]
        );
        assert_eq!(read("oat-milk  cappuccino 😡 today #1"), ["oat", "+milk", "+cappuccino", "today"]);
        assert_eq!(read("www.example.com me@example.com"), ["~me"]);
        assert_eq!(read(""), Vec::<String>::new());
    }

    #[test]
    fn scripts() {
        assert_eq!(read("咖啡太甜"), ["咖", "+啡", "+太", "+甜"]);
        assert_eq!(read("新しいapp"), ["新", "+し", "+い", "+app"]);
        assert_eq!(read("cà phê ngọt"), ["cà", "+phê", "+ngọt"]);
        assert_eq!(read("#咖啡 좋은 커피"), ["#咖啡", "좋은", "+커피"]);
    }

    #[test]
    fn case_does_not_count() {
        let hashes = |text: &str| Words::new(text).map(|word| word.hash).collect::<Vec<_>>();
        assert_eq!(hashes("KAFIĆ Straße don’t"), hashes("kafić straße don't"));
        assert_ne!(hashes("oat"), hashes("oats"));
    }

    #[test]
    fn anything_is_read_to_its_end() {
        let long = "a".repeat(500);
        for text in [long.as_str(), "####", "&&&;", "@", "h", "http", "\u{301}\u{301}", "'", "a'", "#_", "#é\u{0}"] {
            assert!(Words::new(text).all(|word| word.end > word.start), "{text}");
        }
    }
}
