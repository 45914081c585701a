//! `/events`: backlog, live, resume, and pages that are too slow.

use std::time::{Duration, Instant};

use undertone::mention::{Reason, Rejection};

use crate::support::{Running, event};

#[test]
fn a_page_gets_what_was_and_then_what_comes() {
    let running = Running::start();
    running.feed.publish(&[event("1", "before", "neutral")]);
    let mut events = running.events(None);
    let first = events.next().unwrap();
    assert_eq!((first.name.as_str(), first.data["text"].as_str()), ("mention", Some("before")));
    let began = Instant::now();
    running.feed.publish(&[event("2", "live", "positive")]);
    let second = events.next().unwrap();
    assert_eq!(second.data["text"], "live");
    assert_eq!(second.data["sentiment"]["label"], "positive");
    assert_eq!(second.data["author"], "someone");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    running.feed.reject(&Rejection {
        reason: Reason::MissingField,
        field: Some("text".into()),
        detail: "found nothing".into(),
    });
    let third = events.next().unwrap();
    assert_eq!((third.name.as_str(), third.data["reason"].as_str()), ("rejected", Some("missing_field")));
}

#[test]
fn a_page_that_comes_back_goes_on_where_it_left_off() {
    let running = Running::start();
    running.feed.publish(&[event("1", "one", "neutral"), event("2", "two", "neutral")]);
    let mut events = running.events(None);
    let id = events.next().unwrap().id;
    drop(events);
    running.feed.publish(&[event("3", "three", "neutral")]);
    let mut events = running.events(Some(&id));
    assert_eq!(events.any().unwrap().data["resumed"], true);
    assert_eq!(events.next().unwrap().data["text"], "two");
    assert_eq!(events.next().unwrap().data["text"], "three");
    // An id of a process before this one means nothing here.
    let mut events = running.events(Some("1-2"));
    assert_eq!(events.any().unwrap().data["resumed"], false);
    assert_eq!(events.next().unwrap().data["text"], "one");
}

#[test]
fn a_slow_page_loses_the_oldest_is_told_so_and_holds_nothing_up() {
    let running = Running::start();
    running.feed.publish(&[event("0", "first", "neutral")]);
    let mut slow = running.events(None);
    assert_eq!(slow.next().unwrap().data["text"], "first");
    let long = event("1", &"words ".repeat(150), "neutral");
    let began = Instant::now();
    for _ in 0..20_000 {
        running.feed.publish(std::slice::from_ref(&long));
    }
    running.feed.publish(&[event("2", "last", "neutral")]);
    assert!(began.elapsed() < Duration::from_secs(30), "publishing waited for the page: {:?}", began.elapsed());
    let (mut missed, mut shown) = (0, 0);
    loop {
        let event = slow.next().unwrap();
        match event.name.as_str() {
            "missed" => missed += event.data["lines"].as_u64().unwrap(),
            _ => shown += 1,
        }
        if event.data["text"] == "last" {
            break;
        }
    }
    assert_eq!(missed + shown, 20_001, "what is not shown is said to be missed");
    assert!(missed > 10_000, "{missed}");
}

#[test]
fn too_many_pages_are_turned_away() {
    let running = Running::start();
    let pages: Vec<_> = (0..64).map(|_| running.events(None)).collect();
    assert_eq!(running.get("/events").status, 503);
    drop(pages);
    let deadline = Instant::now() + Duration::from_secs(60);
    // A page that went is noticed soon, and its place is free again.
    while crate::support::status_of(&format!("{}/events", running.url)) == 503 {
        assert!(Instant::now() < deadline, "places of closed pages stay taken");
        std::thread::sleep(Duration::from_millis(50));
    }
}
