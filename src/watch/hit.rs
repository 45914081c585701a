//! Whether a term that was found in a folded text really stands there.

use super::chars::{is_unspaced, is_word, may_end, may_start};
use super::query::TermKind;
use crate::text::Span;

/// Whether `text[start..end]`, which spells a term, is that term and not a piece of something longer.
///
/// - A word or phrase starts and ends where words do. In a handle or hashtag it must be all
///   of it: `delta` is found in `@delta` and `#delta`, not in `@delta_air`.
/// - A handle ends where the name does; what stands before `@` must not be a word, or it would be an e-mail address.
/// - A hashtag is found as a whole only, in every script.
pub(super) fn stands(text: &str, start: usize, end: usize, kind: TermKind) -> bool {
    let (Some(head), Some(term), Some(tail)) = (text.get(..start), text.get(start..end), text.get(end..)) else {
        return false;
    };
    let (Some(first), Some(last)) = (term.chars().next(), term.chars().next_back()) else { return false };
    let before = head.chars().next_back();
    let after = tail.chars().next();
    if !may_end(last, after) {
        return false;
    }
    let continues = |c: Option<char>| c.is_some_and(|c| c == '_' || is_word(c));
    match kind {
        TermKind::Hashtag => !continues(after) && may_start(before, 'a'),
        TermKind::Handle => {
            // On most platforms a name in Latin letters ends before Chinese or Thai; one in those scripts does not.
            let ends = if last.is_ascii() { after != Some('_') } else { !continues(after) };
            ends && may_start(before, 'a') && before != Some('_')
        }
        TermKind::Word | TermKind::Phrase => {
            may_start(before, first) && (!joins_tag(before, after) || is_whole_tag(head, after))
        }
    }
}

/// Whether the neighbours leave room for a longer handle or hashtag.
fn joins_tag(before: Option<char>, after: Option<char>) -> bool {
    before == Some('_') || after == Some('_')
}

/// Longer than any platform lets a handle or hashtag be, in characters: no further back is its beginning looked for.
const LONGEST_TAG: usize = 256;

/// Whether a term with an underscore beside it stands outside every handle and hashtag (`_delta_` in Markdown).
fn is_whole_tag(head: &str, after: Option<char>) -> bool {
    let before_name = head.chars().rev().take(LONGEST_TAG).find(|&c| c != '_' && !is_word(c));
    let in_tag = matches!(before_name, Some('@' | '#'));
    let starts_tag = head.ends_with(['@', '#']);
    !in_tag || (starts_tag && after != Some('_'))
}

/// Tells which pieces of a text belong to a link: to `https://…` or `www.…` with no space since. A word that is only part of an
/// address was not said by anybody. In scripts without spaces the sentence goes on right after the link.
///
/// Pieces are asked for in the order of their beginnings, so that the text is passed over once, whatever their number.
pub(super) struct Links<'a> {
    body: &'a str,
    /// How far the text was read.
    at: usize,
    /// `at` is where a stretch without spaces begins.
    fresh: bool,
    /// A link began in the stretch that `at` is in.
    open: bool,
}

impl<'a> Links<'a> {
    pub(super) const fn new(body: &'a str) -> Self {
        Self { body, at: 0, fresh: true, open: false }
    }

    /// Whether this piece is of a link; it begins no earlier than the one before.
    pub(super) fn hold(&mut self, piece: Span) -> bool {
        let (start, end) = (piece.start as usize, piece.end as usize);
        let (Some(rest), Some(tail)) = (self.body.get(start..), self.body.get(end..)) else { return false };
        for (at, c) in self.body.get(self.at..start).unwrap_or("").char_indices() {
            let from = self.body.get(self.at + at..).unwrap_or("");
            if c.is_whitespace() || is_unspaced(c) {
                (self.fresh, self.open) = (true, false);
                continue;
            }
            self.open |= match c {
                ':' => from.starts_with("://"),
                '(' => from.starts_with("(www."),
                'w' => self.fresh && from.starts_with("www."),
                _ => false,
            };
            self.fresh = false;
        }
        self.at = self.at.max(start);
        !rest.starts_with(is_unspaced) && (self.open || tail.starts_with("://") || rest.starts_with("www."))
    }
}
