use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::reputation::observation::Observation;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
/// 2026-03-01T00:00:00Z.
const START: i64 = 1_772_323_200_000;

/// A post by somebody to `@acme` at a time after [`START`].
fn post(id: &str, author: &str, at: i64) -> Value {
    let created_at = jiff::Timestamp::from_millisecond(START + at).unwrap().to_string();
    json!({
        "schema": "undertone.enriched/1", "id": format!("x:{id}#acme"), "op": "observed", "revision": 0, "relation": "mention",
        "mention": {
            "id": id, "source": "x", "text": format!("@acme the lids leak {id}"), "created_at": created_at, "kind": "post",
            "author": { "id": author, "handle": format!("{author}_handle") },
        },
        "entity": { "id": "acme", "name": "Acme", "kind": "brand", "matched": [{ "start": 0, "end": 5 }] },
        "language": { "code": "en" }, "sentiment": null, "topics": [],
        "signals": { "complaint": null, "question": false, "spam": null, "offensive": null },
        "fingerprint": format!("{:016x}", xxhash_rust::xxh3::xxh3_64(id.as_bytes())),
    })
}

fn with(mut event: Value, changes: &[(&str, Value)]) -> Value {
    for (pointer, value) in changes {
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        event.pointer_mut(parent).unwrap()[field] = value.clone();
    }
    event
}

fn reply(id: &str, author: &str, parent: &str, at: i64) -> Value {
    with(post(id, author, at), &[("/mention/kind", json!("reply")), ("/mention/parent_id", json!(parent))])
}

fn own(event: Value) -> Value {
    with(event, &[("/relation", json!("own"))])
}

fn asking(event: Value) -> Value {
    with(event, &[("/signals/question", json!(true))])
}

fn op(event: Value, op: &str) -> Value {
    with(event, &[("/op", json!(op))])
}

fn notice(community: &mut Community, event: &Value, fresh: bool) {
    let json = event.to_string();
    let event = Observation::from_json(json.as_bytes()).unwrap();
    community.notice(&event, &Digest::of(&event), Folded { fresh, weight: 1.0, copies: 1 });
}

fn after(events: &[Value]) -> Community {
    let mut community = Community::default();
    events.iter().for_each(|event| notice(&mut community, event, true));
    community
}

fn report(community: &Community, at: i64) -> CommunityReport {
    community.report(START + at, &Rules::default())
}

fn waiting(community: &Community, at: i64) -> Vec<String> {
    report(community, at).unanswered_posts.iter().map(|post| post.id.clone()).collect()
}

fn quantiles(median: f64, p90: f64, count: u64) -> Option<Quantiles> {
    Some(Quantiles { median, p90, count })
}

/// Every order of these events.
fn orders(events: &[Value]) -> Vec<Vec<Value>> {
    if events.len() < 2 {
        return vec![events.to_vec()];
    }
    let without = |at: usize| [&events[..at], &events[at + 1..]].concat();
    let then =
        |at: usize| orders(&without(at)).into_iter().map(move |rest| [&[events[at].clone()], &rest[..]].concat());
    (0..events.len()).flat_map(then).collect()
}

#[test]
fn a_post_waits_until_somebody_answers() {
    let mut community = after(&[post("1", "ana", 0), post("2", "bo", MINUTE)]);
    let seen = report(&community, 2 * HOUR);
    assert_eq!((seen.unanswered, seen.oldest_unanswered_seconds), (Some(2), Some(7_200.0)));
    assert_eq!(waiting(&community, 2 * HOUR), ["x:1#acme", "x:2#acme"]);
    assert_eq!(report(&community, HOUR / 2).unanswered, Some(0), "not yet old enough");
    notice(&mut community, &reply("3", "cy", "1", 10 * MINUTE), true);
    notice(&mut community, &own(reply("4", "acme", "1", 30 * MINUTE)), true);
    let seen = report(&community, 2 * HOUR);
    assert_eq!((seen.unanswered, seen.oldest_unanswered_seconds), (Some(1), Some(7_140.0)));
    assert_eq!(seen.first_answer_seconds, quantiles(600.0, 600.0, 1));
    assert_eq!(seen.first_reply_seconds, quantiles(1_800.0, 1_800.0, 1));
    let excerpt = &seen.unanswered_posts[0];
    assert_eq!((&*excerpt.source, excerpt.author.as_deref()), ("x", Some("bo_handle")));
    assert_eq!((&*excerpt.text, excerpt.created_at.as_millisecond()), ("@acme the lids leak 2", START + MINUTE));
}

