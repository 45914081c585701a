//! The TOML of a mapping, with the line of every part, so that errors can point at it.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::MappingError;

/// A mapping's text and what it is called.
#[derive(Clone, Copy)]
pub(super) struct Document<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

/// A part of the document and its path.
#[derive(Clone)]
pub(super) struct Part<'a> {
    pub(super) document: Document<'a>,
    pub(super) path: String,
    pub(super) value: Spanned<DeValue<'a>>,
}

impl<'a> Document<'a> {
    pub(super) fn parse(self) -> Result<Part<'a>, MappingError> {
        let table = DeTable::parse(self.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            self.invalid(at, "the file", "something that is not TOML", error.message())
        })?;
        let span = table.span();
        Ok(Part { document: self, path: String::new(), value: Spanned::new(span, DeValue::Table(table.into_inner())) })
    }

    fn invalid(self, at: usize, field: &str, found: &str, expected: &str) -> MappingError {
        let line = self.text.as_bytes()[..at.min(self.text.len())].iter().filter(|&&byte| byte == b'\n').count() + 1;
        MappingError::Invalid {
            file: self.file.to_owned(),
            line,
            field: field.to_owned(),
            found: found.to_owned(),
            expected: expected.to_owned(),
        }
    }
}

impl<'a> Part<'a> {
    pub(super) fn value(&self) -> &DeValue<'a> {
        self.value.get_ref()
    }

    /// An error about this part: what stands here against what may.
    pub(super) fn expected(&self, expected: &str) -> MappingError {
        self.error(&found(self.value()), expected)
    }

    pub(super) fn error(&self, found: &str, expected: &str) -> MappingError {
        let Range { start, .. } = self.value.span();
        let field = if self.path.is_empty() { "the file" } else { &self.path };
        self.document.invalid(start, field, found, expected)
    }

    pub(super) fn string(&self) -> Result<&str, MappingError> {
        match self.value() {
            DeValue::String(text) => Ok(text),
            _ => Err(self.expected("a string")),
        }
    }

    pub(super) fn boolean(&self) -> Result<bool, MappingError> {
        match self.value() {
            DeValue::Boolean(flag) => Ok(*flag),
            _ => Err(self.expected("true or false")),
        }
    }

    pub(super) fn number(&self) -> Result<serde_json::Value, MappingError> {
        let written = match self.value() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
            DeValue::Float(number) => number.as_str(),
            _ => return Err(self.expected("a number")),
        };
        written.parse::<serde_json::Number>().map(Into::into).map_err(|_| self.expected("a decimal number"))
    }

    /// One string, or several in an array.
    pub(super) fn strings(&self) -> Result<Vec<Part<'a>>, MappingError> {
        let parts = match self.value() {
            DeValue::Array(_) => self.elements(),
            _ => vec![self.clone()],
        };
        for part in &parts {
            part.string()?;
        }
        Ok(parts)
    }

    /// The elements of an array; none of anything else.
    pub(super) fn elements(&self) -> Vec<Part<'a>> {
        let DeValue::Array(elements) = self.value() else { return Vec::new() };
        let part = |(at, value): (usize, &Spanned<DeValue<'a>>)| self.inner(&format!("[{at}]"), value.clone());
        elements.iter().enumerate().map(part).collect()
    }

    /// The entries of a table, in the order of their names.
    pub(super) fn entries(&self) -> Result<Vec<(Cow<'a, str>, Part<'a>)>, MappingError> {
        let DeValue::Table(table) = self.value() else { return Err(self.expected("a table")) };
        let entry = |(name, value): (&Spanned<Cow<'a, str>>, &Spanned<DeValue<'a>>)| {
            let dot = if self.path.is_empty() { "" } else { "." };
            (name.get_ref().clone(), self.inner(&format!("{dot}{}", name.get_ref()), value.clone()))
        };
        Ok(table.iter().map(entry).collect())
    }

    fn inner(&self, step: &str, value: Spanned<DeValue<'a>>) -> Part<'a> {
        Part { document: self.document, path: format!("{}{step}", self.path), value }
    }
}

fn found(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => crate::mention::rejection::quoted(text),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(elements) => format!("an array of {}", elements.len()),
        DeValue::Table(table) => format!("a table of {}", table.len()),
    }
}
