//! Texts with holes: `https://example.com/{author.handle}/{id}`.

use super::field::{Field, Item};
use crate::mention::Rejection;

#[derive(Debug, Clone)]
pub(super) struct Template(pub(super) Vec<Piece>);

#[derive(Debug, Clone)]
pub(super) enum Piece {
    Text(String),
    /// A field of the mapping, or one made of a path, with its name for messages.
    Hole(String, Field),
}

impl Template {
    pub(super) fn holes(&self) -> impl Iterator<Item = &Field> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Hole(_, field) => Some(field),
            Piece::Text(_) => None,
        })
    }

    /// The filled text; `None` if there is nothing for one of its holes.
    pub(super) fn fill(&self, item: Item<'_>) -> Result<Option<String>, Rejection> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Hole(name, field) => match field.text(name, item)? {
                    Some(text) => filled.push_str(&text),
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(filled))
    }
}

/// Splits a template into texts (`false`) and the names in its holes (`true`). `None` if a brace has no partner.
pub(super) fn split(written: &str) -> Option<Vec<(bool, &str)>> {
    let mut pieces = Vec::new();
    let mut rest = written;
    while let Some(open) = rest.find(['{', '}']) {
        let (text, hole) = rest.split_at(open);
        pieces.push((false, text));
        let (name, tail) = hole.strip_prefix('{')?.split_once('}')?;
        if name.contains('{') {
            return None;
        }
        pieces.push((true, name.trim()));
        rest = tail;
    }
    pieces.push((false, rest));
    pieces.retain(|&(hole, text)| hole || !text.is_empty());
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_into_texts_and_holes() {
        assert_eq!(split("a/{b}/{ c.d }"), Some(vec![(false, "a/"), (true, "b"), (false, "/"), (true, "c.d")]));
        assert_eq!(split("plain"), Some(vec![(false, "plain")]));
        for broken in ["a{b", "a}b", "a{b{c}}"] {
            assert_eq!(split(broken), None, "{broken}");
        }
    }
}
