//! Characters that fold to one character of their own size: nearly all there are, so they are told fast.

use std::sync::LazyLock;

use icu_casemap::CaseMapper;

/// Characters below this have a place in the table: all alphabets of everyday use.
const TABLE: u32 = 0x2000;

/// What each character folds to; NUL where more than one character must be looked at.
static FOLDED: LazyLock<Vec<char>> = LazyLock::new(|| {
    let cases = CaseMapper::new();
    let fold = |c: char| Some(cases.simple_fold(c)).filter(|folded| is_plain(c) && folded.len_utf8() == c.len_utf8());
    (0..TABLE).map(|code| char::from_u32(code).and_then(fold).unwrap_or('\0')).collect()
});

/// What a character beyond ASCII folds to, where that is one character of the same size; such a character is no mark, no
/// white space and has no other spelling.
pub(super) fn plain(c: char) -> Option<char> {
    let code = u32::from(c);
    if code < TABLE {
        return FOLDED.get(code as usize).copied().filter(|&folded| folded != '\0');
    }
    // Kana, Chinese characters, Korean syllables and emoji have no case.
    let is_plain = matches!(code,
        0x3041..=0x3096 | 0x30A1..=0x30FA | 0x4E00..=0x9FFF | 0xAC00..=0xD7A3 | 0x1F300..=0x1FAFF);
    is_plain.then_some(c)
}

/// Whether a character of the table has no spelling but itself and its other case.
const fn is_plain(c: char) -> bool {
    matches!(c as u32,
        0xC0..=0xDE | 0xE0..=0xFF        // Latin-1 but ß, which folds to two letters
        | 0x100..=0x12F | 0x134..=0x137 | 0x139..=0x13E | 0x141..=0x148 | 0x14A..=0x17E
        | 0x370..=0x373 | 0x388..=0x3CE  // Greek
        | 0x400..=0x481 | 0x48A..=0x52F  // Cyrillic
        | 0x561..=0x586 | 0x5D0..=0x5EA  // Armenian, Hebrew
        | 0x620..=0x64A                  // Arabic
        | 0x904..=0x939                  // Devanagari
        | 0xE01..=0xE32                  // Thai
        | 0x1EA0..=0x1EF9                // Vietnamese
    )
}
