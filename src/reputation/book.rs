//! The entities of one partition, and their clock.

use std::ops::Range;
use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::Rules;
use super::alert::Alert;
use super::entity::EntityState;
use super::keys::Keys;
use super::observation::Observation;
use super::rules::STEP;
use super::snapshot::{self, Snapshot};
use super::standing::Standing;

const HOUR: i64 = 3_600_000;
/// From so many events of an entity in a row on, its memory is better fetched as a whole than piece by piece.
const MANY: usize = 8;

/// The entities of one partition.
#[derive(Debug)]
pub struct Book {
    rules: Arc<Rules>,
    /// In the order in which they came.
    entities: IndexMap<Arc<str>, Kept, FixedState>,
    /// Places of those that changed since the last news.
    changed: Vec<usize>,
    /// Where the last event was added: those of an entity mostly come in a row.
    last: usize,
    /// What events that were gathered are looked up by.
    awaited: Vec<Keys>,
    clock: i64,
    /// The clock when all entities were looked at last.
    looked: Option<i64>,
    alerts: Vec<Alert>,
}

#[derive(Debug)]
struct Kept {
    state: EntityState,
    /// It stands among the changed.
    changed: bool,
    /// Many events of it come now: where in the book's list of those that are awaited.
    awaited: Range<usize>,
}

impl Kept {
    fn new(state: EntityState, changed: bool) -> Self {
        Self { state, changed, awaited: 0..0 }
    }
}

/// What is to be published.
#[derive(Debug, Default)]
pub struct News {
    /// Alerts opened, updated and resolved, in order. Whoever publishes one keeps a snapshot of its entity in the same
    /// transaction: then a restart does not tell it again.
    pub alerts: Vec<Alert>,
    /// Entities whose standing changed, sorted: those that something was said of, and the silent ones in widening steps (see
    /// [`Book::news`]).
    pub changed: Vec<Arc<str>>,
}

impl Book {
    /// An empty book.
    pub fn new(rules: Arc<Rules>) -> Self {
        Self {
            rules,
            entities: IndexMap::default(),
            changed: Vec::new(),
            last: 0,
            awaited: Vec::new(),
            clock: i64::MIN,
            looked: None,
            alerts: Vec::new(),
        }
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
        self.fold_at(event, self.clock.max(event.at()));
    }

