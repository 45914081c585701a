//! Where a URL or a handle begins and ends in running text.

use super::characters::starts_anew;

/// How URLs begin. The last three are how X shows links of its own.
const SCHEMES: [&str; 2] = ["http://", "https://"];
const BARE: [&str; 4] = ["www.", "t.co/", "pic.twitter.com/", "pic.x.com/"];

/// From this code point on scripts put no spaces between words (Thai, Chinese, Japanese) or are no letters (emoji): such a
/// character ends a link, and a word before `@` in such a script makes no e-mail address.
const UNSPACED: char = '\u{e00}';

/// The end of the URL that begins at `start`, if one does.
pub(super) fn url_end(text: &str, start: usize) -> Option<usize> {
    let rest = &text[start..];
    let prefix = SCHEMES.iter().find(|prefix| begins(rest, prefix)).or_else(|| {
        let glued = text[..start].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '@' || c == '.');
        BARE.iter().find(|prefix| !glued && begins(rest, prefix))
    })?;
    let stops = |c: char| c.is_whitespace() || c >= UNSPACED || matches!(c, '<' | '>' | '"' | '«' | '»');
    let run = &rest[..rest.find(stops).unwrap_or(rest.len())];
    let url = without_trailing_punctuation(run);
    url.get(prefix.len()..)?.contains(|c: char| c.is_alphanumeric() || c == '_').then_some(start + url.len())
}

fn begins(text: &str, prefix: &str) -> bool {
    text.as_bytes().get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix.as_bytes()))
}

fn without_trailing_punctuation(run: &str) -> &str {
    let count = |paren: u8| run.bytes().filter(|&byte| byte == paren).count();
    let mut unopened = count(b')').saturating_sub(count(b'('));
    run.trim_end_matches(|last| match last {
        '.' | ',' | '!' | '?' | ';' | ':' | '\'' | '*' | ']' | '}' => true,
        ')' if unopened > 0 => {
            unopened -= 1;
            true
        }
        _ => false,
    })
}

/// The end of the handle whose `@` stands at `start`, if it is one.
pub(super) fn handle_end(text: &str, start: usize) -> Option<usize> {
    let glued = |c: char| c == '_' || c == '@' || (c.is_alphanumeric() && c < UNSPACED);
    if text[..start].ends_with(glued) {
        return None;
    }
    let mut end = start + 1 + run(&text[start + 1..], |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if end == start + 1 || continues_a_word(&text[end..]) {
        return None;
    }
    while let Some(length) = label(&text[end..], b'.', |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
        end += length;
    }
    while let Some(length) = domain(&text[end..]) {
        end += length;
    }
    Some(end)
}

/// `@example.org` at the front of `text`.
fn domain(text: &str) -> Option<usize> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric();
    let mut end = label(text, b'@', allowed)?;
    let host = end;
    while let Some(length) = label(&text[end..], b'.', allowed) {
        end += length;
    }
    (end > host).then_some(end)
}

/// A mark and a whole label of a domain name behind it.
fn label(text: &str, mark: u8, allowed: fn(u8) -> bool) -> Option<usize> {
    let (&first, _) = text.as_bytes().split_first()?;
    if first != mark || !text.as_bytes().get(1).is_some_and(|&byte| allowed(byte)) {
        return None;
    }
    let end = 1 + run(&text[1..], |byte| allowed(byte) || byte == b'-');
    (!continues_a_word(&text[end..])).then_some(end)
}

fn run(text: &str, allowed: impl Fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !allowed(byte)).unwrap_or(text.len())
}

/// A letter, a digit, or an accent that would land on the character before it.
fn continues_a_word(rest: &str) -> bool {
    rest.starts_with(|c: char| c == '_' || (c.is_alphanumeric() && c < UNSPACED) || !starts_anew(c))
}
