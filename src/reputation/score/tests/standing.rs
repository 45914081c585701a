use super::*;
use crate::reputation::score::tests::oracle::{self, assert_alike};
use crate::reputation::score::{Posterior, prior, standings};
use crate::reputation::standing::Part;
use crate::reputation::tally::{Split, Tally};

fn crowd(range: std::ops::Range<u32>, positive: f64) -> Vec<Post> {
    let post = |id: u32| Post {
        id,
        author: Some(id),
        after: i64::from(id) * 1_000,
        positive,
        negative: 1.0 - positive,
        ..Post::default()
    };
    range.map(post).collect()
}

#[test]
fn one_author_cannot_carry_a_score() {
    let mut posts = crowd(0..30, 1.0);
    posts.extend((100..400).map(|id| Post { author: Some(1_000), ..crowd(id..id + 1, 0.0).remove(0) }));
    let tallies = score_of(&posts).tallies(START + HOUR);
    for tally in tallies.windows.iter().chain([&tallies.long_run]) {
        assert!((tally.split.negative / tally.split.opinion() - 0.1).abs() < 1e-9, "{tally:?}");
    }
}

#[test]
fn nor_where_what_they_wrote_is_settled() {
    let mut posts: Vec<Post> =
        (0..9_000).map(|id| Post { author: Some(id), ..crowd(id..id + 1, 1.0).remove(0) }).collect();
    for post in posts.iter_mut().filter(|post| post.id % 2 == 0) {
        (post.author, post.positive, post.negative) = (Some(70_000), 0.0, 1.0);
    }
    let tallies = score_of(&posts).tallies(START + 3 * HOUR);
    for tally in &tallies.windows {
        assert!((tally.split.negative / tally.split.opinion() - 0.1).abs() < 1e-6, "{tally:?}");
        let named: f64 = tally.topics.values().map(Split::opinion).sum();
        assert!((named / tally.split.opinion() - 1.0).abs() < 1e-9, "{named} {tally:?}");
    }
}

#[test]
fn nine_authors_are_too_few_for_a_share() {
    let mut posts = crowd(0..8, 1.0);
    posts.extend((100..120).map(|id| Post { author: Some(1_000), ..crowd(id..id + 1, 0.0).remove(0) }));
    let split = score_of(&posts).tallies(START + HOUR).windows[2].split;
    assert!(split.negative > 2.0 * split.positive);
    posts.push(Post { author: Some(9), ..crowd(9..10, 1.0).remove(0) });
    let split = score_of(&posts).tallies(START + HOUR).windows[2].split;
    assert!(split.negative < 0.12 * split.positive);
}

#[test]
fn copies_count_as_their_cluster() {
    let copies: Vec<Post> = (0..100).map(|id| Post { id, copy_of: 7, author: Some(id), ..Post::default() }).collect();
    let mut score = score_of(&copies);
    assert!((score.look(START).windows[1].weight - 10.0).abs() < 1e-9);
    let last = Post { id: 100, copy_of: 7, ..Post::default() };
    assert_eq!(fold(&mut score, &last.event()), Folded { fresh: true, weight: 1.0, copies: 101 });
    assert!((score.look(START).windows[1].weight - 101_f64.sqrt()).abs() < 1e-9);
}

#[test]
fn an_edit_takes_back_what_it_replaces() {
    let first = Post { id: 1, topics: vec![1], ..Post::default() };
    let edited = Post { op: Op::Edited, revision: 1, positive: 0.0, negative: 1.0, topics: vec![2], ..first.clone() };
    let mut score = score_of([&first]);
    assert_eq!(fold(&mut score, &edited.event()), Folded { fresh: false, weight: 1.0, copies: 1 });
    assert_alike(score.look(START), &oracle::tallies([&edited], START));
    assert_eq!(fold(&mut score, &first.event()), Folded { fresh: false, weight: 0.0, copies: 1 });
    assert_eq!(score.look(START).windows[0].split, Split { positive: 0.0, negative: 1.0 });
}

#[test]
fn a_deletion_leaves_nothing_and_comes_before_or_after() {
    let first = Post { id: 1, ..Post::default() };
    let deleted = Post { op: Op::Deleted, ..first.clone() };
    let edited = Post { op: Op::Edited, revision: 9, ..first.clone() };
    for order in [[&first, &deleted, &edited], [&deleted, &first, &edited], [&edited, &first, &deleted]] {
        let tallies = score_of(order).tallies(START);
        assert_eq!((tallies.windows[0].split, tallies.windows[0].mentions), (Split::default(), 0.0));
    }
    let mut score = score_of([&deleted]);
    assert_eq!(fold(&mut score, &first.event()), Folded { fresh: false, weight: 0.0, copies: 1 });
}

