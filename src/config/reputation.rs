//! `[reputation]`: the second stage.

use std::time::Duration;

use toml::de::DeValue;

use super::section::Section;
use super::settings::{Clock, Reputation};
use crate::reputation::Rules;

const HOUR: u64 = 3_600_000;
const DAY: Duration = Duration::from_secs(24 * 3_600);

pub(super) fn read(section: &Section<'_>) -> Option<Reputation> {
    let default = Reputation::default();
    let publish_every = section.duration("publish_every", 10, HOUR, millis(default.publish_every));
    let snapshot_every = section.duration("snapshot_every", 100, HOUR, millis(default.snapshot_every));
    let clock = section.or("clock", default.clock, |section| {
        section.read("clock", "\"wall\" or \"events\"", |value| match value.as_str()? {
            "wall" => Some(Clock::Wall),
            "events" => Some(Clock::Events),
            _ => None,
        })
    });
    let forget_after_days = section.number("forget_after_days", 8..=3_650, 90);
    let rules = rules(section, &default.rules);
    section.refuse_unknown();
    Some(Reputation {
        publish_every: publish_every?,
        snapshot_every: snapshot_every?,
        clock: clock?,
        forget_after: DAY * forget_after_days?,
        rules: rules?,
    })
}

fn rules(section: &Section<'_>, default: &Rules) -> Option<Rules> {
    let min_mentions = number(section, "min_mentions", 1.0, 1_000_000.0, default.min_mentions);
    let min_points = number(section, "min_points", 0.1, 100.0, default.min_points);
    let cooldown = section.duration("cooldown", 0, 7 * 24 * HOUR, millis(default.cooldown));
    let unanswered_after =
        section.duration("unanswered_after", 1_000, 30 * 24 * HOUR, millis(default.unanswered_after));
    let trend_authors = section.number("trend_authors", 1..=1_000_000, default.trend_authors as u64);
    Some(Rules {
        min_mentions: min_mentions?,
        min_points: min_points?,
        cooldown: cooldown?,
        unanswered_after: unanswered_after?,
        trend_authors: usize::try_from(trend_authors?).ok()?,
    })
}

fn millis(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

fn number(section: &Section<'_>, key: &'static str, least: f64, most: f64, default: f64) -> Option<f64> {
    let expected = format!("a number from {least} to {most}");
    section.or(key, default, |section| {
        section.read(key, &expected, |value| {
            let number = match value {
                DeValue::Float(float) => float.as_str().replace('_', "").parse().ok()?,
                _ => super::section::integer(value)? as f64,
            };
            (least..=most).contains(&number).then_some(number)
        })
    })
}
