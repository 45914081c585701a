//! Bytes to mentions.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Mapping, Mention, Reason, Record, Rejection, canonical_json, checks};

/// What happened to the mention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Op {
    /// It was written (or seen again).
    #[default]
    Observed,
    /// Its author changed it.
    Edited,
    /// Its author or the platform took it down.
    Deleted,
}

impl Op {
    fn is_observed(&self) -> bool {
        *self == Self::Observed
    }
}

/// One mention out of a record. Serialised, it is the canonical JSON that it can be decoded from again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Decoded {
    /// The mention.
    #[serde(flatten)]
    pub mention: Mention,
    /// What happened to it.
    #[serde(skip_serializing_if = "Op::is_observed")]
    pub op: Op,
    /// Grows with each edit, from 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub revision: u64,
}

fn is_zero(revision: &u64) -> bool {
    *revision == 0
}

/// Reads the records of one input topic.
#[derive(Debug, Clone)]
pub struct Decoder {
    /// How to read a feed of another shape; `None` reads the canonical mention.
    pub mapping: Option<Arc<Mapping>>,
    /// Larger values are refused unread.
    pub max_record_bytes: usize,
}

impl Decoder {
    /// The mentions of a record: one for a canonical value, any number for a mapping that fans out or passes over what is
    /// no mention. Each that cannot be read is an error of its own, so that one bad item of a batch does not lose its
    /// neighbours.
    ///
    /// A canonical value is the mention of docs/schemas/mention.v1.json, with `op` and `revision` beside its fields where
    /// they are not `observed` and 0. Fields that the schema does not name are kept under `extra`, inner ones by their path
    /// (`author.location`). Nothing is converted: an id that is a number is mistyped.
    pub fn decode(&self, record: &Record) -> Vec<Result<Decoded, Rejection>> {
        let json = match self.readable(record) {
            Ok(json) => json,
            Err(rejection) => return vec![Err(rejection)],
        };
        let check = |read: Result<Decoded, Rejection>| read.and_then(|read| checks::check(read, record.timestamp));
        match &self.mapping {
            None => vec![check(canonical_json::read(json))],
            Some(mapping) => mapping.read(json, record.timestamp).into_iter().map(check).collect(),
        }
    }

    fn readable<'a>(&self, record: &'a Record) -> Result<&'a str, Rejection> {
        let bytes = record.payload.as_deref().unwrap_or_default();
        if bytes.is_empty() {
            return Err(Rejection::new(Reason::Empty, None, "the record has no value"));
        }
        if bytes.len() > self.max_record_bytes {
            let detail = format!("found {} bytes, expected at most {}", bytes.len(), self.max_record_bytes);
            return Err(Rejection::new(Reason::TooLarge, None, detail));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            Rejection::new(Reason::NotUtf8, None, format!("byte {} is not UTF-8", error.valid_up_to()))
        })?;
        Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
    }
}
