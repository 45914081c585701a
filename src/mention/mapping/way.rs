//! One field's TOML to the ways in which its value may come.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde_json::Value;
use toml::de::DeValue;

use super::MappingError;
use super::compile::path;
use super::document::Part;
use super::field::{Field, From, Nodes, Refine, Way};
use super::path::Path;
use super::template::{Piece, Template, split};
use super::time::{Notation, TimeFormat};
use crate::mention::fields::{KINDS, OPS};

/// The fields of the document, by name: templates refer to them.
pub(super) type Fields<'a> = BTreeMap<String, Part<'a>>;

const KEYS: &str =
    "path, root, count, value, template, join, all, default, values, strip_prefix, html, format, timezone, record_time";
/// Fields in templates may be templates themselves, to this depth; deeper is a circle.
const DEEPEST: usize = 8;

/// Compiles a field.
pub(super) fn field(name: &str, part: &Part<'_>, fields: &Fields<'_>) -> Result<Field, MappingError> {
    Compiler { name, fields, depth: 0 }.field(part)
}

struct Compiler<'f, 'a> {
    name: &'f str,
    fields: &'f Fields<'a>,
    depth: usize,
}

impl Compiler<'_, '_> {
    fn field(&self, part: &Part<'_>) -> Result<Field, MappingError> {
        let parts = match part.value() {
            DeValue::Array(_) => part.elements(),
            _ => vec![part.clone()],
        };
        if parts.is_empty() {
            return Err(part.expected("at least one path or value"));
        }
        let mut ways = Vec::new();
        for part in &parts {
            self.ways(part, &mut ways)?;
        }
        Ok(Field(ways))
    }

    fn ways(&self, part: &Part<'_>, ways: &mut Vec<Way>) -> Result<(), MappingError> {
        let plain = |from| Way { from, refine: Refine::default(), time: None };
        match part.value() {
            DeValue::String(text) if text.starts_with('$') => {
                ways.push(plain(From::First(Nodes { paths: vec![path(part)?], in_root: false })));
            }
            DeValue::String(text) if text.contains(['{', '}']) => {
                ways.push(plain(From::Template(self.template(part)?)))
            }
            DeValue::Table(_) => self.table(part, ways)?,
            _ => ways.push(plain(From::Constant(self.constant(part)?))),
        }
        Ok(())
    }

    fn table(&self, part: &Part<'_>, ways: &mut Vec<Way>) -> Result<(), MappingError> {
        let (mut from, mut join, mut all, mut default) = (None, None, false, None);
        let mut refine = Refine::default();
        let is_time = matches!(self.name, "created_at" | "revision");
        let (mut notation, mut zone) = (None, None);
        for (key, value) in part.entries()? {
            let origin = match key.as_ref() {
                "path" => Some(From::First(nodes(&value, false)?)),
                "root" => Some(From::First(nodes(&value, true)?)),
                "count" => Some(From::Count(nodes(&value, false)?)),
                "value" => Some(From::Constant(self.constant(&value)?)),
                "template" => Some(From::Template(self.template(&value)?)),
                "record_time" if self.name == "created_at" => value.boolean()?.then_some(From::RecordTime),
                "join" => {
                    join = Some(value.string()?.to_owned());
                    None
                }
                "all" => {
                    all = value.boolean()?;
                    None
                }
                "default" => {
                    default = Some(From::Constant(self.constant(&value)?));
                    None
                }
                "values" => {
                    refine.values = Some(self.values(&value)?);
                    None
                }
                "strip_prefix" => {
                    refine.prefixes = strings(&value)?;
                    None
                }
                "html" => {
                    refine.html = value.boolean()?;
                    None
                }
                "format" if is_time => {
                    notation = Some(self::notation(&value)?);
                    None
                }
                "timezone" if is_time => {
                    zone = Some(self::zone(&value)?);
                    None
                }
                "format" | "timezone" => {
                    return Err(value.error(&format!("{key} of {}", self.name), "it at created_at or revision"));
                }
                _ => return Err(value.error(&format!("the unknown key {key}"), &format!("one of {KEYS}"))),
            };
            if let (Some(_), Some(_)) = (&origin, &from) {
                return Err(
                    part.error("two origins of the value", "one of path, root, count, value, template and record_time")
                );
            }
            from = origin.or(from);
        }
        let from = match (from, join, all) {
            (None, ..) => {
                return Err(
                    part.error("no origin of the value", "one of path, root, count, value, template and record_time")
                );
            }
            (Some(From::First(nodes)), Some(join), false) => From::Joined(nodes, join),
            (Some(From::First(nodes)), None, true) => From::All(nodes),
            (Some(from), None, false) => from,
            _ => return Err(part.error("join or all", "at most one of them, beside path or root")),
        };
        if matches!(from, From::RecordTime) {
            notation = Some(Notation::Epoch { per_second: 1_000 });
        }
        let is_written = notation.is_some() || zone.is_some();
        let time = is_written.then(|| TimeFormat { notation: notation.unwrap_or(Notation::Iso), zone });
        ways.push(Way { from, refine, time });
        ways.extend(default.map(|from| Way { from, refine: Refine::default(), time: None }));
        Ok(())
    }

