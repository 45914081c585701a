//! `/events`: the feed as server-sent events, at each page's own pace.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;

use super::Feed;

/// Proxies and browsers drop a connection that is silent for longer.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A page is told at most this often: people read no faster, and one write carries many lines.
const PACE: Duration = Duration::from_millis(200);
/// A page that takes nothing for so long is gone.
const STUCK: Duration = Duration::from_secs(60);
/// When a browser should try again after a lost connection.
const RETRY: Duration = Duration::from_secs(2);

/// Where a page that comes back left off; 0 for a new one, or one that knew another process.
fn left_off(headers: &HeaderMap, epoch: &str) -> u64 {
    let id = headers.get("last-event-id").and_then(|id| id.to_str().ok());
    id.and_then(|id| id.split_once('-'))
        .filter(|(theirs, _)| *theirs == epoch)
        .and_then(|(_, number)| number.parse().ok())
        .unwrap_or(0)
}

/// The stream of one page. It ends when the page goes, when it is stuck, or when the server stops.
pub(super) fn stream(
    feed: Feed,
    headers: &HeaderMap,
    permit: OwnedSemaphorePermit,
    mut stop: watch::Receiver<bool>,
) -> Sse<impl tokio_stream::Stream<Item = Result<Event, Infallible>> + use<>> {
    let from = left_off(headers, feed.epoch());
    let (page, lines) = mpsc::channel(1);
    tokio::spawn(async move {
        let _permit = permit;
        tokio::select! {
            () = play(&feed, from, &page) => {}
            () = page.closed() => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    });
    Sse::new(ReceiverStream::new(lines)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// Tells the page everything from a number on, until it takes no more.
async fn play(feed: &Feed, from: u64, page: &mpsc::Sender<Result<Event, Infallible>>) {
    let tell = async |event: Event| matches!(tokio::time::timeout(STUCK, page.send(Ok(event))).await, Ok(Ok(())));
    let hello = json!({ "resumed": from > 0, "version": env!("CARGO_PKG_VERSION") });
    if !tell(Event::default().event("hello").retry(RETRY).data(hello.to_string())).await {
        return;
    }
    let (mut last, mut fresh) = (from, from == 0);
    let mut news = feed.news();
    loop {
        news.mark_unchanged();
        for line in feed.after(last) {
            let missed = line.number - last - 1;
            // What came before a new page opened was not missed by it.
            if missed > 0 && !fresh {
                let note = Event::default().event("missed").data(json!({ "lines": missed }).to_string());
                if !tell(note).await {
                    return;
                }
            }
            (last, fresh) = (line.number, false);
            let id = format!("{}-{}", feed.epoch(), line.number);
            if !tell(Event::default().event(line.name).id(id).data(&*line.json)).await {
                return;
            }
        }
        tokio::time::sleep(PACE).await;
        if news.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resumes_only_with_an_id_of_this_process() {
        let id = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("last-event-id", value.parse().unwrap());
            left_off(&headers, "abc")
        };
        assert_eq!(id("abc-17"), 17);
        for other in ["xyz-17", "abc", "abc-", "abc-x", "", "17"] {
            assert_eq!(id(other), 0, "{other}");
        }
        assert_eq!(left_off(&HeaderMap::new(), "abc"), 0);
    }
}
