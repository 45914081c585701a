//! A chunk: how it forms, how large it may grow, and what travels with it from thread to thread.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rdkafka::consumer::ConsumerGroupMetadata;

use crate::config::settings::Limits;
use crate::mention::Record;

/// Bytes of records of a chunk, at most: the bound on memory where records are large.
const BYTES: usize = 8 << 20;
/// Records of a chunk before anything was measured.
const FIRST: usize = 256;
/// Records of a chunk, at least where so many wait: smaller ones would spend their time on what every chunk costs.
const LEAST: usize = 32;
/// How much a new measurement weighs against all earlier ones.
const WEIGHT: f64 = 0.3;

/// The offset that a partition goes on from once a chunk is committed.
#[derive(Debug, Clone)]
pub(super) struct Next {
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    pub(super) offset: i64,
    /// Records of this partition in the chunk.
    pub(super) records: u64,
}

/// What every thread knows of a chunk.
pub(super) struct Manifest {
    /// Rewinds and revocations count it up; chunks of an earlier epoch are dropped wherever they are.
    pub(super) epoch: u64,
    pub(super) records: usize,
    pub(super) next: Vec<Next>,
    /// Taken when the partitions were assigned: the broker refuses offsets of an earlier generation.
    pub(super) group: Arc<ConsumerGroupMetadata>,
    pub(super) tokens: usize,
    /// The longest that one stage has worked on it.
    pub(super) slowest: Duration,
    /// It holds one record, which is to become a dead letter untried.
    pub(super) condemned: bool,
}

impl Manifest {
    /// A stage has worked on it for so long.
    pub(super) fn took(&mut self, time: Duration) {
        self.slowest = self.slowest.max(time);
    }

    /// Where its only record was read; `None` if it holds more.
    pub(super) fn only(&self) -> Option<(Arc<str>, i32, i64)> {
        match &self.next[..] {
            [next] if self.records == 1 => Some((Arc::clone(&next.topic), next.partition, next.offset - 1)),
            _ => None,
        }
    }
}

/// A chunk that still grows.
#[derive(Default)]
pub(super) struct Forming {
    pub(super) records: Vec<Record>,
    pub(super) next: Vec<Next>,
    bytes: usize,
    since: Option<Instant>,
    last: usize,
}

