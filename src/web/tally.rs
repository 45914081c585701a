//! Counts over event time: per entity, in a bounded number of time buckets.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::Serialize;

use crate::enrich::EnrichedEvent;
use crate::mention::Op;
use crate::model::SentimentLabel;
use crate::watch::{EntityKind, Relation};

/// Widths that a bucket may have, in seconds; each is a multiple of the one before, so that buckets can be merged.
const WIDTHS: [i64; 7] = [60, 300, 900, 3_600, 10_800, 21_600, 86_400];
/// Buckets of the chart. When time runs over them, they become wider.
const BUCKETS: i64 = 96;
/// Entities that a summary lists: a page cannot show more, and a watchlist may hold very many.
const LISTED: usize = 200;
/// How far the chart reaches back from the newest mention, in seconds: 31 days.
const HORIZON: i64 = 31 * 86_400;

/// How many events said what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Against the entity.
    pub negative: u64,
    /// Neither.
    pub neutral: u64,
    /// For it.
    pub positive: u64,
    /// No model looked.
    pub unscored: u64,
}

impl Counts {
    fn add(&mut self, label: Option<SentimentLabel>) {
        *match label {
            Some(SentimentLabel::Negative) => &mut self.negative,
            Some(SentimentLabel::Neutral) => &mut self.neutral,
            Some(SentimentLabel::Positive) => &mut self.positive,
            None => &mut self.unscored,
        } += 1;
    }

    fn merge(&mut self, other: Self) {
        self.negative += other.negative;
        self.neutral += other.neutral;
        self.positive += other.positive;
        self.unscored += other.unscored;
    }
}

/// Counts of one entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntityCounts {
    /// Id on the watchlist; empty where there is none.
    pub id: Arc<str>,
    /// Name on the watchlist.
    pub name: Arc<str>,
    /// Kind on the watchlist.
    pub kind: Option<EntityKind>,
    /// What others say.
    #[serde(flatten)]
    pub counts: Counts,
    /// Posts of its own accounts, which are in no other count.
    pub own: u64,
}

/// One bucket of the chart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bucket {
    /// Where it starts, in seconds since the epoch.
    pub start: i64,
    /// What it holds.
    #[serde(flatten)]
    pub counts: Counts,
}

/// Everything counted so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The entities most mentioned, at most 200, most first.
    pub entities: Vec<EntityCounts>,
    /// Entities with mentions that are not listed.
    pub more_entities: usize,
    /// Width of a bucket, in seconds.
    pub width_seconds: i64,
    /// Buckets that hold something, oldest first: of one entity, or of all.
    pub chart: Vec<Bucket>,
    /// Events counted or shown, own posts, edits and deletions included.
    pub events: u64,
    /// Records that became dead letters.
    pub rejected: u64,
}

#[derive(Debug)]
struct Entity {
    sums: EntityCounts,
    buckets: BTreeMap<i64, Counts>,
}

/// The counts themselves. Memory is bounded by entities × [`BUCKETS`].
#[derive(Debug, Default)]
pub(super) struct Tally {
    entities: HashMap<Arc<str>, Entity>,
    /// The buckets of all entities.
    all: BTreeMap<i64, Counts>,
    /// Index into [`WIDTHS`].
    width: usize,
    /// First and last second seen.
    range: Option<(i64, i64)>,
    events: u64,
    rejected: u64,
}

impl Tally {
    /// Counts an event. Own posts are counted apart, and edits and deletions are not counted again.
    pub(super) fn add(&mut self, event: &EnrichedEvent) {
        self.events += 1;
        if event.op != Op::Observed {
            return;
        }
        let (id, name, kind) = match &event.entity {
            Some(entity) => (entity.id.clone(), entity.name.clone(), Some(entity.kind)),
            None => (Arc::from(""), Arc::from("every mention"), None),
        };
        let second = event.mention.created_at.as_second();
        let own = event.relation == Some(Relation::Own);
        if !own {
            self.stretch(second);
        }
        let index = second.div_euclid(self.width());
        let oldest = self.oldest();
        let entity = self.entities.entry(id.clone()).or_insert_with(|| Entity {
            sums: EntityCounts { id, name, kind, counts: Counts::default(), own: 0 },
            buckets: BTreeMap::new(),
        });
        if own {
            entity.sums.own += 1;
            return;
        }
        let label = event.sentiment.as_ref().map(|sentiment| sentiment.label);
        entity.sums.counts.add(label);
        for buckets in [&mut entity.buckets, &mut self.all] {
            while buckets.first_key_value().is_some_and(|(index, _)| *index < oldest) {
                buckets.pop_first();
            }
            if index >= oldest {
                buckets.entry(index).or_default().add(label);
            }
        }
    }

    /// Counts a dead letter.
    pub(super) fn reject(&mut self) {
        self.rejected += 1;
    }

    /// The counts, with the chart of one entity or of all.
    pub(super) fn summary(&self, entity: Option<&str>) -> Summary {
        let total = |e: &EntityCounts| e.counts.negative + e.counts.neutral + e.counts.positive + e.counts.unscored;
        let most_first = |a: &&EntityCounts, b: &&EntityCounts| total(b).cmp(&total(a)).then_with(|| a.id.cmp(&b.id));
        let mut entities: Vec<&EntityCounts> = self.entities.values().map(|entity| &entity.sums).collect();
        let more_entities = entities.len().saturating_sub(LISTED);
        if more_entities > 0 {
            entities.select_nth_unstable_by(LISTED, most_first);
            entities.truncate(LISTED);
        }
        entities.sort_by(most_first);
        let none = BTreeMap::new();
        let buckets = match entity {
            None => &self.all,
            Some(id) => self.entities.get(id).map_or(&none, |entity| &entity.buckets),
        };
        let width = self.width();
        Summary {
            entities: entities.into_iter().cloned().collect(),
            more_entities,
            width_seconds: width,
            chart: buckets
                .range(self.oldest()..)
                .map(|(index, counts)| Bucket { start: index * width, counts: *counts })
                .collect(),
            events: self.events,
            rejected: self.rejected,
        }
    }

