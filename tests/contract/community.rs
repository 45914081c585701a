//! Community health on a real stream of 5,000 posts between customers and 76 brands, held against an oracle that shares no
//! code with it. Needs the team's data.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use undertone::enrich::{Enricher, Parts};
use undertone::mention::{Decoder, Mapping, files};
use undertone::reputation::community::{CommunityReport, Quantiles};
use undertone::reputation::{Book, Observation, Rules};
use undertone::watch::{Account, Entity, EntityKind, Watchlist};

/// Midnights of UTC, in seconds: the first of November, the middle of it, and the last day of the stream.
const MOMENTS: [i64; 3] = [1_509_494_400, 1_510_704_000, 1_512_345_600];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn stream() -> PathBuf {
    root().join("../shared/data/twcs_sample/stream.jsonl.gz")
}

/// Every account that answers customers is an entity that listens for its handle.
fn watchlist(lines: &[Vec<u8>]) -> Watchlist {
    let rows = lines.iter().map(|line| serde_json::from_slice::<Value>(line).unwrap());
    let handles: BTreeSet<String> =
        rows.filter(|row| row["inbound"] == false).map(|row| row["author"].as_str().unwrap().to_lowercase()).collect();
    let entity = |handle: String| Entity {
        id: handle.clone(),
        name: handle.clone(),
        kind: EntityKind::Brand,
        group: None,
        query: Some(format!("@{handle}")),
        accounts: vec![Account { source: Some("x".into()), handle: Some(handle), id: None }],
        spaces: Vec::new(),
    };
    Watchlist::new(handles.into_iter().map(entity).collect(), Vec::new()).unwrap()
}

/// The enriched events of the stream, as JSON: (event time in milliseconds, event).
fn events() -> Vec<(i64, String)> {
    let lines: Vec<Vec<u8>> = files::lines(&stream()).unwrap().map(|line| line.unwrap().bytes).collect();
    let mapping = Mapping::load(&root().join("tests/data/twcs.mapping.toml")).unwrap();
    let enricher = Enricher::new(Parts {
        decoders: HashMap::new(),
        default_decoder: Decoder { mapping: Some(Arc::new(mapping)), max_record_bytes: 100_000 },
        watchlist: Some(watchlist(&lines).into()),
        lexicon: None,
        language: None,
        scorer: None,
    });
    let records =
        lines.into_iter().map(|line| undertone::mention::Record { timestamp: None, ..crate::support::record(line) });
    let enriched = enricher.finish(enricher.begin(records.collect()), Timestamp::UNIX_EPOCH).unwrap();
    let events = enriched.iter().flat_map(|enriched| &enriched.events);
    events.map(|event| (event.mention.created_at.as_millisecond(), serde_json::to_string(&**event).unwrap())).collect()
}

fn rules() -> Arc<Rules> {
    Arc::new(Rules { unanswered_after: Duration::ZERO, ..Rules::default() })
}

