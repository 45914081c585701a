//! Authors who speak well of the entity again and again.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::reputation::hashing::ByHash;

/// How many authors are remembered: an advocate is known if they come back before so many others spoke well once.
pub(super) const MOST: usize = 128;
/// How many are named.
const NAMED: usize = 20;
/// Opinions of one author that count: the latest.
const LATEST: u32 = 20;
/// An advocate spoke well at least so often,
const ENOUGH: u32 = 3;
/// and so many times as often as ill.
const CLEARLY: u32 = 3;
/// Who was silent for so many milliseconds is forgotten: 90 days.
const FORGET: i64 = 90 * super::DAY;
/// Bytes of a name; a longer one is cut.
const NAME: usize = 100;

/// Somebody who speaks well of the entity again and again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advocate {
    /// Handle, or name, or id.
    pub author: String,
    /// The platform or feed.
    pub source: String,
    /// Of their latest opinions, those for the entity.
    pub positive: u32,
    /// Of their latest opinions, those against it.
    pub negative: u32,
    /// When they last had one.
    pub last_at: Timestamp,
}

/// An author who spoke well once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Fan {
    key: u64,
    author: String,
    source: String,
    /// The latest opinions, the last in the lowest bit: 1 for, 0 against.
    opinions: u32,
    count: u32,
    last: i64,
}

/// Authors who spoke well at least once.
#[derive(Debug, Clone, Default)]
pub(super) struct Advocates {
    fans: ByHash<u64, Fan>,
    /// Whom to forget first: who is no advocate, and has been silent longest.
    ranks: BTreeSet<(bool, i64, u64)>,
}

impl Fan {
    fn positive(&self) -> u32 {
        self.opinions.count_ones()
    }

    fn negative(&self) -> u32 {
        self.count - self.positive()
    }

    fn is_advocate(&self) -> bool {
        self.positive() >= ENOUGH && self.positive() >= CLEARLY * self.negative()
    }

    fn rank(&self) -> (bool, i64, u64) {
        (self.is_advocate(), self.last, self.key)
    }
}

impl Advocates {
    /// An author has an opinion. `name` and `source` are read only if they are new.
    pub(super) fn note(&mut self, key: u64, positive: bool, at: i64, name: &str, source: &str) {
        if let Some(fan) = self.fans.get_mut(&key) {
            self.ranks.remove(&fan.rank());
            fan.opinions = (fan.opinions << 1 | u32::from(positive)) & ((1 << LATEST) - 1);
            fan.count = (fan.count + 1).min(LATEST);
            fan.last = fan.last.max(at);
            self.ranks.insert(fan.rank());
        } else if positive {
            let cut = |text: &str| text.get(..text.floor_char_boundary(NAME)).unwrap_or_default().to_owned();
            self.put(Fan { key, author: cut(name), source: cut(source), opinions: 1, count: 1, last: at });
        }
    }

    fn put(&mut self, fan: Fan) {
        self.ranks.insert(fan.rank());
        self.fans.insert(fan.key, fan);
        if self.fans.len() > MOST
            && let Some((_, _, key)) = self.ranks.pop_first()
        {
            self.fans.remove(&key);
        }
    }

    /// Forgets who has been silent for long.
    pub(super) fn forget(&mut self, now: i64) {
        let (fans, ranks) = (&mut self.fans, &mut self.ranks);
        ranks.retain(|(_, last, key)| now - last < FORGET || fans.remove(key).is_none());
    }

    /// Who they are at a moment: who spoke well most often first.
    pub(super) fn named(&self, at: i64) -> Vec<Advocate> {
        let mut fans: Vec<&Fan> =
            self.fans.values().filter(|fan| fan.is_advocate() && at - fan.last < FORGET).collect();
        fans.sort_unstable_by_key(|fan| (std::cmp::Reverse((fan.positive(), fan.last)), fan.key));
        let named = |fan: &Fan| Advocate {
            author: fan.author.clone(),
            source: fan.source.clone(),
            positive: fan.positive(),
            negative: fan.negative(),
            last_at: Timestamp::from_millisecond(fan.last).unwrap_or_default(),
        };
        fans.into_iter().take(NAMED).map(named).collect()
    }
}

impl Serialize for Advocates {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.ranks.iter().filter_map(|(_, _, key)| self.fans.get(key)))
    }
}

impl<'de> Deserialize<'de> for Advocates {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut advocates = Self::default();
        Vec::<Fan>::deserialize(deserializer)?.into_iter().for_each(|fan| advocates.put(fan));
        Ok(advocates)
    }
}