    const fn width(&self) -> i64 {
        WIDTHS[self.width]
    }

    fn oldest(&self) -> i64 {
        self.range.map_or(i64::MIN, |(_, last)| last.div_euclid(self.width()) - BUCKETS + 1)
    }

    /// Takes a time into the range, with wider buckets where it needs them. What is older than [`HORIZON`] is counted
    /// and not charted, so that one stray of years ago does not flatten the chart.
    fn stretch(&mut self, second: i64) {
        let (first, last) = self.range.map_or((second, second), |(first, last)| (first.min(second), last.max(second)));
        let first = first.max(last - HORIZON);
        if self.range == Some((first, last)) {
            return;
        }
        let before = self.width();
        let spans = |width: i64| last.div_euclid(width) - first.div_euclid(width) < BUCKETS;
        while !spans(self.width()) && self.width + 1 < WIDTHS.len() {
            self.width += 1;
        }
        self.range = Some((first, last));
        let factor = self.width() / before;
        if factor == 1 {
            return;
        }
        for buckets in self.entities.values_mut().map(|entity| &mut entity.buckets).chain([&mut self.all]) {
            let mut wider: BTreeMap<i64, Counts> = BTreeMap::new();
            for (index, counts) in std::mem::take(buckets) {
                wider.entry(index.div_euclid(factor)).or_default().merge(counts);
            }
            *buckets = wider;
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::web::sample;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 - 1_700_000_000 % 86_400 + minutes * 60).unwrap()
    }

    fn event(entity: &str, minutes: i64, label: SentimentLabel) -> EnrichedEvent {
        let mut event = sample::event(entity, "some words", label);
        Arc::make_mut(&mut event.mention).created_at = at(minutes);
        event
    }

    fn charted(summary: &Summary) -> u64 {
        summary.chart.iter().map(|b| b.counts.negative + b.counts.neutral + b.counts.positive + b.counts.unscored).sum()
    }

    #[test]
    fn counts_per_entity_and_bucket() {
        let mut tally = Tally::default();
        tally.add(&event("acme", 0, SentimentLabel::Positive));
        tally.add(&event("acme", 1, SentimentLabel::Negative));
        tally.add(&event("acme", 1, SentimentLabel::Negative));
        tally.add(&event("other", 1, SentimentLabel::Neutral));
        let all = tally.summary(None);
        assert_eq!(all.entities.iter().map(|e| &*e.id).collect::<Vec<_>>(), ["acme", "other"]);
        assert_eq!(all.entities[0].counts, Counts { negative: 2, neutral: 0, positive: 1, unscored: 0 });
        assert_eq!((all.width_seconds, all.chart.len(), charted(&all)), (60, 2, 4));
        let other = tally.summary(Some("other"));
        assert_eq!(
            other.chart,
            [Bucket { start: at(1).as_second(), counts: Counts { neutral: 1, ..Counts::default() } }]
        );
    }

    #[test]
    fn buckets_widen_and_lose_nothing_within_the_horizon() {
        let mut tally = Tally::default();
        for minutes in (0..14 * 24 * 60).step_by(37) {
            tally.add(&event("acme", minutes, SentimentLabel::Neutral));
        }
        let summary = tally.summary(None);
        assert!(summary.chart.len() as i64 <= BUCKETS, "{}", summary.chart.len());
        assert_eq!(charted(&summary), summary.entities[0].counts.neutral);
        assert!(summary.chart.iter().all(|bucket| bucket.start % summary.width_seconds == 0));
    }

    #[test]
    fn a_stray_of_years_ago_is_counted_but_does_not_flatten_the_chart() {
        let mut tally = Tally::default();
        tally.add(&event("acme", 0, SentimentLabel::Neutral));
        tally.add(&event("acme", -20 * 365 * 24 * 60, SentimentLabel::Negative));
        let summary = tally.summary(None);
        assert_eq!(summary.entities[0].counts.negative, 1);
        assert!(summary.width_seconds <= 86_400);
        assert_eq!(charted(&summary), 1);
    }

    #[test]
    fn a_summary_lists_the_most_mentioned_of_very_many() {
        let mut tally = Tally::default();
        for n in 0..500 {
            tally.add(&event(&format!("entity-{n:03}"), 0, SentimentLabel::Neutral));
        }
        tally.add(&event("entity-499", 1, SentimentLabel::Negative));
        let summary = tally.summary(None);
        assert_eq!((summary.entities.len(), summary.more_entities), (200, 300));
        assert_eq!((&*summary.entities[0].id, &*summary.entities[1].id), ("entity-499", "entity-000"));
        assert_eq!(charted(&summary), 501);
    }

    #[test]
    fn own_posts_edits_and_deletions_do_not_count_as_what_others_say() {
        let mut tally = Tally::default();
        let mut own = event("acme", 0, SentimentLabel::Positive);
        own.relation = Some(Relation::Own);
        tally.add(&own);
        let mut edited = event("acme", 0, SentimentLabel::Positive);
        edited.op = Op::Edited;
        tally.add(&edited);
        let summary = tally.summary(None);
        assert_eq!(summary.entities[0].own, 1);
        assert_eq!(summary.entities[0].counts, Counts::default());
        assert_eq!((summary.events, charted(&summary)), (2, 0));
    }
}
