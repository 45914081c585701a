//! One partition of the enriched topic that is ours: its book, how far it has come, and what of it is due.

use std::cell::Cell;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use super::due::Due;
use super::rounds::{Mark, Rounds};
use crate::config::settings::Reputation;
use crate::reputation::{Alert, Book, Digested, News};
use crate::stream::stages::guarded;

/// A partition that is ours.
pub(super) struct Part {
    pub(super) number: i32,
    pub(super) book: Book,
    /// The next offset to be read: all before it are in the book.
    pub(super) next: i64,
    /// Everything there was has been read.
    pub(super) at_end: bool,
    /// The offset moved since the last commit.
    pub(super) moved: bool,
    pub(super) due: Due,
    pub(super) rounds: Rounds,
    /// The step at which silent entities were looked for last.
    swept: i64,
}

/// What is to be told at once.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) alerts: Vec<Alert>,
    /// Entities that were forgotten.
    pub(super) forgotten: Vec<Arc<str>>,
}

impl Part {
    /// A partition whose book holds all events before `next`, of which the changelog knows those before `checkpoint`.
    pub(super) fn new(number: i32, book: Book, next: i64, checkpoint: i64, settings: &Reputation) -> Self {
        Self {
            number,
            swept: i64::MIN,
            rounds: Rounds::new(settings.snapshot_every, checkpoint, Instant::now()),
            due: Due::new(settings.publish_every),
            book,
            next,
            at_end: false,
            moved: false,
        }
    }

    /// Takes note of what changed, and returns what is to be told at once.
    pub(super) fn look(&mut self, settings: &Reputation, now: Instant) -> Told {
        let News { alerts, changed } = self.book.news();
        for entity in &changed {
            self.due.ask(entity, now);
            self.rounds.touch(entity);
        }
        for alert in &alerts {
            self.due.urge(&alert.entity.id, now);
        }
        Told { alerts, forgotten: self.sweep(settings) }
    }

    /// The first look after a restore. What was due when the partition was left is not known, so all standings are; to be kept are
    /// those that were added up again.
    pub(super) fn look_back(&mut self, again: &HashSet<Arc<str>>, settings: &Reputation, now: Instant) -> Told {
        let News { alerts, changed } = self.book.news();
        changed.iter().for_each(|entity| self.due.ask(entity, now));
        again.iter().for_each(|entity| self.rounds.touch(entity));
        Told { alerts, forgotten: self.sweep(settings) }
    }

    /// Forgets entities that were silent for long, once a step.
    fn sweep(&mut self, settings: &Reputation) -> Vec<Arc<str>> {
        let step = self.book.clock().div_euclid(Book::step().as_millis() as i64);
        if std::mem::replace(&mut self.swept, step) == step {
            return Vec::new();
        }
        let forgotten = self.book.forget(settings.forget_after);
        for entity in &forgotten {
            self.due.forget(entity);
            self.rounds.forget(entity);
        }
        forgotten
    }

    /// Where its events are.
    pub(super) fn mark(&self) -> Mark {
        Mark { offset: self.next, clock: self.book.clock() }
    }
}

/// How events are added to a book: [`Book::fold_chunk`], unless a test has its own.
pub type Fold = fn(&mut Book, &[Digested<'_>], &Cell<usize>);

/// Adds events, and says at which it panicked, and with what, if it did. The book is of no use then.
pub(super) fn fold(with: Fold, book: &mut Book, events: &[Digested<'_>]) -> Result<(), (usize, String)> {
    let at = Cell::new(0);
    guarded(|| with(book, events, &at)).map_err(|detail| (at.get(), detail))
}