fn oracle() -> BTreeMap<(i64, String), Value> {
    let output = Command::new("python3")
        .arg(root().join("tests/reputation/community_oracle.py"))
        .arg(stream())
        .args(MOMENTS.map(|moment| moment.to_string()))
        .output()
        .expect("the oracle needs python3: apt-get install python3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows =
        std::str::from_utf8(&output.stdout).unwrap().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    rows.map(|row| ((row["moment"].as_i64().unwrap(), row["brand"].as_str().unwrap().to_owned()), row)).collect()
}

/// By nearest rank: the smallest that is no smaller than the given tenths of all.
fn quantiles(times: &Value) -> Option<Quantiles> {
    let mut times: Vec<i64> = times.as_array().unwrap().iter().map(|time| time.as_i64().unwrap()).collect();
    times.sort_unstable();
    let rank = |tenths: usize| {
        times.iter().find(|time| 10 * times.iter().filter(|t| t <= time).count() >= tenths * times.len())
    };
    Some(Quantiles { median: *rank(5)? as f64, p90: *rank(9)? as f64, count: times.len() as u64 })
}

fn compare(moment: i64, brand: &str, report: &CommunityReport, expected: &Value) {
    let place = format!("{brand} at {moment}");
    let ids = report.unanswered_posts.iter().map(|post| {
        post.id.strip_prefix("x:").and_then(|id| id.strip_suffix(&format!("#{brand}"))).unwrap().to_owned()
    });
    let waiting: BTreeSet<String> =
        expected["unanswered"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().into()).collect();
    assert_eq!(ids.collect::<BTreeSet<_>>(), waiting, "{place}: unanswered");
    assert_eq!(report.unanswered, Some(waiting.len() as u64), "{place}");
    assert_eq!(report.first_reply_seconds, quantiles(&expected["own"]), "{place}: the brand's own");
    assert_eq!(report.first_answer_seconds, quantiles(&expected["any"]), "{place}: anyone's");
    assert_eq!(Value::from(report.contributions), expected["contributions"], "{place}");
    assert_eq!(Value::from(report.active_authors), expected["active"], "{place}");
    assert_eq!(Value::from(report.newcomers), expected["newcomers"], "{place}");
    let ratio = |part: &str, of: &str| {
        expected[of].as_f64().filter(|of| *of > 0.0).map(|of| expected[part].as_f64().unwrap() / of)
    };
    assert_eq!(report.retention, ratio("stayed", "before"), "{place}");
    assert_eq!(report.conversation_index, ratio("among_members", "replies"), "{place}");
}

#[test]
fn unanswered_posts_and_reply_times_are_those_of_the_oracle() {
    let (expected, events) = (oracle(), events());
    let mut book = Book::new(rules());
    let (mut posts, mut times, mut at) = (0, 0, 0);
    for moment in MOMENTS {
        while let Some((time, event)) = events.get(at).filter(|(time, _)| *time <= moment * 1_000) {
            assert!(*time <= moment * 1_000);
            book.fold(&Observation::from_json(event.as_bytes()).unwrap());
            at += 1;
        }
        book.tick(moment * 1_000);
        for ((_, brand), row) in expected.range((moment, String::new())..(moment + 1, String::new())) {
            let Some(standing) = book.standing(brand) else {
                assert_eq!((&row["contributions"], &row["any"]), (&Value::from(0), &Value::Array(vec![])), "{brand}");
                continue;
            };
            compare(moment, brand, &standing.community, row);
            posts += standing.community.unanswered_posts.len();
            times += standing.community.first_answer_seconds.map_or(0, |times| times.count);
        }
    }
    assert!(at > 4_000 && posts > 50 && times > 1_500, "{at} events, {posts} waiting posts, {times} answers");
}

/// Replies overtake what they answer: each event comes up to 200 places late, and nothing changes.
#[test]
fn the_order_of_the_log_does_not_matter() {
    let events = events();
    let mut shuffled: Vec<(usize, &String)> =
        events.iter().enumerate().map(|(at, (_, event))| (at + at.wrapping_mul(2_654_435_761) % 201, event)).collect();
    shuffled.sort_by_key(|(place, _)| *place);
    let (mut straight, mut crooked) = (Book::new(rules()), Book::new(rules()));
    for ((_, event), (_, late)) in events.iter().zip(shuffled) {
        straight.fold(&Observation::from_json(event.as_bytes()).unwrap());
        crooked.fold(&Observation::from_json(late.as_bytes()).unwrap());
    }
    let brands: BTreeSet<_> = straight.entities().cloned().collect();
    assert!(brands.len() > 70);
    for brand in brands {
        let [one, other] = [&straight, &crooked].map(|book| book.standing(&brand).unwrap().community);
        // Which of the askers came first is a matter of order, and since when the entity is heard without a silence.
        let told = |report| CommunityReport {
            questions: Vec::new(),
            newcomers: None,
            newcomer_share: None,
            retention: None,
            ..report
        };
        assert_eq!(told(one), told(other));
    }
}
