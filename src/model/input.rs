//! From a request to the tokens that the encoder reads.

use super::Request;
use super::tokenizer::{Token, Tokenizer};
use crate::text::Span;

/// A text as the encoder reads it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Input {
    /// `<s>`, the prefix, the text or a window of it, `</s>`.
    pub(super) ids: Vec<u32>,
    /// For each id, the bytes of the text it stands for; `None` for what is not of the text.
    pub(super) spans: Vec<Option<Span>>,
    /// For each target of the request, the ids that overlap it.
    pub(super) targets: Vec<Vec<usize>>,
    /// The window is smaller than the text.
    pub(super) truncated: bool,
}

/// How a model wants its input.
#[derive(Debug, Clone)]
pub(super) struct Template {
    /// Put before every text.
    pub(super) prefix: String,
    /// All that the encoder reads, `<s>` and `</s>` included.
    pub(super) max_tokens: usize,
}

impl Template {
    /// Tokens of a request, cut to a window around its targets where there are too many.
    pub(super) fn input(&self, tokenizer: &Tokenizer, request: &Request) -> Input {
        let shift = u32::try_from(self.prefix.len()).unwrap_or(u32::MAX);
        let tokens = tokenizer.tokens(&format!("{}{}", self.prefix, request.text));
        let prefix = tokens.iter().take_while(|token| token.span.end <= shift).count();
        let (prefix, text) = tokens.split_at(prefix);
        let text: Vec<Token> = text
            .iter()
            .map(|token| {
                let span = Span::new(token.span.start.max(shift) - shift, token.span.end - shift);
                Token { id: token.id, span }
            })
            .collect();
        let room = self.max_tokens.saturating_sub(prefix.len() + 2);
        let touched: Vec<Vec<usize>> = request.targets.iter().map(|spans| overlapping(&text, spans)).collect();
        let window = window(text.len(), room, &touched);

        let first = 1 + prefix.len();
        let ids = std::iter::once(tokenizer.begin)
            .chain(prefix.iter().map(|token| token.id))
            .chain(text[window.clone()].iter().map(|token| token.id))
            .chain([tokenizer.end])
            .collect();
        let spans = std::iter::repeat_n(None, first)
            .chain(text[window.clone()].iter().map(|token| Some(token.span)))
            .chain([None])
            .collect();
        let targets = touched
            .into_iter()
            .map(|tokens| {
                tokens.into_iter().filter(|at| window.contains(at)).map(|at| at - window.start + first).collect()
            })
            .collect();
        Input { ids, spans, targets, truncated: window.len() < text.len() }
    }
}

/// The tokens that share a byte with one of the spans, in order.
fn overlapping(tokens: &[Token], spans: &[Span]) -> Vec<usize> {
    let touched = |span: &Span| {
        let first = tokens.partition_point(|token| token.span.end <= span.start);
        first..tokens.partition_point(|token| token.span.start < span.end).max(first)
    };
    let mut ranges: Vec<_> = spans.iter().map(touched).collect();
    ranges.sort_unstable_by_key(|range| range.start);
    let mut next = 0;
    let mut all = Vec::new();
    for range in ranges {
        all.extend(range.start.max(next)..range.end);
        next = next.max(range.end);
    }
    all
}

