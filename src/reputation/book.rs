//! The entities of one partition, and their clock.

use std::collections::HashMap;
use std::sync::Arc;

use super::Rules;
use super::alert::Alert;
use super::entity::EntityState;
use super::observation::Observation;
use super::rules::STEP;
use super::snapshot::{self, Snapshot};
use super::standing::Standing;

/// The entities of one partition.
#[derive(Debug)]
pub struct Book {
    rules: Arc<Rules>,
    entities: HashMap<Arc<str>, Kept>,
    clock: i64,
    alerts: Vec<Alert>,
}

#[derive(Debug)]
struct Kept {
    state: EntityState,
    /// It changed since its standing was taken last.
    changed: bool,
}

/// What is to be published.
#[derive(Debug, Default)]
pub struct News {
    /// Alerts opened, updated and resolved, in order. Whoever publishes one keeps a snapshot of its entity in the same
    /// transaction: then a restart does not tell it again.
    pub alerts: Vec<Alert>,
    /// Entities whose standing changed.
    pub changed: Vec<Arc<str>>,
}

impl Book {
    /// An empty book.
    pub fn new(rules: Arc<Rules>) -> Self {
        Self { rules, entities: HashMap::new(), clock: i64::MIN, alerts: Vec::new() }
    }

    /// Milliseconds since the epoch: the latest `created_at` or tick so far.
    pub fn clock(&self) -> i64 {
        self.clock
    }

    /// How many entities it holds.
    pub fn len(&self) -> usize {
        self.entities.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.entities.is_empty()
    }

    /// Adds an event; an event without an entity is passed over.
    pub fn fold(&mut self, event: &Observation<'_>) {
        let Some(entity) = &event.entity else { return };
        self.clock = self.clock.max(event.at());
        let kept = match self.entities.get_mut(&*entity.id) {
            Some(kept) => kept,
            None => {
                let state = EntityState::new(entity, self.clock);
                self.entities.entry(Arc::from(&*entity.id)).or_insert(Kept { state, changed: false })
            }
        };
        // First what the steps before it saw, so that a late look sees what a timely one would have.
        kept.state.advance(self.clock, &self.rules, &mut self.alerts);
        kept.state.fold(event);
        kept.changed = true;
    }

    /// Lets time pass, where nothing comes. Going back is ignored.
    pub fn tick(&mut self, now: i64) {
        self.clock = self.clock.max(now);
    }

    /// What is to be published since the last call.
    pub fn news(&mut self) -> News {
        let mut changed = Vec::new();
        for (id, kept) in &mut self.entities {
            let before = kept.state.stepped();
            kept.state.advance(self.clock, &self.rules, &mut self.alerts);
            if kept.changed || kept.state.stepped() != before {
                kept.changed = false;
                changed.push(Arc::clone(id));
            }
        }
        changed.sort_unstable();
        News { alerts: std::mem::take(&mut self.alerts), changed }
    }

    /// How an entity stands now.
    pub fn standing(&self, entity: &str) -> Option<Standing> {
        self.entities.get(entity).map(|kept| kept.state.standing(self.clock, &self.rules))
    }

    /// An entity as it is to be kept.
    pub fn snapshot(&self, entity: &str, partition: i32, partitions: i32, offset: i64) -> Option<Snapshot> {
        let state = self.entities.get(entity)?.state.clone();
        Some(Snapshot { schema: Arc::from(snapshot::SCHEMA), partition, partitions, offset, clock: self.clock, state })
    }

    /// Takes a kept entity back.
    pub fn restore(&mut self, snapshot: Snapshot) {
        let id = Arc::clone(&snapshot.state.named.id);
        self.entities.insert(id, Kept { state: snapshot.state, changed: true });
    }

    /// Ids of all entities.
    pub fn entities(&self) -> impl Iterator<Item = &Arc<str>> {
        self.entities.keys()
    }

    /// The longest that time may pass between two calls of [`Book::tick`] without an alert coming late.
    pub const fn step() -> std::time::Duration {
        STEP
    }
}
