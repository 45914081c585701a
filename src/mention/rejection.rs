//! Why an input could not be read: the closed set of reasons of a dead letter.

use std::fmt;

use serde_json::Value;

/// Why a record became a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The record has no value.
    Empty,
    /// The value is larger than `limits.max_record_bytes`.
    TooLarge,
    /// The value is not UTF-8.
    NotUtf8,
    /// The value is not a JSON object.
    NotJson,
    /// A required field is missing, null or empty.
    MissingField,
    /// A field has the wrong type.
    MistypedField,
    /// A field's value is of the right type and means nothing (an unknown kind, a malformed time).
    InvalidValue,
    /// `created_at` is too early, or later than the record's own timestamp allows.
    TimeOutOfRange,
    /// It was read, but made its chunk fail again and again, alone as well.
    Unprocessable,
}

impl Reason {
    /// All reasons, for docs, metrics and schemas.
    pub const ALL: [Self; 9] = [
        Self::Empty,
        Self::TooLarge,
        Self::NotUtf8,
        Self::NotJson,
        Self::MissingField,
        Self::MistypedField,
        Self::InvalidValue,
        Self::TimeOutOfRange,
        Self::Unprocessable,
    ];

    /// The name in headers and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::NotUtf8 => "not_utf8",
            Self::NotJson => "not_json",
            Self::MissingField => "missing_field",
            Self::MistypedField => "mistyped_field",
            Self::InvalidValue => "invalid_value",
            Self::TimeOutOfRange => "time_out_of_range",
            Self::Unprocessable => "unprocessable",
        }
    }
}

/// What is wrong with an input, said so that its sender can mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The reason, from the closed set.
    pub reason: Reason,
    /// The field it is about (`author.followers`), where there is one.
    pub field: Option<String>,
    /// What was found and what was expected; at most 300 characters.
    pub detail: String,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason.name())?;
        if let Some(field) = &self.field {
            write!(f, " at {field}")?;
        }
        write!(f, ": {}", self.detail)
    }
}

/// The longest [`Rejection::detail`], in characters.
const LONGEST_DETAIL: usize = 300;

impl Rejection {
    /// A rejection whose detail is cut to its longest allowed length.
    pub fn new(reason: Reason, field: Option<&str>, detail: impl Into<String>) -> Self {
        let mut detail = detail.into();
        if let Some((cut, _)) = detail.char_indices().nth(LONGEST_DETAIL) {
            detail.truncate(cut);
        }
        Self { reason, field: field.map(str::to_owned), detail }
    }

    /// A required field is not there, null or empty.
    pub(super) fn missing(field: &str, expected: &str) -> Self {
        Self::new(Reason::MissingField, Some(field), format!("found nothing, expected {expected}"))
    }

    /// A field of the wrong type.
    pub(super) fn mistyped(field: &str, found: &Value, expected: &str) -> Self {
        Self::new(Reason::MistypedField, Some(field), format!("found {}, expected {expected}", describe(found)))
    }

    /// A field of the right type that means nothing.
    pub(super) fn invalid(field: &str, found: &str, expected: &str) -> Self {
        Self::new(Reason::InvalidValue, Some(field), format!("found {}, expected {expected}", quoted(found)))
    }
}

/// A value in words, short enough for a message.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => format!("{value}"),
        Value::Number(number) => format!("the number {}", shortened(&number.to_string())),
        Value::String(text) => format!("the string {}", quoted(text)),
        Value::Array(items) => format!("an array of {}", items.len()),
        Value::Object(fields) => format!("an object of {} fields", fields.len()),
    }
}

/// A text in quotation marks, shortened, its control characters escaped.
pub(super) fn quoted(text: &str) -> String {
    format!("{:?}", shortened(text))
}

fn shortened(text: &str) -> String {
    const LONGEST: usize = 60;
    match text.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}