/// The `room` tokens to read out of `length`: the beginning, if that holds a token of every target; otherwise the place that
/// holds tokens of the most targets, beginning a little before one of them.
fn window(length: usize, room: usize, targets: &[Vec<usize>]) -> std::ops::Range<usize> {
    if length <= room {
        return 0..length;
    }
    let last = length - room;
    let mut touched: Vec<(usize, usize)> =
        targets.iter().enumerate().flat_map(|(target, tokens)| tokens.iter().map(move |&at| (at, target))).collect();
    touched.sort_unstable();
    // The window slides over the places where it may begin; of each target it counts the tokens that it holds.
    let starts = touched.iter().map(|&(at, _)| at.saturating_sub(room / 4).min(last));
    let mut of_target = vec![0_usize; targets.len()];
    let (mut held, mut entering, mut leaving) = (0, 0, 0);
    let (mut best, mut most) = (0, None);
    for start in std::iter::once(0).chain(starts) {
        while let Some(&(_, target)) = touched.get(entering).filter(|(at, _)| *at < start + room) {
            held += usize::from(of_target[target] == 0);
            of_target[target] += 1;
            entering += 1;
        }
        while let Some(&(_, target)) = touched.get(leaving).filter(|(at, _)| *at < start) {
            of_target[target] -= 1;
            held -= usize::from(of_target[target] == 0);
            leaving += 1;
        }
        // The first of the best: the beginning wins a tie.
        if most.is_none_or(|most| held > most) {
            (best, most) = (start, Some(held));
        }
    }
    best..best + room
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_short_text_is_read_whole() {
        assert_eq!(window(10, 20, &[vec![3]]), 0..10);
    }

    #[test]
    fn a_long_text_without_targets_is_read_from_its_beginning() {
        assert_eq!(window(100, 20, &[]), 0..20);
        assert_eq!(window(100, 20, &[vec![]]), 0..20);
    }

    #[test]
    fn a_target_far_down_moves_the_window_and_keeps_some_words_before_it() {
        assert_eq!(window(100, 20, &[vec![50, 51]]), 45..65);
        assert_eq!(window(100, 20, &[vec![99]]), 80..100);
    }

    #[test]
    fn the_window_holds_as_many_targets_as_it_can() {
        let targets = [vec![2], vec![60], vec![66]];
        let window = window(100, 20, &targets);
        assert!(window.contains(&60) && window.contains(&66));
    }

    proptest! {
        #[test]
        fn the_window_is_the_first_that_holds_the_most_and_touched_tokens_are_those_that_overlap(
            places in prop::collection::vec(prop::collection::btree_set(0usize..60, 0..6), 0..5),
            edges in prop::collection::vec((0u32..60, 0u32..9), 0..6),
        ) {
            let targets: Vec<Vec<usize>> = places.into_iter().map(|places| places.into_iter().collect()).collect();
            let held = |start: usize| targets.iter().filter(|t| t.iter().any(|at| (start..start + 12).contains(at))).count();
            let starts = || std::iter::once(0).chain(targets.iter().flatten().map(|at| at.saturating_sub(3).min(48)));
            let most = starts().map(held).max().unwrap();
            let first = starts().filter(|&start| held(start) == most).min().unwrap();
            prop_assert_eq!(window(60, 12, &targets), first..first + 12);

            // Tokens of 0, 1 and 2 bytes.
            let mut end = 0;
            let tokens: Vec<Token> = (0..60).map(|at| {
                let start = end;
                end += at % 3;
                Token { id: at, span: Span::new(start, end) }
            }).collect();
            let spans: Vec<Span> = edges.into_iter().map(|(start, length)| Span::new(start, start + 1 + length)).collect();
            let naive: Vec<usize> = (0..tokens.len()).filter(|&at| spans.iter().any(|span| span.overlaps(tokens[at].span))).collect();
            prop_assert_eq!(overlapping(&tokens, &spans), naive);
        }
    }

    /// It takes minutes where time grows with the square of the length.
    #[test]
    fn a_text_that_names_a_thousand_targets_all_over_takes_no_longer_than_others() {
        const LENGTH: u32 = 300_000;
        let began = std::time::Instant::now();
        let tokens: Vec<Token> = (0..LENGTH).map(|at| Token { id: 0, span: Span::new(2 * at, 2 * at + 2) }).collect();
        let spans: Vec<Span> = tokens.iter().map(|token| token.span).collect();
        assert_eq!(overlapping(&tokens, &spans).len(), LENGTH as usize);
        let targets: Vec<Vec<usize>> = (0..1000).map(|from| (from..LENGTH as usize).step_by(1000).collect()).collect();
        assert_eq!(window(LENGTH as usize, 126, &targets), 0..126);
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
    }
}
