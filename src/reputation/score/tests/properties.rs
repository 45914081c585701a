use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::reputation::score::tests::oracle::{self, assert_alike};

/// Any version of one of a few mentions, within four days.
fn version() -> impl Strategy<Value = Post> {
    let what =
        (0_u32..40, prop_oneof![6 => Just(Op::Observed), 2 => Just(Op::Edited), 1 => Just(Op::Deleted)], 0_u64..3);
    let who = (
        proptest::option::weighted(0.9, 0_u32..16),
        0_u64..1_000_000,
        prop_oneof![4 => Just(0.0), 1 => 0.0..1.0],
        0..8_u8,
    );
    let how = (0.0..1.0, 0.0..1.0, vec(0_u32..6, 0..4), 0_u32..2, 0_u32..3, 0_u32..5);
    (what, 0..4 * DAY, who, how).prop_map(|((id, op, revision), after, (author, followers, spam, own), how)| {
        let (opinion, positive, topics, _, language, copy_of) = how;
        // One mention has one source.
        let source = id % 2;
        let (positive, negative) = (opinion * positive, opinion * (1.0 - positive));
        // Some write most.
        let author = author.map(|author| if author > 12 { 0 } else { author });
        let own = own == 0;
        Post {
            id,
            op,
            revision,
            own,
            after,
            author,
            followers,
            spam,
            positive,
            negative,
            topics,
            source,
            language,
            copy_of,
        }
    })
}

/// Versions, each with one meaning only, in an order in which some come twice.
fn versions() -> impl Strategy<Value = Vec<Post>> {
    (vec(version(), 1..80), vec(any::<Index>(), 0..60)).prop_map(|(posts, again)| {
        let mut known = BTreeMap::new();
        let posts: Vec<Post> = posts
            .into_iter()
            .map(|post| {
                known
                    .entry((post.id, post.revision, post.op == Op::Edited, post.op == Op::Deleted))
                    .or_insert(post)
                    .clone()
            })
            .collect();
        let again: Vec<Post> = again.iter().map(|index| index.get(&posts).clone()).collect();
        posts.into_iter().chain(again).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Late events, edits, deletions, repetitions, copies and authors over their share: all at once, however often somebody looks.
    #[test]
    fn the_sums_are_those_of_the_last_versions(posts in versions(), looks in vec(any::<bool>(), 1..30), later in 0..40 * DAY) {
        let mut score = Score::default();
        for (post, look) in posts.iter().zip(looks.iter().cycle()) {
            fold(&mut score, &post.event());
            if *look {
                score.look(START + post.after);
            }
        }
        let at = START + 4 * DAY + later;
        assert_alike(&score.tallies(at), &oracle::tallies(&posts, at));
        assert_alike(score.look(at), &oracle::tallies(&posts, at));
    }

    #[test]
    fn the_order_does_not_matter(posts in versions().prop_flat_map(|posts| (Just(posts.clone()), Just(posts).prop_shuffle()))) {
        let at = START + 5 * DAY;
        assert_alike(&score_of(&posts.0).tallies(at), &score_of(&posts.1).tallies(at));
    }

    #[test]
    fn a_snapshot_is_the_same_now_and_later(before in versions(), after in versions(), look in any::<bool>()) {
        let mut live = score_of(&before);
        if look {
            live.look(START + 4 * DAY);
        }
        let kept = serde_json::to_string(&live).unwrap();
        let mut restored: Score = serde_json::from_str(&kept).unwrap();
        let at = START + 6 * DAY;
        assert_alike(&restored.tallies(at), &live.tallies(at));
        for post in &after {
            prop_assert_eq!(fold(&mut restored, &post.event()), fold(&mut live, &post.event()));
        }
        assert_alike(restored.look(at), live.look(at));
    }

    /// A stream that is much longer than what is open.
    #[test]
    fn what_is_settled_counts_as_it_did(step in prop_oneof![Just(50_000_i64), Just(3 * MINUTE), Just(2 * HOUR)], seed in 0_u32..50) {
        let posts: Vec<Post> = (0..6_000_u32)
            .map(|id| Post {
                id,
                after: i64::from(id) * step + i64::from(id * 7_919 % 11) * MINUTE,
                positive: f64::from((id + seed) % 7) / 7.0,
                topics: vec![id % 5],
                language: id % 3,
                ..Post::default()
            })
            .collect();
        let at = START + 6_001 * step;
        assert_alike(&score_of(&posts).tallies(at), &oracle::tallies(&posts, at));
    }
}