#[test]
fn only_posts_that_expect_an_answer_wait() {
    let plain = |id: &str| {
        with(
            post(id, "ana", 0),
            &[("/mention/text", json!("acme again")), ("/entity/matched", json!([{ "start": 0, "end": 4 }]))],
        )
    };
    let bot = with(post("b", "ana", 0), &[("/mention/author/bot", json!(true))]);
    for silent in [
        own(post("1", "acme", 0)),
        bot,
        with(post("2", "ana", 0), &[("/mention/kind", json!("share"))]),
        with(post("3", "ana", 0), &[("/signals/spam", json!(0.5))]),
        reply("4", "ana", "9", 0),
        plain("5"),
        with(
            plain("6"),
            &[("/entity/matched", json!([{ "start": 0, "end": 4, "in": "title" }])), ("/mention/text", json!("@else"))],
        ),
    ] {
        assert_eq!(waiting(&after(std::slice::from_ref(&silent)), 2 * HOUR), Vec::<String>::new(), "{silent}");
    }
    let named = with(
        plain("1"),
        &[("/mention/text", json!("oh @acme!")), ("/entity/matched", json!([{ "start": 4, "end": 8 }]))],
    );
    for waits in [
        named,
        with(post("2", "ana", 0), &[("/signals/spam", json!(0.4))]),
        asking(reply("3", "ana", "9", 0)),
        with(reply("4", "ana", "9", 0), &[("/signals/complaint", json!(0.5))]),
        asking(plain("5")),
        with(plain("6"), &[("/relation", json!("community"))]),
        with(plain("7"), &[("/mention/kind", json!("review")), ("/mention/thread_id", json!("7"))]),
        with(
            plain("8"),
            &[
                ("/relation", json!("community")),
                ("/mention/kind", json!("comment")),
                ("/mention/thread_id", json!("8")),
            ],
        ),
    ] {
        assert_eq!(waiting(&after(std::slice::from_ref(&waits)), 2 * HOUR).len(), 1, "{waits}");
    }
}

#[test]
fn who_answers() {
    let asked = post("1", "ana", 0);
    for no_answer in [
        reply("2", "ana", "1", MINUTE),
        with(reply("2", "bo", "1", MINUTE), &[("/mention/author/bot", json!(true))]),
        with(own(reply("2", "acme", "1", MINUTE)), &[("/mention/author/bot", json!(true))]),
        with(reply("2", "bo", "1", MINUTE), &[("/signals/spam", json!(0.9))]),
        with(reply("2", "bo", "1", MINUTE), &[("/mention/source", json!("reddit"))]),
        reply("2", "bo", "7", MINUTE),
    ] {
        assert_eq!(report(&after(&[asked.clone(), no_answer.clone()]), DAY).unanswered, Some(1), "{no_answer}");
    }
    let nameless = with(reply("2", "bo", "1", MINUTE), &[("/mention/author", Value::Null)]);
    assert_eq!(report(&after(&[asked.clone(), nameless]), DAY).unanswered, Some(0));
    // A clock that goes wrong makes no negative wait.
    let early = after(&[asked, own(reply("2", "acme", "1", -MINUTE))]);
    assert_eq!(report(&early, DAY).first_reply_seconds, quantiles(0.0, 0.0, 1));
}

#[test]
fn whichever_comes_first_in_the_log() {
    let events = [
        post("1", "ana", 0),
        reply("2", "ana", "1", MINUTE),
        reply("3", "ana", "2", 2 * MINUTE),
        own(reply("4", "acme", "3", 5 * MINUTE)),
        reply("5", "bo", "1", 9 * MINUTE),
    ];
    let expected = report(&after(&events), DAY);
    assert_eq!(
        expected.first_reply_seconds,
        quantiles(300.0, 300.0, 1),
        "an answer to what she added is one to her post"
    );
    assert_eq!(expected.first_answer_seconds, quantiles(300.0, 300.0, 1));
    assert_eq!(expected.conversation_index, Some(0.5));
    for order in orders(&events) {
        assert_eq!(report(&after(&order), DAY), expected, "{order:#?}");
    }
}

