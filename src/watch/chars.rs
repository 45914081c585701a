//! Which characters make words, and where one ends.

use unicode_normalization::char::is_combining_mark;

/// Whether a character belongs to a word: a letter, a digit, or a mark on one.
pub(crate) fn is_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() || is_combining_mark(c) }
}

/// Whether a character belongs to a script that is written without spaces between words (Thai, Lao, Burmese, Khmer,
/// Chinese, Japanese): there a term may begin and end anywhere, since only a dictionary could tell where a word does.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF      // Thai, Lao
        | 0x1000..=0x109F    // Burmese
        | 0x1780..=0x17FF    // Khmer
        | 0x2E80..=0x2FDF | 0x3005..=0x3007 | 0x3040..=0x30FF | 0x31F0..=0x31FF // radicals, kana
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x323AF // Chinese characters
    )
}

/// Whether a character is Korean, where particles are written onto the end of a word.
fn is_hangul(c: char) -> bool {
    matches!(u32::from(c), 0x1100..=0x11FF | 0x3130..=0x318F | 0xA960..=0xA97F | 0xAC00..=0xD7FF)
}

/// Whether a term that starts with `first` may start after `before`.
pub(super) fn may_start(before: Option<char>, first: char) -> bool {
    match before {
        Some(before) if is_word(before) && is_word(first) => {
            is_unspaced(before) || is_unspaced(first) || is_hangul(before) != is_hangul(first)
        }
        _ => true,
    }
}

/// Whether a term that ends with `last` may end before `after`.
pub(super) fn may_end(last: char, after: Option<char>) -> bool {
    match after {
        // A mark belongs to the letter under it, in every script.
        Some(after) if !after.is_ascii() && is_combining_mark(after) => false,
        Some(after) if is_word(after) && is_word(last) => is_unspaced(after) || is_unspaced(last) || is_hangul(after),
        _ => true,
    }
}
