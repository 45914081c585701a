//! Rewriting a text while keeping track of where each piece came from.

use std::ops::Range;

use crate::text::Span;

/// What one rewriting changed. What lies outside all edits was copied byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Edits(Vec<Edit>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edit {
    from: Span,
    to: Span,
}

impl Edits {
    /// Where a piece of the old text lies in the new one; a piece of a replaced stretch stands for all of it.
    /// Empty (start = end) if nothing of it was kept.
    pub(super) fn forward(&self, span: Span) -> Span {
        let start = self.start(span.start, |edit| (edit.from, edit.to));
        Span::new(start, self.end(span.end, |edit| (edit.from, edit.to)).max(start))
    }

    /// The piece of the old text that a piece of the new one stands for.
    pub(super) fn backward(&self, span: Span) -> Span {
        let start = self.start(span.start, |edit| (edit.to, edit.from));
        Span::new(start, self.end(span.end, |edit| (edit.to, edit.from)).max(start))
    }

    fn start(&self, at: u32, sides: impl Fn(&Edit) -> (Span, Span)) -> u32 {
        let before = self.0.partition_point(|edit| sides(edit).0.start <= at);
        let Some(edit) = self.0[..before].last() else { return at };
        let (near, far) = sides(edit);
        if at < near.end { far.start } else { far.end + (at - near.end) }
    }

    fn end(&self, at: u32, sides: impl Fn(&Edit) -> (Span, Span)) -> u32 {
        let before = self.0.partition_point(|edit| sides(edit).0.start < at);
        let Some(edit) = self.0[..before].last() else { return at };
        let (near, far) = sides(edit);
        if at <= near.end { far.end } else { far.end + (at - near.end) }
    }
}

/// Writes a new text from an old one, replacing stretches from left to right.
pub(super) struct Rewrite<'a> {
    old: &'a str,
    new: String,
    copied: usize,
    edits: Vec<Edit>,
}

impl<'a> Rewrite<'a> {
    pub(super) const fn of(old: &'a str) -> Self {
        Self { old, new: String::new(), copied: 0, edits: Vec::new() }
    }

    /// Puts `by` in the place of a stretch that begins no earlier than the last one ended.
    pub(super) fn replace(&mut self, stretch: Range<usize>, by: &str) {
        if &self.old[stretch.clone()] == by {
            return;
        }
        if self.edits.is_empty() {
            self.new.reserve(self.old.len() + by.len());
        }
        self.new.push_str(&self.old[self.copied..stretch.start]);
        let start = self.new.len() as u32;
        self.new.push_str(by);
        let to = Span::new(start, self.new.len() as u32);
        self.edits.push(Edit { from: Span::new(stretch.start as u32, stretch.end as u32), to });
        self.copied = stretch.end;
    }

    /// The new text and its edits; `None` if nothing changed.
    pub(super) fn finish(mut self) -> Option<(String, Edits)> {
        if self.edits.is_empty() {
            return None;
        }
        self.new.push_str(&self.old[self.copied..]);
        Some((self.new, Edits(self.edits)))
    }
}
