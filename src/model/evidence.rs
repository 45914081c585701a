//! Which words moved the label.
//!
//! The logit of positive minus that of negative is linear in the mean of the token vectors, so each token's share of it is
//! known exactly. Shares are added up over words, and a phrase's weight is the exact sum of its shares.
//!
//! Which words are named is another matter. Each token's vector has read the whole text, so in a clearly negative text every
//! token's share is below zero, and long words have more of them. So a word stands out by what taking it away would change,
//! to first order: with `w` its share, `t` its tokens and `a` the text's average share of a token, leaving it out moves the
//! mean by `(w − t·a) / (n − t)`. It is named if that lies in the direction it pulls, and is at least as much as for such
//! words on average; neighbours that point the same way are one phrase.
//!
//! Toward an entity the same words are named, without the entity's own: the part of the logits that is the entity's alone
//! (`V·[s, s − m]`) is read off the entity's tokens and would name nothing but the entity.

use unicode_segmentation::UnicodeSegmentation;

use super::Evidence;
use crate::text::Span;

/// At most this many phrases are named.
const MOST: usize = 5;

/// A word, an emoji or a sign with its share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Word {
    span: Span,
    weight: f32,
    /// How many tokens it took, in parts where it shares one.
    tokens: f32,
    /// It has letters, digits or pictures; a lone comma is no evidence.
    speaks: bool,
}

/// The words of a text with their shares; `spans` and `shares` are those of its tokens, in order. A token that stands for
/// pieces of several words is shared out by length. Words that no token stands for, outside the window of a long text, are
/// left out.
pub(super) fn words(text: &str, spans: &[Option<Span>], shares: &[f32]) -> Vec<Word> {
    let bound = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
    let read = || spans.iter().flatten().filter(|span| span.start < span.end);
    let (from, to) = (read().next().map_or(0, |span| span.start), read().next_back().map_or(0, |span| span.end));
    let mut words: Vec<Word> = text
        .split_word_bound_indices()
        .skip_while(|(at, piece)| bound(at + piece.len()) <= from)
        .take_while(|(at, _)| bound(*at) < to)
        .filter(|(_, piece)| !piece.trim().is_empty())
        .map(|(at, piece)| {
            let speaks = piece.chars().any(|c| c.is_alphanumeric() || is_picture(c));
            Word { span: Span::new(bound(at), bound(at + piece.len())), weight: 0.0, tokens: 0.0, speaks }
        })
        .collect();
    let mut first = 0;
    for (span, share) in spans.iter().zip(shares) {
        let Some(span) = span.filter(|span| span.start < span.end) else { continue };
        while words.get(first).is_some_and(|word| word.span.end <= span.start) {
            first += 1;
        }
        let touched = words[first..].iter_mut().take_while(|word| word.span.start < span.end);
        let length = (span.end - span.start) as f32;
        for word in touched {
            let common = word.span.end.min(span.end) - word.span.start.max(span.start);
            word.weight += share * common as f32 / length;
            word.tokens += common as f32 / length;
        }
    }
    words
}

/// The strongest phrases, strongest first; words that overlap `own`, which is in order, are left out.
pub(super) fn strongest(words: &[Word], own: &[Span]) -> Vec<Evidence> {
    let (share, tokens) = words.iter().fold((0.0, 0.0), |sum, word| (sum.0 + word.weight, sum.1 + word.tokens));
    let average = if tokens > 0.0 { share / tokens } else { 0.0 };
    // What taking a word away would change, in the direction it pulls; 0 or less where it would not.
    let excess = |word: &Word| (word.weight - word.tokens * average) * word.weight.signum();
    let is_own = |word: &Word| {
        let next = own.partition_point(|own| own.end <= word.span.start);
        own.get(next).is_some_and(|own| own.overlaps(word.span))
    };
    let candidates = || words.iter().filter(|word| word.speaks && !is_own(word));
    let standing = || candidates().map(excess).filter(|excess| *excess > 0.0);
    let bar = standing().sum::<f32>() / standing().count().max(1) as f32;

    // A phrase with how much it stands out.
    let mut phrases: Vec<(Evidence, f32)> = Vec::new();
    let mut open = false;
    for word in words.iter().filter(|word| word.speaks) {
        let stands = excess(word);
        // A text of one word has no average to stand out from.
        let named = (stands > 0.0 && stands >= bar || words.len() == 1 && word.weight != 0.0) && !is_own(word);
        match phrases.last_mut() {
            Some((phrase, strength)) if named && open && (phrase.weight > 0.0) == (word.weight > 0.0) => {
                phrase.span.end = word.span.end;
                phrase.weight += word.weight;
                *strength += stands;
            }
            _ if named => phrases.push((Evidence { span: word.span, weight: word.weight }, stands)),
            _ => {}
        }
        open = named;
    }
    phrases.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.span.cmp(&b.0.span)));
    phrases.truncate(MOST);
    let mut phrases: Vec<Evidence> = phrases.into_iter().map(|(phrase, _)| phrase).collect();
    phrases.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()).then(a.span.cmp(&b.span)));
    phrases
}

