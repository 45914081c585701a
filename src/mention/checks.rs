//! What must hold for a mention however it was read.

use jiff::{SignedDuration, Timestamp};

use super::decode::{Decoded, Op};
use super::{Mention, Reason, Rejection};

/// How much later than its record a mention may claim to be: clocks differ.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);
/// 1990-01-01T00:00:00Z. Nothing that people post online is older; what claims to be has a broken clock.
const EARLIEST: i64 = 631_152_000;

/// Refuses what cannot be a mention. `recorded` is the record's own time, in milliseconds since the epoch.
pub(super) fn check(decoded: Decoded, recorded: Option<i64>) -> Result<Decoded, Rejection> {
    let mention = &decoded.mention;
    for (field, value) in [("id", &mention.id), ("source", &mention.source)] {
        if value.trim().is_empty() {
            return Err(Rejection::missing(field, "a string that is not empty"));
        }
    }
    if !has_words(mention) && mention.rating.is_none() && decoded.op != Op::Deleted {
        let expected = "a text (it may be empty beside a title or a rating, or with op = \"deleted\")";
        return Err(Rejection::missing("text", expected));
    }
    if let Some(rating) = mention.rating {
        if rating.scale <= 0.0 {
            return Err(Rejection::invalid("rating.scale", &rating.scale.to_string(), "a number above 0"));
        }
        if !(0.0..=rating.scale).contains(&rating.value) {
            let expected = format!("a number from 0 to rating.scale, which is {}", rating.scale);
            return Err(Rejection::invalid("rating.value", &rating.value.to_string(), &expected));
        }
    }
    time(mention.created_at, recorded)?;
    Ok(decoded)
}

fn has_words(mention: &Mention) -> bool {
    [Some(&mention.text), mention.title.as_ref()].into_iter().flatten().any(|text| !text.trim().is_empty())
}

/// Refuses a `created_at` that no clock in order has written. `recorded` as above.
pub(crate) fn time(created_at: Timestamp, recorded: Option<i64>) -> Result<(), Rejection> {
    let refuse = |expected: String| {
        let detail = format!("found {created_at}, expected {expected}");
        Err(Rejection::new(Reason::TimeOutOfRange, Some("created_at"), detail))
    };
    if created_at.as_second() < EARLIEST {
        return refuse("1990 or later".to_owned());
    }
    let Some(recorded) = recorded.and_then(|millis| Timestamp::from_millisecond(millis).ok()) else { return Ok(()) };
    if created_at.duration_since(recorded) > AHEAD {
        return refuse(format!("at most five minutes later than the record itself, which is of {recorded}"));
    }
    Ok(())
}
