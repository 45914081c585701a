//! What is reported of all that rises.

use std::sync::Arc;

use super::level::{All, Level, Scale};
use super::terms::Term;
use super::{Trend, TrendKind, Trends};
use crate::reputation::Rules;
use crate::watch::chars::is_unspaced;

/// Trends that are reported, at most.
const REPORTED: usize = 10;
/// Candidates that are compared with each other, at most: the strongest.
const COMPARED: usize = 64;
/// Nothing is reported before the entity was listened to for so long, in milliseconds: nobody knows what was usual.
const HISTORY: i64 = 24 * 3_600_000;
/// Standard deviations above what was expected, at least.
const STRENGTH: f64 = 5.0;
/// Times what was expected, at least.
const RATIO: f64 = 3.0;
/// A longer phrase says the same as a shorter one inside it if it is this share of its mentions.
const SAME: f64 = 0.6;

struct Candidate<'a> {
    term: &'a Term,
    level: Level,
    strength: f64,
    units: Vec<String>,
}

pub(super) fn rising(trends: &Trends, at: i64, rules: &Rules) -> Vec<Trend> {
    if trends.first.is_none_or(|first| at - first < HISTORY) {
        return Vec::new();
    }
    let all = All::new(trends.all, Scale::at(at - trends.landmark));
    let mut candidates: Vec<Candidate<'_>> = trends
        .terms
        .iter()
        .filter_map(|term| {
            let level = Level::of(term.sums, &all);
            let strength = level.strength();
            let rises = level.known
                && strength >= STRENGTH
                && level.now >= RATIO * level.expected
                && term.authors.count() >= rules.trend_authors as u64;
            rises.then(|| Candidate { term, level, strength, units: Vec::new() })
        })
        .collect();
    candidates.sort_by(|a, b| b.strength.total_cmp(&a.strength).then_with(|| a.term.text.cmp(&b.term.text)));
    candidates.truncate(COMPARED);
    candidates.iter_mut().for_each(|candidate| candidate.units = units(candidate.term));
    let is_said_longer = |short: &Candidate<'_>| {
        candidates.iter().any(|long| {
            long.units.len() > short.units.len()
                && long.level.now >= SAME * short.level.now
                && say_the_same(&long.units, &short.units)
        })
    };
    let mut chosen: Vec<&Candidate<'_>> = Vec::with_capacity(REPORTED);
    for candidate in candidates.iter().filter(|candidate| !is_said_longer(candidate)) {
        if chosen.len() == REPORTED {
            break;
        }
        if !chosen.iter().any(|other| are_one(other, candidate)) {
            chosen.push(candidate);
        }
    }
    chosen.into_iter().map(trend).collect()
}

fn trend(candidate: &Candidate<'_>) -> Trend {
    let (rate, before) = candidate.level.rates();
    Trend {
        kind: candidate.term.kind,
        term: Arc::from(&*candidate.term.text),
        rate,
        before,
        authors: candidate.term.authors.count(),
        strength: candidate.strength,
    }
}

/// Words of a phrase; characters where no spaces are put. Hashtags and topics have none, so that they stand for themselves.
fn units(term: &Term) -> Vec<String> {
    match term.kind {
        TrendKind::Phrase if term.text.contains(|c: char| c >= '\u{2e80}' && is_unspaced(c)) => {
            term.text.chars().map(String::from).collect()
        }
        TrendKind::Phrase => term.text.split([' ', '-']).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Whether a trend is reported already: phrases that share two words in a row, that run on into each other and are said as
/// often (of a quote that is longer than a phrase), or a hashtag and a phrase of the same letters.
fn are_one(a: &Candidate<'_>, b: &Candidate<'_>) -> bool {
    let letters =
        |candidate: &Candidate<'_>| candidate.term.text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let spoken = |candidate: &Candidate<'_>| candidate.term.kind != TrendKind::Topic;
    let as_often = SAME * a.level.now <= b.level.now && SAME * b.level.now <= a.level.now;
    say_the_same(&a.units, &b.units)
        || (as_often && (runs_on(&a.units, &b.units) || runs_on(&b.units, &a.units)))
        || (spoken(a) && spoken(b) && letters(a) == letters(b))
}

/// Whether one phrase lies in the other, or both share two units in a row.
fn say_the_same(a: &[String], b: &[String]) -> bool {
    let run = a.len().min(b.len()).min(2);
    run > 0 && a.windows(run).any(|piece| b.windows(run).any(|other| piece == other))
}

/// Whether the second begins with the word that the first ends with.
fn runs_on(first: &[String], second: &[String]) -> bool {
    first.last().is_some_and(|last| second.first() == Some(last))
}