impl Forming {
    pub(super) fn push(&mut self, record: Record) {
        let headers: usize =
            record.headers.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len)).sum();
        let [key, payload] = [&record.key, &record.payload].map(|part| part.as_ref().map_or(0, Vec::len));
        self.bytes += key + payload + headers;
        self.since.get_or_insert_with(Instant::now);
        let origin = &record.origin;
        let same = |next: &Next| next.partition == origin.partition && next.topic == origin.topic;
        // Records come in runs of one partition.
        if !self.next.get(self.last).is_some_and(same) {
            self.last = self.next.iter().position(same).unwrap_or_else(|| {
                let (topic, partition) = (Arc::clone(&origin.topic), origin.partition);
                self.next.push(Next { topic, partition, offset: 0, records: 0 });
                self.next.len() - 1
            });
        }
        let next = &mut self.next[self.last];
        next.offset = origin.offset + 1;
        next.records += 1;
        self.records.push(record);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    pub(super) fn is_full(&self, cap: usize) -> bool {
        self.records.len() >= cap || self.bytes >= BYTES
    }

    /// How long its first record has waited.
    pub(super) fn age(&self) -> Duration {
        self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// How many records a chunk should hold: about `commit_every` of the work of the slowest stage, within the limits.
pub(super) struct Sizer {
    records: usize,
    tokens: f64,
    target: f64,
    seconds_per_record: Option<f64>,
    tokens_per_record: f64,
}

impl Sizer {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            records: limits.chunk_records.max(1),
            tokens: limits.chunk_tokens.max(1) as f64,
            target: limits.commit_every.as_secs_f64(),
            seconds_per_record: None,
            tokens_per_record: 0.0,
        }
    }

    /// Records of a chunk, at most; 1 or more.
    pub(super) fn cap(&self) -> usize {
        let Some(seconds) = self.seconds_per_record else { return self.records.min(FIRST) };
        let by_time = self.target / seconds.max(1e-9);
        let by_tokens = self.tokens / self.tokens_per_record.max(1e-9);
        (by_time as usize).max(LEAST).min(by_tokens as usize).clamp(1, self.records)
    }

    /// Learns from a chunk that went through.
    pub(super) fn learn(&mut self, records: usize, slowest: Duration, tokens: usize) {
        let records = records.max(1) as f64;
        let seconds = slowest.as_secs_f64() / records;
        let mixed = |old: f64, new: f64| old + WEIGHT * (new - old);
        self.seconds_per_record = Some(self.seconds_per_record.map_or(seconds, |old| mixed(old, seconds)));
        self.tokens_per_record = mixed(self.tokens_per_record, tokens as f64 / records);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mention::Origin;

    fn record(topic: &str, partition: i32, offset: i64, bytes: usize) -> Record {
        let origin = Origin { topic: topic.into(), partition, offset };
        Record { origin, key: None, payload: Some(vec![0; bytes]), headers: Vec::new(), timestamp: None }
    }

    fn limits(records: usize, tokens: usize) -> Limits {
        Limits {
            max_record_bytes: 1 << 20,
            chunk_records: records,
            chunk_tokens: tokens,
            commit_every: Duration::from_millis(100),
            drain: Duration::from_secs(5),
        }
    }

    #[test]
    fn each_partition_goes_on_after_its_last_record() {
        let mut forming = Forming::default();
        for (topic, partition, offset) in [("a", 0, 5), ("a", 0, 9), ("b", 0, 1), ("a", 1, 7), ("a", 0, 10)] {
            forming.push(record(topic, partition, offset, 1));
        }
        let next: Vec<_> = forming.next.iter().map(|n| (&*n.topic, n.partition, n.offset, n.records)).collect();
        assert_eq!(next, [("a", 0, 11, 3), ("b", 0, 2, 1), ("a", 1, 8, 1)]);
    }

    #[test]
    fn large_records_fill_a_chunk_by_their_bytes() {
        let mut forming = Forming::default();
        forming.push(record("a", 0, 0, BYTES - 1));
        assert!(!forming.is_full(100));
        forming.push(record("a", 0, 1, 1));
        assert!(forming.is_full(100));
    }

    #[test]
    fn a_chunk_holds_a_tenth_of_a_second_of_work() {
        let mut sizer = Sizer::new(&limits(10_000, 1_000_000));
        for _ in 0..50 {
            let records = sizer.cap();
            // 5 ms for the commit and 0.5 ms a record.
            sizer.learn(records, Duration::from_micros(5_000 + 500 * records as u64), 20 * records);
        }
        assert!((150..=200).contains(&sizer.cap()), "{}", sizer.cap());
    }

    #[test]
    fn limits_hold_however_fast_the_work_is() {
        let mut sizer = Sizer::new(&limits(1_000, 8_000));
        for _ in 0..50 {
            sizer.learn(sizer.cap(), Duration::from_micros(1), 0);
        }
        assert_eq!(sizer.cap(), 1_000);
        for _ in 0..50 {
            sizer.learn(sizer.cap(), Duration::from_micros(1), sizer.cap() * 20);
        }
        assert!((395..=405).contains(&sizer.cap()), "{}", sizer.cap());
        for _ in 0..50 {
            sizer.learn(1, Duration::from_millis(60), 20_000);
        }
        assert_eq!(sizer.cap(), 1);
    }

    #[test]
    fn a_machine_that_is_slow_with_every_chunk_does_not_end_up_with_chunks_of_one() {
        let mut sizer = Sizer::new(&limits(2_000, 1_000_000));
        for _ in 0..50 {
            let records = sizer.cap();
            sizer.learn(records, Duration::from_micros(300_000 + 500 * records as u64), 20 * records);
        }
        assert_eq!(sizer.cap(), LEAST);
    }
}
