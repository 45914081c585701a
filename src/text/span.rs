//! A piece of a text.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A half-open range of **bytes** in a UTF-8 text, on character boundaries.
///
/// Inside the program spans are bytes; in events they are Unicode code points (see [`to_chars`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `start..end`.
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// Whether the two spans share at least one byte.
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The piece of `text` under this span, or the empty text where the span does not fit it.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// Spans of one text, counted in Unicode code points, in the order given: one pass over the text, whatever their number.
/// Bytes past the end of `text` count as its end.
pub fn to_chars(text: &str, spans: &[Span]) -> Vec<Range<u32>> {
    if text.is_ascii() {
        let clipped = |byte: u32| clip(byte, text) as u32;
        return spans.iter().map(|span| clipped(span.start)..clipped(span.end)).collect();
    }
    let mut bytes: Vec<u32> = spans.iter().flat_map(|span| [span.start, span.end]).collect();
    bytes.sort_unstable();
    bytes.dedup();
    let (mut chars, mut at) = (0, 0);
    let counted: Vec<u32> = bytes
        .iter()
        .map(|&byte| {
            let next = clip(byte, text);
            chars += count(&text.as_bytes()[at..next]);
            at = next;
            chars
        })
        .collect();
    let lookup = |byte: u32| bytes.binary_search(&byte).map_or(0, |found| counted[found]);
    spans.iter().map(|span| lookup(span.start)..lookup(span.end)).collect()
}

fn clip(byte: u32, text: &str) -> usize {
    (byte as usize).min(text.len())
}

/// Code points that start in these bytes: all bytes but the continuation bytes of UTF-8.
fn count(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|&&byte| (byte as i8) >= -0x40).count() as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_code_points_not_bytes() {
        let text = "þú ert 😡 hér";
        let start = text.find("hér").unwrap() as u32;
        let span = Span::new(start, text.len() as u32);
        assert_eq!(to_chars(text, &[span, Span::new(0, 2)]), [9..12, 0..1]);
    }

    proptest! {
        #[test]
        fn spans_of_bytes_are_the_same_pieces_in_code_points(text in ".{0,40}", cuts in prop::collection::vec((0usize..60, 0usize..60), 0..6)) {
            let edges: Vec<u32> = text.char_indices().map(|(at, _)| at as u32).chain([text.len() as u32]).collect();
            let spans: Vec<Span> = cuts.iter().map(|&(a, b)| {
                let (a, b) = (a % edges.len(), b % edges.len());
                Span::new(edges[a.min(b)], edges[a.max(b)])
            }).collect();
            let all = to_chars(&text, &spans);
            for (span, chars) in spans.iter().zip(all) {
                let before = text[..span.start as usize].chars().count() as u32;
                prop_assert_eq!(before..before + span.of(&text).chars().count() as u32, chars.clone());
                let piece: String = text.chars().skip(chars.start as usize).take(chars.len()).collect();
                prop_assert_eq!(piece, span.of(&text));
            }
        }
    }
}
