//! One item of a feed to one mention.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::compile::Compiled;
use super::convert;
use super::field::{Field, Item, Way};
use super::time::TimeFormat;
use crate::mention::decode::Decoded;
use crate::mention::{Author, Engagement, Mention, Rating, Rejection, fields};

/// Reads one mention.
pub(super) fn assemble(mapping: &Compiled, item: Item<'_>) -> Result<Decoded, Rejection> {
    let reader = Reader { mapping, item };
    let author = Author {
        id: reader.text("author.id")?,
        name: reader.text("author.name")?,
        handle: reader.text("author.handle")?,
        followers: reader.read("author.followers", convert::count)?,
        verified: reader.read("author.verified", convert::flag)?,
        bot: reader.read("author.bot", convert::flag)?,
    };
    let engagement = Engagement {
        likes: reader.read("engagement.likes", convert::whole)?,
        shares: reader.read("engagement.shares", convert::count)?,
        replies: reader.read("engagement.replies", convert::count)?,
        views: reader.read("engagement.views", convert::count)?,
    };
    let created_at = reader.optional("created_at", |field, value, way| {
        way.time.as_ref().unwrap_or(&TimeFormat::ISO).read(field, &value)
    })?;
    let mention = Mention {
        id: reader.text("id")?.ok_or_else(|| reader.missing("id", "a text or a number"))?,
        source: reader.text("source")?.ok_or_else(|| reader.missing("source", "a text"))?,
        text: reader.text("text")?.unwrap_or_default(),
        title: reader.text("title")?,
        url: reader.text("url")?,
        language: reader.text("language")?,
        created_at: created_at.ok_or_else(|| reader.missing("created_at", "a time"))?,
        kind: reader.read("kind", |field, value| fields::name(field, value, fields::KINDS))?,
        parent_id: reader.text("parent_id")?,
        parent_author: reader.text("parent_author")?,
        thread_id: reader.text("thread_id")?,
        author: (author != Author::default()).then_some(author),
        engagement: (engagement != Engagement::default()).then_some(engagement),
        rating: reader.rating()?,
        in_community: reader.text("in_community")?,
        extra: reader.extra()?,
    };
    Ok(Decoded {
        mention,
        op: reader.read("op", |field, value| fields::name(field, value, fields::OPS))?.unwrap_or_default(),
        revision: reader.optional("revision", revision)?.unwrap_or(0),
    })
}

/// A number, or the milliseconds since 1970 of a time.
fn revision(field: &str, value: Cow<'_, Value>, way: &Way) -> Result<u64, Rejection> {
    let Some(format) = &way.time else { return convert::count(field, &value) };
    let time = format.read(field, &value)?;
    u64::try_from(time.as_millisecond())
        .map_err(|_| Rejection::invalid(field, &time.to_string(), "a time later than 1970"))
}

struct Reader<'v> {
    mapping: &'v Compiled,
    item: Item<'v>,
}

impl<'v> Reader<'v> {
    fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str, Cow<'v, Value>, &Way) -> Result<T, Rejection>,
    ) -> Result<Option<T>, Rejection> {
        let Some(field) = self.mapping.field(name) else { return Ok(None) };
        let value = field.value(name, self.item);
        let read = value.and_then(|found| found.map(|(value, way)| read(name, value, way)).transpose());
        read.map_err(|rejection| located(rejection, field))
    }

    fn text(&self, name: &str) -> Result<Option<String>, Rejection> {
        self.optional(name, |field, value, _| convert::text(field, value))
    }

    fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str, &Value) -> Result<T, Rejection>,
    ) -> Result<Option<T>, Rejection> {
        self.optional(name, |field, value, _| read(field, &value))
    }

    fn missing(&self, name: &str, expected: &str) -> Rejection {
        let missing = Rejection::missing(name, expected);
        self.mapping.field(name).map_or(missing.clone(), |field| located(missing, field))
    }

    /// No rating without a value: the scale is mostly a constant.
    fn rating(&self) -> Result<Option<Rating>, Rejection> {
        let Some(value) = self.read("rating.value", convert::number)? else { return Ok(None) };
        let scale = self.read("rating.scale", convert::number)?;
        let scale = scale.ok_or_else(|| self.missing("rating.scale", "a number"))?;
        Ok(Some(Rating { value, scale }))
    }

    fn extra(&self) -> Result<Option<Map<String, Value>>, Rejection> {
        let mut extra = Map::new();
        for (name, field) in &self.mapping.extra {
            let value = field.value(name, self.item).map_err(|rejection| located(rejection, field))?;
            if let Some((value, _)) = value {
                extra.insert(name.clone(), value.into_owned());
            }
        }
        Ok((!extra.is_empty()).then_some(extra))
    }
}

/// Says where in the feed's own JSON the trouble is.
fn located(rejection: Rejection, field: &Field) -> Rejection {
    let places = field.places();
    if places.is_empty() {
        return rejection;
    }
    let Rejection { reason, field, detail } = rejection;
    Rejection::new(reason, field.as_deref(), format!("{detail} (mapped from {places})"))
}
