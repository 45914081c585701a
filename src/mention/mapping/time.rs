//! The ways in which feeds write time.

use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::mention::Rejection;

/// How a time is written.
#[derive(Debug, Clone)]
pub(super) struct TimeFormat {
    pub(super) notation: Notation,
    /// Where times that name no offset were written.
    pub(super) zone: Option<TimeZone>,
}

#[derive(Debug, Clone)]
pub(super) enum Notation {
    /// ISO 8601.
    Iso,
    /// Numbers since 1970: so many of them make a second.
    Epoch { per_second: i64 },
    /// As `strptime` reads it.
    Pattern(String),
}

impl TimeFormat {
    /// ISO 8601 with an offset.
    pub(super) const ISO: Self = Self { notation: Notation::Iso, zone: None };

    pub(super) fn read(&self, field: &str, value: &Value) -> Result<Timestamp, Rejection> {
        let expected = self.expected();
        let read = match (&self.notation, value) {
            (Notation::Iso, Value::String(text)) => {
                text.parse().ok().or_else(|| self.in_zone(text.parse::<DateTime>().ok()?))
            }
            (Notation::Pattern(pattern), Value::String(text)) => self.by_pattern(pattern, text),
            (Notation::Epoch { per_second }, Value::Number(number)) => match number.as_i64() {
                Some(whole) => since_epoch(whole, *per_second),
                None => number.as_f64().and_then(|number| fraction_since_epoch(number, *per_second)),
            },
            (Notation::Epoch { per_second }, Value::String(digits)) => {
                digits.trim().parse().ok().and_then(|whole| since_epoch(whole, *per_second))
            }
            _ => return Err(Rejection::mistyped(field, value, &expected)),
        };
        let found = || value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        read.ok_or_else(|| Rejection::invalid(field, &found(), &expected))
    }

    fn by_pattern(&self, pattern: &str, text: &str) -> Option<Timestamp> {
        let broken_down = strtime::parse(pattern, text).ok()?;
        if broken_down.offset().is_some() {
            return broken_down.to_timestamp().ok();
        }
        let civil = broken_down.to_datetime().or_else(|_| broken_down.to_date().map(Date::into)).ok()?;
        self.in_zone(civil)
    }

    fn in_zone(&self, civil: DateTime) -> Option<Timestamp> {
        self.zone.as_ref()?.to_timestamp(civil).ok()
    }

    fn expected(&self) -> String {
        match &self.notation {
            Notation::Iso if self.zone.is_some() => "a time such as 2026-03-01T09:30:00".to_owned(),
            Notation::Iso => "a time with an offset, such as 2026-03-01T09:30:00Z (for times without one the mapping has to name a timezone)".to_owned(),
            Notation::Epoch { per_second: 1 } => "seconds since 1970".to_owned(),
            Notation::Epoch { per_second: 1_000 } => "milliseconds since 1970".to_owned(),
            Notation::Epoch { .. } => "microseconds since 1970".to_owned(),
            Notation::Pattern(pattern) => format!("a time written as {pattern}"),
        }
    }
}

fn since_epoch(whole: i64, per_second: i64) -> Option<Timestamp> {
    let nanoseconds = whole.rem_euclid(per_second) * (1_000_000_000 / per_second);
    Timestamp::new(whole.div_euclid(per_second), i32::try_from(nanoseconds).ok()?).ok()
}

fn fraction_since_epoch(number: f64, per_second: i64) -> Option<Timestamp> {
    let since = SignedDuration::try_from_secs_f64(number / per_second as f64).ok()?;
    Timestamp::from_duration(since).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(notation: Notation, zone: Option<&str>, value: Value) -> Result<String, Rejection> {
        let zone = zone.map(|name| TimeZone::get(name).unwrap());
        TimeFormat { notation, zone }.read("created_at", &value).map(|time| time.to_string())
    }

    #[test]
    fn every_notation_reads_the_same_moment() {
        let moment = "2026-03-01T09:30:05Z";
        let pattern = |text: &str| Notation::Pattern(text.to_owned());
        for (notation, zone, value) in [
            (Notation::Iso, None, json!("2026-03-01T09:30:05Z")),
            (Notation::Iso, None, json!("2026-03-01 01:30:05-08:00")),
            (Notation::Iso, None, json!("2026-03-01T10:30:05+0100")),
            (Notation::Iso, Some("Europe/Belgrade"), json!("2026-03-01T10:30:05")),
            (Notation::Iso, Some("Europe/Belgrade"), json!("2026-03-01T09:30:05Z")),
            (Notation::Epoch { per_second: 1 }, None, json!(1_772_357_405)),
            (Notation::Epoch { per_second: 1 }, None, json!(1_772_357_405.0)),
            (Notation::Epoch { per_second: 1 }, None, json!("1772357405")),
            (Notation::Epoch { per_second: 1_000 }, None, json!(1_772_357_405_000_i64)),
            (Notation::Epoch { per_second: 1_000_000 }, None, json!(1_772_357_405_000_000_i64)),
            (pattern("%a %b %d %H:%M:%S %z %Y"), None, json!("Sun Mar 01 09:30:05 +0000 2026")),
            (pattern("%Y-%m-%d %H:%M:%S %z"), None, json!("2026-03-01 01:30:05 -0800")),
            (pattern("%d.%m.%Y %H:%M:%S"), Some("Atlantic/Reykjavik"), json!("01.03.2026 09:30:05")),
        ] {
            assert_eq!(read(notation, zone, value.clone()).as_deref(), Ok(moment), "{value}");
        }
        assert_eq!(
            read(Notation::Epoch { per_second: 1_000 }, None, json!(-1)).as_deref(),
            Ok("1969-12-31T23:59:59.999Z")
        );
    }

    #[test]
    fn a_time_that_is_none_is_refused() {
        assert!(read(Notation::Iso, None, json!("2026-03-01T09:30:05")).unwrap_err().detail.contains("timezone"));
        assert!(read(Notation::Epoch { per_second: 1 }, None, json!("soon")).is_err());
        assert!(read(Notation::Epoch { per_second: 1 }, None, json!(i64::MAX)).is_err());
        assert!(read(Notation::Epoch { per_second: 1 }, None, json!(1e300)).is_err());
        assert!(read(Notation::Iso, None, json!(5)).is_err());
    }
}
