//! Serbian in Cyrillic letters, in the Latin ones that it is written in as well.
//!
//! The two alphabets say the same letter by letter (Pravopis srpskoga jezika), so nothing is lost. The model has read far more of the
//! Latin one.

use super::edits::{Edits, Rewrite};

/// The text in Latin letters. `None` if there is nothing to change, or if it holds a Cyrillic letter that Serbian does not have: whoever
/// took it for Serbian was wrong then, and half a word in each alphabet is nothing that a model has ever read.
pub(super) fn in_latin(text: &str) -> Option<(String, Edits)> {
    if text.chars().any(|c| matches!(c, '\u{400}'..='\u{52f}') && latin(c, false).is_none()) {
        return None;
    }
    let mut rewrite = Rewrite::of(text);
    let mut chars = text.char_indices().peekable();
    let mut before = ' ';
    while let Some((at, c)) = chars.next() {
        let after = chars.peek().map_or(' ', |&(_, after)| after);
        let capitals = after.is_uppercase() || (before.is_uppercase() && !after.is_lowercase());
        if let Some(latin) = latin(c, capitals) {
            rewrite.replace(at..at + c.len_utf8(), latin);
        }
        before = c;
    }
    rewrite.finish()
}

/// A letter; `capitals` tells whether its word is in capitals, so that Њ is NJ in КОЊ but Nj in Његош.
const fn latin(c: char, capitals: bool) -> Option<&'static str> {
    Some(match c {
        'а' => "a",
        'б' => "b",
        'в' => "v",
        'г' => "g",
        'д' => "d",
        'ђ' => "đ",
        'е' => "e",
        'ж' => "ž",
        'з' => "z",
        'и' => "i",
        'ј' => "j",
        'к' => "k",
        'л' => "l",
        'љ' => "lj",
        'м' => "m",
        'н' => "n",
        'њ' => "nj",
        'о' => "o",
        'п' => "p",
        'р' => "r",
        'с' => "s",
        'т' => "t",
        'ћ' => "ć",
        'у' => "u",
        'ф' => "f",
        'х' => "h",
        'ц' => "c",
        'ч' => "č",
        'џ' => "dž",
        'ш' => "š",
        'А' => "A",
        'Б' => "B",
        'В' => "V",
        'Г' => "G",
        'Д' => "D",
        'Ђ' => "Đ",
        'Е' => "E",
        'Ж' => "Ž",
        'З' => "Z",
        'И' => "I",
        'Ј' => "J",
        'К' => "K",
        'Л' => "L",
        'Љ' if capitals => "LJ",
        'Љ' => "Lj",
        'М' => "M",
        'Н' => "N",
        'Њ' if capitals => "NJ",
        'Њ' => "Nj",
        'О' => "O",
        'П' => "P",
        'Р' => "R",
        'С' => "S",
        'Т' => "T",
        'Ћ' => "Ć",
        'У' => "U",
        'Ф' => "F",
        'Х' => "H",
        'Ц' => "C",
        'Ч' => "Č",
        'Џ' if capitals => "DŽ",
        'Џ' => "Dž",
        'Ш' => "Š",
        _ => return None,
    })
}
