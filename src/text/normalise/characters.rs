//! Single characters: entities, invisible ones, composed ones.

use std::borrow::Cow;

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::edits::{Edits, Rewrite};

/// The longest named entity of HTML has 31 letters.
const LONGEST_ENTITY: usize = 33;

/// Whether any of this module's functions could have something to do: false for most English posts, at the cost of a glance.
pub(super) fn may_change(text: &str) -> bool {
    text.bytes()
        .any(|byte| byte == b'&' || !byte.is_ascii() || (byte.is_ascii_control() && !byte.is_ascii_whitespace()))
}

/// Decodes HTML entities that end in `;`.
pub(super) fn decode_entities(text: &str) -> Option<(String, Edits)> {
    let mut rewrite = Rewrite::of(text);
    let mut from = 0;
    while let Some(found) = text[from..].find('&') {
        let start = from + found;
        let (end, decoded) = entity(text, start);
        if let Some(decoded) = decoded {
            rewrite.replace(start..end, &decoded);
        }
        from = end;
    }
    rewrite.finish()
}

/// The entity that starts at `start`, followed through all its escapings (`&amp;amp;lt;` is `<`), with where it ends.
fn entity(text: &str, start: usize) -> (usize, Option<Cow<'_, str>>) {
    let mut end = start + 1;
    let mut decoded = None;
    loop {
        let tail = &text.as_bytes()[end..text.len().min(end + LONGEST_ENTITY)];
        let length =
            tail.iter().position(|&byte| !(byte.is_ascii_alphanumeric() || byte == b'#')).unwrap_or(tail.len());
        if length == 0 || tail.get(length) != Some(&b';') {
            return (end, decoded);
        }
        let name = &text[end..=end + length];
        // As in an attribute: there `&notit;` is no entity, in running text it would be `&not` and `it;`.
        let escaped = format!("&{name}");
        let meaning = htmlize::unescape_attribute(escaped.as_str()).into_owned();
        if meaning == escaped {
            return (end, decoded);
        }
        end += name.len();
        let again = meaning == "&";
        decoded = Some(Cow::Owned(meaning));
        if !again {
            return (end, decoded);
        }
    }
}

/// Takes out zero-width and control characters, except where they hold an emoji together.
pub(super) fn drop_invisible(text: &str) -> Option<(String, Edits)> {
    let mut rewrite = Rewrite::of(text);
    let mut before = '\0';
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if is_invisible(c) {
            let after = chars.peek().map_or('\0', |&(_, c)| c);
            if !holds_emoji(before, c, after) {
                rewrite.replace(at..at + c.len_utf8(), "");
                continue;
            }
        }
        before = c;
    }
    rewrite.finish()
}

fn is_invisible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control() && !c.is_whitespace();
    }
    matches!(c,
        '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}' // C1 controls but the new line
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' // soft hyphen, grapheme joiner, Arabic and Mongolian marks
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' // zero-width, directions
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' // byte order mark, annotations
        | '\u{e0000}'..='\u{e007f}') // tags
}

/// A joiner between two emoji (👩‍💻), or the tags of a flag (🏴󠁧󠁢󠁳󠁣󠁴󠁿).
fn holds_emoji(before: char, c: char, after: char) -> bool {
    match c {
        '\u{200d}' => is_emoji(before) && is_emoji(after),
        '\u{e0020}'..='\u{e007f}' => matches!(before, '\u{1f3f4}' | '\u{e0020}'..='\u{e007e}'),
        _ => false,
    }
}

pub(in crate::text) fn is_emoji(c: char) -> bool {
    matches!(c, '\u{20e3}' | '\u{2190}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{fe0f}'
        | '\u{1f000}'..='\u{1faff}')
}

/// Canonical composition (NFC).
pub(super) fn compose(text: &str) -> Option<(String, Edits)> {
    // Below U+0300 every character is composed already.
    if !text.chars().any(|c| c >= '\u{300}') || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        return None;
    }
    let mut rewrite = Rewrite::of(text);
    let mut composed = String::new();
    let mut start = 0;
    let ends = text.char_indices().filter(|&(_, c)| starts_anew(c)).map(|(at, _)| at).chain([text.len()]);
    for end in ends {
        composed.clear();
        composed.extend(text[start..end].nfc());
        rewrite.replace(start..end, &composed);
        start = end;
    }
    rewrite.finish()
}

/// Whether composition never reaches across the place before `c`.
pub(super) fn starts_anew(c: char) -> bool {
    c < '\u{300}' || (canonical_combining_class(c) == 0 && is_nfc_quick([c].into_iter()) == IsNormalized::Yes)
}
