//! A score does not depend on its batch-mates, and requests come back in their order.

use std::sync::Arc;

use proptest::prelude::*;
use undertone::model::{ModelOptions, Request, Scorer, Scores};
use undertone::telemetry::Metrics;
use undertone::text::Span;
use undertone::watch::Topic;

use crate::{cases, options, scorer};

/// Posts of very unlike lengths, some toward a target.
pub(crate) fn requests() -> Vec<Request> {
    let long = "The parcel came late and the box was wet, but the kettle inside works and looks lovely. ".repeat(8);
    let texts = [
        "ok",
        "?",
        "😡😡😡",
        "Brightline kettle: quiet, quick, lovely",
        "never again",
        "Llevo dos semanas esperando y nadie contesta",
        "Giao hàng chậm quá, thất vọng thật sự",
        "Нова апликација ради савршено",
        "新しいケトルはとても静かで気に入っています",
        "Win a FREE phone now!!! Click http",
        "Nýja kaffivélin er frábær",
        &long,
    ];
    let request = |text: &&str| {
        let found = text.find("kettle").map(|at| at as u32);
        Request {
            text: (*text).to_owned(),
            targets: found.map(|at| vec![Span::new(at, at + 6)]).into_iter().collect(),
            ..Request::default()
        }
    };
    texts.iter().map(request).collect()
}

fn alone() -> Vec<Arc<Scores>> {
    requests().into_iter().map(|request| scorer().score(vec![request]).unwrap().remove(0)).collect()
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_score_alone_is_the_score_in_any_batch_to_the_last_bit(picks in proptest::collection::vec(0usize..12, 1..40)) {
        static ALONE: std::sync::OnceLock<Vec<Arc<Scores>>> = std::sync::OnceLock::new();
        let alone = ALONE.get_or_init(alone);
        let requests = requests();
        let scores = scorer().score(picks.iter().map(|&pick| requests[pick].clone()).collect()).unwrap();
        prop_assert_eq!(scores.len(), picks.len());
        for (&pick, score) in picks.iter().zip(&scores) {
            prop_assert_eq!(score, &alone[pick], "{}", requests[pick].text);
        }
    }
}

#[test]
fn tickets_of_several_chunks_are_under_way_at_once() {
    let alone = alone();
    let tickets: Vec<_> = (0..8).map(|_| scorer().submit(requests())).collect();
    for ticket in tickets.into_iter().rev() {
        assert_eq!(ticket.wait().unwrap(), alone);
    }
}

#[test]
fn the_same_request_twice_is_work_once_and_a_cache_remembers() {
    let cached = Scorer::load(
        &ModelOptions { cache_entries: 100, workers: Some(1), ..options() },
        &[],
        Arc::new(Metrics::default()),
    )
    .unwrap();
    let one = vec![requests().remove(3)];
    let twice = [one.clone(), one.clone()].concat();
    let first = cached.submit(twice);
    assert_eq!(first.tokens(), scorer().submit(one.clone()).tokens());
    let scores = first.wait().unwrap();
    assert_eq!(scores[0], scores[1]);
    let again = cached.submit(one);
    assert_eq!(again.tokens(), 0, "answered from the cache");
    assert_eq!(again.wait().unwrap()[0], scores[0]);
}

#[test]
fn the_same_text_with_another_target_is_another_request() {
    let text = "Skyair was late, Northfly was lovely".to_owned();
    let toward =
        |start, end| Request { text: text.clone(), targets: vec![vec![Span::new(start, end)]], ..Request::default() };
    let scores = scorer().score(vec![toward(0, 6), toward(17, 25)]).unwrap();
    assert!(scores[0].targets[0].probabilities[2] < scores[1].targets[0].probabilities[2]);
    assert_eq!(scores[0].text, scores[1].text);
}