#[test]
fn where_only_the_thread_is_known() {
    let in_thread = |event: Value| {
        let changes = [
            ("/mention/thread_id", json!("t")),
            ("/relation", json!("community")),
            ("/mention/kind", json!("comment")),
        ];
        with(event, &changes)
    };
    let opening = with(in_thread(post("1", "ana", 0)), &[("/mention/kind", json!("post"))]);
    let question = asking(in_thread(post("2", "bo", 2 * MINUTE)));
    let member = in_thread(post("3", "cy", 3 * MINUTE));
    let brand = own(in_thread(post("4", "acme", 4 * MINUTE)));
    let late = asking(in_thread(post("5", "di", 5 * MINUTE)));
    for order in orders(&[opening.clone(), question.clone(), member.clone()]) {
        assert_eq!(waiting(&after(&order), DAY), ["x:2#acme"], "a member answers who began the thread");
    }
    for order in orders(&[opening.clone(), question.clone(), brand, late]) {
        let community = after(&order);
        assert_eq!(waiting(&community, DAY), ["x:5#acme"], "the brand answers all who waited before");
        assert_eq!(report(&community, DAY).first_reply_seconds, quantiles(120.0, 240.0, 2));
    }
    // A thread that is named by its first post.
    let first = post("t", "ana", 0);
    let brand =
        own(with(post("9", "acme", MINUTE), &[("/mention/thread_id", json!("t")), ("/mention/kind", json!("reply"))]));
    assert_eq!(report(&after(&[first, brand]), DAY).unanswered, Some(0));
}

#[test]
fn what_is_taken_down_waits_no_more() {
    let mut community = after(&[post("1", "ana", 0), post("2", "bo", 0)]);
    notice(&mut community, &op(with(post("1", "ana", 0), &[("/mention/text", json!(""))]), "deleted"), false);
    assert_eq!(waiting(&community, DAY), ["x:2#acme"]);
    assert!(!serde_json::to_string(&community).unwrap().contains("leak 1"), "its words are gone");
}

#[test]
fn an_answer_that_is_taken_down_is_none() {
    let replies =
        [own(reply("2", "acme", "1", MINUTE)), own(reply("3", "acme", "1", HOUR)), reply("4", "bo", "1", 2 * HOUR)];
    let mut community = after(&[&[post("1", "ana", 0)], &replies[..]].concat());
    let first = || {
        let seen = report(&community, DAY);
        (seen.unanswered, seen.first_reply_seconds.map(|q| q.median), seen.first_answer_seconds.map(|q| q.median))
    };
    assert_eq!(first(), (Some(0), Some(60.0), Some(60.0)));
    notice(&mut community, &op(replies[0].clone(), "deleted"), false);
    let first = || {
        let seen = report(&community, DAY);
        (seen.unanswered, seen.first_reply_seconds.map(|q| q.median), seen.first_answer_seconds.map(|q| q.median))
    };
    assert_eq!(first(), (Some(0), Some(3_600.0), Some(3_600.0)));
    notice(&mut community, &op(replies[1].clone(), "deleted"), false);
    notice(&mut community, &op(replies[2].clone(), "deleted"), false);
    assert_eq!(report(&community, DAY).unanswered, Some(1));
}

