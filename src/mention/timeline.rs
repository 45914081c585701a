//! A recorded stream played again: when each mention is due, and which time it then bears.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Lays a recorded stream over the clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timeline {
    /// `created_at` of the first mention.
    first: Timestamp,
    /// When it is played.
    start: Timestamp,
    /// How many times as fast as it was recorded; above 0.
    speed: f64,
}

impl Timeline {
    /// A stream whose first mention is of `first`, played from `start` at `speed` times its pace. `None` if `speed` is not
    /// above 0.
    pub fn new(first: Timestamp, start: Timestamp, speed: f64) -> Option<Self> {
        (speed > 0.0 && speed.is_finite()).then_some(Self { first, start, speed })
    }

    /// How long after the start a mention is due; nothing for one that is older than the first.
    pub fn due(&self, created_at: Timestamp) -> Duration {
        let since = created_at.duration_since(self.first).as_secs_f64() / self.speed;
        Duration::try_from_secs_f64(since.max(0.0)).unwrap_or(Duration::MAX)
    }

    /// The time that a mention bears when its stream is moved to now: that at which it is due. The pace of the stream is the
    /// pace of its times, whatever the speed, so that none lies ahead of the clock.
    pub fn moved(&self, created_at: Timestamp) -> Timestamp {
        let due = SignedDuration::try_from(self.due(created_at)).unwrap_or(SignedDuration::MAX);
        self.start.checked_add(due).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_at_the_speed_of_a_day_in_a_minute_takes_a_minute() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let start = at("2026-03-01T12:00:00Z");
        let timeline = Timeline::new(at("2015-02-16T00:00:00Z"), start, 1440.0).unwrap();
        let noon = at("2015-02-16T12:00:00Z");
        assert_eq!(timeline.due(noon), Duration::from_secs(30));
        assert_eq!(timeline.moved(noon), at("2026-03-01T12:00:30Z"));
        assert_eq!(timeline.due(at("2015-02-15T00:00:00Z")), Duration::ZERO);
        assert_eq!(timeline.moved(at("2015-02-15T00:00:00Z")), start);
        assert_eq!(Timeline::new(start, start, 0.0), None);
        assert_eq!(Timeline::new(start, start, f64::NAN), None);
        assert_eq!(Timeline::new(Timestamp::MIN, Timestamp::MAX, 1e-9).unwrap().moved(Timestamp::MAX), Timestamp::MAX);
    }
}
