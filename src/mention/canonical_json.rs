//! The canonical mention as JSON: first the fast way, which takes exactly the fields of the schema, then the patient way,
//! which keeps what the schema does not name and says precisely what is wrong.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::decode::{Decoded, Op};
use super::{Author, Engagement, Kind, Mention, Rating, Reason, Rejection, fields};

/// Reads one canonical mention.
pub(super) fn read(json: &str) -> Result<Decoded, Rejection> {
    match serde_json::from_str::<Wire>(json) {
        Ok(wire) => Ok(wire.into()),
        Err(_) => patiently(parse_object(json)?),
    }
}

/// Parses a JSON object.
pub(super) fn parse_object(json: &str) -> Result<Map<String, Value>, Rejection> {
    match serde_json::from_str(json) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(other) => {
            let found = super::rejection::describe(&other);
            Err(Rejection::new(Reason::NotJson, None, format!("found {found}, expected a JSON object")))
        }
        Err(error) => Err(Rejection::new(Reason::NotJson, None, format!("expected a JSON object: {error}"))),
    }
}

/// The schema's fields and no other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    id: String,
    source: String,
    #[serde(default)]
    text: String,
    title: Option<String>,
    url: Option<String>,
    language: Option<String>,
    created_at: Timestamp,
    kind: Option<Kind>,
    parent_id: Option<String>,
    parent_author: Option<String>,
    thread_id: Option<String>,
    author: Option<WireAuthor>,
    engagement: Option<WireEngagement>,
    rating: Option<WireRating>,
    in_community: Option<String>,
    extra: Option<Map<String, Value>>,
    #[serde(default)]
    op: Op,
    #[serde(default)]
    revision: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireAuthor {
    id: Option<String>,
    name: Option<String>,
    handle: Option<String>,
    followers: Option<u64>,
    verified: Option<bool>,
    bot: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireEngagement {
    likes: Option<i64>,
    shares: Option<u64>,
    replies: Option<u64>,
    views: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRating {
    value: f64,
    scale: f64,
}

impl From<Wire> for Decoded {
    fn from(wire: Wire) -> Self {
        let mention = Mention {
            id: wire.id,
            source: wire.source,
            text: wire.text,
            title: wire.title,
            url: wire.url,
            language: wire.language,
            created_at: wire.created_at,
            kind: wire.kind,
            parent_id: wire.parent_id,
            parent_author: wire.parent_author,
            thread_id: wire.thread_id,
            author: wire.author.map(|WireAuthor { id, name, handle, followers, verified, bot }| Author {
                id,
                name,
                handle,
                followers,
                verified,
                bot,
            }),
            engagement: wire.engagement.map(|WireEngagement { likes, shares, replies, views }| Engagement {
                likes,
                shares,
                replies,
                views,
            }),
            rating: wire.rating.map(|WireRating { value, scale }| Rating { value, scale }),
            in_community: wire.in_community,
            extra: wire.extra,
        };
        Self { mention, op: wire.op, revision: wire.revision }
    }
}

fn patiently(fields: Map<String, Value>) -> Result<Decoded, Rejection> {
    let mut top = Section { path: String::new(), fields };
    let id = top.required("id", "a string", fields::text)?;
    let source = top.required("source", "a string", fields::text)?;
    let created_at = top.required("created_at", fields::TIME, fields::time)?;
    let author = top.section("author", |section| {
        Ok(Author {
            id: section.optional("id", fields::text)?,
            name: section.optional("name", fields::text)?,
            handle: section.optional("handle", fields::text)?,
            followers: section.optional("followers", fields::count)?,
            verified: section.optional("verified", fields::flag)?,
            bot: section.optional("bot", fields::flag)?,
        })
    })?;
    let engagement = top.section("engagement", |section| {
        Ok(Engagement {
            likes: section.optional("likes", fields::whole)?,
            shares: section.optional("shares", fields::count)?,
            replies: section.optional("replies", fields::count)?,
            views: section.optional("views", fields::count)?,
        })
    })?;
    let rating = top.section("rating", |section| {
        Ok(Rating {
            value: section.required("value", "a number", fields::number)?,
            scale: section.required("scale", "a number", fields::number)?,
        })
    })?;
    let extra = top.section("extra", |section| Ok(std::mem::take(&mut section.fields)))?;
    let op = top.optional("op", |field, value| fields::name(field, value, fields::OPS))?;
    let revision = top.optional("revision", fields::count)?;
    let mut mention = Mention {
        id,
        source,
        text: top.optional("text", fields::text)?.unwrap_or_default(),
        title: top.optional("title", fields::text)?,
        url: top.optional("url", fields::text)?,
        language: top.optional("language", fields::text)?,
        created_at,
        kind: top.optional("kind", |field, value| fields::name(field, value, fields::KINDS))?,
        parent_id: top.optional("parent_id", fields::text)?,
        parent_author: top.optional("parent_author", fields::text)?,
        thread_id: top.optional("thread_id", fields::text)?,
        author,
        engagement,
        rating,
        in_community: top.optional("in_community", fields::text)?,
        extra,
    };
    for (name, value) in top.fields {
        mention.extra.get_or_insert_default().entry(name).or_insert(value);
    }
    Ok(Decoded { mention, op: op.unwrap_or_default(), revision: revision.unwrap_or(0) })
}

/// An object whose fields are taken out one by one; what is left is unknown to the schema.
struct Section {
    /// In front of its fields' names: nothing, or `author.`.
    path: String,
    fields: Map<String, Value>,
}

impl Section {
    fn optional<T>(
        &mut self,
        name: &str,
        read: impl Fn(&str, &Value) -> Result<T, Rejection>,
    ) -> Result<Option<T>, Rejection> {
        match self.fields.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(&self.named(name), &value).map(Some),
        }
    }

    fn required<T>(
        &mut self,
        name: &str,
        expected: &str,
        read: impl Fn(&str, &Value) -> Result<T, Rejection>,
    ) -> Result<T, Rejection> {
        self.optional(name, read)?.ok_or_else(|| Rejection::missing(&self.named(name), expected))
    }

    /// Reads an object inside this one. What it does not name stays here, under its full path.
    fn section<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&mut Self) -> Result<T, Rejection>,
    ) -> Result<Option<T>, Rejection> {
        let fields = match self.fields.remove(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Object(fields)) => fields,
            Some(other) => return Err(Rejection::mistyped(&self.named(name), &other, "an object")),
        };
        let mut inner = Self { path: format!("{}.", self.named(name)), fields };
        let value = read(&mut inner)?;
        self.fields.extend(inner.fields.into_iter().map(|(field, value)| (format!("{name}.{field}"), value)));
        Ok(Some(value))
    }

    fn named(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }
}