#[test]
fn an_edit_keeps_the_age_and_shows_the_new_words() {
    let mut community = after(&[post("1", "ana", 0)]);
    let edit = |revision: u64, text: &str| {
        let changes = [("/revision", json!(revision)), ("/mention/text", json!(text))];
        op(with(post("1", "ana", 3 * HOUR), &changes), "edited")
    };
    notice(&mut community, &edit(2, "@acme the lids leaked"), false);
    notice(&mut community, &edit(1, "@acme the lid leaked"), false);
    let seen = report(&community, 4 * HOUR);
    assert_eq!((seen.unanswered, seen.oldest_unanswered_seconds), (Some(1), Some(14_400.0)));
    assert_eq!((&*seen.unanswered_posts[0].text, seen.contributions), ("@acme the lids leaked", 1));
    assert_eq!(seen.unanswered_posts[0].created_at.as_millisecond(), START);
    notice(&mut community, &with(edit(3, "buy"), &[("/signals/spam", json!(1.0))]), false);
    assert_eq!(report(&community, 4 * HOUR).unanswered, Some(0));
}

#[test]
fn what_is_delivered_again_counts_once() {
    let events = [
        post("1", "ana", 0),
        own(reply("2", "acme", "1", MINUTE)),
        asking(post("3", "bo", 0)),
        reply("4", "bo", "2", HOUR),
    ];
    let once = after(&events);
    let mut twice = once.clone();
    events.iter().for_each(|event| notice(&mut twice, event, false));
    assert_eq!(report(&twice, DAY), report(&once, DAY));
    assert_eq!(serde_json::to_string(&twice).unwrap(), serde_json::to_string(&once).unwrap());
}

#[test]
fn what_a_source_never_says_is_not_known() {
    let unlinked =
        |id: &str| with(post(id, "ana", 0), &[("/mention/kind", json!("review")), ("/mention/source", json!("shop"))]);
    let mut community = after(&[unlinked("1")]);
    assert_eq!(report(&community, DAY).unanswered, None, "the shop never says what answers what");
    notice(&mut community, &post("2", "bo", 0), true);
    assert_eq!(report(&community, DAY).unanswered, Some(1), "x may");
    notice(&mut community, &with(unlinked("3"), &[("/mention/thread_id", json!("1"))]), true);
    assert_eq!(report(&community, DAY).unanswered, Some(3), "so it does");
    let nothing = report(&Community::default(), DAY);
    assert_eq!(nothing, CommunityReport { active_authors: Some(0), ..CommunityReport::default() });
    let nameless = after(&[with(post("1", "ana", 0), &[("/mention/author", Value::Null)])]);
    assert_eq!((report(&nameless, DAY).contributions, report(&nameless, DAY).active_authors), (1, None));
}

#[test]
fn newcomers_and_those_who_stay() {
    let on = |id: &str, author: &str, day: i64| post(&format!("{id}{day}"), author, day * DAY);
    let mut events: Vec<Value> = (0..60).step_by(5).map(|day| own(on("own", "acme", day))).collect();
    events.extend([on("a", "ana", 1), on("b", "bo", 2), on("b", "bo", 3), on("c", "cy", 29)]);
    let early = report(&after(&events), 30 * DAY);
    assert_eq!((early.newcomers, early.retention), (None, None), "nobody knows who was there before");
    events.extend([on("b", "bo", 40), on("d", "di", 50), on("e", "ed", 59), on("e", "ed", 58)]);
    events.extend([with(on("s", "spammer", 55), &[("/signals/spam", json!(0.9))])]);
    for order in [events.clone(), events.iter().rev().cloned().collect()] {
        // Read backwards, nothing comes after a silence: the first event is the last day.
        let seen = report(&after(&order), 59 * DAY);
        assert_eq!((seen.active_authors, seen.contributions), (Some(3), 4));
        let known = order == events;
        assert_eq!(seen.newcomers, known.then_some(2));
        assert_eq!(seen.newcomer_share, known.then_some(2.0 / 3.0));
        assert_eq!(seen.retention, known.then_some(1.0 / 3.0));
    }
    let later = report(&after(&events), 88 * DAY);
    assert_eq!((later.active_authors, later.newcomers, later.contributions), (Some(1), Some(0), 1));
}

#[test]
fn authors_are_told_apart_by_source() {
    let elsewhere = with(post("1", "ana", 0), &[("/mention/source", json!("reddit"))]);
    let community = after(&[post("1", "ana", 0), elsewhere, post("2", "ana", 0)]);
    assert_eq!(report(&community, DAY).active_authors, Some(2));
}

