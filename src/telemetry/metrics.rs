//! All metrics: docs/METRICS.md is their contract.
//!
//! Labels come from closed sets only: what the watchlist and the inputs name, and `other`. Children are looked up once,
//! so that counting is an atomic addition, and every series of a closed set stands at 0 from the start.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use prometheus::{Histogram, IntCounter, Registry, TextEncoder};

use super::families::Families;
use super::standings::Standings;
use crate::mention::Reason;
use crate::model::SentimentLabel;
use crate::reputation::standing::Standing;

/// The value of a label for everything outside its closed set.
const OTHER: &str = "other";
/// Entities with counters of their own, so that a process stays under 100,000 series; those further down the watchlist
/// count as `other`.
const ENTITIES: usize = 5_000;
/// Values of `sentiment`, in the order of [`sentiment_index`].
const SENTIMENTS: [&str; 4] = ["negative", "neutral", "positive", "none"];

/// The values that labels may take; others become `other`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Input topics.
    pub topics: Vec<String>,
    /// Entity ids of the watchlist.
    pub entities: Vec<String>,
    /// The group of each entity that has one.
    pub groups: HashMap<String, String>,
    /// What may be the cause of an alert or have moved a reputation, beside languages: topics of the taxonomy, sources that the
    /// watchlist names.
    pub causes: HashSet<String>,
}

/// All metrics, in a registry of their own. Cheap to call once per chunk, not once per record.
///
/// The default allows no topics and no entities: for commands and tests that show their metrics to nobody.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    families: Families,
    consumed: HashMap<String, IntCounter>,
    consumed_other: IntCounter,
    enriched: HashMap<String, [IntCounter; 4]>,
    enriched_other: [IntCounter; 4],
    dead_letters: [IntCounter; Reason::ALL.len()],
    corrections: [IntCounter; Correction::ALL.len()],
    stages: [Histogram; Stage::ALL.len()],
    cache: [IntCounter; 3],
    transactions: [IntCounter; Transaction::ALL.len()],
    rebalances: [IntCounter; Rebalance::ALL.len()],
    standings: Standings,
}

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transaction {
    /// Committed.
    Committed,
    /// Aborted and rewound.
    Aborted,
    /// The producer was fenced or is otherwise beyond repair.
    Fatal,
}

impl Transaction {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Committed, "committed"), (Self::Aborted, "aborted"), (Self::Fatal, "fatal")];
}

/// A part of the way of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Decoding, matching, normalisation, language, tokenising.
    Prepare,
    /// Waiting for the model.
    Model,
    /// Scores to events.
    Assemble,
    /// The second stage: decoding enriched events and adding them up.
    Fold,
    /// Producing and committing.
    Commit,
}

impl Stage {
    const ALL: [(Self, &'static str); 5] = [
        (Self::Prepare, "prepare"),
        (Self::Model, "model"),
        (Self::Assemble, "assemble"),
        (Self::Fold, "fold"),
        (Self::Commit, "commit"),
    ];
}

/// What the lexicon did to a sentiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Correction {
    /// A phrase fixed the label.
    Fixed,
    /// Phrases shifted it.
    Shifted,
}

impl Correction {
    const ALL: [(Self, &'static str); 2] = [(Self::Fixed, "fixed"), (Self::Shifted, "shifted")];
}

/// What happened to the assignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rebalance {
    /// Partitions came.
    Assigned,
    /// Partitions were taken in good order.
    Revoked,
    /// Partitions were lost.
    Lost,
}

impl Rebalance {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Assigned, "assigned"), (Self::Revoked, "revoked"), (Self::Lost, "lost")];
}

const fn sentiment_index(sentiment: Option<SentimentLabel>) -> usize {
    match sentiment {
        Some(SentimentLabel::Negative) => 0,
        Some(SentimentLabel::Neutral) => 1,
        Some(SentimentLabel::Positive) => 2,
        None => 3,
    }
}

