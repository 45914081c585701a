//! Whether a post asks something.

use super::normalise::is_emoji;

/// Whether the text asks a question: a question mark of any script that ends a sentence. No model is involved.
///
/// Marks inside links and between letters ("don?t", where an apostrophe broke) end none, nor does a row of marks without
/// any word before it. The Greek question mark looks like a semicolon, and counts after a Greek letter.
pub fn is_question(text: &str) -> bool {
    if text.is_ascii() && !text.contains('?') {
        return false;
    }
    let (mut words, mut in_link, mut before) = (false, false, '\0');
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let '?' | ';' | '\u{37e}' = c {
            let is_mark = if c == '?' { words } else { is_greek(before) };
            // Marks in a row stand or fall together.
            rest = rest.trim_start_matches(CLOSING);
            if is_mark && ends_sentence(rest, in_link) {
                return true;
            }
            before = c;
            continue;
        }
        if matches!(c, '❓' | '❔') || (words && is_question_mark(c)) {
            return true;
        }
        in_link = !c.is_whitespace() && (in_link || c == '/' || rest.starts_with("www."));
        words |= c.is_alphanumeric() || is_emoji(c);
        before = c;
        rest = &rest[c.len_utf8()..];
    }
    false
}

/// What may stand between a question mark and the end of its sentence; more marks, too.
const CLOSING: [char; 13] = ['?', ';', '\u{37e}', '!', '.', '…', ')', ']', '"', '\'', '”', '’', '»'];

fn is_greek(c: char) -> bool {
    matches!(c, '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}')
}

/// Marks that stand for nothing else, in any script.
fn is_question_mark(c: char) -> bool {
    matches!(
        c,
        '？' | '﹖' | '︖' // full and small forms, vertical
        | '؟' // Arabic
        | '՞' // Armenian, over the word's last vowel
        | '፧' // Ethiopic
        | '⁇' | '⁈' | '⁉' | '‽' | '⸮' // pairs, interrobang, reversed
        | '꘏' | '꛷' // Vai, Bamum
    )
}

/// Whether what follows the marks lets a sentence end before it. In a link only its own end does.
fn ends_sentence(rest: &str, in_link: bool) -> bool {
    match rest.chars().next() {
        None => true,
        Some(c) if c.is_whitespace() || is_emoji(c) => true,
        Some(c) => {
            !in_link
                && !c.is_ascii_lowercase()
                && !c.is_ascii_digit()
                && !matches!(c, '=' | '&' | '/' | '_' | '#' | '%')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks() {
        for text in [
            "Is it open?",
            "¿Está abierto? Gracias",
            "when???",
            "why?!",
            "really?Why",
            "(is it?) fine",
            "今日は開いていますか？",
            "هل هو مفتوح؟",
            "Είναι ανοιχτό;",
            "Είναι ανοιχτό\u{37e} Ευχαριστώ",
            "Բաց է՞",
            "have you seen https://example.com?",
            "ok❓",
            "Mở cửa chưa? 😀",
            "Da li radi?😡",
        ] {
            assert!(is_question(text), "{text}");
        }
    }

    #[test]
    fn does_not_ask() {
        for text in [
            "",
            "It is open.",
            "https://example.com/?q=open",
            "https://example.com/watch?v=a1 nice",
            "I don?t know",
            "????",
            "it is open; come in",
            "Ανοιχτό, ναι.",
            "example.com/a?B=1",
        ] {
            assert!(!is_question(text), "{text}");
        }
    }
}