#[test]
fn do_members_talk_to_each_other() {
    let to = |id: &str, relation: &str, parent_author: &str| {
        with(
            reply(id, "bo", "unknown", 0),
            &[("/relation", json!(relation)), ("/mention/parent_author", json!(parent_author))],
        )
    };
    let index = |events: &[Value]| report(&after(events), HOUR).conversation_index;
    assert_eq!(index(&[post("1", "ana", 0), reply("2", "bo", "nowhere", 0)]), None, "to whom is not known");
    assert_eq!(index(&[to("1", "reply", "acme")]), Some(0.0));
    assert_eq!(index(&[to("1", "reply", "acme"), to("2", "mention", "@ana")]), Some(0.5));
    assert_eq!(
        index(&[to("1", "reply", "acme"), to("2", "mention", "BO_handle")]),
        Some(0.0),
        "to oneself is to nobody"
    );
    let thread = [
        own(post("1", "acme", 0)),
        reply("2", "ana", "1", 1),
        reply("3", "bo", "2", 2),
        own(reply("4", "acme", "3", 3)),
        own(reply("5", "acme", "4", 4)),
    ];
    for order in orders(&thread) {
        assert_eq!(index(&order), Some(1.0 / 3.0), "{order:#?}");
    }
    assert_eq!(report(&after(&thread), 31 * DAY).conversation_index, None, "long ago");
}

#[test]
fn who_speaks_well_again_and_again() {
    let says = |id: usize, author: &str, positive: bool, at: i64| {
        let label = if positive { "positive" } else { "negative" };
        let sentiment = json!({ "label": label, "negative": 0.1, "neutral": 0.1, "positive": 0.8, "abstained": false });
        with(post(&format!("{author}{id}"), author, at), &[("/sentiment", sentiment)])
    };
    let many = |author: &str, verdicts: &[bool]| -> Vec<Value> {
        verdicts.iter().enumerate().map(|(id, positive)| says(id, author, *positive, id as i64)).collect()
    };
    let mut events = [
        many("ana", &[true, true, true]),
        many("bo", &[true, true]),
        many("cy", &[true, true, true, false, false]),
        many("di", &[true, true, false, true, true, true]),
        many("ed", &[true; 30]),
    ]
    .concat();
    events.extend(many("spammer", &[true; 5]).into_iter().map(|event| with(event, &[("/signals/spam", json!(0.7))])));
    events.extend(
        many("unsure", &[true; 5]).into_iter().map(|event| with(event, &[("/sentiment/abstained", json!(true))])),
    );
    let mut community = after(&events);
    for copy in many("copyist", &[true; 5]) {
        let json = copy.to_string();
        let event = Observation::from_json(json.as_bytes()).unwrap();
        community.notice(&event, &Digest::of(&event), Folded { fresh: true, weight: 0.1, copies: 7 });
    }
    let named = report(&community, HOUR).advocates;
    let counts: Vec<_> = named.iter().map(|who| (&*who.author, who.positive, who.negative)).collect();
    assert_eq!(counts, [("ed_handle", 20, 0), ("di_handle", 5, 1), ("ana_handle", 3, 0)]);
    assert_eq!(report(&community, 91 * DAY).advocates, []);
}

#[test]
fn what_is_asked_again_and_again() {
    let asks = |id: usize, author: &str, text: &str| {
        let print = crate::text::fingerprint(text);
        let changes = [("/mention/text", json!(text)), ("/fingerprint", json!(format!("{print:016x}")))];
        asking(with(post(&format!("{author}{id}"), author, id as i64), &changes))
    };
    let question = "@acme when will the harbour shop open again after the flood?";
    let flipped = |id: usize, author: &str, bits: u64| {
        let print = crate::text::fingerprint(question) ^ bits;
        with(asks(id, author, "@acme something like it?"), &[("/fingerprint", json!(format!("{print:016x}")))])
    };
    let mut community = after(&[
        asks(1, "ana", question),
        asks(2, "bo", "@acme When will the harbour shop open again, after the flood???"),
        flipped(3, "cy", 0x3ff),
        flipped(4, "gil", 0x7ff << 20),
        asks(4, "cy", question),
        asks(5, "di", "@acme why?"),
        asks(6, "ed", "@acme why?"),
        asks(7, "fay", "@acme do you ship to Iceland?"),
        asks(8, "fay", "@acme do you ship to Iceland?"),
    ]);
    let repeated = report(&community, HOUR).questions;
    assert_eq!(repeated.len(), 1, "{repeated:?}");
    assert_eq!((repeated[0].count, repeated[0].authors, &*repeated[0].example.text), (4, 3, question));
    assert_eq!(report(&community, 31 * DAY).questions, []);
    notice(&mut community, &op(asks(1, "ana", ""), "deleted"), false);
    assert_eq!(report(&community, HOUR).questions, []);
}

