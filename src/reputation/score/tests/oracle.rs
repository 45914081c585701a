//! The windows, summed the long way: every mention's last version, with its age, its copies and its author.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Post, START};
use crate::mention::Op;
use crate::reputation::rules::{LONG_RUN, WINDOWS};
use crate::reputation::tally::{Split, Tallies, Tally};

pub(super) fn tallies<'a>(posts: impl IntoIterator<Item = &'a Post>, at: i64) -> Tallies {
    let mut last: BTreeMap<(u32, u32), &Post> = BTreeMap::new();
    let mut newest = i64::MIN;
    for post in posts {
        if !post.own {
            newest = newest.max(START + post.after);
        }
        let version = |post: &Post| (post.op == Op::Deleted, post.revision, post.op == Op::Edited);
        let known = last.entry((post.source, post.id)).or_insert(post);
        if version(post) > version(known) {
            *known = post;
        }
    }
    let said: Vec<&Post> = last.into_values().filter(|post| post.op != Op::Deleted && !post.own).collect();
    let window = |half_life: f64| tally(&said, at, newest, half_life);
    Tallies {
        windows: WINDOWS.map(|(_, half_life)| window(half_life.as_millis() as f64)),
        long_run: window(LONG_RUN.as_millis() as f64),
    }
}

fn tally(said: &[&Post], at: i64, newest: i64, half_life: f64) -> Tally {
    let decay = |post: &Post, at: i64| (-((at - START - post.after) as f64) / half_life).exp2();
    let copies = |post: &Post| match post.copy_of {
        0 => 1.0,
        other => said.iter().filter(|it| it.copy_of == other).count() as f64,
    };
    let weight = |post: &Post| {
        let followers = post.author.map_or(0, |_| post.followers) as f64;
        let alone = (1.0 - post.spam) * (1.0 + followers.ln_1p() / 10_000.0_f64.ln_1p());
        seven_digits(alone) / copies(post).sqrt() * decay(post, at)
    };
    let authors: BTreeSet<(u32, u32)> = said.iter().filter_map(|post| Some((post.source, post.author?))).collect();
    let given: BTreeMap<(u32, u32), f64> = authors
        .into_iter()
        .map(|author| {
            let theirs = said.iter().filter(|post| post.author.is_some_and(|it| (post.source, it) == author));
            (author, theirs.map(|post| weight(post)).sum())
        })
        .collect();
    let anonymous: f64 = said.iter().filter(|post| post.author.is_none()).map(|post| weight(post)).sum();
    let ceiling = ceiling(&given, anonymous, ((newest as f64 - at as f64) / half_life).exp2() / 16.0);
    let mut sums = Tally::default();
    for post in said {
        let part = post.author.map_or(1.0, |author| (ceiling / given[&(post.source, author)]).min(1.0));
        let part = if part.is_nan() { 1.0 } else { part };
        let weight = weight(post) * part;
        let split =
            Split { positive: weight * seven_digits(post.positive), negative: weight * seven_digits(post.negative) };
        let add = |sum: &mut Split, part: f64| {
            sum.positive += split.positive * part;
            sum.negative += split.negative * part;
        };
        add(&mut sums.split, 1.0);
        sums.squares += split.opinion().powi(2);
        sums.weight += weight;
        sums.mentions += decay(post, at);
        let topics: Vec<String> = post.topics.iter().take(3).map(|it| format!("t{it}")).collect();
        let topics = if topics.is_empty() { vec!["other".to_owned()] } else { topics };
        for topic in &topics {
            add(sums.topics.entry(Arc::from(&**topic)).or_default(), 1.0 / topics.len() as f64);
        }
        add(sums.sources.entry(Arc::from(format!("s{}", post.source))).or_default(), 1.0);
        add(sums.languages.entry(Arc::from(format!("l{}", post.language))).or_default(), 1.0);
    }
    sums
}

fn seven_digits(value: f64) -> f64 {
    f64::from(value as f32)
}

/// The greatest c that is at most a tenth of `Σ min(given, c) + anonymous`, by bisection.
fn ceiling(given: &BTreeMap<(u32, u32), f64>, anonymous: f64, presence: f64) -> f64 {
    if given.values().filter(|weight| **weight >= presence).count() < 10 {
        return f64::INFINITY;
    }
    let counts = |ceiling: f64| given.values().map(|weight| weight.min(ceiling)).sum::<f64>() + anonymous;
    let (mut low, mut high) = (0.0, given.values().copied().fold(0.0, f64::max));
    if high <= counts(high) / 10.0 {
        return f64::INFINITY;
    }
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        // Rounding must not decide where c may be anything up to the lightest.
        if middle <= counts(middle) / 10.0 * (1.0 + 1e-13) { low = middle } else { high = middle }
    }
    low
}

/// Whether two readings agree to 1e-9 of a window's weight, or are as good as nothing. Names that stand for nothing may be missing.
pub(super) fn assert_alike(ours: &Tallies, theirs: &Tallies) {
    let pairs = ours.windows.iter().chain([&ours.long_run]).zip(theirs.windows.iter().chain([&theirs.long_run]));
    for (window, (ours, theirs)) in pairs.enumerate() {
        let scale = theirs.weight.max(theirs.mentions * 1e-9).max(1e-250);
        let near = |what: &str, a: f64, b: f64, scale: f64| {
            assert!((a - b).abs() <= 1e-9 * scale, "window {window}, {what}: {a} is not {b}\n{ours:#?}\n{theirs:#?}");
        };
        near("positive", ours.split.positive, theirs.split.positive, scale);
        near("negative", ours.split.negative, theirs.split.negative, scale);
        near("weight", ours.weight, theirs.weight, scale);
        near("squares", ours.squares, theirs.squares, theirs.squares.max(scale * scale * 1e-6).max(1e-250));
        near("mentions", ours.mentions, theirs.mentions, theirs.mentions.max(1e-250));
        let kinds =
            [(&ours.topics, &theirs.topics), (&ours.sources, &theirs.sources), (&ours.languages, &theirs.languages)];
        for (ours, theirs) in kinds {
            for name in ours.keys().chain(theirs.keys()) {
                let (a, b) =
                    (ours.get(name).copied().unwrap_or_default(), theirs.get(name).copied().unwrap_or_default());
                near(name, a.positive, b.positive, scale);
                near(name, a.negative, b.negative, scale);
            }
        }
    }
}
