//! Which standings are due: an entity's at most every so often, and the one that waits longest first.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Entities whose standing is to be published.
#[derive(Debug)]
pub(super) struct Due {
    every: Duration,
    published: HashMap<Arc<str>, Instant>,
    /// By when it may be published.
    queue: BTreeSet<(Instant, Arc<str>)>,
    queued: HashMap<Arc<str>, Instant>,
}

impl Due {
    pub(super) fn new(every: Duration) -> Self {
        Self { every, published: HashMap::new(), queue: BTreeSet::new(), queued: HashMap::new() }
    }

    /// An entity's standing changed.
    pub(super) fn ask(&mut self, entity: &Arc<str>, now: Instant) {
        let at = self.published.get(entity).map_or(now, |last| now.max(*last + self.every));
        self.ask_at(entity, at);
    }

    /// It is to be published at once, whenever it was published last.
    pub(super) fn urge(&mut self, entity: &Arc<str>, now: Instant) {
        if let Some(at) = self.queued.remove(entity) {
            self.queue.remove(&(at, Arc::clone(entity)));
        }
        self.ask_at(entity, now);
    }

    fn ask_at(&mut self, entity: &Arc<str>, at: Instant) {
        if !self.queued.contains_key(entity) {
            self.queued.insert(Arc::clone(entity), at);
            self.queue.insert((at, Arc::clone(entity)));
        }
    }

    /// Takes up to `most` that are due; they count as published.
    pub(super) fn take(&mut self, now: Instant, most: usize) -> Vec<Arc<str>> {
        let mut taken = Vec::new();
        while taken.len() < most && self.queue.first().is_some_and(|(at, _)| *at <= now) {
            let Some((_, entity)) = self.queue.pop_first() else { break };
            self.queued.remove(&entity);
            self.published.insert(Arc::clone(&entity), now);
            taken.push(entity);
        }
        taken
    }

    /// All that wait are due now.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.queue = std::mem::take(&mut self.queue).into_iter().map(|(_, entity)| (now, entity)).collect();
        self.queued.values_mut().for_each(|at| *at = now);
    }

    /// When the next is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.queue.first().map(|(at, _)| *at)
    }

    /// An entity is no more.
    pub(super) fn forget(&mut self, entity: &Arc<str>) {
        self.published.remove(entity);
        if let Some(at) = self.queued.remove(entity) {
            self.queue.remove(&(at, Arc::clone(entity)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entity_waits_its_time_and_an_alert_does_not() {
        let (start, every) = (Instant::now(), Duration::from_secs(2));
        let [a, b]: [Arc<str>; 2] = ["a".into(), "b".into()];
        let mut due = Due::new(every);
        due.ask(&a, start);
        due.ask(&a, start);
        assert_eq!(due.take(start, 10), std::slice::from_ref(&a), "at once, and once");
        let soon = start + Duration::from_millis(100);
        due.ask(&a, soon);
        due.ask(&b, soon);
        assert_eq!(due.take(soon, 10), std::slice::from_ref(&b), "the other was published just now");
        assert_eq!(due.next(), Some(start + every));
        due.urge(&a, soon);
        assert_eq!(due.take(soon, 10), std::slice::from_ref(&a));
        assert_eq!(due.next(), None);
        due.ask(&a, soon);
        due.hurry(soon);
        assert_eq!(due.take(soon, 10), [a]);
    }

    #[test]
    fn who_waits_longest_is_first_and_who_is_forgotten_is_not_published() {
        let start = Instant::now();
        let later = start + Duration::from_millis(1);
        let [a, b, c]: [Arc<str>; 3] = ["a".into(), "b".into(), "c".into()];
        let mut due = Due::new(Duration::from_secs(2));
        due.ask(&b, start);
        due.ask(&a, later);
        due.ask(&c, start);
        due.forget(&c);
        assert_eq!(due.take(later, 1), [b]);
        assert_eq!(due.take(later, 10), [a]);
    }
}
