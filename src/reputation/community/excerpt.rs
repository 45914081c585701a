//! A mention as people are shown it: enough to know it and to go there.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::reputation::observation::Observation;

/// Characters of the text.
const TEXT: usize = 160;
/// Bytes of an id, a link, an author's name: longer ones are left out, since a part of them is of no use.
const FIELD: usize = 400;

/// A mention to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// Id of the enriched event.
    pub id: String,
    /// The platform or feed.
    pub source: String,
    /// Who wrote it: handle, or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Where it can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Its first 160 characters.
    pub text: String,
    /// When it was written first.
    pub created_at: Timestamp,
}

impl Excerpt {
    /// The excerpt of an event; `None` if its id is too long to keep.
    pub(super) fn new(event: &Observation<'_>) -> Option<Self> {
        let said = &event.mention;
        let short = |field: &str| (field.len() <= FIELD).then(|| field.to_owned());
        Some(Self {
            id: short(&event.id)?,
            source: short(&said.source)?,
            author: author(event).and_then(short),
            url: said.url.as_deref().and_then(short),
            text: beginning(&said.text),
            created_at: said.created_at,
        })
    }

    /// What it takes in JSON, roughly: no less than it does, save for the names of fields.
    pub(super) fn size(&self) -> usize {
        let optional = [&self.author, &self.url].into_iter().flatten();
        let size = |text: &String| text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
        optional.chain([&self.id, &self.source, &self.text]).map(size).sum()
    }
}

/// Who wrote it, as people know them: the handle, or the name, or the id.
pub(super) fn author<'a>(event: &'a Observation<'_>) -> Option<&'a str> {
    let author = event.mention.author.as_ref()?;
    author.handle.as_deref().or(author.name.as_deref()).or(author.id.as_deref())
}

fn beginning(text: &str) -> String {
    let mut short = String::with_capacity(text.len().min(TEXT));
    let mut rest = text.trim().chars();
    short.extend(rest.by_ref().take(TEXT).map(|c| if c.is_control() { ' ' } else { c }));
    if rest.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}
