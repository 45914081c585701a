//! Questions that are asked again and again.

use serde::{Deserialize, Serialize};

use super::excerpt::Excerpt;

/// How many different ones are remembered: a question is known if it comes back before so many others were asked once.
pub(super) const MOST: usize = 64;
/// How many are told.
const TOLD: usize = 10;
/// Fingerprints of near copies differ in at most so many of their 64 bits (see [`crate::text`]).
const NEAR: u32 = 10;
/// Letters that a question needs: "why?" is asked of everything.
const LETTERS: usize = 8;
/// A question that nobody asked for so many milliseconds is forgotten: 30 days.
const FORGET: i64 = 30 * super::DAY;
/// Askers of one question that are told apart.
pub(super) const ASKERS: usize = 16;
/// Bytes that the excerpt of a question may take; one that takes more is passed over.
const BYTES: usize = 1_000;

/// A question that several people asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatedQuestion {
    /// How often it was asked.
    pub count: u64,
    /// By how many: 16 stands for 16 or more.
    pub authors: u64,
    /// The first time that it was asked.
    pub example: Excerpt,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    fingerprint: u64,
    count: u64,
    askers: Vec<u64>,
    last: i64,
    example: Excerpt,
}

/// Questions by near-copy.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Questions(Vec<Group>);

impl Group {
    fn is_repeated(&self) -> bool {
        self.askers.len() > 1
    }
}

impl Questions {
    /// Somebody asks.
    pub(super) fn note(
        &mut self,
        fingerprint: u64,
        asker: u64,
        at: i64,
        text: &str,
        excerpt: impl FnOnce() -> Option<Excerpt>,
    ) {
        let near = |group: &&mut Group| (group.fingerprint ^ fingerprint).count_ones() <= NEAR;
        if let Some(group) = self.0.iter_mut().find(near) {
            group.count += 1;
            group.last = group.last.max(at);
            if asker != 0 && group.askers.len() < ASKERS && !group.askers.contains(&asker) {
                group.askers.push(asker);
            }
            return;
        }
        if !says_enough(text) {
            return;
        }
        let Some(example) = excerpt().filter(|excerpt| excerpt.size() <= BYTES) else { return };
        if self.0.len() >= MOST {
            // Who is forgotten: what only one person asked, and longest ago.
            let first = self.0.iter().enumerate().min_by_key(|(_, group)| (group.is_repeated(), group.last));
            if let Some(at) = first.map(|(at, _)| at) {
                self.0.remove(at);
            }
        }
        let askers = if asker == 0 { Vec::new() } else { vec![asker] };
        self.0.push(Group { fingerprint, count: 1, askers, last: at, example });
    }

    /// A mention was taken down: what it would be the example of is forgotten, since nobody else's words are kept.
    pub(super) fn take_back(&mut self, id: &str) {
        self.0.retain(|group| group.example.id != id);
    }

    /// Forgets what nobody asked for long.
    pub(super) fn forget(&mut self, now: i64) {
        self.0.retain(|group| now - group.last < FORGET);
    }

    /// What several people asked, most people first.
    pub(super) fn repeated(&self, at: i64) -> Vec<RepeatedQuestion> {
        let mut groups: Vec<&Group> =
            self.0.iter().filter(|group| group.is_repeated() && at - group.last < FORGET).collect();
        groups.sort_by_key(|group| std::cmp::Reverse((group.askers.len(), group.count, group.last)));
        let told = |group: &Group| RepeatedQuestion {
            count: group.count,
            authors: group.askers.len() as u64,
            example: group.example.clone(),
        };
        groups.into_iter().take(TOLD).map(told).collect()
    }
}

/// Whether there are enough letters beside handles and links.
fn says_enough(text: &str) -> bool {
    let words = text.split_whitespace().filter(|word| !word.starts_with(['@', '＠', '#']) && !word.contains("://"));
    words.flat_map(str::chars).filter(|c| c.is_alphanumeric()).nth(LETTERS - 1).is_some()
}
