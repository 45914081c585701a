//! From bytes of a mention's body to code points of its text or title, as events count them.

use super::event::Field;
use crate::mention::Mention;
use crate::text::{Span, to_chars};

/// Converts spans of one mention.
pub(super) struct Offsets<'a> {
    title: &'a str,
    text: &'a str,
    text_start: u32,
}

impl<'a> Offsets<'a> {
    pub(super) fn new(mention: &'a Mention) -> Self {
        Self {
            title: mention.title.as_deref().unwrap_or_default(),
            text: &mention.text,
            text_start: u32::try_from(mention.text_start()).unwrap_or(u32::MAX),
        }
    }

    /// Which text each span of the body lies in, and where, in code points. A span across both is cut to the text's part.
    /// The texts are passed over once, whatever the number of spans.
    pub(super) fn chars(&self, spans: &[Span]) -> Vec<(Field, u32, u32)> {
        let is_title = |span: &Span| span.end < self.text_start;
        let of_title: Vec<Span> = spans.iter().copied().filter(is_title).collect();
        let local = |span: &Span| {
            Span::new(span.start.saturating_sub(self.text_start), span.end.saturating_sub(self.text_start))
        };
        let of_text: Vec<Span> = spans.iter().filter(|span| !is_title(span)).map(local).collect();
        let mut in_title = to_chars(self.title, &of_title).into_iter();
        let mut in_text = to_chars(self.text, &of_text).into_iter();
        spans
            .iter()
            .filter_map(|span| {
                let title = is_title(span);
                let (field, chars) =
                    if title { (Field::Title, in_title.next()) } else { (Field::Text, in_text.next()) };
                chars.map(|chars| (field, chars.start, chars.end))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mention(title: Option<&str>, text: &str) -> Mention {
        let value = serde_json::json!({
            "id": "1", "source": "test", "text": text, "title": title, "created_at": "2026-01-01T00:00:00Z"
        });
        serde_json::from_value(value).unwrap()
    }

    /// The code points of the field that a span of the body was said to be.
    fn said(mention: &Mention, needle: &str) -> (Field, String) {
        let body = mention.body();
        let start = body.find(needle).unwrap();
        let span = Span::new(start as u32, (start + needle.len()) as u32);
        let (field, start, end) = Offsets::new(mention).chars(&[span])[0];
        let source = if field == Field::Title { mention.title.as_deref().unwrap() } else { &mention.text };
        (field, source.chars().skip(start as usize).take((end - start) as usize).collect())
    }

    #[test]
    fn code_points_of_text_and_title() {
        let plain = mention(None, "Norðan is great");
        assert_eq!(said(&plain, "great"), (Field::Text, "great".into()));
        let both = mention(Some("Điện thoại Zeta"), "Máy này 😀 tốt lắm");
        assert_eq!(said(&both, "Zeta"), (Field::Title, "Zeta".into()));
        assert_eq!(said(&both, "tốt lắm"), (Field::Text, "tốt lắm".into()));
    }

    #[test]
    fn a_span_across_title_and_text_is_cut_to_the_text() {
        let both = mention(Some("Big"), "news");
        assert_eq!(Offsets::new(&both).chars(&[Span::new(1, 8)]), [(Field::Text, 0, 4)]);
    }
}
