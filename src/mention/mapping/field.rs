//! One field of a mapping, compiled: where its value comes from and how it is refined.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::convert;
use super::path::Path;
use super::template::Template;
use super::time::TimeFormat;
use crate::mention::Rejection;

/// What paths are looked up in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'v> {
    /// The item: the whole record, or one of its items where the mapping fans out.
    pub(super) item: &'v Value,
    /// The whole record.
    pub(super) root: &'v Value,
    /// The record's own time, in milliseconds since the epoch.
    pub(super) recorded: Option<i64>,
}

/// Ways to a value; the first that leads to one is taken.
#[derive(Debug, Clone)]
pub(super) struct Field(pub(super) Vec<Way>);

#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) from: From,
    pub(super) refine: Refine,
    /// How it is written, if it is a time.
    pub(super) time: Option<TimeFormat>,
}

#[derive(Debug, Clone)]
pub(super) enum From {
    Constant(Value),
    Template(Template),
    /// The first node that is there.
    First(Nodes),
    /// All nodes' texts in one.
    Joined(Nodes, String),
    /// All nodes in an array.
    All(Nodes),
    /// How many nodes there are.
    Count(Nodes),
    /// The record's own time, in milliseconds since the epoch.
    RecordTime,
}

#[derive(Debug, Clone)]
pub(super) struct Nodes {
    pub(super) paths: Vec<Path>,
    /// Look in the whole record instead of the item.
    pub(super) in_root: bool,
}

/// What is done to a text before it is taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Refine {
    pub(super) html: bool,
    /// The first of these that it begins with is cut off.
    pub(super) prefixes: Vec<String>,
    /// What the feed's words mean; `*` is any other word.
    pub(super) values: Option<BTreeMap<String, String>>,
}

impl Field {
    /// The value for an item and the way it came; `None` if no way leads to one.
    pub(super) fn value<'v>(
        &'v self,
        name: &str,
        item: Item<'v>,
    ) -> Result<Option<(Cow<'v, Value>, &'v Way)>, Rejection> {
        let mut unknown = None;
        for way in &self.0 {
            let Some(value) = way.from.value(name, item)? else { continue };
            match way.refine.apply(name, value) {
                Ok(value) if is_there(&value) => return Ok(Some((value, way))),
                Ok(_) => {}
                Err(rejection) => unknown = unknown.or(Some(rejection)),
            }
        }
        unknown.map_or(Ok(None), Err)
    }

    /// Its value as a text.
    pub(super) fn text(&self, name: &str, item: Item<'_>) -> Result<Option<String>, Rejection> {
        self.value(name, item)?.map(|(value, _)| convert::text(name, value)).transpose()
    }

    /// The paths it is read from, for messages.
    pub(super) fn places(&self) -> String {
        self.paths().iter().map(|path| path.written()).collect::<Vec<_>>().join(" or ")
    }

    fn paths(&self) -> Vec<&Path> {
        let mut paths: Vec<&Path> = Vec::new();
        for way in &self.0 {
            match &way.from {
                From::First(nodes) | From::Joined(nodes, _) | From::All(nodes) | From::Count(nodes) => {
                    paths.extend(&nodes.paths)
                }
                From::Template(template) => paths.extend(template.holes().flat_map(Self::paths)),
                From::Constant(_) | From::RecordTime => {}
            }
        }
        paths
    }
}

impl From {
    fn value<'v>(&'v self, name: &str, item: Item<'v>) -> Result<Option<Cow<'v, Value>>, Rejection> {
        Ok(match self {
            Self::Constant(value) => Some(Cow::Borrowed(value)),
            Self::Template(template) => template.fill(item)?.map(|text| Cow::Owned(text.into())),
            Self::First(nodes) => {
                nodes.paths.iter().find_map(|path| path.first(nodes.within(item), is_there)).map(Cow::Borrowed)
            }
            Self::Joined(nodes, by) => {
                let texts = nodes
                    .all(item)
                    .map(|node| convert::text(name, Cow::Borrowed(node)))
                    .collect::<Result<Vec<_>, _>>()?;
                Some(Cow::Owned(texts.join(by).into()))
            }
            Self::All(nodes) => {
                let all: Vec<Value> = nodes.all(item).cloned().collect();
                (!all.is_empty()).then(|| Cow::Owned(all.into()))
            }
            Self::RecordTime => item.recorded.map(|millis| Cow::Owned(millis.into())),
            Self::Count(nodes) => Some(Cow::Owned(nodes.all(item).count().into())),
        })
    }
}

impl Nodes {
    fn within<'v>(&self, item: Item<'v>) -> &'v Value {
        if self.in_root { item.root } else { item.item }
    }

    fn all<'v>(&'v self, item: Item<'v>) -> impl Iterator<Item = &'v Value> {
        self.paths.iter().flat_map(move |path| path.nodes(self.within(item))).filter(|node| is_there(node))
    }
}

impl Refine {
    fn apply<'v>(&self, name: &str, value: Cow<'v, Value>) -> Result<Cow<'v, Value>, Rejection> {
        if !self.html && self.prefixes.is_empty() && self.values.is_none() {
            return Ok(value);
        }
        let mut text = convert::text(name, value)?;
        if self.html {
            text = convert::plain(name, &text)?;
        }
        if let Some(rest) = self.prefixes.iter().find_map(|prefix| text.strip_prefix(prefix.as_str())) {
            text = rest.to_owned();
        }
        if let Some(values) = &self.values {
            let Some(meaning) = values.get(&text).or_else(|| values.get("*")) else {
                let known = values.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
                return Err(Rejection::invalid(name, &text, &format!("one of {known}")));
            };
            text = meaning.clone();
        }
        Ok(Cow::Owned(text.into()))
    }
}

/// Null and the empty text are nothing: CSV has no other way to say so.
fn is_there(value: &Value) -> bool {
    !matches!(value, Value::Null) && value.as_str() != Some("")
}
