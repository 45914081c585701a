//! What moved a reputation, and which topics rise, as gauges: the few largest parts, under names of closed sets.

use std::collections::HashSet;
use std::sync::Arc;

use super::standings::{OTHER, head, line};
use crate::reputation::standing::{Part, Standing};
use crate::reputation::trends::TrendKind;

/// Parts of a change that are named, by window and dimension; what is left of the change is `other`.
const NAMED: usize = 3;
/// Rising topics of an entity, the strongest first. Hashtags and phrases are what people write: they are never labels.
const RISING: usize = 3;

const POINTS: (&str, &str) = (
    "undertone_moved_points",
    "Points by which a topic, source or language moved a reputation away from that of the next longer window.",
);
const NOW: (&str, &str) = ("undertone_rising_per_hour", "Mentions an hour of a topic that rises.");
const USUAL: (&str, &str) =
    ("undertone_rising_usual_per_hour", "Mentions an hour that were usual for a topic that rises.");

/// What is shown of an entity.
#[derive(Debug)]
pub(super) struct Moved {
    points: Vec<Points>,
    rising: Vec<Rising>,
}

/// One part of the change of one window.
#[derive(Debug)]
struct Points {
    window: Arc<str>,
    dimension: &'static str,
    part: Arc<str>,
    points: f64,
}

#[derive(Debug)]
struct Rising {
    subject: Arc<str>,
    now: f64,
    usual: f64,
}

impl Moved {
    /// `known` are the topics of the taxonomy and the sources that the watchlist names.
    pub(super) fn of(standing: &Standing, known: &HashSet<String>) -> Self {
        let is_known = |id: &str| known.contains(id);
        let mut points = Vec::new();
        for (window, figures) in &standing.windows {
            let change = &figures.change;
            let mut add = |dimension, parts: &[Part], may_name: &dyn Fn(&str) -> bool| {
                let of = |(part, moved)| Points { window: Arc::clone(window), dimension, part, points: moved };
                points.extend(largest(parts, may_name).into_iter().map(of));
            };
            add("topic", &change.topics, &is_known);
            add("source", &change.sources, &is_known);
            add("language", &change.languages, &is_language);
        }
        let topics = standing.trends.iter().filter(|trend| trend.kind == TrendKind::Topic && is_known(&trend.term));
        let rising = topics.take(RISING).map(|trend| Rising {
            subject: Arc::clone(&trend.term),
            now: trend.rate,
            usual: trend.before,
        });
        Self { points, rising: rising.collect() }
    }
}

/// Whether this may be a language: two letters.
pub(super) fn is_language(code: &str) -> bool {
    code.len() == 2 && code.bytes().all(|b| b.is_ascii_lowercase())
}

/// The largest parts that may be named, and all others as one, so that they still sum to the change.
fn largest(parts: &[Part], may_name: impl Fn(&str) -> bool) -> Vec<(Arc<str>, f64)> {
    let mut named: Vec<(Arc<str>, f64)> = Vec::with_capacity(NAMED + 1);
    let mut rest = 0.0;
    for part in parts {
        if named.len() < NAMED && *part.id != *OTHER && may_name(&part.id) {
            named.push((Arc::clone(&part.id), part.points));
        } else {
            rest += part.points;
        }
    }
    if rest != 0.0 {
        named.push((Arc::from(OTHER), rest));
    }
    named
}

/// The families of all entities, each with its head.
pub(super) fn render<'a>(out: &mut String, all: impl Iterator<Item = (&'a Arc<str>, &'a Moved)> + Clone) {
    head(out, POINTS.0, POINTS.1);
    for (entity, moved) in all.clone() {
        for Points { window, dimension, part, points } in &moved.points {
            let labels = [("dimension", *dimension), ("entity", entity), ("part", part), ("window", window)];
            line(out, POINTS.0, &labels, *points);
        }
    }
    for (place, (name, help)) in [NOW, USUAL].into_iter().enumerate() {
        head(out, name, help);
        for (entity, moved) in all.clone() {
            for one in &moved.rising {
                line(out, name, &[("entity", entity), ("subject", &one.subject)], [one.now, one.usual][place]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(parts: &[(&str, f64)]) -> Vec<Part> {
        parts.iter().map(|&(id, points)| Part { id: id.into(), points }).collect()
    }

    #[test]
    fn parts_outside_the_closed_set_and_small_ones_are_other_and_the_sum_stays() {
        let change = parts(&[
            ("price", -8.0),
            ("mallory\"} 1", -4.0),
            ("app", 3.0),
            ("other", 1.5),
            ("staff", 1.0),
            ("food", 0.5),
        ]);
        let shown = largest(&change, |id| !id.contains('"'));
        let names: Vec<&str> = shown.iter().map(|(id, _)| &**id).collect();
        assert_eq!(names, ["price", "app", "staff", "other"]);
        assert_eq!(shown[3].1, -4.0 + 1.5 + 0.5);
        let sum = |points: &mut dyn Iterator<Item = f64>| points.sum::<f64>();
        assert_eq!(sum(&mut shown.iter().map(|one| one.1)), sum(&mut change.iter().map(|one| one.points)));
    }

    #[test]
    fn nothing_moved_is_no_series() {
        assert!(largest(&[], |_| true).is_empty());
    }

    #[test]
    fn only_two_small_letters_are_a_language() {
        assert!(is_language("sr") && is_language("is"));
        assert!(!is_language("SR") && !is_language("sr-Latn") && !is_language("und") && !is_language(""));
    }
}
