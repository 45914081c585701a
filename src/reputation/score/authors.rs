//! Who gives how much of an entity's weight, so that no one carries its score.

use serde::{Deserialize, Serialize};

use super::decay::{Factors, SPANS};
use super::sums::Head;
use crate::reputation::blocks::Blocks;
use crate::reputation::digest::NOBODY;
use crate::reputation::hashing::Places;
use crate::reputation::room;
use crate::reputation::rules::{AUTHOR_SHARE, ENOUGH_AUTHORS};

/// Authors of settled mentions that are remembered, and how many of them stay when there are more. Whoever gives a tenth of the
/// weight is far from the lightest.
const REMEMBERED: usize = 128;
const STAY: usize = 64;
/// The span by which the lightest are told: a week.
const BY_SPAN: usize = 2;
/// Authors over their share, at most: with one more, nothing would be left for the rest.
const MOST_CAPPED: usize = ENOUGH_AUTHORS - 1;

/// Index of an author; [`NONE`] for nobody.
pub(super) type Slot = u16;
/// Nobody.
pub(super) const NONE: Slot = Slot::MAX;

/// What an author's settled mentions add up to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Settled {
    author: u64,
    pub(super) heads: [Head; SPANS],
}

/// All authors with open mentions, and the heaviest of those with settled ones.
#[derive(Debug, Clone, Default)]
pub(super) struct Authors {
    slots: Places,
    known: Blocks<Known>,
    free: Vec<Slot>,
    settled: Vec<Settled>,
    /// Nobody gives more than this. Not always exact, so that most looks need not go through all.
    most: Factors,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    author: u64,
    /// What they give, open and settled.
    weights: Factors,
    open: u16,
    /// Place among the settled, plus one; 0 for none.
    settled: u16,
}

/// An author who gives more than their share, and the part that counts, for each span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Capped {
    pub(super) slot: Slot,
    pub(super) keep: Factors,
}

impl Authors {
    pub(super) fn from_settled(settled: Vec<Settled>) -> Self {
        let mut authors = Self { settled, ..Self::default() };
        for place in 0..authors.settled.len() {
            let it = &authors.settled[place];
            let (author, weights) = (it.author, it.heads.map(|head| head.weight));
            let slot = authors.slot(author);
            authors.known[usize::from(slot)].settled = place as u16 + 1;
            authors.weigh(slot, &weights, 1.0);
        }
        authors
    }

    pub(super) fn settled(&self) -> &[Settled] {
        &self.settled
    }

    /// What an author's settled mentions add up to.
    pub(super) fn settled_of(&self, slot: Slot) -> Option<&Settled> {
        let place = self.known.get(usize::from(slot))?.settled.checked_sub(1)?;
        self.settled.get(usize::from(place))
    }

    /// Who has a slot; [`NOBODY`] where nobody does.
    pub(super) fn of(&self, slot: Slot) -> u64 {
        self.known.get(usize::from(slot)).map_or(NOBODY, |known| known.author)
    }

    /// One more open mention.
    pub(super) fn enter(&mut self, author: u64) -> Slot {
        if author == NOBODY {
            return NONE;
        }
        let slot = self.slot(author);
        self.known[usize::from(slot)].open += 1;
        slot
    }

    /// One open mention less.
    pub(super) fn leave(&mut self, slot: Slot) {
        let Some(known) = self.known.get_mut(usize::from(slot)) else { return };
        known.open -= 1;
        if known.open == 0 && known.settled == 0 {
            self.forget(slot);
        }
    }

    /// Adds to, or takes from, what an author gives.
    pub(super) fn weigh(&mut self, slot: Slot, weights: &Factors, sign: f64) {
        let Some(known) = self.known.get_mut(usize::from(slot)) else { return };
        for ((sum, weight), most) in known.weights.iter_mut().zip(weights).zip(&mut self.most) {
            *sum += weight * sign;
            *most = most.max(*sum);
        }
    }

    /// An open mention is settled: its author gives as much as before.
    pub(super) fn settle(&mut self, slot: Slot, heads: &[Head; SPANS]) {
        let Some(known) = self.known.get_mut(usize::from(slot)) else { return };
        known.open -= 1;
        if known.settled == 0 {
            room::push(&mut self.settled, Settled { author: known.author, heads: Default::default() });
            known.settled = self.settled.len() as u16;
        }
        let place = usize::from(known.settled) - 1;
        for (sum, head) in self.settled[place].heads.iter_mut().zip(heads) {
            sum.add(head, 1.0, 1.0, 1.0);
        }
        if self.settled.len() > REMEMBERED {
            self.forget_the_lightest();
        }
    }

    /// Follows the landmarks.
    pub(super) fn shift(&mut self, shifts: &Factors) {
        for weights in self.known.iter_mut().map(|known| &mut known.weights).chain([&mut self.most]) {
            weights.iter_mut().zip(shifts).for_each(|(weight, shift)| *weight *= shift);
        }
        for settled in &mut self.settled {
            for (head, shift) in settled.heads.iter_mut().zip(shifts) {
                *head = Head {
                    positive: head.positive * shift,
                    negative: head.negative * shift,
                    squares: head.squares * shift * shift,
                    weight: head.weight * shift,
                    mentions: head.mentions * shift,
                };
            }
        }
    }

