//! What open and settled mentions add up to, kept up while events come. All of it follows from what is kept in a snapshot.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::authors::{self, Authors, Settled, Slot};
use super::decay::{Factors, Landmarks, SPANS};
use super::entry::Entry;
use super::open::Open;
use super::sums::{self, Measure, Sums};
use crate::reputation::room;
use crate::reputation::rules::AUTHOR_PRESENCE;

/// Sums are made anew after so many additions: each may cost the last bit of a double.
const ADDITIONS: u32 = 8_192;
/// … or once no more than this part is left of what they were: what was taken back leaves its last bits behind.
const LEFT: f64 = 1.0 / 16.0;

/// Running sums.
#[derive(Debug, Clone, Default)]
pub(super) struct Running {
    total: Sums,
    authors: Authors,
    /// Authors of open mentions, in their order.
    slots: VecDeque<Slot>,
    additions: u32,
    /// The most that weight and opinion were since sums were made, for each span.
    most: [[f64; 2]; SPANS],
}

impl Running {
    /// Adds all up; `authors` are those of the open mentions.
    pub(super) fn new(
        settled: &Sums,
        settled_authors: Vec<Settled>,
        open: &Open,
        authors: &[u64],
        landmarks: &Landmarks,
    ) -> Self {
        let mut running =
            Self { total: settled.clone(), authors: Authors::from_settled(settled_authors), ..Self::default() };
        for (place, (entry, author)) in open.entries().iter().zip(authors).enumerate() {
            running.add(place, true, entry, *author, &landmarks.factors(entry.at));
        }
        running.additions = 0;
        running.most = running.now();
        running
    }

    /// Adds a mention of an author, which may be new in the queue.
    pub(super) fn add(&mut self, place: usize, new: bool, entry: &Entry, author: u64, factors: &Factors) {
        let slot = if entry.mentions > 0 { self.authors.enter(author) } else { authors::NONE };
        if new {
            room::push_back(&mut self.slots, slot);
        } else {
            self.slots[place] = slot;
        }
        self.weigh(place, entry, factors, &Measure::WHOLE);
    }

    /// Looks where an author will be looked for.
    pub(super) fn look_ahead(&self, author: u64) -> usize {
        self.authors.find(author).map_or(0, usize::from)
    }

    /// Takes a mention back.
    pub(super) fn take_back(&mut self, place: usize, entry: &Entry, factors: &Factors) {
        self.weigh(place, entry, factors, &Measure::BACK);
        self.authors.leave(std::mem::replace(&mut self.slots[place], authors::NONE));
    }

    /// Adds what a mention weighs, or takes it back.
    pub(super) fn weigh(&mut self, place: usize, entry: &Entry, factors: &Factors, measure: &Measure) {
        self.total.add(entry, factors, measure);
        self.authors.weigh(self.slots[place], &factors.map(|factor| entry.damped() * factor), measure.mention);
        self.additions += 1;
        let now = self.now();
        for (most, now) in self.most.iter_mut().flatten().zip(now.iter().flatten()) {
            *most = most.max(*now);
        }
    }

    /// The first open mention is settled: nothing changes in the sums.
    pub(super) fn settle(&mut self, entry: &Entry, factors: &Factors) {
        if let Some(slot) = self.slots.pop_front() {
            self.authors.settle(slot, &sums::heads(entry, factors));
        }
    }

    /// Follows the landmarks.
    pub(super) fn shift(&mut self, shifts: &Factors) {
        self.total.shift(shifts);
        self.authors.shift(shifts);
        for (most, shift) in self.most.iter_mut().zip(shifts) {
            most.iter_mut().for_each(|it| *it *= shift);
        }
    }

    /// Gives all that one name has to another.
    pub(super) fn merge(&mut self, kind: usize, from: u8, into: u8) {
        self.total.merge(kind, from, into);
    }

    /// The authors of the open mentions, in their order.
    pub(super) fn open_authors(&self) -> Vec<u64> {
        self.slots.iter().map(|slot| self.authors.of(*slot)).collect()
    }

    /// The settled authors, to be kept.
    pub(super) fn settled_authors(&self) -> Vec<Settled> {
        self.authors.settled().to_vec()
    }

    /// Whether rounding may have added up, and sums should be made anew.
    pub(super) fn is_worn(&self) -> bool {
        let fell = |(most, now): (&f64, &f64)| *now < most * LEFT;
        self.additions > ADDITIONS || self.most.iter().flatten().zip(self.now().iter().flatten()).any(fell)
    }

    /// All sums, with authors brought down to their share.
    pub(super) fn capped(&mut self, settled: &Sums, open: &Open, landmarks: &Landmarks, newest: i64) -> Cow<'_, Sums> {
        let totals = self.total.heads.map(|head| head.weight);
        let presence = landmarks.factors(newest).map(|factor| factor * AUTHOR_PRESENCE);
        let capped = self.authors.over_their_share(&totals, &presence);
        if capped.is_empty() {
            return Cow::Borrowed(&self.total);
        }
        let mut sums = self.total.clone();
        for (slot, entry) in self.slots.iter().zip(open.entries().iter()) {
            if let Some(author) = capped.iter().find(|author| author.slot == *slot) {
                sums.add(entry, &landmarks.factors(entry.at), &Measure::down_to(author.keep));
            }
        }
        for author in &capped {
            let Some(known) = self.authors.settled_of(author.slot) else { continue };
            for (span, (head, keep)) in known.heads.iter().zip(author.keep).enumerate() {
                sums.heads[span].add(head, keep - 1.0, keep * keep - 1.0, 0.0);
                let back = 1.0 - keep;
                sums.take_back_anyhow(span, head.positive * back, head.negative * back, settled);
            }
        }
        Cow::Owned(sums)
    }

    fn now(&self) -> [[f64; 2]; SPANS] {
        self.total.heads.map(|head| [head.weight, head.opinion()])
    }
}
