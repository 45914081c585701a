//! What moved a score, and by how much.
//!
//! With one μ0 for both windows a reputation is `100·(μ0 + g·(p − μ0))`, `g = n/(κ + n)`, each with its own κ. Of its distance from μ0 a topic with the
//! share `s` of all opinion and the share `q` of positive opinion holds `100·g·s·(q − μ0)`: these sum to all of it, so the
//! differences between two windows sum to the change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::names::OTHER;
use super::posterior::prior_strength;
use crate::reputation::standing::{Change, Part};
use crate::reputation::tally::{Split, Tally};

/// Parts that are named; what is left of the change is `other`.
const NAMED: usize = 8;
/// Points that are not worth a name.
const NOTHING: f64 = 1e-9;

/// What moved the reputation from `before` to `now`, both seen with the prior share `prior`.
pub fn change(now: &Tally, before: &Tally, prior: f64) -> Change {
    let (now_by, before_by) = (Pull::new(now, prior), Pull::new(before, prior));
    let parts = |now: &BTreeMap<Arc<str>, Split>, before: &BTreeMap<Arc<str>, Split>| {
        let names: BTreeSet<&Arc<str>> = now.keys().chain(before.keys()).collect();
        let moved = names.into_iter().map(|name| Part {
            id: Arc::clone(name),
            points: now.get(name).map_or(0.0, |it| now_by.of(it)) - before.get(name).map_or(0.0, |it| before_by.of(it)),
        });
        largest(moved.collect())
    };
    Change {
        points: now_by.of(&now.split) - before_by.of(&before.split),
        topics: parts(&now.topics, &before.topics),
        sources: parts(&now.sources, &before.sources),
        languages: parts(&now.languages, &before.languages),
    }
}

/// How parts of a window pull its reputation away from μ0.
struct Pull {
    prior: f64,
    /// Points that one unit of opinion, all positive or all negative, is worth.
    unit: f64,
}

impl Pull {
    fn new(tally: &Tally, prior: f64) -> Self {
        let (n, opinion) = (tally.effective(), tally.split.opinion());
        let unit = if opinion > 0.0 { 100.0 * n / (prior_strength(n) + n) / opinion } else { 0.0 };
        Self { prior, unit }
    }

    fn of(&self, split: &Split) -> f64 {
        self.unit * (split.positive - self.prior * split.opinion())
    }
}

/// The largest parts, and one for the rest.
fn largest(mut parts: Vec<Part>) -> Vec<Part> {
    parts.sort_by(|a, b| {
        let named = (*a.id == *OTHER).cmp(&(*b.id == *OTHER));
        named.then(b.points.abs().total_cmp(&a.points.abs())).then_with(|| a.id.cmp(&b.id))
    });
    let named = parts.iter().take(NAMED).take_while(|part| *part.id != *OTHER && part.points.abs() > NOTHING).count();
    let rest: f64 = parts.drain(named..).map(|part| part.points).sum();
    if rest.abs() > NOTHING {
        let place = parts.partition_point(|part| part.points.abs() >= rest.abs());
        parts.insert(place, Part { id: Arc::from(OTHER), points: rest });
    }
    parts
}
