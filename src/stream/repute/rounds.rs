//! Which snapshots are due, and what may be told once they are written.
//!
//! Snapshots go in rounds. A round holds the entities that changed since their own last snapshot; they are written a few at a
//! time, so that no transaction grows large, and events go on meanwhile. When the last is committed, every event before the
//! round's beginning is in some snapshot: that is its checkpoint, and a restore reads events from there on.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The snapshots of one partition.
#[derive(Debug)]
pub(super) struct Rounds {
    every: Duration,
    /// Changed since their own last snapshot, and not in the round.
    changed: BTreeSet<Arc<str>>,
    round: Option<Round>,
    /// When the last round began.
    began: Instant,
    /// The offset of the last checkpoint.
    checkpoint: i64,
    /// Bytes of the last snapshot of each.
    sizes: HashMap<Arc<str>, usize>,
    bytes: usize,
}

#[derive(Debug)]
struct Round {
    /// Those that are still to be written, last first.
    left: Vec<Arc<str>>,
    mark: Mark,
}

/// A place in the events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// The next offset.
    pub(super) offset: i64,
    /// The book's clock there.
    pub(super) clock: i64,
}

impl Rounds {
    /// `checkpoint` is the offset of the last one in the log.
    pub(super) fn new(every: Duration, checkpoint: i64, now: Instant) -> Self {
        Self { every, changed: BTreeSet::new(), round: None, began: now, checkpoint, sizes: HashMap::new(), bytes: 0 }
    }

    /// An entity changed.
    pub(super) fn touch(&mut self, entity: &Arc<str>) {
        if !self.changed.contains(entity) {
            self.changed.insert(Arc::clone(entity));
        }
    }

    /// Begins a round if it is time, or if `at_once`; `mark` is where the events are.
    pub(super) fn begin(&mut self, mark: Mark, now: Instant, at_once: bool) {
        if let Some(round) = &mut self.round {
            if at_once {
                // What changed meanwhile comes along, and the round stands for the events up to here.
                let mut left = std::mem::take(&mut self.changed);
                left.extend(round.left.drain(..));
                *round = Round { left: left.into_iter().rev().collect(), mark };
            }
            return;
        }
        let due = at_once || now.duration_since(self.began) >= self.every;
        if due && (mark.offset > self.checkpoint || !self.changed.is_empty()) {
            let left = std::mem::take(&mut self.changed).into_iter().rev().collect();
            self.round = Some(Round { left, mark });
            self.began = now;
        }
    }

    /// Takes up to `most` entities to be written now.
    pub(super) fn take(&mut self, most: usize) -> Vec<Arc<str>> {
        let Some(round) = &mut self.round else { return Vec::new() };
        let mut taken = round.left.split_off(round.left.len().saturating_sub(most));
        taken.reverse();
        // It may have changed since the round began; what is written now holds that too.
        for entity in &taken {
            self.changed.remove(entity);
        }
        taken
    }

    /// The checkpoint that is reached, if the round is through.
    pub(super) fn end(&mut self) -> Option<Mark> {
        let round = self.round.take_if(|round| round.left.is_empty())?;
        self.checkpoint = round.mark.offset;
        Some(round.mark)
    }

    /// A snapshot was written, in a round or out of it.
    pub(super) fn wrote(&mut self, entity: &Arc<str>, bytes: usize) {
        self.changed.remove(entity);
        let before = self.sizes.insert(Arc::clone(entity), bytes).unwrap_or(0);
        self.bytes = self.bytes + bytes - before;
    }

    /// An entity is no more.
    pub(super) fn forget(&mut self, entity: &Arc<str>) {
        self.changed.remove(entity);
        if let Some(round) = &mut self.round {
            round.left.retain(|left| left != entity);
        }
        self.bytes -= self.sizes.remove(entity).unwrap_or(0);
    }

    /// Bytes of all last snapshots.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// When there is something to do.
    pub(super) fn next(&self) -> Option<Instant> {
        match &self.round {
            Some(_) => Some(self.began),
            None => (!self.changed.is_empty()).then(|| self.began + self.every),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(10);

    fn mark(offset: i64) -> Mark {
        Mark { offset, clock: offset * 100 }
    }

    #[test]
    fn a_checkpoint_stands_for_the_beginning_of_its_round() {
        let start = Instant::now();
        let [a, b]: [Arc<str>; 2] = ["a".into(), "b".into()];
        let mut rounds = Rounds::new(EVERY, 0, start);
        rounds.touch(&a);
        rounds.touch(&b);
        rounds.begin(mark(5), start + Duration::from_secs(1), false);
        assert_eq!(rounds.take(10), Vec::<Arc<str>>::new(), "it is not time yet");
        rounds.begin(mark(7), start + EVERY, false);
        assert_eq!(rounds.take(1), std::slice::from_ref(&a));
        rounds.wrote(&a, 100);
        assert_eq!(rounds.end(), None, "one is left");
        // Both change again; the one is written as it is then, the other waits for the next round.
        rounds.touch(&a);
        rounds.touch(&b);
        assert_eq!(rounds.take(10), std::slice::from_ref(&b));
        rounds.wrote(&b, 50);
        assert_eq!(rounds.end(), Some(mark(7)));
        assert_eq!(rounds.bytes(), 150);
        rounds.begin(mark(9), start + EVERY * 2, false);
        assert_eq!(rounds.take(10), [a], "what was written after it changed is not written again");
        assert_eq!(rounds.end(), Some(mark(9)));
    }

    #[test]
    fn progress_alone_is_worth_a_checkpoint_and_standing_still_is_not() {
        let start = Instant::now();
        let mut rounds = Rounds::new(EVERY, 3, start);
        rounds.begin(mark(3), start + EVERY, false);
        assert_eq!(rounds.end(), None);
        rounds.begin(mark(4), start + EVERY, false);
        assert_eq!(rounds.end(), Some(mark(4)), "events that concern no entity any more");
        rounds.begin(mark(4), start + EVERY * 3, true);
        assert_eq!(rounds.end(), None);
    }

    #[test]
    fn at_the_end_everything_goes_into_one_round() {
        let start = Instant::now();
        let [a, b, c]: [Arc<str>; 3] = ["a".into(), "b".into(), "c".into()];
        let mut rounds = Rounds::new(EVERY, 0, start);
        rounds.touch(&a);
        rounds.touch(&b);
        rounds.begin(mark(5), start + EVERY, false);
        assert_eq!(rounds.take(1), std::slice::from_ref(&a));
        rounds.touch(&c);
        rounds.begin(mark(8), start + EVERY, true);
        assert_eq!(rounds.take(10), [b, c]);
        assert_eq!(rounds.end(), Some(mark(8)));
    }

    #[test]
    fn what_is_forgotten_is_not_written_and_takes_no_room() {
        let start = Instant::now();
        let a: Arc<str> = "a".into();
        let mut rounds = Rounds::new(EVERY, 0, start);
        rounds.wrote(&a, 10);
        rounds.touch(&a);
        rounds.begin(mark(5), start, true);
        rounds.forget(&a);
        assert_eq!(rounds.take(10), Vec::<Arc<str>>::new());
        assert_eq!((rounds.end(), rounds.bytes()), (Some(mark(5)), 0));
    }
}
