//! The one normalisation of a text before the model, used alike in training and serving.

mod characters;
mod edits;
mod links;
mod serbian;
mod stand_ins;

pub(super) use characters::is_emoji;
use edits::Edits;

use super::Span;

/// Entities may hide in entities (`&amp;lt;`, `&&#35;38;`); text nested deeper than this stays as it is after so many rounds.
const ROUNDS: usize = 8;

/// A normalised text that knows where each piece came from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Normalised {
    /// The normalised text.
    pub text: String,
    /// What the rewritings changed, in their order.
    edits: Vec<Edits>,
}

impl Normalised {
    /// Where a span of the source text lies in the normalised text; `None` if nothing of it was kept.
    ///
    /// A span that touches a replaced stretch (a link, a handle, an entity, a run of spaces) covers all that stands for it.
    pub fn from_source(&self, span: Span) -> Option<Span> {
        let found = self.edits.iter().fold(span, |span, edits| edits.forward(span));
        (found.start < found.end).then_some(found)
    }

    /// The piece of the source text that a span of the normalised text stands for.
    pub fn to_source(&self, span: Span) -> Span {
        self.edits.iter().rev().fold(span, |span, edits| edits.backward(span))
    }

    /// The text as the model reads it, once its language is known (`sr`, `en`, …): Serbian in Latin letters, whichever it came in.
    ///
    /// Not a part of [`normalise`], since the alphabet helps to tell the language.
    #[must_use]
    pub fn as_read_in(mut self, language: &str) -> Self {
        if language == "sr" {
            let rewritten = serbian::in_latin(&self.text);
            self.apply(rewritten);
            // An accent that stood on a Cyrillic vowel may have a Latin letter of its own.
            let composed = characters::compose(&self.text);
            self.apply(composed);
        }
        self
    }

    fn apply(&mut self, rewritten: Option<(String, Edits)>) -> bool {
        let Some((text, edits)) = rewritten else { return false };
        self.text = text;
        self.edits.push(edits);
        true
    }
}

/// Normalises `text` for the model: NFC, HTML entities decoded, URLs → `http`, handles → `@user` except those that
/// overlap a span of `keep`, zero-width and control characters out, white space collapsed, emoji kept.
///
/// - **Entities**: those that end in `;`, again where one hides in another.
/// - **Zero-width and control characters**: out, except the joiners and tags inside an emoji.
/// - **URLs**: what starts with `http://`, `https://`, `www.`, or the short links that X writes without a scheme; their
///   trailing punctuation belongs to the sentence.
/// - **Handles**: `@name`, `@name.example.org` (Bluesky), `@name@example.org` (Mastodon). The `@` of an e-mail address
///   starts none.
/// - **White space**: any run of it becomes one space; none at the ends.
///
/// Normalising twice changes nothing more.
pub fn normalise(text: &str, keep: &[Span]) -> Normalised {
    let mut normalised = Normalised { text: text.to_owned(), edits: Vec::new() };
    if characters::may_change(text) {
        for _ in 0..ROUNDS {
            let text = &normalised.text;
            let rewritten = characters::decode_entities(text)
                .or_else(|| characters::drop_invisible(text))
                .or_else(|| characters::compose(text));
            if !normalised.apply(rewritten) {
                break;
            }
        }
    }
    let keep = merged(keep);
    let kept = |handle: Span| {
        let handle = normalised.to_source(handle);
        let after = keep.partition_point(|span| span.start < handle.end);
        keep[..after].last().is_some_and(|span| span.overlaps(handle))
    };
    let rewritten = stand_ins::put(&normalised.text, kept);
    normalised.apply(rewritten);
    normalised
}

/// The same stretches, sorted and without overlaps.
fn merged(spans: &[Span]) -> Vec<Span> {
    let mut sorted = spans.to_vec();
    sorted.sort_unstable();
    sorted.dedup_by(|next, last| {
        let joins = next.start <= last.end;
        if joins {
            last.end = last.end.max(next.end);
        }
        joins
    });
    sorted
}

#[cfg(test)]
mod tests;
