//! What a reader of the live page learns of entities, in a real browser.

use serde_json::json;
use undertone::web::board::Following;

use crate::browser::{self, Browser};
use crate::support::{Running, alert, changed, event, told_standing};

const CARD: &str = "document.querySelector('#entities [data-id=acme] button')";

#[test]
fn cards_follow_the_standings_and_a_chosen_one_shows_what_is_behind() {
    if !browser::wanted() {
        return;
    }
    let running = Running::start();
    let mut browser = Browser::open(&running.url, 1280);
    browser.until("document.getElementById('nothing').innerText.startsWith('No standings yet')");
    running.tell(&told_standing(0, 62.4));
    browser.until(&format!("{CARD}?.querySelector('.score').innerText === '62'"));
    running.tell(&told_standing(65, 40.4));
    running.tell(&alert());
    running.feed.publish(&[event("1", "the lid leaks", "negative")]);
    browser.until(&format!("{CARD}.querySelector('.score').innerText === '40'"));
    assert_eq!(browser.value(&format!("{CARD}.querySelector('.range').innerText")), "31 to 49");
    assert_eq!(browser.value(&format!("{CARD}.querySelectorAll('.spark .line').length")), 1);
    browser.until("document.querySelector('#open .sentence')?.innerText.startsWith('Reputation of Acme fell')");
    browser.until("document.getElementById('announce').innerText.startsWith('critical alert: Reputation of Acme')");
    assert_eq!(browser.value("document.querySelector('#open .examples a').href"), "https://forum.example/9");

    browser.value(&format!("{CARD}.focus()"));
    browser.press("Enter");
    browser.until("!document.getElementById('detail').hidden && document.activeElement.id === 'detail-title'");
    assert_eq!(browser.value("location.hash"), "#entity=acme");
    let text = browser.value("document.getElementById('detail').textContent").as_str().unwrap().to_owned();
    for told in [
        "Last day against last week: −21.0 points.",
        "price",
        "−15.5",
        "Icelandic",
        "#lidgate",
        "7 authors",
        "waits for 6 hours",
        "Does the lid come in green?",
        "asked 3 times",
        "fan_of_lids",
        "Twice the price for half the lid.",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert_eq!(browser.value("document.querySelectorAll('#history .band').length"), 1);
    let label = browser.value("document.querySelector('#history svg').getAttribute('aria-label')");
    assert!(label.as_str().unwrap().contains("62 at first, 40 at last"), "{label}");
    assert_eq!(browser.value("document.querySelectorAll('#history tbody tr').length"), 2, "the same as a table");

    browser.press("Escape");
    browser.until("document.getElementById('detail').hidden");
    browser.until(&format!("document.activeElement === {CARD}"));
    assert_eq!(browser.value("location.hash"), "");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn what_was_chosen_stands_in_the_address_and_comes_back() {
    if !browser::wanted() {
        return;
    }
    let running = Running::start();
    running.tell(&told_standing(0, 62.4));
    running.feed.publish(&[event("1", "the lid leaks", "negative"), event("2", "what a lid", "positive")]);
    let mut browser = Browser::open(&format!("{}/#entity=acme&sentiment=positive&window=7d", running.url), 1280);
    browser.until("!document.getElementById('detail').hidden");
    let shown = "[...document.querySelectorAll('#mentions > li')].filter((li) => !li.hidden).map((li) => li.querySelector('.text').innerText)";
    browser.until(&format!("{shown}.length === 1"));
    assert_eq!(browser.value(shown), json!(["what a lid"]));
    assert_eq!(browser.value("document.getElementById('window').value"), "7d");
    for (field, value, fits) in [("source", "test", 2), ("topic", "price", 2), ("language", "en", 2), ("source", "", 2)]
    {
        browser.value("filters.sentiment.value = ''");
        browser.value(&format!(
            "filters.{field}.value = '{value}'; filters.{field}.dispatchEvent(new Event('input', {{ bubbles: true }}))"
        ));
        assert_eq!(browser.value(&format!("{shown}.length")), fits, "{field}");
        let part = format!("location.hash.includes('{field}={value}')");
        assert_eq!(browser.value(&part), !value.is_empty(), "{field}");
    }
    browser.value("document.getElementById('clear').click()");
    browser.until("location.hash === '#window=7d' && document.getElementById('detail').hidden");
    browser.value("history.back()");
    browser.until("filters.entity.value === 'acme' && !document.getElementById('detail').hidden");
    // A filter of something that has not come yet holds until it comes.
    browser.go(&format!("{}/?again#topic=service", running.url));
    browser.until("document.getElementById('empty').innerText.startsWith('Nothing here fits')");
    assert_eq!(browser.value("filters.topic.value"), "service");
}

#[test]
fn the_page_survives_a_restart_of_the_server() {
    if !browser::wanted() {
        return;
    }
    let mut running = Running::start();
    running.tell(&told_standing(0, 62.4));
    running.feed.publish(&[event("1", "before the restart", "negative")]);
    let mut browser = Browser::open(&running.url, 1280);
    browser.until("document.querySelectorAll('#mentions .card').length === 1 && document.querySelectorAll('#entities li').length === 1");
    running.restart();
    running.tell(&told_standing(30, 71.0));
    running.feed.publish(&[event("2", "after the restart", "positive")]);
    browser.until("document.querySelector('#mentions .text')?.innerText === 'after the restart'");
    assert_eq!(browser.value("document.querySelectorAll('#mentions .card').length"), 1, "nothing twice, nothing stale");
    browser.until(&format!("{CARD}.querySelector('.score').innerText === '71'"));
    assert_eq!(browser.value("document.getElementById('status').innerText"), "live");
}

#[test]
fn hostile_words_are_text_wherever_they_stand() {
    if !browser::wanted() {
        return;
    }
    let evil = "<img src=x onerror=\"window.pwned=1\"><script>window.pwned=1</script>\u{202e}";
    let script = "javascript:window.pwned=1";
    let post = json!({
        "id": evil, "source": evil, "author": evil, "url": script, "text": evil, "created_at": "2026-03-01T05:00:00Z",
    });
    let running = Running::start();
    let mut standing = told_standing(0, 62.4);
    standing["entity"]["name"] = json!(evil);
    standing["trends"][0]["term"] = json!(evil);
    standing["community"]["unanswered_posts"] = json!([post]);
    standing["community"]["questions"] = json!([{ "count": 3, "authors": 2, "example": post }]);
    standing["community"]["advocates"][0]["author"] = json!(evil);
    standing["community"]["advocates"][0]["source"] = json!(evil);
    let parts = json!([{ "id": evil, "points": -4.0 }]);
    let change = json!({ "points": -4.0, "topics": parts, "sources": parts, "languages": parts });
    standing["windows"]["24h"]["change"] = change.clone();
    standing["alerts"][0]["summary"] = json!(evil);
    let mut alert = alert();
    alert["entity"]["name"] = json!(evil);
    alert["detectors"] = json!([evil]);
    alert["change"] = change;
    alert["examples"][0] =
        json!({ "id": evil, "source": evil, "author": evil, "url": script, "text": evil, "score": -1.0 });
    running.tell(&standing);
    running.tell(&alert);
    let mut browser = Browser::open(&format!("{}/#entity=acme&topic=%3Cimg%20src%3Dx%3E", running.url), 1280);
    browser.until("!document.getElementById('detail').hidden && document.querySelectorAll('#its-alerts .examples li').length === 1");
    // Everything is there, as words…
    for place in [
        "#entities .name",
        "#detail-title",
        "#open .sentence",
        "#open .examples .author",
        "#open .examples .text",
        "#open .what",
        "#why .what",
        "#trends .term",
        "#waiting .author",
        "#waiting .text",
        "#community .text",
        "#community .advocates b",
    ] {
        let words = browser.value(&format!("document.querySelector('{place}').textContent"));
        assert!(words.as_str().unwrap().contains("<img src=x onerror="), "{place}: {words}");
    }
    // …and nothing of it is markup, a link or a script.
    assert_eq!(browser.value("document.querySelectorAll('main img, main script, main a').length"), 0);
    assert_eq!(browser.value("typeof window.pwned"), "undefined");
}

#[test]
fn of_very_many_entities_a_few_are_shown_and_the_others_are_found() {
    if !browser::wanted() {
        return;
    }
    let mut running = Running::start();
    running.watch(&(0..40).map(|n| format!("entity-{n:02}")).collect::<Vec<_>>());
    for n in 0..40 {
        let mut standing = told_standing(0, 62.4);
        standing["entity"] =
            json!({ "id": format!("entity-{n:02}"), "name": format!("Entity {n:02}"), "kind": "brand" });
        standing["alerts"] = json!([]);
        running.tell(&standing);
    }
    let mut browser = Browser::open(&running.url, 390);
    browser.until("document.querySelectorAll('#entities li').length === 12");
    assert_eq!(browser.value("document.getElementById('footing').innerText"), "12 of 40 entities");
    browser.value("document.getElementById('find').value = 'y 33'; document.getElementById('find').dispatchEvent(new Event('input'))");
    browser.until("document.querySelectorAll('#entities li').length === 1");
    assert_eq!(browser.value("document.querySelector('#entities .name').innerText"), "Entity 33");
    browser.value("document.getElementById('find').value = ''; document.getElementById('more').click()");
    browser.until("document.querySelectorAll('#entities li').length === 40");
}

/// Mentions of an entity of that number.
fn mention_of(n: u32) -> std::sync::Arc<undertone::enrich::EnrichedEvent> {
    changed(&n.to_string(), "what a lid", |event| {
        event["entity"]["id"] = json!(format!("entity-{n:02}"));
        event["entity"]["name"] = json!(format!("Entity {n:02}"));
    })
}

#[test]
fn who_has_a_standing_is_never_said_to_have_none_and_keeps_its_counts() {
    if !browser::wanted() {
        return;
    }
    let mut running = Running::start();
    running.watch(&(0..40).map(|n| format!("entity-{n:02}")).collect::<Vec<_>>());
    for n in 0..30 {
        let mut standing = told_standing(0, 62.4);
        standing["entity"] =
            json!({ "id": format!("entity-{n:02}"), "name": format!("Entity {n:02}"), "kind": "brand" });
        standing["alerts"] = json!([]);
        running.tell(&standing);
    }
    // Counted most are others than the first twelve, some of them without a standing.
    running.feed.publish(&(0..40).map(mention_of).collect::<Vec<_>>());
    running.feed.publish(&(15..40).map(mention_of).collect::<Vec<_>>());
    let mut browser = Browser::open(&running.url, 1280);
    let counted = "[...document.querySelectorAll('#entities li')].filter((li) => li.querySelector('.shares')).length";
    let scored = "[...document.querySelectorAll('#entities li')].filter((li) => li.querySelector('.score')).length";
    browser.until(&format!("{counted} === 12 && {scored} === 12"));
    assert_eq!(browser.value("document.querySelectorAll('#entities li').length"), 12);
    browser.value("document.getElementById('more').click()");
    browser.until(&format!("{counted} === 40 && {scored} === 30"));
    assert_eq!(browser.value("document.getElementById('more').hidden"), true);
}

#[test]
fn without_standings_too_twelve_are_shown_and_all_can_be_reached() {
    if !browser::wanted() {
        return;
    }
    let mut running = Running::start();
    running.watch(&(0..20).map(|n| format!("entity-{n:02}")).collect::<Vec<_>>());
    running.feed.publish(&(0..20).map(mention_of).collect::<Vec<_>>());
    let mut browser = Browser::open(&running.url, 1280);
    browser.until("document.querySelectorAll('#entities li').length === 12");
    assert_eq!(browser.value("document.getElementById('footing').innerText"), "12 of 20 entities");
    browser.value("document.getElementById('more').click()");
    browser.until("document.querySelectorAll('#entities li').length === 20");
}

#[test]
fn a_link_that_has_the_focus_holds_its_block_up_but_never_shows_another_entity() {
    if !browser::wanted() {
        return;
    }
    let running = Running::start();
    let mut zeta = told_standing(0, 70.0);
    zeta["entity"] = json!({ "id": "zeta", "name": "Zeta", "kind": "competitor" });
    zeta["community"]["unanswered_posts"][0]["text"] = json!("Is there a lid for Zeta?");
    running.tell(&zeta);
    running.tell(&told_standing(0, 62.4));
    let mut browser = Browser::open(&running.url, 1280);
    let words = "document.querySelector('#waiting .text')?.innerText";
    browser.until("document.querySelectorAll('#entities li').length === 2");
    for (id, text) in [("zeta", "Is there a lid for Zeta?"), ("acme", "Does the lid come in green?")] {
        browser.value(&format!("document.querySelector('#entities [data-id={id}] button').click()"));
        browser.until(&format!("{words} === '{text}' && document.activeElement.id === 'detail-title'"));
    }
    // What came while somebody was at a link is shown as soon as they leave, though nothing new comes.
    browser.value("document.querySelector('#waiting a').focus()");
    let mut later = told_standing(5, 50.2);
    later["community"]["unanswered_posts"][0]["text"] = json!("Does it come in blue?");
    running.tell(&later);
    browser.until(&format!("{CARD}.querySelector('.score').innerText === '50'"));
    assert_eq!(browser.value(words), "Does the lid come in green?");
    assert_eq!(browser.value("document.activeElement === document.querySelector('#waiting a')"), true);
    browser.value("document.activeElement.blur()");
    browser.until(&format!("{words} === 'Does it come in blue?'"));
    // Another entity is shown at once.
    browser.value("document.querySelector('#waiting a').focus()");
    browser.value("history.back()");
    browser
        .until(&format!("document.getElementById('detail-title').innerText === 'Zeta' && {words}.endsWith('Zeta?')"));
    browser.until("document.activeElement.id === 'detail-title'");
}

#[test]
fn a_screen_reader_is_told_of_alerts_only_once_all_is_read() {
    if !browser::wanted() {
        return;
    }
    let running = Running::start();
    running.board.follows(Following::Reading);
    running.tell(&told_standing(0, 40.4));
    running.tell(&alert());
    let mut browser = Browser::open(&running.url, 1280);
    browser.until("document.querySelector('#open .sentence')?.innerText.startsWith('Reputation of Acme fell')");
    assert_eq!(browser.value("document.getElementById('announce').textContent"), "");
    running.board.follows(Following::Live);
    browser.until("document.getElementById('announce').textContent.startsWith('critical alert: Reputation of Acme')");
}
