//! Nothing of the live page stands in a person's way, as far as axe-core can tell; and a phone and a keyboard are enough.

use serde_json::json;
use undertone::mention::{Reason, Rejection};

use crate::axe;
use crate::browser::{self, Browser};
use crate::support::{Running, alert, changed, event, told_standing};

/// A page that shows everything it can.
fn full() -> Running {
    let running = Running::start();
    for minute in [0, 65, 130] {
        running.tell(&told_standing(minute, 40.0 + f64::from(minute) / 10.0));
    }
    running.tell(&alert());
    let mut over = alert();
    over["id"] = json!("acme#volume_spike#2026-02-27T09:00:00Z");
    over["kind"] = json!("volume_spike");
    over["state"] = json!("resolved");
    running.tell(&over);
    let unsure = changed("3", "a lid, I guess", |event| {
        event["sentiment"]["label"] = json!("neutral");
        event["sentiment"]["abstained"] = json!(true);
        event["language"] = json!({ "code": "haw", "confidence": 0.4, "measured": false });
    });
    let own = changed("4", "Our new lid is here.", |event| {
        event["relation"] = json!("own");
        event["mention"]["url"] = json!("https://forum.example/4");
        event["signals"] = json!({ "complaint": 0.9, "question": true, "spam": 0.9, "offensive": 0.9 });
        event["sentiment"]["evidence"] =
            json!([{ "start": 0, "end": 7, "weight": 0.9 }, { "start": 8, "end": 11, "weight": -0.1 }]);
        event["entity"]["matched"] = json!([{ "start": 12, "end": 15 }]);
    });
    running.feed.publish(&[event("1", "the lid leaks", "negative"), event("2", "what a lid", "positive"), unsure, own]);
    running.feed.reject(&Rejection { reason: Reason::NotJson, field: None, detail: "found a comma".into() });
    running
}

#[test]
fn axe_finds_nothing_in_light_in_dark_and_on_a_phone() {
    if !browser::wanted() {
        return;
    }
    let running = full();
    for (scheme, width) in [("light", 1280), ("dark", 1280), ("light", 360), ("dark", 360)] {
        let mut browser = Browser::open(&format!("{}/#entity=acme", running.url), width);
        browser.prefer(scheme);
        browser.until(
            "!document.getElementById('detail').hidden && document.querySelectorAll('#mentions .card').length === 4",
        );
        browser.value("document.querySelectorAll('details').forEach((details) => { details.open = true; })");
        assert_eq!(axe::findings(&mut browser), Vec::<String>::new(), "{scheme}, {width} wide");
    }
}

#[test]
fn axe_finds_nothing_where_there_is_nothing_yet() {
    if !browser::wanted() {
        return;
    }
    let running = Running::start();
    let mut browser = Browser::open(&running.url, 1280);
    browser.until("document.getElementById('nothing').innerText !== ''");
    browser.until("document.getElementById('empty').innerText.startsWith('No mentions yet')");
    assert_eq!(axe::findings(&mut browser), Vec::<String>::new());
}

#[test]
fn a_narrow_phone_does_not_scroll_sideways() {
    if !browser::wanted() {
        return;
    }
    let running = full();
    let mut browser = Browser::open(&format!("{}/#entity=acme", running.url), 360);
    browser.until(
        "!document.getElementById('detail').hidden && document.querySelectorAll('#mentions .card').length === 4",
    );
    assert_eq!(browser.value("document.documentElement.scrollWidth"), 360);
}

#[test]
fn a_keyboard_is_enough_and_the_focus_is_seen() {
    if !browser::wanted() {
        return;
    }
    let running = full();
    let mut browser = Browser::open(&running.url, 1280);
    browser.until("document.querySelectorAll('#entities li').length === 1 && document.querySelectorAll('#mentions .card').length === 4");
    browser.press("Tab");
    assert_eq!(browser.value("document.activeElement.className"), "skip");
    assert_eq!(browser.value("document.activeElement.getBoundingClientRect().left > 0"), true, "the skip link shows");
    browser.press("Enter");
    browser.until("document.activeElement.id === 'mentions'");
    let mut steps = 0;
    browser.value("document.activeElement.blur(); scrollTo(0, 0)");
    browser.value("document.querySelector('.skip').focus()");
    while browser.value("document.activeElement.closest('#entities') === null") == true {
        browser.press("Tab");
        steps += 1;
        assert!(steps < 20, "no card is reached");
    }
    let outline = "getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(browser.value(outline), "solid");
    browser.press("Enter");
    browser.until("!document.getElementById('detail').hidden");
    browser.press("Escape");
    browser.until("document.getElementById('detail').hidden");
}
