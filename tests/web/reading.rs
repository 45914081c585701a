//! What a reader of the live page sees, in a real browser.

use serde_json::json;
use undertone::mention::{Reason, Rejection};

use crate::browser::{self, Browser};
use crate::support::{Running, changed, event};

#[test]
fn mentions_and_counts_come_live_and_filters_choose() {
    if !browser::wanted() {
        return;
    }
    let running = Running::start();
    running.feed.publish(&[event("1", "before the page", "negative")]);
    let mut browser = Browser::open(&running.url, 1280);
    browser.until("document.querySelectorAll('#mentions .card').length === 1");
    running.feed.publish(&[event("2", "while it is open", "positive")]);
    running.feed.reject(&Rejection { reason: Reason::NotJson, field: None, detail: "found a comma".into() });
    browser.until("document.querySelectorAll('#mentions > li').length === 3");
    assert_eq!(
        browser.value("document.querySelector('#mentions > li').innerText"),
        "dead letter not_json: found a comma"
    );
    assert_eq!(browser.value("document.querySelector('#mentions .card .text').innerText"), "while it is open");
    assert_eq!(browser.value("document.querySelector('#mentions .card .verdict').innerText"), "▲ positive +0.50");
    browser.until("document.querySelector('#entities .positive b')?.innerText === '1'");
    assert_eq!(browser.value("document.querySelector('#entities .range').innerText"), "no standing yet");
    browser.until("document.querySelectorAll('#chart g').length === 1");
    assert_eq!(browser.value("document.getElementById('status').innerText"), "live");

    browser.value(
        "filters.sentiment.value = 'negative'; filters.sentiment.dispatchEvent(new Event('input', { bubbles: true }))",
    );
    let shown = "[...document.querySelectorAll('#mentions > li')].filter((li) => !li.hidden).map((li) => li.querySelector('.text')?.innerText)";
    assert_eq!(browser.value(shown), json!(["before the page"]));
    browser.value("document.getElementById('clear').click()");
    browser.until("[...document.querySelectorAll('#mentions > li')].every((li) => !li.hidden)");
    browser.value("filters.text.value = 'IS OPEN'; filters.text.dispatchEvent(new Event('input', { bubbles: true }))");
    assert_eq!(browser.value(shown), json!(["while it is open"]));
    browser.value("document.getElementById('clear').click()");

    browser.press("p");
    running.feed.publish(&[event("3", "while it is paused", "neutral")]);
    browser.until("document.getElementById('pause').innerText === 'Resume (1 new)'");
    assert_eq!(browser.value("document.querySelectorAll('#mentions .card').length"), 2);
    browser.press("p");
    browser.until("document.querySelectorAll('#mentions .card').length === 3");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn a_tab_that_nobody_looks_at_gives_its_connection_back_and_catches_up_later() {
    if !browser::wanted() {
        return;
    }
    let running = Running::start();
    running.feed.publish(&[event("1", "seen at once", "neutral")]);
    let mut browser = Browser::open(&running.url, 1280);
    let texts = "[...document.querySelectorAll('#mentions .text')].map((text) => text.innerText)";
    browser.until("document.querySelectorAll('#mentions .card').length === 1");
    // Half a minute passes in a hundredth of it.
    browser.value("{ const wait = setTimeout; globalThis.setTimeout = (what, time) => wait(what, time / 100); }");
    let hide = |hidden: bool| {
        format!(
            "Object.defineProperty(document, 'hidden', {{ configurable: true, value: {hidden} }}); \
             document.dispatchEvent(new Event('visibilitychange')); \
             new Promise((done) => setTimeout(done, 100_000))"
        )
    };
    browser.value(&hide(true));
    running.feed.publish(&[event("2", "while nobody looks", "neutral")]);
    browser.value("new Promise((done) => setTimeout(done, 50_000))");
    assert_eq!(browser.value(texts), json!(["seen at once"]));
    browser.value(&hide(false));
    browser.until("document.querySelectorAll('#mentions .card').length === 2");
    assert_eq!(browser.value(texts), json!(["while nobody looks", "seen at once"]));
    // What is paused stays as it is, and what comes is kept for later.
    browser.press("p");
    browser.value(&hide(true));
    running.feed.publish(&[event("3", "while it is paused", "neutral")]);
    browser.until("document.getElementById('pause').innerText === 'Resume (1 new)'");
}

#[test]
fn a_hostile_post_is_text_and_nothing_else() {
    if !browser::wanted() {
        return;
    }
    let running = Running::start();
    let post = "<img src=x onerror=\"window.pwned=1\"><script>window.pwned=1</script>&lt;b&gt; \u{202e}";
    let hostile = changed("1", post, |event| {
        event["mention"]["author"] = json!({ "name": "<script>window.pwned=1</script>" });
        event["mention"]["title"] = json!("<svg onload=window.pwned=1>");
        event["mention"]["url"] = json!("javascript:window.pwned=1");
        event["entity"]["name"] = json!("<i onclick=alert(1)>Acme</i>");
        event["topics"] = json!([{ "id": "<u>t</u>", "score": 0.9 }]);
        event["language"]["code"] = json!("\"><script>");
    });
    running.feed.publish(&[hostile]);
    running.feed.reject(&Rejection {
        reason: Reason::NotJson,
        field: Some("<b>".into()),
        detail: "<img src=x>".into(),
    });
    let mut browser = Browser::open(&running.url, 1280);
    browser.until("document.querySelectorAll('#mentions > li').length === 2");
    browser.until("document.querySelectorAll('#entities li').length === 1");
    assert_eq!(browser.value("document.querySelector('#mentions .text').textContent"), post);
    assert_eq!(browser.value("document.querySelectorAll('main img, main script, main svg:not(#chart), main a, main u, #mentions i, #mentions b b, main .name *').length"), 0);
    assert_eq!(browser.value("typeof window.pwned"), "undefined");
}

#[test]
fn evidence_is_marked_where_the_event_says_in_any_script() {
    if !browser::wanted() {
        return;
    }
    let running = Running::start();
    // Code points, not UTF-16 units: the flag and the clef would shift every mark by two.
    let text = "🇷🇸𝄞 Акме ради одлично";
    let points: Vec<char> = text.chars().collect();
    let at = |word: &str| {
        let word: Vec<char> = word.chars().collect();
        let start = points.windows(word.len()).position(|window| window == word).unwrap();
        json!({ "start": start, "end": start + word.len() })
    };
    let marked = changed("1", text, |event| {
        event["entity"]["matched"] = json!([at("Акме")]);
        let (mut good, mut bad) = (at("одлично"), at("ради"));
        good["weight"] = json!(0.8);
        bad["weight"] = json!(-0.1);
        event["sentiment"]["evidence"] = json!([good, bad]);
    });
    running.feed.publish(&[marked]);
    let mut browser = Browser::open(&running.url, 390);
    browser.until("document.querySelectorAll('#mentions mark').length === 3");
    let marks =
        "[...document.querySelectorAll('#mentions mark')].map((mark) => [mark.className.trim(), mark.textContent])";
    assert_eq!(browser.value(marks), json!([["match", "Акме"], ["against weak", "ради"], ["for", "одлично"]]));
    let line = "getComputedStyle(document.querySelector('#mentions .for')).textDecorationLine";
    assert_eq!(browser.value(line), "underline", "marks are not told by colour alone");
    assert_eq!(browser.value("document.documentElement.scrollWidth <= 390"), true, "a phone does not scroll sideways");
}

#[test]
fn the_list_of_sources_ends_and_words_find_the_others() {
    if !browser::wanted() {
        return;
    }
    let running = Running::start();
    let of =
        |n: u32| changed(&n.to_string(), "a lid", |event| event["mention"]["source"] = json!(format!("forum-{n}")));
    let mentions: Vec<_> = (0..210).map(of).collect();
    // Of one chunk only the newest hundred are shown.
    mentions.chunks(70).for_each(|chunk| running.feed.publish(chunk));
    let mut browser = Browser::open(&running.url, 1280);
    browser.until("document.querySelectorAll('#mentions .card').length === 210");
    assert_eq!(browser.value("filters.source.options.length"), 201, "200, and the one that chooses nothing");
    browser
        .value("filters.text.value = 'forum-209'; filters.text.dispatchEvent(new Event('input', { bubbles: true }))");
    let shown = "[...document.querySelectorAll('#mentions > li')].filter((li) => !li.hidden).length";
    assert_eq!(browser.value(shown), 1);
    // A source in an address can be chosen all the same.
    browser.go(&format!("{}/?again#source=forum-209", running.url));
    browser.until("document.querySelectorAll('#mentions .card').length === 210");
    assert_eq!(browser.value(&format!("filters.source.value === 'forum-209' && {shown} === 1")), true);
}
