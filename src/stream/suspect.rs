//! Finding the record that makes its chunk fail.
//!
//! A chunk whose processing failed three times in a row is tried in halves, then quarters, down to single records. A record
//! that fails alone becomes a dead letter, untried; chunks then grow back as they pass. Order is kept throughout, since every
//! attempt starts where the last commit ended.

use std::sync::Arc;

use super::chunk::Next;

/// Failures of a chunk before its records are told apart.
const PATIENCE: u32 = 3;
/// Records that fail alone, one after the other, before the process is held to be at fault and not the records.
const CONDEMNED_IN_A_ROW: u32 = 10;

/// A record that is to become a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condemned {
    pub(super) topic: Arc<str>,
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) detail: String,
    /// The dead letter could not be written with the record's bytes in it: leave them out and name their origin.
    pub(super) bare: bool,
}

/// How far the search has come.
#[derive(Debug, Default)]
pub(super) struct Suspicion {
    failures: u32,
    /// The partitions of the chunk that failed last. Chunks of other partitions pass without telling anything about it.
    suspects: Vec<(Arc<str>, i32)>,
    cap: Option<usize>,
    condemned: Option<Condemned>,
    in_a_row: u32,
}

impl Suspicion {
    /// Records of the next chunk, at most, where the loop would take `cap`.
    pub(super) fn cap(&self, cap: usize) -> usize {
        if self.condemned.is_some() { 1 } else { self.cap.map_or(cap, |own| own.min(cap)) }
    }

    /// What to do with a record, if it is the one that failed alone.
    pub(super) fn condemned(&self, topic: &str, partition: i32, offset: i64) -> Option<&Condemned> {
        let same = |c: &&Condemned| c.offset == offset && c.partition == partition && *c.topic == *topic;
        self.condemned.as_ref().filter(same)
    }

    /// A chunk of so many records was refused by the core or the broker for what is in it. `only` is the origin of its record
    /// if it holds one. An error means that the search leads nowhere.
    pub(super) fn failed(
        &mut self,
        records: usize,
        next: &[Next],
        only: Option<(Arc<str>, i32, i64)>,
        detail: &str,
    ) -> Result<(), String> {
        self.failures += 1;
        self.suspects = next.iter().map(|next| (Arc::clone(&next.topic), next.partition)).collect();
        let Some((topic, partition, offset)) = only else {
            if self.failures >= PATIENCE {
                self.cap = Some((records / 2).max(1));
            }
            return Ok(());
        };
        let same = |c: &&mut Condemned| c.offset == offset && c.partition == partition && c.topic == topic;
        if let Some(condemned) = self.condemned.as_mut().filter(same) {
            if condemned.bare {
                return Err(format!("the dead letter of {topic}[{partition}]@{offset} cannot be written: {detail}"));
            }
            condemned.bare = true;
        } else if self.failures >= PATIENCE {
            self.in_a_row += 1;
            if self.in_a_row > CONDEMNED_IN_A_ROW {
                return Err(format!(
                    "{CONDEMNED_IN_A_ROW} records in a row failed alone, so it is not the records: {detail}"
                ));
            }
            tracing::warn!(%topic, partition, offset, detail, "a record fails alone; it becomes a dead letter");
            self.condemned = Some(Condemned { topic, partition, offset, detail: detail.to_owned(), bare: false });
        }
        Ok(())
    }

    /// A chunk was committed that moved the partitions `next`; `condemned` if it was a dead letter untried.
    pub(super) fn passed(&mut self, full: usize, next: &[Next], condemned: bool) {
        let suspect = |next: &Next| self.suspects.iter().any(|(topic, p)| *p == next.partition && *topic == next.topic);
        if !self.suspects.is_empty() && !next.iter().any(suspect) {
            return;
        }
        if condemned {
            self.condemned = None;
        } else {
            self.in_a_row = 0;
        }
        self.cap = self.cap.map(|cap| cap * 2).filter(|cap| *cap < full);
        if self.cap.is_none() {
            self.failures = 0;
            self.suspects.clear();
        }
    }

