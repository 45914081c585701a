//! What the live page shows: committed events, as they come.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use super::line;
use super::tally::{Summary, Tally};
use crate::enrich::EnrichedEvent;
use crate::mention::Rejection;

/// Lines kept for pages that open later, and for pages that fell behind.
const KEPT: usize = 300;
/// Of one chunk, so many events are shown at most (the newest): nobody reads thousands a second.
const SHOWN_OF_A_CHUNK: usize = 100;

/// A bounded broadcast from the pipeline to open pages; with no page open it costs next to nothing, and a slow page loses
/// the oldest lines, never holds up the pipeline: pages read a ring at their own pace.
#[derive(Debug, Clone)]
pub struct Feed {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// Tells this feed from the one before a restart, whose numbers mean nothing here.
    epoch: String,
    ring: Mutex<Ring>,
    /// The number of the last line.
    news: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    /// Every event has a number; those that are not kept leave a gap, by which a page knows what it missed.
    last: u64,
    lines: VecDeque<Line>,
    tally: Tally,
}

/// One line of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Counts up from 1, with gaps where lines were not kept.
    pub number: u64,
    /// `mention` or `rejected`: the name of the server-sent event.
    pub name: &'static str,
    /// JSON on one line.
    pub json: Arc<str>,
}

impl Feed {
    /// A feed that keeps the last events for pages that open later.
    pub fn new() -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            shared: Arc::new(Shared {
                epoch: format!("{:x}", started.as_nanos()),
                ring: Mutex::default(),
                news: watch::Sender::new(0),
            }),
        }
    }

    /// Shows the events of a committed chunk.
    pub fn publish(&self, events: &[Arc<EnrichedEvent>]) {
        if events.is_empty() {
            return;
        }
        let unshown = events.len().saturating_sub(SHOWN_OF_A_CHUNK);
        // Written out before the lock is taken, so that pages never wait for it.
        let written: Vec<Arc<str>> = events[unshown..].iter().map(|event| line::mention(event).into()).collect();
        let mut ring = self.ring();
        for event in events {
            ring.tally.add(event);
        }
        ring.last += unshown as u64;
        for json in written {
            ring.push("mention", json);
        }
        self.tell(ring);
    }

    /// Shows that a record became a dead letter.
    pub fn reject(&self, rejection: &Rejection) {
        let json = line::rejection(rejection).into();
        let mut ring = self.ring();
        ring.tally.reject();
        ring.push("rejected", json);
        self.tell(ring);
    }

    /// The counts so far; the chart is of one entity, or of all.
    pub fn summary(&self, entity: Option<&str>) -> Summary {
        self.ring().tally.summary(entity)
    }

    /// The kept lines after a number, oldest first.
    pub fn after(&self, number: u64) -> Vec<Line> {
        let ring = self.ring();
        let from = ring.lines.partition_point(|line| line.number <= number);
        ring.lines.range(from..).cloned().collect()
    }

    /// Tells this feed from that of an earlier process.
    pub fn epoch(&self) -> &str {
        &self.shared.epoch
    }

    /// Changes whenever there is a new line.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.shared.news.subscribe()
    }

    fn tell(&self, ring: MutexGuard<'_, Ring>) {
        let last = ring.last;
        drop(ring);
        self.shared.news.send_replace(last);
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.shared.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Feed {
    fn default() -> Self {
        Self::new()
    }
}

impl Ring {
    fn push(&mut self, name: &'static str, json: Arc<str>) {
        self.last += 1;
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(Line { number: self.last, name, json });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mention::Reason;
    use crate::model::SentimentLabel;
    use crate::web::sample;

    fn chunk(events: usize) -> Vec<Arc<EnrichedEvent>> {
        (0..events).map(|n| Arc::new(sample::event("acme", &format!("post {n}"), SentimentLabel::Neutral))).collect()
    }

    #[test]
    fn lines_come_in_order_and_after_the_number_asked_for() {
        let feed = Feed::new();
        feed.publish(&chunk(2));
        feed.reject(&Rejection { reason: Reason::NotJson, field: None, detail: "found a comma".into() });
        let all = feed.after(0);
        assert_eq!(
            all.iter().map(|line| (line.number, line.name)).collect::<Vec<_>>(),
            [(1, "mention"), (2, "mention"), (3, "rejected")]
        );
        assert!(all[2].json.contains("found a comma"));
        assert_eq!(feed.after(2), all[2..]);
        assert!(feed.after(3).is_empty());
    }

    #[test]
    fn a_large_chunk_shows_its_newest_and_leaves_a_gap_for_the_rest() {
        let feed = Feed::new();
        feed.publish(&chunk(1_000));
        let lines = feed.after(0);
        assert_eq!(lines.len(), SHOWN_OF_A_CHUNK);
        assert_eq!(lines[0].number, 901);
        assert!(lines[SHOWN_OF_A_CHUNK - 1].json.contains("post 999"));
        assert_eq!(feed.summary(None).entities[0].counts.neutral, 1_000);
    }

    #[test]
    fn a_correction_is_shown_with_what_the_model_had_said() {
        use crate::enrich::event::{CorrectedRef, WasRef};
        let mut event = sample::event("acme", "the war zone map", SentimentLabel::Neutral);
        let was = WasRef {
            label: SentimentLabel::Negative,
            score: -0.5,
            negative: 0.6,
            neutral: 0.3,
            positive: 0.1,
            abstained: false,
        };
        let corrected = CorrectedRef { by: vec!["war zone".into(); 20], shift: None, was };
        event.sentiment.as_mut().unwrap().corrected = Some(corrected);
        let feed = Feed::new();
        feed.publish(&[Arc::new(event)]);
        let line: serde_json::Value = serde_json::from_str(&feed.after(0)[0].json).unwrap();
        let shown = &line["sentiment"]["corrected"];
        assert_eq!((&shown["label"], &shown["score"]), (&"negative".into(), &(-0.5).into()));
        assert_eq!(shown["by"].as_array().map(Vec::len), Some(12), "little enough to keep");
    }

    #[test]
    fn memory_is_bounded_whatever_comes() {
        let feed = Feed::new();
        let huge = Arc::new(sample::event("acme", &"ш".repeat(100_000), SentimentLabel::Neutral));
        for _ in 0..1_000 {
            feed.publish(std::slice::from_ref(&huge));
        }
        let lines = feed.after(0);
        assert_eq!(lines.len(), KEPT);
        assert!(lines.iter().all(|line| line.json.len() < 5_000), "{}", lines[0].json.len());
    }
}