    /// Who gives more than their share of `totals`. Authors count who give at least `presence`.
    pub(super) fn over_their_share(&mut self, totals: &Factors, presence: &Factors) -> Vec<Capped> {
        let mut capped: Vec<Capped> = Vec::new();
        for span in 0..SPANS {
            if self.most[span] <= AUTHOR_SHARE * totals[span] {
                continue;
            }
            let (heaviest, present) = self.heaviest(span, presence[span]);
            self.most[span] = heaviest.first().map_or(0.0, |(weight, _)| *weight);
            if present < ENOUGH_AUTHORS {
                continue;
            }
            let weights: Vec<f64> = heaviest.iter().map(|(weight, _)| *weight).collect();
            let (over, ceiling) = water_fill(&weights, totals[span]);
            for (weight, slot) in heaviest.into_iter().take(over) {
                let place = capped.iter().position(|it| it.slot == slot).unwrap_or_else(|| {
                    capped.push(Capped { slot, keep: [1.0; SPANS] });
                    capped.len() - 1
                });
                capped[place].keep[span] = ceiling / weight;
            }
        }
        capped
    }

    /// The heaviest, heaviest first, and how many are present.
    fn heaviest(&self, span: usize, presence: f64) -> (Vec<(f64, Slot)>, usize) {
        let (mut heaviest, mut present) = (Vec::with_capacity(MOST_CAPPED + 1), 0);
        let mut bar = 0.0;
        for (slot, known) in (0..).zip(self.known.iter()) {
            let weight = known.weights[span];
            present += usize::from(weight >= presence);
            if weight > bar {
                // Equals in order of their hash: slots depend on who came when.
                let author = known.author;
                let before = |other: &(f64, Slot)| {
                    other.0 > weight || (other.0 == weight && self.known[usize::from(other.1)].author < author)
                };
                heaviest.insert(heaviest.partition_point(before), (weight, slot));
                heaviest.truncate(MOST_CAPPED);
                if heaviest.len() == MOST_CAPPED {
                    bar = heaviest.last().map_or(0.0, |(weight, _)| *weight);
                }
            }
        }
        (heaviest, present)
    }

    fn slot(&mut self, author: u64) -> Slot {
        if let Some(slot) = self.find(author) {
            return slot;
        }
        let new = Known { author, weights: [0.0; SPANS], open: 0, settled: 0 };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.known[usize::from(slot)] = new;
                slot
            }
            None => {
                self.known.push(new);
                self.known.len() as Slot - 1
            }
        };
        let known = &self.known;
        self.slots.insert(author, slot, |slot| known[usize::from(slot)].author);
        slot
    }

    pub(super) fn find(&self, author: u64) -> Option<Slot> {
        self.slots.find(author, |slot| self.known[usize::from(slot)].author == author)
    }

    fn forget(&mut self, slot: Slot) {
        let known = &mut self.known[usize::from(slot)];
        self.slots.remove(known.author, slot);
        known.weights = [0.0; SPANS];
        self.free.push(slot);
    }

    /// What the lightest settled authors gave stays in the sums, and is nobody's from now on.
    fn forget_the_lightest(&mut self) {
        let mut settled = std::mem::take(&mut self.settled);
        settled
            .sort_by(|a, b| b.heads[BY_SPAN].weight.total_cmp(&a.heads[BY_SPAN].weight).then(a.author.cmp(&b.author)));
        for light in settled.drain(STAY..) {
            let Some(slot) = self.find(light.author) else { continue };
            let known = &mut self.known[usize::from(slot)];
            known.settled = 0;
            if known.open == 0 {
                self.forget(slot);
            } else {
                self.weigh(slot, &light.heads.map(|head| head.weight), -1.0);
            }
        }
        for (place, it) in (1..).zip(&settled) {
            if let Some(slot) = self.find(it.author) {
                self.known[usize::from(slot)].settled = place;
            }
        }
        self.settled = settled;
    }
}

/// How many of the heaviest (heaviest first) give more than their share of all, and what each of those is brought down to:
/// with k of them, `c = s·R/(1 − s·k)`, where R is what the rest gives and s the share: then each gives s of what counts.
fn water_fill(heaviest: &[f64], total: f64) -> (usize, f64) {
    let mut rest = total;
    let ceiling = |over: usize, rest: f64| AUTHOR_SHARE * rest / (1.0 - AUTHOR_SHARE * over as f64);
    for (over, weight) in heaviest.iter().enumerate() {
        let ceiling = ceiling(over, rest);
        if *weight <= ceiling {
            return (over, ceiling);
        }
        rest = (rest - weight).max(0.0);
    }
    (heaviest.len(), ceiling(heaviest.len(), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_give_exactly_their_share() {
        for weights in [&[50.0, 1.0, 1.0][..], &[1e6, 900.0, 3.0, 1.0], &[9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]]
        {
            let rest = 20.0;
            let (over, ceiling) = water_fill(weights, weights.iter().sum::<f64>() + rest);
            let counts = weights.iter().map(|weight| weight.min(ceiling)).sum::<f64>() + rest;
            assert!(over > 0, "{weights:?}");
            for weight in &weights[..over] {
                assert!(
                    *weight > ceiling && (ceiling / counts - AUTHOR_SHARE).abs() < 1e-9,
                    "{weights:?}: {ceiling} of {counts}"
                );
            }
            assert!(weights[over..].iter().all(|weight| *weight <= ceiling), "{weights:?}: {ceiling}");
        }
    }

    #[test]
    fn nobody_over_their_share_is_left_alone() {
        assert_eq!(water_fill(&[1.0, 1.0, 1.0], 30.0).0, 0);
    }
}
