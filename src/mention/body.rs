//! The words of a mention: what queries and the model read.

use std::borrow::Cow;

use super::Mention;

/// Stands between title and text. One byte, and white space, so that no word runs across it.
const BETWEEN: char = '\n';

impl Mention {
    /// Title and text in one string: the text alone where there is no title.
    pub fn body(&self) -> Cow<'_, str> {
        match self.title.as_deref() {
            None | Some("") => Cow::Borrowed(&self.text),
            Some(title) => Cow::Owned(format!("{title}{BETWEEN}{}", self.text)),
        }
    }

    /// Where the text starts in [`Mention::body`], in bytes.
    pub fn text_start(&self) -> usize {
        match self.title.as_deref() {
            None | Some("") => 0,
            Some(title) => title.len() + BETWEEN.len_utf8(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::mention::Mention;

    fn mention(title: Option<&str>) -> Mention {
        let json = serde_json::json!({"id": "1", "source": "x", "text": "téxt", "title": title, "created_at": "2026-03-01T11:00:00Z"});
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_text_starts_behind_the_title() {
        for (title, body) in [(None, "téxt"), (Some(""), "téxt"), (Some("Títle"), "Títle\ntéxt")] {
            let mention = mention(title);
            assert_eq!(mention.body(), body);
            assert_eq!(&mention.body()[mention.text_start()..], "téxt");
        }
    }
}
