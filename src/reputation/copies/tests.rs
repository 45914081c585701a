use fastrand::Rng;
use proptest::prelude::*;

use super::planted::{self, Edit, POSTS};
use super::*;
use crate::text::{fingerprint, normalise};

const HOUR: i64 = 3_600_000;

/// Fingerprints that differ from each other in far more than [`NEAR`] bits, as those of unrelated posts do.
fn unrelated(number: u64) -> u64 {
    xxhash_rust::xxh3::xxh3_64(&number.to_le_bytes())
}

#[test]
fn copies_gather_and_strangers_do_not() {
    let mut copies = Copies::default();
    let first = copies.join(unrelated(1), 0);
    let near = copies.join(unrelated(1) ^ 0b1011, HOUR);
    let other = copies.join(unrelated(2), HOUR);
    assert_eq!(first, near);
    assert_ne!(first, other);
    assert_eq!((copies.size(first), copies.size(other), copies.len()), (2, 1, 2));
}

#[test]
fn the_nearest_of_two_clusters_is_joined() {
    let base = unrelated(7);
    let mut copies = Copies::default();
    // Apart by 14, so that both stand; the third is 9 from one and 5 from the other.
    let (one, two) = (copies.join(base, 0), copies.join(base ^ ((1 << 14) - 1), 0));
    assert_ne!(one, two);
    assert_eq!(copies.join(base ^ ((1 << 9) - 1), 0), two);
}

#[test]
fn who_leaves_is_not_counted_and_an_empty_cluster_is_gone() {
    let mut copies = Copies::default();
    let cluster = copies.join(unrelated(1), 0);
    copies.join(unrelated(1), 0);
    copies.leave(cluster);
    assert_eq!((copies.size(cluster), copies.len()), (1, 1));
    copies.leave(cluster);
    assert!(copies.is_empty());
    copies.leave(cluster);
    assert_eq!(copies.size(cluster), 1, "unknown");
}

#[test]
fn a_cluster_is_forgotten_a_week_after_its_last_member() {
    let mut copies = Copies::default();
    let cluster = copies.join(unrelated(1), 0);
    copies.join(unrelated(1), 6 * 24 * HOUR);
    copies.join(unrelated(2), 12 * 24 * HOUR);
    assert_eq!(copies.size(cluster), 2);
    copies.join(unrelated(2), 14 * 24 * HOUR);
    assert_eq!(copies.size(cluster), 1, "unknown");
    assert_eq!(copies.join(unrelated(1) ^ 1, 14 * 24 * HOUR), ClusterId(unrelated(1) ^ 1), "a new one");
    copies.join(unrelated(1), 14 * 24 * HOUR);
    assert_eq!(copies.size(ClusterId(unrelated(1))), 1, "begun anew");
}

#[test]
fn what_is_empty_or_too_short_has_no_copies() {
    let mut copies = Copies::default();
    for _ in 0..3 {
        let alone = copies.join(0, 0);
        assert_eq!(copies.size(alone), 1);
    }
    assert!(copies.is_empty());
    for short in
        ["", "@user http://example.com/a", "thank you so much!!", "@harbour_cafe @user best coffee ever", "咖啡太甜了"]
    {
        assert!(!has_words(short, FEWEST_WORDS), "{short}");
    }
    for enough in ["best coffee in the world", "今天的咖啡实在是太甜了", "cà phê ở đây ngọt"] {
        assert!(has_words(enough, FEWEST_WORDS), "{enough}");
    }
}

#[test]
fn a_flood_of_strangers_stays_within_bounds_and_active_clusters_survive_it() {
    let mut copies = Copies::default();
    let viral = copies.join(unrelated(0), 0);
    for number in 1..20_000 {
        copies.join(unrelated(number), number as i64 * 1000);
        if number % 500 == 0 {
            copies.join(unrelated(0) ^ 1, number as i64 * 1000);
        }
        assert!(copies.len() <= CLUSTERS);
    }
    assert_eq!(copies.size(viral), 40);
    assert!(serde_json::to_vec(&copies).unwrap().len() < 50_000);
}

/// The bars of planted edits, with margin below what benches/copies.rs prints.
#[test]
fn planted_copies_are_found_and_strangers_are_left_alone() {
    let (mut found, mut planted, mut wrong) = ([0; 11], 0, 0);
    for seed in 0..20 {
        for (_, posts) in POSTS {
            let posts: Vec<String> = posts.iter().map(|post| (*post).to_owned()).collect();
            let mut copies = Copies::default();
            let originals: Vec<ClusterId> = posts.iter().map(|post| copies.join(print(post), 0)).collect();
            for post in planted::stream(&posts, 100, &mut Rng::with_seed(seed)) {
                let Some(edit) = post.edit else { continue };
                planted += 1;
                let joined = copies.join(print(&post.text), 0);
                found[edit as usize] += usize::from(joined == originals[post.origin]);
                wrong += usize::from(originals.iter().enumerate().any(|(at, id)| at != post.origin && *id == joined));
            }
        }
    }
    let of_each = planted / Edit::ALL.len();
    for edit in Edit::ALL {
        let recall = found[edit as usize] as f64 / of_each as f64;
        let bar = match edit {
            Edit::Reshared | Edit::OtherCase | Edit::OtherPunctuation | Edit::Link | Edit::Emoji => 0.97,
            Edit::Hashtag | Edit::ChangedWord | Edit::LostWord => 0.75,
            Edit::Comment | Edit::LostEnd => 0.4,
            Edit::Truncated => 0.1,
        };
        assert!(recall >= bar, "{edit:?}: {recall:.2}");
    }
    assert!(wrong * 1000 < planted, "{wrong} of {planted} joined strangers");
}

fn print(text: &str) -> u64 {
    fingerprint(&normalise(text, &[]).text)
}

proptest! {
    /// Plain words are counted a byte at a time, and nobody can tell.
    #[test]
    fn plain_words_count_as_all_do(text in "[ab1 ,.@:/\t\u{b}é咖]{0,40}") {
        for enough in 1..6 {
            prop_assert_eq!(has_words(&text, enough), halves_of(&text) / 2 >= enough);
        }
    }

    /// What is far apart does not depend on the order of arrival, and a snapshot goes on as if nothing had happened.
    #[test]
    fn a_snapshot_goes_on_alike(numbers in prop::collection::vec((0u64..60, 0u32..4, 0i64..10 * 24), 1..200), cut in 0usize..200) {
        let (mut one, mut two) = (Copies::default(), Copies::default());
        for (at, (number, edit, hour)) in numbers.iter().enumerate() {
            if at == cut {
                two = serde_json::from_str(&serde_json::to_string(&two).unwrap()).unwrap();
            }
            let print = unrelated(*number) ^ u64::from(*edit);
            let (a, b) = (one.join(print, hour * HOUR), two.join(print, hour * HOUR));
            prop_assert_eq!(a, b);
            prop_assert_eq!(one.size(a), two.size(b));
        }
    }
}
