//! The open mentions of one entity: those that can still be edited, deleted and known again.
//!
//! A queue in order of arrival, with an index by id, and for each cluster of copies a chain from its latest member back.

use std::collections::VecDeque;

use super::entry::Entry;
use crate::reputation::copies::ClusterId;
use crate::reputation::hashing::ByHash;

/// The open mentions.
#[derive(Debug, Clone, Default)]
pub(super) struct Open {
    entries: VecDeque<Entry>,
    /// For each entry, how many places before it the previous member of its cluster stands; 0 where there is none.
    back: VecDeque<u32>,
    /// How many entries have left: the number of the first is this, of the next one more.
    left: u64,
    /// Numbers of entries by id.
    ids: ByHash<u64, u64>,
    /// Number of the last member of each cluster.
    last: ByHash<ClusterId, u64>,
}

impl Open {
    pub(super) fn from_entries(entries: Vec<Entry>) -> Self {
        let mut open = Self { ids: ByHash::with_capacity_and_hasher(entries.len(), <_>::default()), ..Self::default() };
        entries.into_iter().for_each(|entry| open.push(entry));
        open
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn entries(&self) -> &VecDeque<Entry> {
        &self.entries
    }

    pub(super) fn front(&self) -> Option<&Entry> {
        self.entries.front()
    }

    /// Where the mention of this id stands.
    pub(super) fn find(&self, id: u64) -> Option<usize> {
        self.ids.get(&id).map(|number| (number - self.left) as usize)
    }

    pub(super) fn push(&mut self, entry: Entry) {
        let number = self.left + self.entries.len() as u64;
        self.ids.insert(entry.id, number);
        self.entries.push_back(entry);
        self.back.push_back(0);
        self.link(self.entries.len() - 1);
    }

    /// Puts another version in the place of a mention.
    pub(super) fn replace(&mut self, place: usize, entry: Entry) {
        if self.entries[place].cluster == entry.cluster {
            self.entries[place] = entry;
            return;
        }
        self.unlink(place);
        self.entries[place] = entry;
        self.link(place);
    }

    /// Takes note of how many copies there are.
    pub(super) fn recount(&mut self, place: usize, copies: u32) {
        self.entries[place].copies = copies;
    }

    /// Takes the first out.
    pub(super) fn pop(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        self.back.pop_front();
        self.ids.remove(&entry.id);
        if let Some(cluster) = entry.cluster.filter(|cluster| self.last.get(cluster) == Some(&self.left)) {
            self.last.remove(&cluster);
        }
        self.left += 1;
        Some(entry)
    }

    /// Where the last member of a cluster stands.
    pub(super) fn last_of(&self, cluster: ClusterId) -> Option<usize> {
        self.last.get(&cluster).map(|number| (number - self.left) as usize)
    }

    /// Where the member before this one stands.
    pub(super) fn before(&self, place: usize) -> Option<usize> {
        // A member that has left was before the first.
        match self.back[place] as usize {
            0 => None,
            back => place.checked_sub(back),
        }
    }

    /// Chains a mention to its cluster, in order.
    fn link(&mut self, place: usize) {
        let Some(cluster) = self.entries[place].cluster else { return };
        let (after, before) = self.around(cluster, place);
        self.back[place] = before.map_or(0, |before| (place - before) as u32);
        match after {
            Some(after) => self.back[after] = (after - place) as u32,
            None => {
                self.last.insert(cluster, self.left + place as u64);
            }
        }
    }

    fn unlink(&mut self, place: usize) {
        let Some(cluster) = self.entries[place].cluster else { return };
        let (after, _) = self.around(cluster, place);
        let before = self.before(place);
        match (after, before) {
            (Some(after), before) => self.back[after] = before.map_or(0, |before| (after - before) as u32),
            (None, Some(before)) => {
                self.last.insert(cluster, self.left + before as u64);
            }
            (None, None) => {
                self.last.remove(&cluster);
            }
        }
        self.back[place] = 0;
    }

    /// The members of a cluster next after and next before a place.
    fn around(&self, cluster: ClusterId, place: usize) -> (Option<usize>, Option<usize>) {
        let (mut after, mut at) = (None, self.last_of(cluster));
        while let Some(member) = at.filter(|member| *member > place) {
            after = at;
            at = self.before(member);
        }
        (after, at.filter(|member| *member < place))
    }
}
