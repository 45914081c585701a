//! Links, handles and white space, each replaced by what stands in for it.

use super::edits::{Edits, Rewrite};
use super::links::{handle_end, url_end};
use crate::text::Span;

const URL: &str = "http";
const HANDLE: &str = "@user";

/// Puts the stand-ins, except for the handles of which `kept` is true.
pub(super) fn put(text: &str, kept: impl Fn(Span) -> bool) -> Option<(String, Edits)> {
    let mut rewrite = Rewrite::of(text);
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'h' | b'H' | b'w' | b'W' | b't' | b'T' | b'p' | b'P' => {
                // A glance at the second byte spares the look at most words.
                let worth = matches!(bytes.get(at + 1), Some(b't' | b'T' | b'w' | b'W' | b'.' | b'i' | b'I'));
                match worth.then(|| url_end(text, at)).flatten() {
                    Some(end) => {
                        rewrite.replace(at..end, URL);
                        end
                    }
                    None => at + 1,
                }
            }
            b'@' => match handle_end(text, at) {
                Some(end) => {
                    if !kept(Span::new(at as u32, end as u32)) {
                        rewrite.replace(at..end, HANDLE);
                    }
                    end
                }
                None => at + 1,
            },
            b' ' if at > 0 && bytes.get(at + 1).is_some_and(u8::is_ascii_graphic) => at + 1,
            b'\t'..=b'\r' | b' ' => space(text, at, &mut rewrite),
            byte if byte.is_ascii() => at + 1,
            _ => match text[at..].chars().next() {
                Some(c) if c.is_whitespace() => space(text, at, &mut rewrite),
                Some(c) => at + c.len_utf8(),
                None => break,
            },
        };
    }
    rewrite.finish()
}

/// Makes one space of the white space that starts at `start`, none at the ends of the text; returns where it ends.
fn space(text: &str, start: usize, rewrite: &mut Rewrite<'_>) -> usize {
    let end = text[start..].find(|c: char| !c.is_whitespace()).map_or(text.len(), |length| start + length);
    rewrite.replace(start..end, if start == 0 || end == text.len() { "" } else { " " });
    end
}
