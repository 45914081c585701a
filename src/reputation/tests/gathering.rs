//! A chunk is added up entity by entity: nobody can tell.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Book, Cell, Post, book, digested};

/// All that a book says and keeps, as JSON.
#[derive(Debug, Default, PartialEq)]
struct Told {
    alerts: Vec<String>,
    changed: Vec<String>,
    standings: Vec<String>,
    snapshots: Vec<String>,
}

fn told(posts: &[Post], chunks: &[usize], gathered: bool) -> Told {
    let mut book = book();
    let (mut told, mut rest) = (Told::default(), posts);
    for length in chunks.iter().cycle() {
        let (chunk, after) = rest.split_at((*length).min(rest.len()));
        rest = after;
        if chunk.is_empty() {
            break;
        }
        let records: Vec<String> = chunk.iter().map(Post::json).collect();
        let mut events = digested(&records);
        // Records that are none of this book's stand among them: of other partitions, or nobody's, whose time is not this book's.
        events.iter_mut().for_each(|it| it.place = 7 + it.place * 2);
        events.iter_mut().filter(|it| it.place % 5 == 0).for_each(|it| it.event.entity = None);
        if gathered {
            book.fold_chunk(&events, &Cell::new(0));
        } else {
            events.sort_by_key(|it| it.place);
            events.iter().for_each(|it| book.fold(&it.event));
        }
        let news = book.news();
        told.alerts.extend(news.alerts.iter().map(|alert| serde_json::to_string(alert).unwrap()));
        told.changed.extend(news.changed.iter().map(|id| id.to_string()));
        told.standings.extend(news.changed.iter().map(|id| serde_json::to_string(&book.standing(id)).unwrap()));
    }
    let kept = |book: &Book, id: &str| serde_json::to_string(&book.snapshot(id, 0, 1, 0)).unwrap();
    told.snapshots = book.entities().map(|id| kept(&book, id)).collect();
    told.snapshots.sort();
    told
}

/// What is said of a few entities within some minutes, where an entity has many events between two steps, or within ten days; in any
/// order of time.
fn posts() -> impl Strategy<Value = Vec<Post>> {
    let op = prop_oneof![8 => Just("observed"), 2 => Just("edited"), 1 => Just("deleted")];
    let what = (0_u32..400, 0_u8..8, op, 0_u64..3);
    let how = (0_u32..40, 0.0..0.95_f64, 0_u8..4, 0_u32..60);
    let post =
        (what, 0.0..1.0_f64, how).prop_map(|((id, entity, op, revision), when, (author, positive, topic, like))| {
            Post {
                entity,
                author,
                positive,
                op,
                revision,
                copy_of: like,
                topic: format!("topic{topic}"),
                ..Post::new(id, (when * 1e6) as i64)
            }
        });
    let within = prop_oneof![Just((20, 2)), Just((14_400, 8))];
    (vec(post, 1..400), any::<bool>(), within).prop_map(|(mut posts, sorted, (minutes, entities))| {
        for post in &mut posts {
            (post.minute, post.entity) = (post.minute * minutes / 1_000_000, post.entity % entities);
        }
        if sorted {
            posts.sort_by_key(|post| post.minute);
        }
        posts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Entities share nothing but the clock, and each event brings the clock of its place in the log. So the order across entities
    /// does not matter, to the last byte of alerts, standings and snapshots.
    #[test]
    fn entity_by_entity_and_in_the_order_of_the_log_are_the_same(posts in posts(), chunks in vec(1_usize..300, 1..6)) {
        prop_assert_eq!(told(&posts, &chunks, true), told(&posts, &chunks, false));
    }
}

/// Where something is told: a drop of one entity among others.
#[test]
fn an_alert_is_the_same_entity_by_entity() {
    let posts = super::stream(16_000, 15_000..15_400);
    let gathered = told(&posts, &[500], true);
    assert!(!gathered.alerts.is_empty());
    assert_eq!(gathered, told(&posts, &[500], false));
}

/// Whose turn it was last is known, in whatever order entities come.
#[test]
fn it_is_known_whose_turn_it_is() {
    let posts: Vec<Post> =
        [2, 0, 1, 0, 2].iter().zip(0..).map(|(entity, id)| Post { entity: *entity, ..Post::new(id, 0) }).collect();
    let records: Vec<String> = posts.iter().map(Post::json).collect();
    let (mut book, at) = (book(), Cell::new(usize::MAX));
    let mut events = digested(&records);
    assert!(events.iter().enumerate().any(|(index, it)| it.place != index), "they are given entity by entity");
    // Without their entities the last two are passed over, whatever was looked at of them.
    let gone = events[3..].iter_mut().map(|it| it.event.entity.take()).collect::<Vec<_>>();
    book.fold_chunk(&events, &at);
    assert_eq!(at.get(), 2);
    events[3..].iter_mut().zip(gone).for_each(|(it, entity)| it.event.entity = entity);
    book.fold_chunk(&events, &at);
    assert_eq!(at.get(), 4);
}