/// Emoji, arrows, dingbats and the like.
fn is_picture(character: char) -> bool {
    matches!(u32::from(character), 0x2190..=0x21ff | 0x2300..=0x23ff | 0x2460..=0x27bf | 0x2900..=0x297f | 0x2b00..=0x2bff | 0x1f000..=0x1faff)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Nordbread is so good, but the crust burns";

    fn word_spans() -> Vec<Option<Span>> {
        let mut at = 0;
        let spans = TEXT.split(' ').map(|word| {
            let span = Span::new(at, at + word.len() as u32);
            at = span.end + 1;
            Some(span)
        });
        std::iter::once(None).chain(spans).collect()
    }

    fn named(found: &[Evidence]) -> Vec<(&'static str, f32)> {
        found.iter().map(|phrase| (phrase.span.of(TEXT), phrase.weight)).collect()
    }

    #[test]
    fn neighbours_that_point_the_same_way_are_one_phrase_and_the_strongest_comes_first() {
        let shares = [9.0, 0.0, 0.0, 1.0, 4.8, 0.0, 0.0, -3.0, -4.0];
        let words = words(TEXT, &word_spans(), &shares);
        let found = strongest(&words, &[]);
        assert_eq!(found.len(), 2);
        assert_eq!(named(&found)[0], ("crust burns", -7.0));
        assert_eq!(named(&found)[1].0, "good");
    }

    #[test]
    fn the_comma_after_a_word_takes_its_part_of_the_token_and_is_not_named() {
        let words = words(TEXT, &word_spans(), &[0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(named(&strongest(&words, &[])), [("good", 4.0)]);
    }

    #[test]
    fn the_entity_itself_is_never_named_and_parts_phrases() {
        let shares = [0.0, 9.0, 9.0, 9.0, 8.0, 0.0, 0.0, 0.0, 0.0];
        let words = words(TEXT, &word_spans(), &shares);
        let found = strongest(&words, &[Span::new(13, 15)]);
        assert_eq!(named(&found)[0], ("Nordbread is", 18.0));
        assert!(found.iter().all(|phrase| !phrase.span.overlaps(Span::new(13, 15))), "{found:?}");
    }

    #[test]
    fn in_a_text_that_pulls_one_way_only_what_pulls_harder_is_named() {
        let shares = [-1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.2, -1.8];
        let found = strongest(&words(TEXT, &word_spans(), &shares), &[]);
        assert_eq!(named(&found), [("burns", -1.8)]);
    }

    #[test]
    fn pictures_speak_and_silence_does_not() {
        let text = "👍 ...";
        let spans = [Some(Span::new(0, 4)), Some(Span::new(5, 8))];
        let found = strongest(&words(text, &spans, &[0.5, 0.2]), &[]);
        assert_eq!(found, [Evidence { span: Span::new(0, 4), weight: 0.5 }]);
        assert!(strongest(&words("", &[], &[]), &[]).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_share_is_lost_and_phrases_are_apart(text in "[a-c ,.é👍]{0,30}", seed in 0u32..1000) {
            // A token for every character that is not a space.
            let spans: Vec<Option<Span>> = text.char_indices().filter(|(_, c)| *c != ' ')
                .map(|(at, c)| Some(Span::new(at as u32, (at + c.len_utf8()) as u32))).collect();
            let shares: Vec<f32> = (0..spans.len()).map(|i| ((i as u32 * 31 + seed) % 17) as f32 - 8.0).collect();
            let words = words(&text, &spans, &shares);
            let (given, kept): (f32, f32) = (shares.iter().sum(), words.iter().map(|word| word.weight).sum());
            proptest::prop_assert!((given - kept).abs() < 1e-3);
            let found = strongest(&words, &[]);
            proptest::prop_assert!(found.len() <= MOST);
            for (at, phrase) in found.iter().enumerate() {
                proptest::prop_assert!(text.get(phrase.span.start as usize..phrase.span.end as usize).is_some());
                proptest::prop_assert!(found[..at].iter().all(|other| !other.span.overlaps(phrase.span) && other.weight.abs() >= phrase.weight.abs()));
            }
        }
    }
}