#[test]
fn the_oldest_and_the_newest_are_listed() {
    let events: Vec<Value> = (0..300).map(|n| post(&format!("{n:03}"), &format!("author {n}"), n * MINUTE)).collect();
    let community = after(&events);
    let listed = waiting(&community, DAY);
    let expected: Vec<String> = (0..25).chain(275..300).map(|n| format!("x:{n:03}#acme")).collect();
    assert_eq!(listed, expected);
    assert_eq!(report(&community, DAY).unanswered, Some(300));
    assert_eq!(report(&community, 31 * DAY).unanswered, Some(0), "nobody waits for a month");
    let few = after(&events[..30]);
    assert_eq!(waiting(&few, DAY).len(), 30);
}

#[test]
fn long_texts_are_cut() {
    let long = with(
        post("1", "ana", 0),
        &[("/mention/text", json!(format!("@acme {}", "å\n".repeat(500)))), ("/mention/url", json!("u".repeat(500)))],
    );
    let excerpt = report(&after(&[long]), DAY).unanswered_posts.remove(0);
    assert_eq!(excerpt.text.chars().count(), 160);
    assert!(excerpt.text.ends_with('…') && !excerpt.text.contains('\n') && excerpt.url.is_none());
}

/// A flood of everything that is kept, of the most that it may take.
fn flood(events: usize) -> Community {
    let mut community = Community::default();
    let filler = "\"\\\u{1F600}ø".repeat(60);
    for n in 0..events {
        let author = format!("{n}{}", &"n\"".repeat(60));
        let at = (n as i64) * 500;
        let source = format!("s{}{}", n % 40, "ource".repeat(40));
        let changes = [
            ("/mention/source", json!(source)),
            ("/mention/text", json!(format!("@acme {filler}"))),
            ("/mention/url", json!(format!("https://example.com/{}", "p".repeat(300)))),
            ("/id", json!(format!("{source}:{n}#acme"))),
            (
                "/sentiment",
                json!({ "label": "positive", "negative": 0.1, "neutral": 0.1, "positive": 0.8, "abstained": false }),
            ),
        ];
        let own_reply = n % 3 == 2;
        let event = if own_reply {
            own(reply(&n.to_string(), "acme", &n.saturating_sub(40).to_string(), at))
        } else {
            asking(post(&n.to_string(), &author, at))
        };
        let json = with(event, &changes).to_string();
        let event = Observation::from_json(json.as_bytes()).unwrap();
        community.notice(&event, &Digest::of(&event), Folded { fresh: true, weight: 1.0, copies: 1 });
    }
    community
}

#[test]
fn a_flood_is_bounded() {
    let community = flood(12_000);
    let json = serde_json::to_string(&community).unwrap();
    println!("state after a flood: {} bytes", json.len());
    assert!(json.len() < 250_000, "{} bytes", json.len());
    let seen = report(&community, 12_000 * 500 + DAY);
    let most = posts::MOST_OPEN as u64;
    assert!(seen.unanswered.is_some_and(|open| open <= most && open > most / 2), "{:?}", seen.unanswered);
    assert_eq!(seen.first_reply_seconds.unwrap().count, posts::MOST_DONE as u64);
    let published = serde_json::to_string(&seen).unwrap().len();
    println!("report after a flood: {published} bytes");
    assert!(published < 60_000, "{published} bytes");
    // 8,000 authors, known through a sample of 1,000: four standard errors.
    let active = seen.active_authors.unwrap() as f64;
    assert!((active - 8_000.0).abs() < 4.0 * 8_000.0 / 1_000_f64.sqrt(), "{active}");
}