    /// In which order to add events of the log with [`Book::fold_at`]: those of an entity one after the other, so that its
    /// memory is fetched once. Index and clock of each; the outcome is that of [`Book::fold`] in the order of the log, since entities
    /// share nothing but the clock (and one copy of each name), and that comes with the event.
    pub fn gather(&mut self, events: &[Observation<'_>]) -> Vec<(usize, i64)> {
        let mut clock = self.clock;
        let placed = events.iter().enumerate().map(|(index, event)| {
            let Some(entity) = &event.entity else { return (usize::MAX, index, clock) };
            clock = clock.max(event.at());
            (self.entities.get_index_of(&*entity.id).unwrap_or(usize::MAX), index, clock)
        });
        let mut placed: Vec<_> = placed.collect();
        placed.sort_unstable();
        self.awaited.clear();
        for same in placed.chunk_by(|(one, ..), (other, ..)| one == other).filter(|same| same.len() >= MANY) {
            if let Some((_, kept)) = self.entities.get_index_mut(same[0].0) {
                let first = self.awaited.len();
                self.awaited.extend(same.iter().map(|(_, index, _)| Keys::of(&events[*index])));
                kept.awaited = first..self.awaited.len();
            }
        }
        placed.into_iter().map(|(_, index, clock)| (index, clock)).collect()
    }

    /// Adds an event as of the clock at its place in the log, as [`Book::gather`] says it, in milliseconds since the epoch.
    pub fn fold_at(&mut self, event: &Observation<'_>, clock: i64) {
        let Some(entity) = &event.entity else { return };
        self.clock = self.clock.max(clock);
        let last = self.entities.get_index(self.last).filter(|(id, _)| ***id == *entity.id).map(|_| self.last);
        let place = match last.or_else(|| self.entities.get_index_of(&*entity.id)) {
            Some(place) => place,
            None => {
                let state = EntityState::new(entity, clock);
                self.entities.insert_full(Arc::clone(&state.named.id), Kept::new(state, false)).0
            }
        };
        self.last = place;
        let kept = &mut self.entities[place];
        if let Some(awaited) = self.awaited.get(std::mem::take(&mut kept.awaited)).filter(|awaited| !awaited.is_empty())
        {
            kept.state.warm_up(awaited);
        }
        // First what the steps before it saw, so that a late look sees what a timely one would have.
        kept.state.advance(clock, &self.rules, &mut self.alerts);
        kept.state.fold(event);
        kept.state.heard = clock;
        if !std::mem::replace(&mut kept.changed, true) {
            self.changed.push(place);
        }
    }

    /// Lets time pass, where nothing comes. Going back is ignored.
    pub fn tick(&mut self, now: i64) {
        self.clock = self.clock.max(now);
    }

    /// What is to be published since the last call.
    ///
    /// A silent entity changes as well, since its windows fade, but ever more slowly: it is told at every step for six hours
    /// after its last event, at every hour for a day, and then once a day.
    pub fn news(&mut self) -> News {
        let before = self.looked.replace(self.clock);
        let crossed = |length: i64| before.is_none_or(|it| it.div_euclid(length) != self.clock.div_euclid(length));
        // Between two steps nothing happens to those that did not change.
        if crossed(STEP.as_millis() as i64) {
            let (hour, day) = (crossed(HOUR), crossed(24 * HOUR));
            for (place, kept) in self.entities.values_mut().enumerate() {
                let known = self.alerts.len();
                kept.state.advance(self.clock, &self.rules, &mut self.alerts);
                let silent = self.clock.saturating_sub(kept.state.heard);
                let due = day || silent <= 6 * HOUR || (hour && silent <= 24 * HOUR);
                if (due || self.alerts.len() > known) && !std::mem::replace(&mut kept.changed, true) {
                    self.changed.push(place);
                }
            }
        }
        let mut changed = Vec::with_capacity(self.changed.len());
        for place in self.changed.drain(..) {
            let Some((id, kept)) = self.entities.get_index_mut(place) else { continue };
            kept.changed = false;
            changed.push(Arc::clone(id));
        }
        changed.sort_unstable();
        changed.dedup();
        let mut alerts = std::mem::take(&mut self.alerts);
        alerts.sort_by(|a, b| (a.at, &a.entity.id).cmp(&(b.at, &b.entity.id)));
        News { alerts, changed }
    }

    /// Sums up what entities have, so that [`Book::standing`] is cheap.
    pub fn sum_up(&mut self, entities: &[Arc<str>]) {
        for entity in entities {
            if let Some(kept) = self.entities.get_mut(entity) {
                kept.state.sum_up(self.clock);
            }
        }
    }

    /// How an entity stands now.
    pub fn standing(&self, entity: &str) -> Option<Standing> {
        self.entities.get(entity).map(|kept| kept.state.standing(self.clock, &self.rules))
    }

    /// An entity as it is to be kept.
    pub fn snapshot(
        &self,
        entity: &str,
        partition: i32,
        partitions: i32,
        offset: i64,
    ) -> Option<Snapshot<&EntityState>> {
        let state = &self.entities.get(entity)?.state;
        Some(Snapshot { schema: Arc::from(snapshot::SCHEMA), partition, partitions, offset, clock: self.clock, state })
    }

    /// Takes a kept entity back. The clock stays: events that are folded again must not find that their time is over. Whoever has
    /// folded them ticks to the latest clock of the snapshots.
    pub fn restore(&mut self, snapshot: Snapshot) {
        let id = Arc::clone(&snapshot.state.named.id);
        let kept = Kept::new(snapshot.state, true);
        let place = self.entities.insert_full(id, kept).0;
        self.changed.push(place);
        self.looked = None;
    }

    /// Removes the entities of which nothing was heard for so long and returns their ids, sorted. Those that changed since the last
    /// news stay.
    pub fn forget(&mut self, silence: std::time::Duration) -> Vec<Arc<str>> {
        let since = self.clock.saturating_sub(i64::try_from(silence.as_millis()).unwrap_or(i64::MAX));
        let mut silent = Vec::new();
        // The places of those that changed must not move.
        if self.changed.is_empty() {
            self.entities.retain(|id, kept| {
                let stays = kept.state.heard >= since;
                if !stays {
                    silent.push(Arc::clone(id));
                }
                stays
            });
        }
        silent.sort_unstable();
        silent
    }

    /// Edits and deletions that came too late to take back what they replace.
    pub fn beyond_horizon(&self) -> u64 {
        self.entities.values().map(|kept| kept.state.score.beyond_horizon()).sum()
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
