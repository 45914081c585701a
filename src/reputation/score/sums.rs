//! Forward-decayed sums over mentions, for all spans at once.

use serde::{Deserialize, Serialize};

use super::decay::{Factors, SPANS};
use super::entry::Entry;

/// The sums of one span, relative to its landmark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 5]", into = "[f64; 5]")]
pub(super) struct Head {
    /// Σ v⁺.
    pub(super) positive: f64,
    /// Σ v⁻.
    pub(super) negative: f64,
    /// Σ (v⁺ + v⁻)².
    pub(super) squares: f64,
    /// Σ weight.
    pub(super) weight: f64,
    /// Σ 1.
    pub(super) mentions: f64,
}

/// `[positive, negative]` for each span.
pub(super) type Part = [[f64; 2]; SPANS];

/// All sums.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sums {
    pub(super) heads: [Head; SPANS],
    /// By kind of name, then by its number.
    pub(super) parts: [Vec<Part>; 3],
}

/// How much of a mention is added, for each span.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    /// Of its weight.
    pub(super) weight: Factors,
    /// Of its square.
    pub(super) square: Factors,
    /// Of its being a mention.
    pub(super) mention: f64,
}

impl Measure {
    /// All of it.
    pub(super) const WHOLE: Self = Self { weight: [1.0; SPANS], square: [1.0; SPANS], mention: 1.0 };
    /// All of it is taken back.
    pub(super) const BACK: Self = Self { weight: [-1.0; SPANS], square: [-1.0; SPANS], mention: -1.0 };

    /// What is taken back of a mention of which only these parts count: a square shrinks twice.
    pub(super) fn down_to(parts: Factors) -> Self {
        Self { weight: parts.map(|part| part - 1.0), square: parts.map(|part| part * part - 1.0), mention: 0.0 }
    }
}

impl Head {
    /// `W⁺ + W⁻`.
    pub(super) fn opinion(&self) -> f64 {
        self.positive + self.negative
    }

    /// Adds a part of another; `mention` of its mentions.
    pub(super) fn add(&mut self, other: &Self, weight: f64, square: f64, mention: f64) {
        self.positive += other.positive * weight;
        self.negative += other.negative * weight;
        self.squares += other.squares * square;
        self.weight += other.weight * weight;
        self.mentions += other.mentions * mention;
    }
}

/// What a mention of these factors adds to each head.
pub(super) fn heads(entry: &Entry, factors: &Factors) -> [Head; SPANS] {
    let damped = entry.damped();
    factors.map(|factor| {
        let weight = damped * factor;
        let (positive, negative) = (weight * f64::from(entry.positive), weight * f64::from(entry.negative));
        let squares = (positive + negative) * (positive + negative);
        Head { positive, negative, squares, weight, mentions: f64::from(entry.mentions) * factor }
    })
}

impl Sums {
    /// Adds a mention, or a part of it. The factors are those of its time.
    pub(super) fn add(&mut self, entry: &Entry, factors: &Factors, measure: &Measure) {
        if entry.mentions == 0 {
            return;
        }
        let added = heads(entry, factors);
        for (span, (sum, head)) in self.heads.iter_mut().zip(&added).enumerate() {
            sum.add(head, measure.weight[span], measure.square[span], measure.mention);
        }
        for (parts, numbers) in self.parts.iter_mut().zip(entry.labels.by_kind()) {
            let each = 1.0 / numbers.len() as f64;
            for number in numbers {
                let number = usize::from(*number);
                extend(parts, number);
                for (span, [positive, negative]) in parts[number].iter_mut().enumerate() {
                    let part = each * measure.weight[span];
                    *positive += added[span].positive * part;
                    *negative += added[span].negative * part;
                }
            }
        }
    }

    /// Takes back what cannot be told by name, from every name in proportion to what it has.
    pub(super) fn take_back_anyhow(&mut self, span: usize, positive: f64, negative: f64, from: &Sums) {
        let head = &from.heads[span];
        let share = |back: f64, of: f64| if of > 0.0 { (back / of).min(1.0) } else { 0.0 };
        let (positive, negative) = (share(positive, head.positive), share(negative, head.negative));
        for (parts, known) in self.parts.iter_mut().zip(&from.parts) {
            for (part, known) in parts.iter_mut().zip(known) {
                part[span][0] -= known[span][0] * positive;
                part[span][1] -= known[span][1] * negative;
            }
        }
    }

    /// Gives all that one name has to another.
    pub(super) fn merge(&mut self, kind: usize, from: u8, into: u8) {
        let parts = &mut self.parts[kind];
        extend(parts, usize::from(from.max(into)));
        let moved = std::mem::take(&mut parts[usize::from(from)]);
        for ([positive, negative], more) in parts[usize::from(into)].iter_mut().zip(moved) {
            *positive += more[0];
            *negative += more[1];
        }
    }

    /// Follows the landmarks.
    pub(super) fn shift(&mut self, shifts: &Factors) {
        for (head, shift) in self.heads.iter_mut().zip(shifts) {
            *head = Head {
                positive: head.positive * shift,
                negative: head.negative * shift,
                squares: head.squares * shift * shift,
                weight: head.weight * shift,
                mentions: head.mentions * shift,
            };
        }
        for part in self.parts.iter_mut().flatten() {
            for ([positive, negative], shift) in part.iter_mut().zip(shifts) {
                *positive *= shift;
                *negative *= shift;
            }
        }
    }
}

/// Makes room for a name, and no more: there are few names, and they do not come often.
fn extend(parts: &mut Vec<Part>, number: usize) {
    if parts.len() <= number {
        parts.reserve_exact(number + 1 - parts.len());
        parts.resize(number + 1, Part::default());
    }
}

impl From<[f64; 5]> for Head {
    fn from([positive, negative, squares, weight, mentions]: [f64; 5]) -> Self {
        Self { positive, negative, squares, weight, mentions }
    }
}

impl From<Head> for [f64; 5] {
    fn from(head: Head) -> Self {
        [head.positive, head.negative, head.squares, head.weight, head.mentions]
    }
}
