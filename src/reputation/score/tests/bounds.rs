use super::*;
use crate::reputation::rules::OPEN_MENTIONS;
use crate::reputation::score::tests::oracle::{self, assert_alike};

/// As many different ones of everything as there can be, with long numbers.
fn full(id: u32) -> Post {
    Post {
        id,
        after: i64::from(id) * 7_919,
        author: Some(id),
        followers: u64::from(id) * 7,
        spam: f64::from(id % 97) / 977.0,
        positive: f64::from(id % 89) / 893.0,
        negative: f64::from(id % 83) / 839.0,
        topics: vec![id % 41, id % 43, id % 47],
        source: id % 20,
        language: id % 53,
        copy_of: id / 2,
        revision: u64::from(id) * 1_000_003,
        ..Post::default()
    }
}

#[test]
fn a_full_score_stays_small_as_json() {
    let mut score = score_of(&(0..9_000).map(full).collect::<Vec<_>>());
    score.look(START + DAY);
    assert_eq!(score.open_mentions(), OPEN_MENTIONS);
    let kept = serde_json::to_string(&score).unwrap();
    assert!(kept.len() < 420_000, "{} bytes", kept.len());
    let restored: Score = serde_json::from_str(&kept).unwrap();
    assert_alike(&restored.tallies(START + DAY), &score.tallies(START + DAY));
}

/// Whether somebody looks in between or not: 400 copies are as much as 20 voices.
#[test]
fn a_flood_that_is_forgotten_was_weighed_before() {
    let flood = (0..400).map(|id| Post { id, after: i64::from(id), author: Some(id), copy_of: 1, ..Post::default() });
    let others = (400..1_900).map(|id| Post {
        id,
        after: i64::from(id),
        author: Some(id),
        positive: 0.0,
        copy_of: id,
        ..Post::default()
    });
    let posts: Vec<Post> = flood.chain(others).collect();
    let score = score_of(&posts);
    let mut looked = score_of(&posts[..400]);
    looked.look(START + 400);
    for post in &posts[400..] {
        fold(&mut looked, &post.event());
    }
    let tallies = [&score, &looked].map(|score| score.tallies(START + 2_000).windows[2].split.positive);
    assert!((tallies[0] / 20.0 - 1.0).abs() < 0.01, "{tallies:?}");
    assert!((tallies[0] / tallies[1] - 1.0).abs() < 1e-9, "{tallies:?}");
}

#[test]
fn names_beyond_their_room_are_other() {
    let score = score_of(&(0..2_000).map(full).collect::<Vec<_>>());
    let tally = score.tallies(START + DAY).long_run;
    assert_eq!((tally.topics.len(), tally.sources.len(), tally.languages.len()), (41, 17, 41));
    for names in [&tally.topics, &tally.sources, &tally.languages] {
        let sum: f64 = names.values().map(|split| split.opinion()).sum();
        assert!(names.contains_key("other") && (sum / tally.split.opinion() - 1.0).abs() < 1e-9);
    }
}

#[test]
fn a_name_that_nobody_bears_any_more_gives_up_its_place() {
    let language = |id: u32, after: i64| Post { id, after, language: id, ..Post::default() };
    let mut posts: Vec<Post> = (0..40).map(|id| language(id, 0)).collect();
    posts.extend((40..60).map(|id| language(id, 8 * DAY)));
    let mut score = score_of(&posts);
    let tally = &score.look(START + 8 * DAY).long_run;
    assert!((40..60).all(|id| (tally.languages[&*format!("l{id}")].positive - 1.0).abs() < 1e-9), "{tally:?}");
    let sum: f64 = tally.languages.values().map(|split| split.opinion()).sum();
    assert!(tally.languages.len() <= 41 && (sum / tally.split.opinion() - 1.0).abs() < 1e-9);
}

#[test]
fn years_do_not_overflow_and_silence_fades() {
    let year = 365 * DAY;
    let posts: Vec<Post> = (0..400).map(|id| Post { id, after: i64::from(id) * year / 8, ..Post::default() }).collect();
    let mut score = score_of(&posts);
    for later in [0, HOUR, 30 * DAY, 5 * year, 500 * year] {
        let at = START + 399 * year / 8 + later;
        assert_alike(score.look(at), &oracle::tallies(&posts, at));
        for standing in crate::reputation::score::standings(score.look(at)) {
            let figures =
                [standing.reputation, standing.low, standing.high, standing.effective_mentions, standing.weight];
            assert!(figures.iter().all(|figure| figure.is_finite()), "{standing:?}");
        }
    }
}

#[test]
fn what_comes_for_the_settled_is_counted() {
    let mut score = score_of(&[Post { id: 1, ..Post::default() }, Post { id: 2, after: 8 * DAY, ..Post::default() }]);
    let weight = score.look(START + 8 * DAY).long_run.weight;
    assert_eq!(score.open_mentions(), 1);
    let edited = Post { id: 1, op: Op::Edited, revision: 1, ..Post::default() };
    assert!(!fold(&mut score, &edited.event()).fresh);
    fold(&mut score, &Post { op: Op::Deleted, ..edited }.event());
    assert_eq!(score.beyond_horizon(), 2);
    assert!((score.look(START + 8 * DAY).long_run.weight - weight).abs() < 1e-12);
}

/// What was taken back leaves its last bits behind: sums are made anew before that shows.
#[test]
fn nothing_is_left_of_what_was_deleted() {
    let posts: Vec<Post> = (0..500).map(|id| Post { author: Some(id % 7), topics: vec![id % 3], ..full(id) }).collect();
    let mut score = score_of(&posts);
    for post in &posts {
        fold(&mut score, &Post { op: Op::Deleted, ..post.clone() }.event());
    }
    let tallies = score.look(START + DAY);
    assert!(tallies.windows.iter().all(|tally| tally.split.opinion() == 0.0 && tally.squares == 0.0), "{tallies:?}");
    let last = Post { id: 7_000, after: -3 * DAY, ..Post::default() };
    fold(&mut score, &last.event());
    assert_alike(score.look(START + DAY), &oracle::tallies([&last], START + DAY));
}