#[test]
fn a_long_text_is_cut_to_a_window_around_its_target_and_says_so() {
    let filler = "We walked along the river and looked at the boats for a while. ".repeat(30);
    let text = format!("{filler}The Brightline kettle is a horrible disappointment. {filler}");
    let at = text.find("Brightline").unwrap() as u32;
    let targets = vec![vec![Span::new(at, at + 10)]];
    let scores = scorer().score(vec![
        Request { text: text.clone(), targets, ..Request::default() },
        Request { text, ..Request::default() },
        Request { text: "short".into(), ..Request::default() },
    ]);
    let scores = scores.unwrap();
    assert!(scores[0].truncated && scores[1].truncated && !scores[2].truncated);
    assert_eq!(scores[0].tokens, 128);
    assert!(scores[0].targets[0].probabilities[0] > 0.6, "{:?}", scores[0].targets[0]);
    assert!(scores[1].text.probabilities[0] < 0.5, "the window without a target is the beginning");
}

#[test]
fn a_target_without_a_place_gets_the_sentiment_of_the_text() {
    let request = Request { text: "I love this so much".into(), targets: vec![Vec::new()], ..Request::default() };
    let scores = scorer().score(vec![request]).unwrap();
    assert_eq!(scores[0].targets[0].probabilities, scores[0].text.probabilities);
}

#[test]
fn nothing_asked_is_nothing_answered_and_an_empty_text_is_scored() {
    assert!(scorer().score(Vec::new()).unwrap().is_empty());
    let scores = scorer().score(vec![Request { text: String::new(), ..Request::default() }]).unwrap();
    assert!((scores[0].text.probabilities.iter().sum::<f32>() - 1.0).abs() < 1e-5);
    assert!(scores[0].text.evidence.is_empty());
}

#[test]
fn topics_are_told_apart_by_their_descriptions() {
    let topic = |id: &str, description: &str, examples: &[&str]| Topic {
        id: id.into(),
        name: id.into(),
        description: description.into(),
        examples: examples.iter().map(|&example| example.to_owned()).collect(),
        threshold: Some(0.0),
    };
    let topics = [
        topic(
            "delivery",
            "Delivery of parcels and orders",
            &["my parcel has not arrived", "the courier left it in the rain"],
        ),
        topic("price", "Prices and discounts", &["this is far too expensive", "great offer, half the price"]),
    ];
    let scorer = Scorer::load(&options(), &topics, Arc::new(Metrics::default())).unwrap();
    let texts =
        ["three weeks and the package is still not here", "why did it become so expensive?", "El paquete llegó tarde"];
    let scores = scorer.score(texts.map(|text| Request { text: text.into(), ..Request::default() }).to_vec()).unwrap();
    let best: Vec<u16> = scores.iter().map(|score| score.topics[0].0).collect();
    assert_eq!(best, [0, 1, 0], "{:?}", scores.iter().map(|score| &score.topics).collect::<Vec<_>>());
    assert!(scores.iter().flat_map(|score| &score.topics).all(|(_, score)| (0.0..=1.0).contains(score)));
}

/// A user who only names topics gets something for it: here nothing else tells them apart.
#[test]
fn a_topics_name_counts_like_an_example() {
    let topic = |name: &str| Topic {
        id: name.to_lowercase(),
        name: name.into(),
        description: "What people say about it.".into(),
        examples: Vec::new(),
        threshold: Some(0.0),
    };
    let topics = [topic("Delivery of parcels"), topic("Prices")];
    let scorer = Scorer::load(&options(), &topics, Arc::new(Metrics::default())).unwrap();
    let texts = ["three weeks and the package is still not here", "why did it become so expensive?"];
    let scores = scorer.score(texts.map(|text| Request { text: text.into(), ..Request::default() }).to_vec()).unwrap();
    let best: Vec<u16> = scores.iter().map(|score| score.topics[0].0).collect();
    assert_eq!(best, [0, 1], "{:?}", scores.iter().map(|score| &score.topics).collect::<Vec<_>>());
}
