//! What moved a level, by topic, source and language, and what moved it most.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::parts::{ByName, OTHER, Part as Counted, Parts};
use crate::reputation::alert::Level;
use crate::reputation::standing::{Change, Part};
use crate::reputation::tally::{Split, Tally};

/// Standard deviations of a 95 % band.
const BAND: f64 = 1.96;

/// The reputation of a window, unshrunk, with Wilson's band (Wilson 1927); `None` if nobody has an opinion.
pub(super) fn reputation(tally: &Tally, deviations: f64) -> Option<Level> {
    let (share, n) = (tally.split.share()?, tally.effective());
    if n <= 0.0 {
        return None;
    }
    let z2 = deviations * deviations;
    let centre = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = deviations * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt() / (1.0 + z2 / n);
    Some(Level {
        value: 100.0 * share,
        low: 100.0 * (centre - half).max(0.0),
        high: 100.0 * (centre + half).min(1.0),
        effective_mentions: n,
    })
}

/// The same with the band that is shown.
pub(super) fn shown(tally: &Tally) -> Option<Level> {
    reputation(tally, BAND)
}

/// A rate in mentions an hour with its band.
pub(super) fn rate(value: f64, deviation: f64, voices: f64) -> Level {
    Level {
        value,
        low: (value - BAND * deviation).max(0.0),
        high: value + BAND * deviation,
        effective_mentions: voices,
    }
}

/// What moved the reputation from one window to another. A part's points are what it adds to the mean distance from the share
/// before, now less then: the parts sum to the change.
pub(super) fn of_reputation(before: &Tally, after: &Tally) -> Change {
    let (Some(was), Some(is)) = (before.split.share(), after.split.share()) else { return Change::default() };
    let distance = |names: &BTreeMap<Arc<str>, Split>, name: &Arc<str>, all: &Tally| {
        names.get(name).map_or(0.0, |split| (split.positive - was * split.opinion()) / all.split.opinion())
    };
    let parts = |then: &BTreeMap<Arc<str>, Split>, now: &BTreeMap<Arc<str>, Split>| {
        let names = then.keys().chain(now.keys().filter(|name| !then.contains_key(*name)));
        largest_first(names.map(|name| Part {
            id: Arc::clone(name),
            points: 100.0 * (distance(now, name, after) - distance(then, name, before)),
        }))
    };
    Change {
        points: 100.0 * (is - was),
        topics: parts(&before.topics, &after.topics),
        sources: parts(&before.sources, &after.sources),
        languages: parts(&before.languages, &after.languages),
    }
}

/// What moved the volume: each part's voices an hour now, less what was expected of it. `scale` makes rates of decayed voices.
pub(super) fn of_volume(parts: &Parts, usual: f64, scale: f64, only: Option<&Arc<str>>) -> Change {
    let expected = if parts.total.slow > 0.0 { usual / parts.total.slow } else { 0.0 };
    let excess = |part: &Counted| part.fast * scale - part.slow * expected;
    let list = |names: &ByName| {
        largest_first(names.iter().map(|(name, part)| Part { id: Arc::clone(name), points: excess(part) }))
    };
    match only.and_then(|topic| Some((topic, parts.topics.get(topic)?))) {
        // Which sources and languages a topic came by is not kept.
        Some((topic, part)) => {
            let points = part.fast * scale - usual;
            Change { points, topics: vec![Part { id: Arc::clone(topic), points }], ..Change::default() }
        }
        None => Change {
            points: excess(&parts.total),
            topics: list(&parts.topics),
            sources: list(&parts.sources),
            languages: list(&parts.languages),
        },
    }
}

fn largest_first(parts: impl Iterator<Item = Part>) -> Vec<Part> {
    let mut parts: Vec<Part> = parts.collect();
    parts.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()).then_with(|| a.id.cmp(&b.id)));
    parts
}

/// The part that makes up at least `least` of a change.
pub(super) fn main_part(parts: &[Part], points: f64, least: f64) -> Option<&Arc<str>> {
    let by_share = |part: &&Part| part.points / points;
    let first = parts.iter().max_by(|a, b| by_share(a).total_cmp(&by_share(b)))?;
    (points != 0.0 && first.points / points >= least).then_some(&first.id)
}

/// What moved most: a topic that makes up a third; else a source or a language that makes up two thirds, where there are others
/// that did not; else `other`.
pub(super) fn cause(change: &Change) -> Arc<str> {
    let named = |name: &Arc<str>| &**name != OTHER;
    let topic = main_part(&change.topics, change.points, 1.0 / 3.0).filter(|name| named(name));
    let alone = |parts: &[Part]| {
        let main = main_part(parts, change.points, 2.0 / 3.0).map(Arc::clone);
        main.filter(|name| parts.len() > 1 && named(name) && &**name != "und")
    };
    topic
        .map(Arc::clone)
        .or_else(|| alone(&change.sources))
        .or_else(|| alone(&change.languages))
        .unwrap_or_else(|| Arc::from(OTHER))
}