    /// A constant; one of `kind` or `op` has to be one of their names.
    fn constant(&self, part: &Part<'_>) -> Result<Value, MappingError> {
        let value = match part.value() {
            DeValue::String(text) => Value::from(text.as_ref()),
            DeValue::Boolean(flag) => Value::from(*flag),
            DeValue::Integer(_) | DeValue::Float(_) => part.number()?,
            _ => {
                return Err(
                    part.expected(&format!("a path ($.…), a text, a number, true, false, or a table of {KEYS}"))
                );
            }
        };
        self.check_name(part, value.as_str())?;
        Ok(value)
    }

    fn check_name(&self, part: &Part<'_>, text: Option<&str>) -> Result<(), MappingError> {
        let names: Vec<&str> = match self.name {
            "kind" => KINDS.iter().map(|(name, _)| *name).collect(),
            "op" => OPS.iter().map(|(name, _)| *name).collect(),
            _ => return Ok(()),
        };
        if text.is_some_and(|text| names.contains(&text)) {
            Ok(())
        } else {
            Err(part.expected(&format!("one of {}", names.join(", "))))
        }
    }

    fn values(&self, part: &Part<'_>) -> Result<BTreeMap<String, String>, MappingError> {
        let meaning = |(word, part): (std::borrow::Cow<'_, str>, Part<'_>)| {
            let meaning = part.string()?.to_owned();
            self.check_name(&part, Some(&meaning))?;
            Ok((word.into_owned(), meaning))
        };
        part.entries()?.into_iter().map(meaning).collect()
    }

    fn template(&self, part: &Part<'_>) -> Result<Template, MappingError> {
        let pieces = split(part.string()?).ok_or_else(|| part.expected("every { with its }"))?;
        let piece = |(is_hole, text): (bool, &str)| {
            if !is_hole {
                return Ok(Piece::Text(text.to_owned()));
            }
            if text.starts_with('$') {
                let path = Path::parse(text)
                    .map_err(|error| part.expected(&format!("JSONPaths (RFC 9535) in {{}}: {error}")))?;
                let from = From::First(Nodes { paths: vec![path], in_root: false });
                let way = Way { from, refine: Refine::default(), time: None };
                return Ok(Piece::Hole(self.name.to_owned(), Field(vec![way])));
            }
            let Some(other) = self.fields.get(text) else {
                return Err(
                    part.expected(&format!("{{}} around a path or a field that the mapping fills, not {text:?}"))
                );
            };
            if self.depth == DEEPEST {
                return Err(part.expected("fields that do not refer to each other in a circle"));
            }
            let field = Compiler { name: text, fields: self.fields, depth: self.depth + 1 }.field(other)?;
            Ok(Piece::Hole(text.to_owned(), field))
        };
        pieces.into_iter().map(piece).collect::<Result<_, _>>().map(Template)
    }
}

fn nodes(part: &Part<'_>, in_root: bool) -> Result<Nodes, MappingError> {
    let paths = part.strings()?.iter().map(path).collect::<Result<_, _>>()?;
    Ok(Nodes { paths, in_root })
}

fn strings(part: &Part<'_>) -> Result<Vec<String>, MappingError> {
    part.strings()?.iter().map(|part| part.string().map(str::to_owned)).collect()
}

fn notation(part: &Part<'_>) -> Result<Notation, MappingError> {
    match part.string()? {
        "iso" => Ok(Notation::Iso),
        "seconds" => Ok(Notation::Epoch { per_second: 1 }),
        "milliseconds" => Ok(Notation::Epoch { per_second: 1_000 }),
        "microseconds" => Ok(Notation::Epoch { per_second: 1_000_000 }),
        pattern if pattern.contains('%') => {
            let try_out = strtime::format(pattern, &Timestamp::UNIX_EPOCH.to_zoned_datetime(TimeZone::UTC));
            try_out.map_err(|error| part.expected(&format!("a strptime pattern: {error}")))?;
            Ok(Notation::Pattern(pattern.to_owned()))
        }
        _ => {
            Err(part.expected("iso, seconds, milliseconds, microseconds, or a strptime pattern such as %d.%m.%Y %H:%M"))
        }
    }
}

fn zone(part: &Part<'_>) -> Result<TimeZone, MappingError> {
    let expected = || part.expected("a time zone such as Europe/Belgrade, UTC or +01:00");
    let name = part.string()?;
    if name.starts_with(['+', '-']) {
        let sample: jiff::ZonedDateTime =
            format!("2000-01-01T00:00:00{name}[{name}]").parse().map_err(|_| expected())?;
        return Ok(sample.time_zone().clone());
    }
    TimeZone::get(name).map_err(|_| expected())
}
