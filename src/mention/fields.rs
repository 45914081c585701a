//! Single JSON values to the types of the mention, with a precise rejection where they do not fit.

use jiff::Timestamp;
use serde_json::Value;

use super::decode::Op;
use super::{Kind, Rejection};

/// What `created_at` looks like.
pub(super) const TIME: &str = "a time such as 2026-03-01T09:30:00Z";

/// The names of the kinds.
pub(super) const KINDS: &[(&str, Kind)] = &[
    ("post", Kind::Post),
    ("comment", Kind::Comment),
    ("reply", Kind::Reply),
    ("review", Kind::Review),
    ("share", Kind::Share),
];

/// The names of the ops.
pub(super) const OPS: &[(&str, Op)] = &[("observed", Op::Observed), ("edited", Op::Edited), ("deleted", Op::Deleted)];

pub(super) fn text(field: &str, value: &Value) -> Result<String, Rejection> {
    value.as_str().map(str::to_owned).ok_or_else(|| Rejection::mistyped(field, value, "a string"))
}

pub(super) fn flag(field: &str, value: &Value) -> Result<bool, Rejection> {
    value.as_bool().ok_or_else(|| Rejection::mistyped(field, value, "true or false"))
}

pub(super) fn number(field: &str, value: &Value) -> Result<f64, Rejection> {
    value.as_f64().ok_or_else(|| Rejection::mistyped(field, value, "a number"))
}

/// Below it every whole number is exact as a float: 2^53. `3.0` is a whole number to JSON Schema, and so it is here.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number of 0 or more.
pub(super) fn count(field: &str, value: &Value) -> Result<u64, Rejection> {
    const EXPECTED: &str = "a whole number of 0 or more";
    match value {
        Value::Number(number) => {
            let exact =
                |number: f64| (number.fract() == 0.0 && (0.0..EXACT).contains(&number)).then_some(number as u64);
            let read = number.as_u64().or_else(|| number.as_f64().and_then(exact));
            read.ok_or_else(|| Rejection::invalid(field, &number.to_string(), EXPECTED))
        }
        other => Err(Rejection::mistyped(field, other, EXPECTED)),
    }
}

/// A whole number.
pub(super) fn whole(field: &str, value: &Value) -> Result<i64, Rejection> {
    const EXPECTED: &str = "a whole number";
    match value {
        Value::Number(number) => {
            let exact = |number: f64| (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64);
            let read = number.as_i64().or_else(|| number.as_f64().and_then(exact));
            read.ok_or_else(|| Rejection::invalid(field, &number.to_string(), EXPECTED))
        }
        other => Err(Rejection::mistyped(field, other, EXPECTED)),
    }
}

/// A time with its offset from UTC.
pub(super) fn time(field: &str, value: &Value) -> Result<Timestamp, Rejection> {
    let Value::String(text) = value else { return Err(Rejection::mistyped(field, value, TIME)) };
    text.parse().map_err(|_| Rejection::invalid(field, text, TIME))
}

/// One of a closed set of names.
pub(super) fn name<T: Copy>(field: &str, value: &Value, names: &[(&str, T)]) -> Result<T, Rejection> {
    let expected = || format!("one of {}", names.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "));
    let Value::String(text) = value else { return Err(Rejection::mistyped(field, value, &expected())) };
    let found = names.iter().find(|(name, _)| name == text);
    found.map(|&(_, value)| value).ok_or_else(|| Rejection::invalid(field, text, &expected()))
}