    /// Whether nothing is suspected: a failure now is a new incident.
    pub(super) fn is_idle(&self) -> bool {
        self.failures == 0
    }

    /// Other partitions came: what was suspected may be somebody else's now.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(partition: i32) -> [Next; 1] {
        [Next { topic: "t".into(), partition, offset: 0, records: 1 }]
    }

    /// Runs `count` records through the search; those that `is_bad` names fail the chunk they are in.
    /// Before each attempt a chunk of another partition, which never ends, passes. Returns what went through, in order (`true`
    /// for a dead letter), and how many attempts it took.
    fn run(count: i64, full: usize, is_bad: impl Fn(i64) -> bool) -> Result<(Vec<(i64, bool)>, usize), String> {
        let mut suspicion = Suspicion::default();
        let mut done = Vec::new();
        let mut attempts = 0;
        while (done.len() as i64) < count {
            attempts += 1;
            assert!(attempts < 100_000, "no progress");
            suspicion.passed(full, &next(1), false);
            let start = done.len() as i64;
            let end = count.min(start + suspicion.cap(full) as i64);
            let only = (end == start + 1).then(|| (Arc::from("t"), 0, start));
            let condemned = suspicion.condemned("t", 0, start).is_some();
            if condemned {
                assert_eq!(end, start + 1, "a condemned record travels alone");
                done.push((start, true));
                suspicion.passed(full, &next(0), true);
            } else if (start..end).any(&is_bad) {
                suspicion.failed((end - start) as usize, &next(0), only, "it is bad")?;
            } else {
                done.extend((start..end).map(|offset| (offset, false)));
                suspicion.passed(full, &next(0), false);
            }
        }
        Ok((done, attempts))
    }

    #[test]
    fn one_bad_record_is_found_and_the_others_pass_in_order() {
        for bad in [0, 1, 499, 500, 998, 999] {
            let (done, attempts) = run(1_000, 500, |offset| offset == bad).unwrap();
            let expected: Vec<_> = (0..1_000).map(|offset| (offset, offset == bad)).collect();
            assert_eq!(done, expected, "bad record {bad}");
            assert!(attempts < 50, "{attempts} attempts for record {bad}");
        }
    }

    #[test]
    fn neighbours_and_scattered_ones_are_found() {
        let bad = |offset| [3, 4, 5, 700, 999].contains(&offset);
        let (done, _) = run(1_000, 100, bad).unwrap();
        assert!(done.iter().all(|(offset, dead)| *dead == bad(*offset)));
    }

    #[test]
    fn a_lone_record_has_three_tries() {
        let mut suspicion = Suspicion::default();
        for _ in 0..2 {
            suspicion.failed(1, &next(0), Some(("t".into(), 0, 7)), "x").unwrap();
            assert_eq!(suspicion.condemned("t", 0, 7), None);
        }
        suspicion.failed(1, &next(0), Some(("t".into(), 0, 7)), "x").unwrap();
        assert!(suspicion.condemned("t", 0, 7).is_some());
        assert_eq!(suspicion.condemned("t", 1, 7), None);
        assert_eq!(suspicion.condemned("u", 0, 7), None);
    }

    #[test]
    fn a_dead_letter_that_cannot_be_written_is_tried_without_its_bytes_and_then_stops() {
        let mut suspicion = Suspicion::default();
        let origin = || Some((Arc::from("t"), 0, 7));
        for _ in 0..3 {
            suspicion.failed(1, &next(0), origin(), "x").unwrap();
        }
        assert!(!suspicion.condemned("t", 0, 7).unwrap().bare);
        suspicion.failed(1, &next(0), origin(), "too large").unwrap();
        assert!(suspicion.condemned("t", 0, 7).unwrap().bare);
        let error = suspicion.failed(1, &next(0), origin(), "too large").unwrap_err();
        assert!(error.contains("t[0]@7"), "{error}");
    }

    #[test]
    fn when_everything_fails_it_stops_instead_of_emptying_the_stream() {
        let error = run(1_000, 100, |_| true).unwrap_err();
        assert!(error.contains("in a row"), "{error}");
    }
}
