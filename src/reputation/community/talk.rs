//! Who said what in answer to what: the last mentions that may be linked to others, whichever of them came first.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::heard::{Heard, Voice};
use super::packed::{Packed, Rows};
use crate::reputation::blocks::Blocks;
use crate::reputation::hashing::Places;
use crate::reputation::room;

/// How many are remembered: a reply may come this many mentions before or after what it answers.
pub(super) const MOST: usize = 1_000;
/// How many posts by one author, each continuing the one before, are followed upward from a reply.
const LONGEST_CHAIN: usize = 8;
const OWN: u64 = 1;
const JUDGED: u64 = 2;
const LOOSE: u64 = 4;
/// Which of a row's numbers is its key.
const KEY: usize = 0;

/// A mention that stands in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) key: u64,
    pub(super) at: i64,
    pub(super) author: u64,
    pub(super) parent: u64,
    pub(super) thread: u64,
    pub(super) own: bool,
    /// It names its thread, but not what it answers in it.
    pub(super) loose: bool,
    /// The conversation index has counted it, or never will.
    pub(super) judged: bool,
}

/// The last mentions, and how they hang together.
#[derive(Debug, Clone, Default)]
pub(super) struct Talk {
    /// As small as in a snapshot: they are most of what a community takes.
    rows: Blocks<Packed<5>>,
    /// Places of rows that were forgotten.
    free: Vec<u16>,
    /// Places of rows by key.
    places: Places,
    /// The same as they came.
    order: VecDeque<u16>,
    /// By what they answer, then by age.
    answers: BTreeSet<Place>,
}

/// Where a mention stands among answers: under its parent, or the thread of those that name nothing else, which an odd number tells;
/// then its time and its key.
type Place = (u64, u64, u64);

/// What stands under a parent or a thread.
fn under(key: u64, loose: bool) -> u64 {
    key << 1 | u64::from(loose)
}

impl Row {
    pub(super) fn new(heard: &Heard) -> Self {
        Self {
            key: heard.key,
            at: heard.at,
            author: heard.author,
            parent: heard.parent,
            thread: heard.thread,
            own: heard.voice == Voice::Own,
            loose: heard.is_loose(),
            judged: false,
        }
    }

    /// Its place among answers; `None` if it answers nothing.
    fn place(&self) -> Option<Place> {
        let above = if self.loose { self.thread } else { self.parent };
        (above != 0).then_some((under(above, self.loose), self.at.max(0) as u64, self.key))
    }

    fn pack(&self) -> [u64; 5] {
        let flag = |set: bool, flag: u64| if set { flag } else { 0 };
        let flags = flag(self.own, OWN) | flag(self.judged, JUDGED) | flag(self.loose, LOOSE);
        [self.key, (self.at.max(0) as u64) << 4 | flags, self.author, self.parent, self.thread]
    }

    fn unpack([key, at, author, parent, thread]: [u64; 5]) -> Self {
        let has = |flag: u64| at & flag != 0;
        let (own, judged, loose) = (has(OWN), has(JUDGED), has(LOOSE));
        Self { key, at: (at >> 4) as i64, author, parent, thread, own, loose, judged }
    }
}

impl Talk {
    pub(super) fn get(&self, key: u64) -> Option<Row> {
        self.place(key).map(|place| self.row(place))
    }

    /// The conversation index has counted a mention.
    pub(super) fn judge(&mut self, key: u64) {
        if let Some(place) = self.place(key) {
            self.rows[usize::from(place)] = Packed::new(Row { judged: true, ..self.row(place) }.pack());
        }
    }

    fn row(&self, place: u16) -> Row {
        Row::unpack(self.rows[usize::from(place)].numbers())
    }

    fn place(&self, key: u64) -> Option<u16> {
        self.places.find(key, |place| self.rows[usize::from(place)].number(KEY) == key)
    }

    /// Looks where a mention will be looked for.
    pub(super) fn look_ahead(&self, key: u64) -> usize {
        self.place(key).map_or(0, usize::from)
    }

    /// Remembers a mention; the one that came first is forgotten if there are too many. Says whether it is a new one.
    pub(super) fn insert(&mut self, row: Row) -> bool {
        if self.place(row.key).is_some() {
            return false;
        }
        if self.order.len() >= MOST
            && let Some(first) = self.order.pop_front()
        {
            self.unlink(first);
        }
        self.answers.extend(row.place());
        let packed = Packed::new(row.pack());
        let place = match self.free.pop() {
            Some(place) => {
                self.rows[usize::from(place)] = packed;
                place
            }
            None => {
                self.rows.push(packed);
                self.rows.len() as u16 - 1
            }
        };
        room::push_back(&mut self.order, place);
        let rows = &self.rows;
        self.places.insert(row.key, place, |place| rows[usize::from(place)].number(KEY));
        true
    }

    /// Forgets a mention.
    pub(super) fn remove(&mut self, key: u64) -> Option<Row> {
        let place = self.place(key)?;
        self.order.retain(|known| *known != place);
        Some(self.unlink(place))
    }

    fn unlink(&mut self, place: u16) -> Row {
        let row = self.row(place);
        self.places.remove(row.key, place);
        self.free.push(place);
        if let Some(under) = row.place() {
            self.answers.remove(&under);
        }
        row
    }

    /// Replies to a mention, oldest first.
    pub(super) fn replies(&self, key: u64) -> impl Iterator<Item = Row> {
        self.range(under(key, false), 0)
    }

    /// What names no more than a thread, from a moment on, oldest first.
    pub(super) fn loose(&self, thread: u64, since: i64) -> impl Iterator<Item = Row> {
        self.range(under(thread, true), since.max(0) as u64)
    }

    fn range(&self, under: u64, since: u64) -> impl Iterator<Item = Row> {
        let places = (under, since, 0)..=(under, u64::MAX, u64::MAX);
        self.answers.range(places).filter_map(|(.., key)| self.get(*key))
    }

    /// What an answer to a mention answers: that, and what its author said just before it in one go.
    pub(super) fn chain(&self, key: u64) -> impl Iterator<Item = u64> {
        let continued = |key: &u64| {
            let row = self.get(*key)?;
            let above = self.get(row.parent)?;
            (row.author != 0 && row.author == above.author && row.own == above.own).then_some(above.key)
        };
        std::iter::successors(Some(key), continued).take(LONGEST_CHAIN)
    }
}

impl Serialize for Talk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.order.iter().map(|place| self.rows[usize::from(*place)].numbers());
        Rows(rows.collect()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Talk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut talk = Self::default();
        for row in Rows::deserialize(deserializer)?.0 {
            talk.insert(Row::unpack(row));
        }
        Ok(talk)
    }
}