impl Metrics {
    /// A registry with everything registered.
    pub fn new(allowed: &Allowed) -> Self {
        let registry = Registry::new();
        #[expect(
            clippy::expect_used,
            reason = "names and labels are constants; every test that makes metrics checks them"
        )]
        let families = Families::register(&registry).expect("the metrics are well formed");
        let consumed = |topic: &str| families.consumed.with_label_values(&[topic]);
        let enriched = |entity: &str| SENTIMENTS.map(|label| families.enriched.with_label_values(&[entity, label]));
        Self {
            consumed: allowed.topics.iter().map(|topic| (topic.clone(), consumed(topic))).collect(),
            consumed_other: consumed(OTHER),
            enriched: allowed.entities.iter().take(ENTITIES).map(|entity| (entity.clone(), enriched(entity))).collect(),
            enriched_other: enriched(OTHER),
            dead_letters: Reason::ALL.map(|reason| families.dead_letters.with_label_values(&[reason.name()])),
            corrections: Correction::ALL.map(|(_, name)| families.corrections.with_label_values(&[name])),
            stages: Stage::ALL.map(|(_, name)| families.stage_seconds.with_label_values(&[name])),
            cache: ["hit", "same_chunk", "miss"].map(|result| families.cache_requests.with_label_values(&[result])),
            transactions: Transaction::ALL.map(|(_, name)| families.transactions.with_label_values(&[name])),
            rebalances: Rebalance::ALL.map(|(_, name)| families.rebalances.with_label_values(&[name])),
            standings: Standings::new(
                allowed.entities.iter().map(|id| (id.clone(), allowed.groups.get(id).cloned())).collect(),
                allowed.causes.clone(),
            ),
            registry,
            families,
        }
    }

    /// `undertone_consumed_total{topic}`.
    pub fn consumed(&self, topic: &str, records: u64) {
        self.consumed.get(topic).unwrap_or(&self.consumed_other).inc_by(records);
    }

    /// `undertone_unmatched_total`.
    pub fn unmatched(&self, mentions: u64) {
        self.families.unmatched.inc_by(mentions);
    }

    /// `undertone_dead_letters_total{reason}`.
    pub fn dead_letter(&self, reason: Reason, records: u64) {
        self.dead_letters[reason as usize].inc_by(records);
    }

    /// `undertone_enriched_total{entity,sentiment}`; `None` is an event without a model (`sentiment="none"`).
    pub fn enriched(&self, entity: &str, sentiment: Option<SentimentLabel>, events: u64) {
        self.enriched.get(entity).unwrap_or(&self.enriched_other)[sentiment_index(sentiment)].inc_by(events);
    }

    /// `undertone_corrections_total{effect}`.
    pub fn corrected(&self, correction: Correction, events: u64) {
        self.corrections[correction as usize].inc_by(events);
    }

    /// `undertone_stage_seconds{stage}`.
    pub fn stage(&self, stage: Stage, took: Duration) {
        self.stages[stage as usize].observe(took.as_secs_f64());
    }

    /// `undertone_chunk_records`.
    pub fn chunk(&self, records: usize) {
        self.families.chunk_records.observe(records as f64);
    }

    /// `undertone_batch_tokens`.
    pub fn batch(&self, tokens: usize) {
        self.families.batch_tokens.observe(tokens as f64);
    }

    /// `undertone_cache_requests_total{result}`: `hit`, `same_chunk`, `miss`.
    pub fn cache(&self, hits: u64, same_chunk: u64, misses: u64) {
        for (counter, requests) in self.cache.iter().zip([hits, same_chunk, misses]) {
            counter.inc_by(requests);
        }
    }

    /// `undertone_scored_total{layers}`: the model's layers after which texts may leave are a closed set.
    pub fn scored(&self, layers: usize, texts: u64) {
        self.families.scored.with_label_values(&[&layers.to_string()]).inc_by(texts);
    }

    /// `undertone_event_age_seconds`: from `created_at` or the record's timestamp, whichever is later, to commit.
    pub fn event_age(&self, seconds: f64) {
        self.families.event_age_seconds.observe(seconds.max(0.0));
    }

    /// `undertone_transactions_total{outcome}`.
    pub fn transaction(&self, outcome: Transaction) {
        self.transactions[outcome as usize].inc();
    }

    /// `undertone_lag_records{topic,partition}`.
    pub fn lag(&self, topic: &str, partition: i32, records: i64) {
        let topic = self.topic_label(topic);
        self.families.lag_records.with_label_values(&[topic, &partition.to_string()]).set(records);
    }

    /// Takes back the lag series of a partition that went.
    pub fn forget_partition(&self, topic: &str, partition: i32) {
        // It fails where there is no such series: a partition that went before its first commit.
        let _ = self.families.lag_records.remove_label_values(&[self.topic_label(topic), &partition.to_string()]);
    }

    /// `undertone_rebalances_total{kind}`.
    pub fn rebalance(&self, kind: Rebalance) {
        self.rebalances[kind as usize].inc();
    }

    /// `undertone_build_info{version,model,model_version,engine}` = 1; a later call replaces an earlier one.
    pub fn build_info(&self, model: &str, model_version: &str, engine: &str) {
        self.families.build_info.reset();
        self.families.build_info.with_label_values(&[env!("CARGO_PKG_VERSION"), model, model_version, engine]).set(1);
    }

    /// `undertone_folded_total`.
    pub fn folded(&self, events: u64) {
        self.families.folded.inc_by(events);
    }

    /// The gauges of an entity of a partition.
    pub fn standing(&self, partition: i32, standing: &Standing) {
        self.standings.set(partition, standing);
    }

    /// Takes back the gauges of an entity that was forgotten.
    pub fn forget_standing(&self, partition: i32, entity: &str) {
        self.standings.forget(partition, entity);
    }

    /// Takes back the gauges of all entities of a partition that went.
    pub fn forget_standings(&self, partition: i32) {
        self.standings.forget_partition(partition);
    }

    /// `undertone_state_entities{partition}`, `undertone_state_bytes{partition}`, `undertone_state_beyond_horizon{partition}`.
    pub fn state(&self, partition: i32, entities: usize, bytes: usize, beyond: u64) {
        self.standings.state(partition, entities, bytes, beyond);
    }

    /// `undertone_restore_seconds`, `undertone_refolded_total` and `undertone_refold_missing_total`.
    pub fn restored(&self, took: Duration, refolded: u64, missing: u64) {
        self.families.restore_seconds.set(took.as_secs_f64());
        self.families.refolded.inc_by(refolded);
        self.families.refold_missing.inc_by(missing);
    }

    /// The Prometheus text format.
    pub fn render(&self) -> String {
        // It fails on a family without a name only.
        let mut text = TextEncoder::new().encode_to_string(&self.registry.gather()).unwrap_or_default();
        self.standings.render(&mut text);
        text
    }

    fn topic_label<'a>(&self, topic: &'a str) -> &'a str {
        if self.consumed.contains_key(topic) { topic } else { OTHER }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new(&Allowed::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::standings::{ALERTS, EACH};

    fn metrics() -> Metrics {
        let allowed = Allowed { topics: vec!["mentions".into()], entities: vec!["acme".into()], ..Allowed::default() };
        Metrics::new(&allowed)
    }

    #[test]
    fn labels_outside_the_closed_sets_become_other() {
        let metrics = metrics();
        metrics.consumed("mentions", 3);
        metrics.consumed("surprise", 2);
        metrics.enriched("acme", Some(SentimentLabel::Positive), 1);
        metrics.enriched("mallory\"} 1", None, 4);
        metrics.lag("surprise", 0, 7);
        let text = metrics.render();
        assert!(text.contains("undertone_consumed_total{topic=\"mentions\"} 3"), "{text}");
        assert!(text.contains("undertone_consumed_total{topic=\"other\"} 2"), "{text}");
        assert!(text.contains("undertone_enriched_total{entity=\"acme\",sentiment=\"positive\"} 1"), "{text}");
        assert!(text.contains("undertone_enriched_total{entity=\"other\",sentiment=\"none\"} 4"), "{text}");
        assert!(text.contains("undertone_lag_records{partition=\"0\",topic=\"other\"} 7"), "{text}");
        assert!(!text.contains("mallory") && !text.contains("surprise"), "{text}");
    }

    #[test]
    fn a_process_stays_under_a_hundred_thousand_series() {
        let entities: Vec<String> = (0..100_000).map(|n| format!("entity-{n}")).collect();
        let metrics = Metrics::new(&Allowed { entities, ..Allowed::default() });
        metrics.enriched("entity-99999", None, 1);
        let text = metrics.render();
        assert!(text.lines().filter(|line| !line.starts_with('#')).count() < 100_000);
        assert!(text.contains("undertone_enriched_total{entity=\"other\",sentiment=\"none\"} 1\n"));
    }

    #[test]
    fn every_value_of_an_enum_counts_under_its_own_name() {
        let metrics = metrics();
        for (n, reason) in (1..).zip(Reason::ALL) {
            metrics.dead_letter(reason, n);
        }
        for (stage, _) in Stage::ALL {
            metrics.stage(stage, Duration::from_millis(1));
        }
        for (outcome, _) in Transaction::ALL {
            metrics.transaction(outcome);
        }
        for (kind, _) in Rebalance::ALL {
            metrics.rebalance(kind);
        }
        for (correction, _) in Correction::ALL {
            metrics.corrected(correction, 1);
        }
        let text = metrics.render();
        for (n, reason) in (1..).zip(Reason::ALL) {
            let line = format!("undertone_dead_letters_total{{reason=\"{}\"}} {n}\n", reason.name());
            assert!(text.contains(&line), "{line} in {text}");
        }
        for (stage, name) in Stage::ALL {
            assert_eq!(format!("{stage:?}").to_lowercase(), name);
            assert!(text.contains(&format!("undertone_stage_seconds_count{{stage=\"{name}\"}} 1\n")), "{name}");
        }
        for (outcome, name) in Transaction::ALL {
            assert_eq!(format!("{outcome:?}").to_lowercase(), name);
            assert!(text.contains(&format!("undertone_transactions_total{{outcome=\"{name}\"}} 1\n")), "{name}");
        }
        for (kind, name) in Rebalance::ALL {
            assert_eq!(format!("{kind:?}").to_lowercase(), name);
            assert!(text.contains(&format!("undertone_rebalances_total{{kind=\"{name}\"}} 1\n")), "{name}");
        }
        for (correction, name) in Correction::ALL {
            assert_eq!(format!("{correction:?}").to_lowercase(), name);
            assert!(text.contains(&format!("undertone_corrections_total{{effect=\"{name}\"}} 1\n")), "{name}");
        }
    }

    #[test]
    fn the_lag_of_a_partition_that_went_is_forgotten() {
        let metrics = metrics();
        metrics.lag("mentions", 3, 12);
        assert!(metrics.render().contains("undertone_lag_records{partition=\"3\",topic=\"mentions\"} 12"));
        metrics.forget_partition("mentions", 3);
        metrics.forget_partition("mentions", 4);
        assert!(!metrics.render().contains("undertone_lag_records{"));
    }

    fn standing(entity: &str, alerts: usize) -> Standing {
        let window = serde_json::json!({
            "reputation": 62.5, "low": 50.0, "high": 75.0, "net_sentiment": 25.0, "effective_mentions": 12.0, "mentions": 14.0,
            "weight": 9.0, "change": { "points": 0.0, "topics": [], "sources": [], "languages": [] },
        });
        let mut standing = serde_json::json!({
            "schema": "undertone.reputation/1", "entity": { "id": entity, "name": entity, "kind": "brand" },
            "at": "2026-03-01T10:00:00Z", "windows": { "1h": window, "24h": window, "7d": window }, "trends": [],
            "community": serde_json::to_value(crate::reputation::community::CommunityReport::default()).unwrap(),
            "alerts": [],
        });
        // As much as there can be of one entity.
        let names = |first: &str| (0..9).map(|n| format!("{first}{n}")).collect::<Vec<_>>();
        let parts = |ids: Vec<String>| ids.iter().map(|id| serde_json::json!({ "id": id, "points": -1.5 })).collect();
        for window in ["1h", "24h", "7d"] {
            let change = &mut standing["windows"][window]["change"];
            change["topics"] = parts(names("topic-"));
            change["sources"] = parts(names("topic-"));
            change["languages"] = parts(["en", "is", "sr", "vi", "es"].map(str::to_owned).into());
        }
        standing["trends"] = (0..10)
            .map(|n| {
                let term = format!("topic-{n}");
                serde_json::json!({ "kind": "topic", "term": term, "rate": 9.0, "before": 1.0, "authors": 7, "strength": 6.0 })
            })
            .collect();
        let times = serde_json::json!({ "median": 60.0, "p90": 600.0, "count": 4 });
        for (field, value) in [
            ("unanswered", 2.into()),
            ("oldest_unanswered_seconds", 4_000.0.into()),
            ("active_authors", 12.into()),
            ("newcomer_share", 0.25.into()),
            ("retention", 0.5.into()),
            ("conversation_index", 0.1.into()),
            ("first_reply_seconds", times.clone()),
            ("first_answer_seconds", times),
        ] {
            standing["community"][field] = value;
        }
        standing["alerts"] = (0..alerts)
            .map(|n| {
                serde_json::json!({
                    "id": format!("{entity}#{n}"), "kind": "topic_surge", "severity": "warning", "cause": format!("topic-{n}"),
                    "opened_at": "2026-03-01T10:00:00Z", "summary": "",
                })
            })
            .collect();
        serde_json::from_value(standing).unwrap()
    }

    fn series(text: &str) -> usize {
        text.lines().filter(|line| !line.starts_with('#')).count()
    }

    #[test]
    fn the_gauges_of_an_entity_go_with_it_or_its_partition() {
        let metrics = metrics();
        let without = series(&metrics.render());
        metrics.standing(3, &standing("acme", 1));
        metrics.standing(3, &standing("nobody-listens-for", 1));
        let text = metrics.render();
        assert!(text.contains("undertone_reputation{entity=\"acme\",window=\"24h\"} 62.5\n"), "{text}");
        let alert =
            "undertone_alert_open{cause=\"other\",entity=\"acme\",kind=\"topic_surge\",severity=\"warning\"} 1\n";
        assert!(text.contains(alert), "a cause outside of its set: {text}");
        assert!(!text.contains("nobody-listens-for"), "{text}");
        metrics.forget_standing(3, "acme");
        metrics.forget_standings(3);
        assert_eq!(series(&metrics.render()), without);
        metrics.standing(3, &standing("acme", 0));
        metrics.state(3, 1, 2_000, 4);
        assert!(metrics.render().contains("undertone_state_bytes{partition=\"3\"} 2000\n"));
        metrics.forget_standings(3);
        assert_eq!(series(&metrics.render()), without);
    }

    #[test]
    fn what_moved_a_reputation_and_what_rises_is_shown_under_names_of_closed_sets() {
        let causes = ["topic-0", "topic-7"].map(str::to_owned).into();
        let metrics = Metrics::new(&Allowed { entities: vec!["acme".into()], causes, ..Allowed::default() });
        let mut standing = standing("acme", 0);
        standing.trends[1].kind = crate::reputation::trends::TrendKind::Hashtag;
        standing.trends[1].term = "topic-7".into();
        metrics.standing(0, &standing);
        let text = metrics.render();
        let moved = |dimension: &str, part: &str| {
            let labels = format!("dimension=\"{dimension}\",entity=\"acme\",part=\"{part}\",window=\"24h\"");
            let series = format!("undertone_moved_points{{{labels}}} ");
            text.lines().find_map(|line| line.strip_prefix(&series)?.parse::<f64>().ok())
        };
        assert_eq!(
            (moved("topic", "topic-0"), moved("topic", "topic-7"), moved("topic", "topic-1")),
            (Some(-1.5), Some(-1.5), None)
        );
        assert_eq!(moved("topic", "other"), Some(-1.5 * 7.0), "the others, so that all sum to the change");
        assert_eq!((moved("language", "sr"), moved("language", "es")), (Some(-1.5), None), "three languages are named");
        assert!(text.contains("undertone_rising_per_hour{entity=\"acme\",subject=\"topic-0\"} 9\n"), "{text}");
        assert!(text.contains("undertone_rising_usual_per_hour{entity=\"acme\",subject=\"topic-0\"} 1\n"), "{text}");
        let rising = text.lines().filter(|line| line.starts_with("undertone_rising_per_hour{")).count();
        assert_eq!(rising, 2, "topic-7 as the topic that rises, not as a hashtag: {text}");
    }

    #[test]
    fn gauges_and_alerts_stay_bounded_and_alerts_come_first() {
        let entities: Vec<String> = (0..10_000).map(|n| format!("e{n}")).collect();
        let groups = entities.iter().map(|id| (id.clone(), "all".to_owned())).collect();
        let causes = (0..300).map(|n| format!("topic-{n}")).collect();
        let metrics = Metrics::new(&Allowed { entities, groups, causes, ..Allowed::default() });
        // A partition has series of its own.
        metrics.state(0, 0, 0, 0);
        let before = series(&metrics.render());
        metrics.standing(0, &standing("e0", 300));
        let one = series(&metrics.render()) - before;
        assert_eq!(one, EACH + 100, "series of one entity: its gauges and its alerts");
        assert!(one + 4 <= 200, "with the counters");
        for n in 1..10_000 {
            metrics.standing(n % 64, &standing(&format!("e{n}"), 1));
        }
        let text = metrics.render();
        assert!(series(&text) < 100_000, "{}", series(&text));
        // As many alerts as are shown at most, too: what is not in the text above.
        assert!(series(&text) + (ALERTS - 100 - 9_999) < 100_000, "{}", series(&text));
        assert!(text.contains("undertone_unexported_entities 9100\n"));
        assert_eq!(text.matches("undertone_alert_open{").count(), 100 + 9_999, "of all entities");
    }

    #[test]
    fn build_info_keeps_one_series() {
        let metrics = metrics();
        metrics.build_info("a", "1", "cpu");
        metrics.build_info("b", "2", "cpu");
        assert_eq!(metrics.render().matches("undertone_build_info{").count(), 1);
    }
}
