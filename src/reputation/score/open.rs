//! The open mentions of one entity: those that can still be edited, deleted and known again.
//!
//! A queue in order of arrival, with an index by id, and for each cluster of copies a chain from its latest member back.

use std::collections::VecDeque;

use super::entry::Entry;
use crate::reputation::blocks::Blocks;
use crate::reputation::copies::ClusterId;
use crate::reputation::hashing::Places;
use crate::reputation::room;

/// The open mentions.
#[derive(Debug, Clone, Default)]
pub(super) struct Open {
    entries: Blocks<Entry>,
    /// For each entry, how many places before it the previous member of its cluster stands; 0 where there is none.
    back: VecDeque<u16>,
    /// How many entries have left, modulo 2^16: the number of the first is this, of the next one more.
    left: u16,
    /// Numbers of entries by id.
    ids: Places,
    /// Number of the last member of each cluster.
    last: Places,
}

impl Open {
    pub(super) fn from_entries(entries: Vec<Entry>) -> Self {
        let mut open = Self::default();
        entries.into_iter().for_each(|entry| open.push(entry));
        open
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn entries(&self) -> &Blocks<Entry> {
        &self.entries
    }

    pub(super) fn front(&self) -> Option<&Entry> {
        self.entries.get(0)
    }

    /// Where the mention of this id stands.
    pub(super) fn find(&self, id: u64) -> Option<usize> {
        self.ids.find(id, |number| self.entries[self.place(number)].id == id).map(|number| self.place(number))
    }

    /// Looks where a mention and its cluster will be looked for.
    pub(super) fn look_ahead(&self, id: u64, fingerprint: u64) -> usize {
        let last = self.last.find(fingerprint, |number| self.entries[self.place(number)].cluster.is(fingerprint));
        self.find(id).unwrap_or_default() ^ last.map_or(0, usize::from)
    }

    fn place(&self, number: u16) -> usize {
        usize::from(number.wrapping_sub(self.left))
    }

    fn number(&self, place: usize) -> u16 {
        self.left.wrapping_add(place as u16)
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.entries.push(entry);
        room::push_back(&mut self.back, 0);
        let (place, entries, left) = (self.entries.len() - 1, &self.entries, self.left);
        let id_of = |number: u16| entries[usize::from(number.wrapping_sub(left))].id;
        self.ids.insert(entry.id, left.wrapping_add(place as u16), id_of);
        self.link(place);
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
        self.ids.remove(entry.id, self.left);
        if let Some(print) = entry.cluster.fingerprint() {
            self.last.remove(print, self.left);
        }
        self.left = self.left.wrapping_add(1);
        Some(entry)
    }

    /// Where the last member of a cluster stands.
    pub(super) fn last_of(&self, cluster: ClusterId) -> Option<usize> {
        let is_of = |number| self.entries[self.place(number)].cluster == cluster;
        self.last.find(cluster.fingerprint()?, is_of).map(|number| self.place(number))
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
        let Some(cluster) = self.entries[place].cluster.known() else { return };
        let (after, before) = self.around(cluster, place);
        self.back[place] = before.map_or(0, |before| (place - before) as u16);
        match after {
            Some(after) => self.back[after] = (after - place) as u16,
            None => self.end(cluster, before, Some(place)),
        }
    }

    /// Another member of a cluster is its last, or there is none any more.
    fn end(&mut self, cluster: ClusterId, before: Option<usize>, now: Option<usize>) {
        let Some(print) = cluster.fingerprint() else { return };
        let [before, now] = [before, now].map(|place| place.map(|place| self.number(place)));
        match (before.and_then(|before| self.last.get_mut(print, |number| number == before)), now) {
            (Some(last), Some(now)) => *last = now,
            (None, Some(now)) => {
                let (entries, left) = (&self.entries, self.left);
                let print_of = |number: u16| entries[usize::from(number.wrapping_sub(left))].cluster.fingerprint();
                self.last.insert(print, now, |number| print_of(number).unwrap_or_default());
            }
            (Some(_), None) => self.last.remove(print, before.unwrap_or_default()),
            (None, None) => {}
        }
    }

    fn unlink(&mut self, place: usize) {
        let Some(cluster) = self.entries[place].cluster.known() else { return };
        let (after, _) = self.around(cluster, place);
        let before = self.before(place);
        match after {
            Some(after) => self.back[after] = before.map_or(0, |before| (after - before) as u16),
            None => self.end(cluster, Some(place), before),
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
