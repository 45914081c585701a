//! SentencePiece's own normalisation (NFKC with additions), keeping where each character came from.

use spm_precompiled::Precompiled;
use unicode_segmentation::UnicodeSegmentation;

/// A grapheme of up to this many bytes is looked up as a whole, a longer one character by character, as SentencePiece does.
const WHOLE_GRAPHEME_BYTES: usize = 5;

/// A text of pieces-to-be: characters, each with the bytes of the source it stands for.
#[derive(Default)]
pub(super) struct Mapped {
    /// The normalised text; spaces are collapsed, not yet replaced.
    pub(super) text: String,
    /// For each **byte** of `text`, the source bytes of its character.
    pub(super) source: Vec<(u32, u32)>,
}

impl Mapped {
    fn push(&mut self, character: char, start: usize, end: usize) {
        // Runs of spaces become one, and the first of them gives the place.
        if character == ' ' && self.text.ends_with(' ') {
            return;
        }
        self.text.push(character);
        let place = (u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(end).unwrap_or(u32::MAX));
        self.source.extend(std::iter::repeat_n(place, character.len_utf8()));
    }
}

/// The map, with the answers for ASCII kept ready.
pub(super) struct Charsmap {
    map: Precompiled,
    ascii: [Option<String>; 128],
}

impl Charsmap {
    /// Wraps a map as `tokenizer.json` holds it.
    pub(super) fn new(map: Precompiled) -> Self {
        let ascii = std::array::from_fn(|byte| {
            let mut buffer = [0; 4];
            let character = char::from(u8::try_from(byte).unwrap_or_default()).encode_utf8(&mut buffer);
            map.transform(character).map(str::to_owned)
        });
        Self { map, ascii }
    }

    /// Normalises `text`.
    pub(super) fn apply(&self, text: &str) -> Mapped {
        let mut mapped = Mapped::default();
        mapped.text.reserve(text.len() + 8);
        mapped.source.reserve(text.len() + 8);
        for (start, grapheme) in text.grapheme_indices(true) {
            if let &[byte] = grapheme.as_bytes() {
                match &self.ascii[usize::from(byte & 127)] {
                    None => mapped.push(char::from(byte), start, start + 1),
                    Some(replacement) => replacement.chars().for_each(|c| mapped.push(c, start, start + 1)),
                }
                continue;
            }
            if grapheme.len() <= WHOLE_GRAPHEME_BYTES
                && let Some(replacement) = self.map.transform(grapheme)
            {
                replacement.chars().for_each(|c| mapped.push(c, start, start + grapheme.len()));
                continue;
            }
            for (at, character) in grapheme.char_indices() {
                let (from, to) = (start + at, start + at + character.len_utf8());
                match self.map.transform(&text[from..to]) {
                    Some(replacement) => replacement.chars().for_each(|c| mapped.push(c, from, to)),
                    None => mapped.push(character, from, to),
                }
            }
        }
        mapped
    }
}
