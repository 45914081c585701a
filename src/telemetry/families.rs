//! The families of metrics: their names, labels, help and buckets. docs/METRICS.md says the same, and a test compares.

use prometheus::core::Collector;
use prometheus::{
    Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry, Result,
};

/// From a tenth of a millisecond to ten seconds: a decoded chunk and a commit that waits for a slow broker.
const STAGE_SECONDS: &[f64] = &[0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];
/// One record when idle, thousands under load.
const CHUNK_RECORDS: &[f64] = &[1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0, 30_000.0];
/// A short post alone to a full batch.
const BATCH_TOKENS: &[f64] = &[16.0, 64.0, 256.0, 512.0, 1024.0, 2048.0, 4096.0, 8192.0, 16_384.0];
/// Dense around the quarter of a second that light load must stay under; up to a day for a backlog.
const EVENT_AGE_SECONDS: &[f64] =
    &[0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 3600.0, 86_400.0];

/// Every family, registered.
#[derive(Debug)]
pub(super) struct Families {
    pub(super) consumed: IntCounterVec,
    pub(super) unmatched: IntCounter,
    pub(super) dead_letters: IntCounterVec,
    pub(super) enriched: IntCounterVec,
    pub(super) corrections: IntCounterVec,
    pub(super) stage_seconds: HistogramVec,
    pub(super) chunk_records: Histogram,
    pub(super) batch_tokens: Histogram,
    pub(super) cache_requests: IntCounterVec,
    pub(super) scored: IntCounterVec,
    pub(super) event_age_seconds: Histogram,
    pub(super) transactions: IntCounterVec,
    pub(super) lag_records: IntGaugeVec,
    pub(super) rebalances: IntCounterVec,
    pub(super) folded: IntCounter,
    pub(super) restore_seconds: Gauge,
    pub(super) refolded: IntCounter,
    pub(super) refold_missing: IntCounter,
    pub(super) build_info: IntGaugeVec,
}

fn add<C: Collector + Clone + 'static>(registry: &Registry, family: Result<C>) -> Result<C> {
    let family = family?;
    registry.register(Box::new(family.clone()))?;
    Ok(family)
}

fn counters(name: &str, help: &str, labels: &[&str]) -> Result<IntCounterVec> {
    IntCounterVec::new(Opts::new(name, help), labels)
}

fn gauges(name: &str, help: &str, labels: &[&str]) -> Result<IntGaugeVec> {
    IntGaugeVec::new(Opts::new(name, help), labels)
}

fn histogram(name: &str, help: &str, buckets: &[f64]) -> Result<Histogram> {
    Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))
}

impl Families {
    /// Makes and registers every family. Fails only on a name that Prometheus does not allow, or one that is there twice.
    pub(super) fn register(registry: &Registry) -> Result<Self> {
        let r = registry;
        Ok(Self {
            consumed: add(r, counters("undertone_consumed_total", "Records read from an input topic.", &["topic"]))?,
            unmatched: add(
                r,
                IntCounter::new("undertone_unmatched_total", "Mentions that concern no entity of the watchlist."),
            )?,
            dead_letters: add(
                r,
                counters("undertone_dead_letters_total", "Inputs that could not be read or handled.", &["reason"]),
            )?,
            enriched: add(
                r,
                counters(
                    "undertone_enriched_total",
                    "Enriched events, one per mention and entity.",
                    &["entity", "sentiment"],
                ),
            )?,
            corrections: add(
                r,
                counters(
                    "undertone_corrections_total",
                    "Enriched events whose sentiment the lexicon corrected.",
                    &["effect"],
                ),
            )?,
            stage_seconds: add(
                r,
                HistogramVec::new(
                    HistogramOpts::new("undertone_stage_seconds", "Time that a chunk spent in a stage.")
                        .buckets(STAGE_SECONDS.to_vec()),
                    &["stage"],
                ),
            )?,
            chunk_records: add(r, histogram("undertone_chunk_records", "Records of a chunk.", CHUNK_RECORDS))?,
            batch_tokens: add(r, histogram("undertone_batch_tokens", "Tokens of a model batch.", BATCH_TOKENS))?,
            cache_requests: add(
                r,
                counters(
                    "undertone_cache_requests_total",
                    "Texts by where their scores came from: the cache, the same chunk, or the model.",
                    &["result"],
                ),
            )?,
            scored: add(
                r,
                counters(
                    "undertone_scored_total",
                    "Texts that the model scored, by how many of its layers they went through.",
                    &["layers"],
                ),
            )?,
            event_age_seconds: add(
                r,
                histogram(
                    "undertone_event_age_seconds",
                    "Age of an event at its commit, from created_at or the record's timestamp, whichever is later.",
                    EVENT_AGE_SECONDS,
                ),
            )?,
            transactions: add(
                r,
                counters("undertone_transactions_total", "Kafka transactions by how they ended.", &["outcome"]),
            )?,
            lag_records: add(
                r,
                gauges(
                    "undertone_lag_records",
                    "Records of a partition that no committed transaction has covered yet.",
                    &["topic", "partition"],
                ),
            )?,
            folded: add(r, IntCounter::new("undertone_folded_total", "Enriched events added up to reputations."))?,
            restore_seconds: add(
                r,
                Gauge::new("undertone_restore_seconds", "Time that it took to restore the partitions assigned last."),
            )?,
            refolded: add(
                r,
                IntCounter::new("undertone_refolded_total", "Enriched events read again while state was restored."),
            )?,
            refold_missing: add(
                r,
                IntCounter::new(
                    "undertone_refold_missing_total",
                    "Offsets that a restore should have read again and that retention had removed.",
                ),
            )?,
            rebalances: add(r, counters("undertone_rebalances_total", "Changes of the assignment.", &["kind"]))?,
            build_info: add(
                r,
                gauges(
                    "undertone_build_info",
                    "1, with what is running as labels.",
                    &["version", "model", "model_version", "engine"],
                ),
            )?,
        })
    }
}
