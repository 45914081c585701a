//! The entities of one partition, and their clock.

use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use super::Rules;
use super::alert::Alert;
use super::digest::{Digest, Digested};
use super::entity::{EntityState, Turn};
use super::observation::Observation;
use super::rules::STEP;
use super::score::Folded;
use super::snapshot::{self, Snapshot};
use super::standing::Standing;

const HOUR: i64 = 3_600_000;
/// From so many events of an entity in a row on, some of its memory is better fetched as a whole than piece by piece.
const MANY: usize = 8;
/// How many events are looked ahead: as many as fit a processor's second cache together with what they look into.
const AHEAD: usize = 64;

/// The entities of one partition.
#[derive(Debug)]
pub struct Book {
    rules: Arc<Rules>,
    /// In the order in which they were added.
    entities: IndexMap<Arc<str>, Kept, FixedState>,
    /// Places of those that changed since the last news.
    changed: Vec<usize>,
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
}

/// Whether two events are of one entity.
fn is_of_one(one: &Turn<'_>, other: &Turn<'_>) -> bool {
    one.entity() == other.entity()
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
        let digest = Digest::of(event);
        let turn = Turn { event, digest: &digest, index: 0, clock: self.clock.max(event.at()) };
        self.fold_same(&[turn], &Cell::new(0), &mut Vec::new());
    }

    /// Adds events. Those of an entity are given in the order of the log, and best one after the other ([`side_by_side`]), since its memory
    /// is then fetched once for some dozens of them; the outcome is that of [`Book::fold`] with one event after the other by their places.
    /// Should that panic, `at` says at which of them, counted from 0.
    ///
    /// [`side_by_side`]: super::side_by_side
    pub fn fold_chunk(&mut self, events: &[Digested<'_>], at: &Cell<usize>) {
        let of_one = events.chunk_by(|one, other| one.event.entity == other.event.entity);
        let mut named = of_one.filter(|same| same.first().is_some_and(|it| it.event.entity.is_some()));
        debug_assert!(
            named.all(|same| same.is_sorted_by_key(|it| it.place)),
            "an entity's events come in the order of the log"
        );
        let (first, clocks) = self.clocks(events, at);
        let turns = events.iter().enumerate().map(|(index, Digested { event, place, digest })| {
            let clock = clocks[place - first];
            Turn { event, digest, index, clock }
        });
        let turns: Vec<Turn<'_>> = turns.collect();
        let mut folded = Vec::new();
        for turns in turns.chunks(AHEAD) {
            if turns.len() > 1 {
                self.look_ahead(turns, at);
            }
            for same in turns.chunk_by(is_of_one) {
                self.fold_same(same, at, &mut folded);
            }
        }
    }

    /// The book's clock at each place of a chunk, from the first of these on. Entities share nothing else (but one copy of each name).
    fn clocks(&self, events: &[Digested<'_>], at: &Cell<usize>) -> (usize, Vec<i64>) {
        let places = events.iter().map(|event| event.place);
        let first = places.clone().min().unwrap_or_default();
        let mut clocks = vec![self.clock; places.max().map_or(0, |last| last + 1 - first)];
        for (Digested { event, place, .. }, index) in events.iter().zip(0..) {
            at.set(index);
            if event.entity.is_some() {
                clocks[place - first] = event.at();
            }
        }
        let mut latest = self.clock;
        for clock in &mut clocks {
            latest = latest.max(*clock);
            *clock = latest;
        }
        (first, clocks)
    }

    /// Fetches from memory what events and their entities consist of. Adding them up the processor would wait for one piece after the
    /// other; here none needs what another one says, so that it waits for many at a time.
    fn look_ahead(&self, turns: &[Turn<'_>], at: &Cell<usize>) {
        for same in turns.chunk_by(is_of_one) {
            let Some(first) = same.first() else { continue };
            at.set(first.index);
            let Some(kept) = first.entity().and_then(|id| self.entities.get(id)) else { continue };
            if same.len() >= MANY {
                black_box(kept.state.read_through());
            }
            for turn in same {
                at.set(turn.index);
                black_box(turn.event.read_through());
                black_box(kept.state.look_ahead(turn.digest));
            }
        }
    }

    /// Adds events of one entity.
    fn fold_same(&mut self, mut turns: &[Turn<'_>], at: &Cell<usize>, folded: &mut Vec<Folded>) {
        let Some(Turn { event: Observation { entity: Some(entity), .. }, clock, .. }) = turns.first() else { return };
        let place = self.entities.get_index_of(&*entity.id).unwrap_or_else(|| {
            let state = EntityState::new(entity, *clock);
            self.entities.insert_full(Arc::clone(&state.named.id), Kept { state, changed: false }).0
        });
        let kept = &mut self.entities[place];
        while let Some(first) = turns.first() {
            at.set(first.index);
            // First what the steps before it saw, so that a late look sees what a timely one would have.
            kept.state.advance(first.clock, &self.rules, &mut self.alerts);
            let until = kept.state.next_step();
            let now = turns.iter().take_while(|turn| turn.clock < until).count();
            let (now, later) = turns.split_at(now.max(1));
            kept.state.fold_all(now, at, folded);
            kept.state.heard = now.last().map_or(first.clock, |turn| turn.clock);
            self.clock = self.clock.max(kept.state.heard);
            turns = later;
        }
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
        let kept = Kept { state: snapshot.state, changed: true };
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
