//! A mapping's TOML to compiled fields, each checked.

use std::collections::BTreeMap;

use serde_json::Value;

use super::MappingError;
use super::document::{Document, Part};
use super::field::{Field, Item};
use super::path::Path;
use super::way::{Fields, field};

/// The fields that a mapping may fill, beside `extra`.
const FIELDS: [&str; 26] = [
    "id",
    "source",
    "text",
    "title",
    "url",
    "language",
    "created_at",
    "kind",
    "parent_id",
    "parent_author",
    "thread_id",
    "in_community",
    "op",
    "revision",
    "author.id",
    "author.name",
    "author.handle",
    "author.followers",
    "author.verified",
    "author.bot",
    "engagement.likes",
    "engagement.shares",
    "engagement.replies",
    "engagement.views",
    "rating.value",
    "rating.scale",
];

/// A whole mapping.
#[derive(Debug, Clone, Default)]
pub(super) struct Compiled {
    /// Where the items are, if a record holds several.
    pub(super) items: Option<Path>,
    only: Vec<(Path, Vec<String>)>,
    fields: BTreeMap<String, Field>,
    pub(super) extra: BTreeMap<String, Field>,
}

impl Compiled {
    pub(super) fn parse(file: &str, text: &str) -> Result<Self, MappingError> {
        let whole = Document { file, text }.parse()?;
        let mut compiled = Self::default();
        let (mut fields, mut extra) = (Fields::new(), Vec::new());
        for (name, part) in whole.entries()? {
            match name.as_ref() {
                "items" => compiled.items = Some(path(&part)?),
                "only" => compiled.only = only(&part)?,
                "extra" => extra = part.entries()?,
                "author" | "engagement" | "rating" => {
                    for (inner, part) in part.entries()? {
                        fields.insert(known(format!("{name}.{inner}"), &part)?, part);
                    }
                }
                _ => {
                    fields.insert(known(name.to_string(), &part)?, part);
                }
            }
        }
        for required in ["id", "source", "created_at"] {
            if !fields.contains_key(required) {
                return Err(whole.error(&format!("no {required}"), "id, source and created_at"));
            }
        }
        if !["text", "title", "rating.value"].iter().any(|name| fields.contains_key(*name)) {
            return Err(whole.error("no text", "text, title or rating.value"));
        }
        for (name, part) in &fields {
            compiled.fields.insert(name.clone(), field(name, part, &fields)?);
        }
        for (name, part) in extra {
            compiled.extra.insert(name.to_string(), field(&part.path, &part, &fields)?);
        }
        Ok(compiled)
    }

    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.get(name)
    }

    /// Whether an item is a mention at all, as `only` says.
    pub(super) fn wants(&self, item: Item<'_>) -> bool {
        self.only.iter().all(|(path, accepted)| {
            let is_accepted = |node: &Value| match node {
                Value::String(text) => accepted.iter().any(|wanted| wanted == text),
                other => accepted.contains(&other.to_string()),
            };
            path.first(item.item, is_accepted).is_some()
        })
    }
}

pub(super) fn path(part: &Part<'_>) -> Result<Path, MappingError> {
    let written = part.string()?;
    Path::parse(written).map_err(|error| part.expected(&format!("a JSONPath (RFC 9535) such as $.user.id: {error}")))
}

fn only(part: &Part<'_>) -> Result<Vec<(Path, Vec<String>)>, MappingError> {
    let condition = |(written, accepted): (std::borrow::Cow<'_, str>, Part<'_>)| {
        let path = Path::parse(&written).map_err(|error| accepted.error(&format!("the path {written:?}"), &error))?;
        let accepted =
            accepted.strings()?.iter().map(|part| part.string().map(str::to_owned)).collect::<Result<_, _>>()?;
        Ok((path, accepted))
    };
    part.entries()?.into_iter().map(condition).collect()
}

fn known(name: String, part: &Part<'_>) -> Result<String, MappingError> {
    if FIELDS.contains(&name.as_str()) {
        return Ok(name);
    }
    let known = FIELDS.join(", ");
    Err(part.error(&format!("the unknown field {name}"), &format!("items, only, extra or one of {known}")))
}
