//! Counts by day of event time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::members::PERIOD;

/// What is counted on one day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Counts {
    /// What others than the entity wrote.
    #[serde(rename = "c")]
    pub(super) contributions: u64,
    /// Replies whose both ends are known.
    #[serde(rename = "r")]
    pub(super) replies: u64,
    /// Of those, from member to member.
    #[serde(rename = "m")]
    pub(super) among_members: u64,
}

/// Counts of the days of a period, by day since the epoch, UTC.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Days(BTreeMap<i32, Counts>);

impl Days {
    /// The counts of a day; those of days that ended before the period are let go.
    pub(super) fn on(&mut self, day: i32) -> &mut Counts {
        while self.0.len() > PERIOD as usize {
            self.0.pop_first();
        }
        self.0.entry(day).or_default()
    }

    /// The sum of the period that ends with a day.
    pub(super) fn sum(&self, day: i32) -> Counts {
        let days = self.0.range(day - PERIOD + 1..=day);
        days.fold(Counts::default(), |sum, (_, counts)| Counts {
            contributions: sum.contributions + counts.contributions,
            replies: sum.replies + counts.replies,
            among_members: sum.among_members + counts.among_members,
        })
    }
}