#[test]
fn an_edit_of_what_nobody_saw_is_an_observation() {
    let edited = Post { id: 1, op: Op::Edited, revision: 3, ..Post::default() };
    let mut score = Score::default();
    assert!(fold(&mut score, &edited.event()).fresh);
    assert_eq!((score.look(START).windows[0].weight, score.beyond_horizon()), (1.0, 0));
}

#[test]
fn own_posts_are_known_and_weigh_nothing() {
    let own = Post { id: 1, own: true, copy_of: 3, ..Post::default() };
    let mut score = score_of([&Post { id: 2, copy_of: 3, ..Post::default() }]);
    assert_eq!(fold(&mut score, &own.event()), Folded { fresh: true, weight: 0.0, copies: 1 });
    assert!(!fold(&mut score, &own.event()).fresh);
    let tally = &score.look(START).windows[0];
    assert_eq!((tally.weight, tally.mentions), (1.0, 1.0));
}

/// Alpha, beta, and the 2.5 % and 97.5 % quantiles: the density integrated with mpmath at 20 digits, and bisection.
const GOLDEN: [(f64, f64, f64, f64); 7] = [
    (10.5, 10.5, 0.29337648473, 0.70662351527),
    (10.0, 30.0, 0.13037679924, 0.39326154068),
    (35.0, 12.0, 0.61233108989, 0.85733146311),
    (110.25, 20.75, 0.77463035284, 0.89871209033),
    (510.0, 1510.0, 0.23377009593, 0.27164463616),
    (5010.0, 5010.0, 0.49021065928, 0.50978934072),
    (10.25, 99.5, 0.046617318645, 0.15413757257),
];

fn tally(positive: f64, negative: f64, n: f64) -> Tally {
    let split = Split { positive, negative };
    Tally { split, squares: split.opinion().powi(2) / n, ..Tally::default() }
}

#[test]
fn the_band_is_that_of_the_beta_distribution() {
    for (alpha, beta, low, high) in GOLDEN {
        // n of n + κ = α + β, κ = 1 + 19/(1 + n/200).
        let (sum, prior) = (alpha + beta, 0.5);
        let n = ((sum - 201.0) + ((sum - 201.0).powi(2) + 4.0 * (200.0 * sum - 4_000.0)).sqrt()) / 2.0;
        let p = (alpha - prior * (sum - n)) / n;
        let posterior = Posterior::new(&tally(p * n, (1.0 - p) * n, n), prior);
        let band = posterior.band();
        assert!(
            (band.0 - low).abs() < 1e-8 && (band.1 - high).abs() < 1e-8,
            "{alpha} {beta}: {band:?}, not {low} {high}"
        );
    }
}

#[test]
fn of_an_unknown_entity_nothing_is_said() {
    let [hour, day, week] = standings(&Score::default().tallies(START));
    assert_eq!(hour, day);
    assert_eq!(
        (week.reputation, week.net_sentiment, week.effective_mentions, week.change.points),
        (50.0, 0.0, 0.0, 0.0)
    );
    assert!((week.low - 28.864_325).abs() < 1e-4 && (week.high - 71.135_675).abs() < 1e-4, "{week:?}");
}

#[test]
fn what_moved_a_score_sums_to_the_change() {
    let post = |id: u32| Post {
        id,
        after: i64::from(id) * 97 * MINUTE,
        author: Some(id % 37),
        positive: f64::from(id * id % 11) / 11.0,
        negative: f64::from(id % 7) / 70.0,
        topics: (0..id % 4).map(|it| (it * 5 + id) % 23).collect(),
        source: id % 13,
        language: id % 29,
        copy_of: id % 6,
        ..Post::default()
    };
    let posts: Vec<Post> = (0..800).map(post).collect();
    let tallies = score_of(&posts).tallies(START + 800 * 97 * MINUTE);
    let standings = standings(&tallies);
    let long_run = 100.0 * Posterior::new(&tallies.long_run, prior(&tallies)).mean();
    let scores = [standings[0].reputation, standings[1].reputation, standings[2].reputation, long_run];
    for (standing, pair) in standings.iter().zip(scores.windows(2)) {
        let change = &standing.change;
        assert!((change.points - (pair[0] - pair[1])).abs() < 1e-9, "{change:?}");
        for parts in [&change.topics, &change.sources, &change.languages] {
            let sum: f64 = parts.iter().map(|part| part.points).sum();
            assert!((sum - change.points).abs() < 1e-9, "{sum} of {}", change.points);
            assert!(parts.len() <= 9, "{parts:?}");
            let sizes: Vec<f64> =
                parts.iter().filter(|part| &*part.id != "other").map(|part| part.points.abs()).collect();
            assert!(sizes.is_sorted_by(|a, b| a >= b), "{parts:?}");
        }
        assert_eq!(change.topics.iter().filter(|Part { id, .. }| &**id == "other").count(), 1);
    }
}