#[test]
fn a_sample_of_authors_grows_again_after_a_flood() {
    let mut members = members::Members::default();
    let key = |n: u64| xxhash_rust::xxh3::xxh3_64(&n.to_le_bytes()) >> 16;
    (0..100_000).for_each(|n| members.note(key(n), 20_000));
    let active = members.turnout(20_000).active;
    assert!((active / 100_000.0 - 1.0).abs() < 0.13, "{active}");
    // From then on 400 authors, each on every day.
    for day in 20_001..20_400 {
        (0..400).for_each(|n| members.note(key(n), day));
    }
    let turnout = members.turnout(20_399);
    assert_eq!((turnout.active, turnout.newcomers, turnout.stayed), (400.0, 0.0, 400.0), "exact again");
}

/// Any events on few ids, authors and threads.
fn any_event() -> impl Strategy<Value = Value> {
    let ids = 0..12_u8;
    let parent = prop::option::of(0..12_u8);
    let kind = prop::sample::select(vec!["post", "reply", "comment", "share", "review"]);
    let relation = prop::sample::select(vec!["own", "reply", "mention", "community"]);
    (ids, 0..5_u8, parent, prop::option::of(0..3_u8), kind, relation, any::<bool>(), 0..2_000_i64).prop_map(
        |(id, author, parent, thread, kind, relation, question, minute)| {
            let changes = [
                ("/mention/parent_id", json!(parent.map(|id| id.to_string()))),
                ("/mention/thread_id", json!(thread.map(|id| id.to_string()))),
                ("/mention/kind", json!(kind)),
                ("/relation", json!(relation)),
                ("/signals/question", json!(question)),
            ];
            with(post(&id.to_string(), &author.to_string(), minute * MINUTE), &changes)
        },
    )
}

/// The first of each id: what is known already is never fresh.
fn distinct(events: Vec<Value>) -> Vec<Value> {
    let mut seen = std::collections::BTreeSet::new();
    events.into_iter().filter(|event| seen.insert(event["id"].to_string())).collect()
}

proptest! {
    #[test]
    fn order_does_not_matter(events in prop::collection::vec(any_event(), 0..25), seed in any::<u64>()) {
        let events = distinct(events);
        let mut other = events.clone();
        other.sort_by_key(|event| xxhash_rust::xxh3::xxh3_64_with_seed(event["id"].to_string().as_bytes(), seed));
        let [one, other] = [events, other].map(|events| report(&after(&events), 2 * DAY));
        prop_assert_eq!(CommunityReport { questions: vec![], ..one }, CommunityReport { questions: vec![], ..other });
    }

    #[test]
    fn a_snapshot_goes_on_as_if_nothing_had_been(
        before in prop::collection::vec(any_event(), 0..25), then in prop::collection::vec((any_event(), 0..4_u8), 0..25),
    ) {
        let mut straight = after(&before);
        let kept = serde_json::to_string(&straight).unwrap();
        let mut restored: Community = serde_json::from_str(&kept).unwrap();
        for (event, what) in &then {
            let event = match what { 0 => op(event.clone(), "deleted"), 1 => op(event.clone(), "edited"), _ => event.clone() };
            notice(&mut straight, &event, *what > 1);
            notice(&mut restored, &event, *what > 1);
        }
        prop_assert_eq!(serde_json::to_string(&restored).unwrap(), serde_json::to_string(&straight).unwrap());
        prop_assert_eq!(report(&restored, 2 * DAY), report(&straight, 2 * DAY));
    }

    #[test]
    fn taking_all_back_leaves_nobody_waiting(events in prop::collection::vec(any_event(), 0..25)) {
        let mut community = after(&events);
        for event in &events {
            notice(&mut community, &op(event.clone(), "deleted"), false);
        }
        let seen = report(&community, 2 * DAY);
        prop_assert!(seen.unanswered.unwrap_or(0) == 0 && seen.first_answer_seconds.is_none());
    }
}
