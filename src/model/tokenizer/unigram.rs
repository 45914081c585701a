//! The Unigram model: the likeliest way to cut a word into pieces.

use super::trie::Trie;

/// SentencePiece's price for a character that no piece covers, below the least likely piece.
const UNKNOWN_PENALTY: f64 = 10.0;

/// Pieces with their log probabilities.
pub(super) struct Unigram {
    trie: Trie,
    score: Vec<f64>,
    unknown: u32,
    unknown_score: f64,
}

/// The best way to reach a byte.
#[derive(Clone, Copy)]
struct Step {
    score: f64,
    start: u32,
    piece: u32,
}

/// The start of a step that no path reaches yet.
const UNREACHED: Step = Step { score: 0.0, start: u32::MAX, piece: 0 };

/// Memory of [`Unigram::cut`], kept between words.
#[derive(Default)]
pub(super) struct Scratch {
    steps: Vec<Step>,
    cut: Vec<(u32, u32, u32)>,
}

impl Unigram {
    /// `vocabulary[id]` is the piece `id` with its log probability; pieces for which `special` holds are never cut out of text.
    pub(super) fn new(vocabulary: &[(std::borrow::Cow<'_, str>, f64)], unknown: u32, special: &[u32]) -> Self {
        let score: Vec<f64> = vocabulary.iter().map(|(_, score)| *score).collect();
        let least = score.iter().copied().fold(f64::INFINITY, f64::min);
        let pieces = vocabulary
            .iter()
            .zip(0..)
            .filter(|((text, _), id)| !text.is_empty() && !special.contains(id))
            .map(|((text, _), id)| (&**text, id))
            .collect();
        Self { trie: Trie::new(pieces), score, unknown, unknown_score: least - UNKNOWN_PENALTY }
    }

    /// Cuts `word` into pieces (first byte, one past the last byte, id), in order. Characters in a row that no piece covers
    /// are one unknown piece. Among equally likely cuts the one found first by a pass from the left is taken, and sums are
    /// made in the same order as in the `tokenizers` crate, so that ids agree with it.
    pub(super) fn cut<'s>(&self, word: &str, scratch: &'s mut Scratch) -> &'s [(u32, u32, u32)] {
        let Scratch { steps, cut } = scratch;
        steps.clear();
        steps.resize(word.len() + 1, UNREACHED);
        cut.clear();
        for (at, character) in word.char_indices() {
            let before = steps[at].score;
            let start = u32::try_from(at).unwrap_or(u32::MAX);
            let mut offer = |end: usize, score: f64, piece: u32| {
                let step = &mut steps[end];
                let score = score + before;
                if step.start == u32::MAX || score > step.score {
                    *step = Step { score, start, piece };
                }
            };
            let mut covered = false;
            for (length, piece) in self.trie.prefixes(&word.as_bytes()[at..]) {
                covered |= length == character.len_utf8();
                offer(at + length, self.score[piece as usize], piece);
            }
            if !covered {
                offer(at + character.len_utf8(), self.unknown_score, self.unknown);
            }
        }
        let mut end = word.len();
        while end > 0 {
            let step = steps[end];
            let end_of_piece = u32::try_from(end).unwrap_or(u32::MAX);
            match cut.last_mut() {
                Some(last) if last.2 == self.unknown && step.piece == self.unknown => last.0 = step.start,
                _ => cut.push((step.start, end_of_piece, step.piece)),
            }
            end = step.start as usize;
        }
        cut.reverse();
        cut
    }
}
