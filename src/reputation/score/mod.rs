//! How an entity is spoken of: weights, duplicates, authors, decayed sums, the score and its band.
//!
//! The latest mentions of an entity are *open*: they can be edited, deleted and known again, and what they weigh among their
//! copies still changes. Beyond a bounded horizon a mention is *settled*: it counts for good as it counted then. Sums over both
//! are kept as events come, and authors over their share are brought down when somebody looks. docs/REPUTATION.md has the formulas.

mod authors;
mod change;
mod decay;
mod entry;
mod kept;
mod look;
mod names;
mod open;
mod posterior;
mod running;
mod sums;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use self::decay::Landmarks;
use self::entry::{Entry, Labels, Version};
use self::kept::Kept;
use self::look::Look;
use self::names::{Kind, Names, OTHER, Place};
use self::open::Open;
use self::running::Running;
use self::sums::{Measure, Sums};
use super::copies::{ClusterId, Copies};
use super::digest::{Digest, NOBODY};
use super::observation::Observation;
use super::rules::{OPEN_FOR, OPEN_MENTIONS};
use super::tally::Tallies;
use crate::mention::Op;
use crate::watch::Relation;

pub use self::change::change;
pub use self::posterior::{Posterior, prior, standings};

/// Clusters that wait to be weighed anew, at most.
const MOST_GROWN: usize = 1024;

/// Sums up what is said of one entity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Score {
    landmarks: Landmarks,
    /// The latest `created_at` of any version of any mention but own ones; `None` before the first.
    newest: Option<i64>,
    names: Names,
    open: Open,
    settled: Sums,
    /// The latest `created_at` of any settled mention.
    settled_until: Option<i64>,
    copies: Copies,
    /// Clusters whose size changed since their members were weighed last.
    grown: BTreeSet<ClusterId>,
    beyond: u64,
    running: Running,
    /// What was seen last; `None` once something came.
    look: Option<Box<Look>>,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Folded {
    /// It was not known before; edits, deletions and repetitions of known ones are not fresh.
    pub fresh: bool,
    /// What it weighs before copies are damped: 0 for own posts, for deletions, and for what another version outranks.
    pub weight: f64,
    /// How many near-duplicates are known, itself included.
    pub copies: u32,
}

impl Folded {
    /// It changed nothing.
    const NOTHING: Self = Self { fresh: false, weight: 0.0, copies: 1 };
}

impl Score {
    /// Adds an event.
    pub fn fold(&mut self, event: &Observation<'_>, digest: &Digest) -> Folded {
        if event.relation != Some(Relation::Own) {
            self.follow(event.at());
            self.settle_what_is_over();
        }
        let (id, version) = (digest.id, Version::of(event));
        let known = self.open.find(id);
        if known.is_some_and(|place| self.open.entries()[place].version >= version) {
            return Folded::NOTHING;
        }
        if known.is_none() && event.op != Op::Observed && self.settled_until.is_some_and(|until| event.at() <= until) {
            // What it replaces may have been settled, and then it cannot be taken back.
            self.beyond += 1;
            if event.op == Op::Edited {
                return Folded::NOTHING;
            }
        }
        if let Some(place) = known {
            self.take_back(place);
        }
        let (entry, author) = self.entry(event, digest, version);
        let place = match known {
            Some(place) => {
                self.open.replace(place, entry);
                place
            }
            None => {
                self.open.push(entry);
                self.open.len() - 1
            }
        };
        self.running.add(place, known.is_none(), &entry, author, &self.landmarks.factors(entry.at));
        self.look = None;
        if self.grown.len() > MOST_GROWN {
            self.weigh_the_grown();
        }
        let folded = Folded {
            fresh: known.is_none() && !version.is_deleted(),
            weight: entry.weight.into(),
            copies: entry.copies,
        };
        self.settle_what_is_over();
        folded
    }

    /// The windows at a moment, in milliseconds since the epoch. Cheap after [`Score::look`]; else all is summed anew.
    pub fn tallies(&self, at: i64) -> Tallies {
        match &self.look {
            Some(look) => {
                let mut look = look.clone();
                look.move_to(at);
                look.tallies
            }
            None => {
                let mut score = self.clone();
                score.look(at).clone()
            }
        }
    }

    /// The windows at a moment, in milliseconds since the epoch.
    pub fn look(&mut self, at: i64) -> &Tallies {
        if self.look.is_none() {
            self.weigh_the_grown();
            if self.running.is_worn() {
                let (settled, open) = (self.running.settled_authors(), self.running.open_authors());
                self.running = Running::new(&self.settled, settled, &self.open, &open, &self.landmarks);
            }
        }
        let Self { look, running, settled, open, names, landmarks, newest, .. } = self;
        let look = look.get_or_insert_with(|| {
            let sums = running.capped(settled, open, landmarks, newest.unwrap_or(at));
            Box::new(Look::new(&sums, names, landmarks, at))
        });
        look.move_to(at);
        &look.tallies
    }

    /// Edits and deletions that came for mentions beyond the horizon, whose first version may still count.
    pub fn beyond_horizon(&self) -> u64 {
        self.beyond
    }

    /// Mentions that can still be edited, deleted and known again.
    pub fn open_mentions(&self) -> usize {
        self.open.len()
    }

    /// Looks where an event will be looked for; of what is there.
    pub(super) fn look_ahead(&self, digest: &Digest) -> usize {
        let open = self.open.look_ahead(digest.id, digest.fingerprint);
        open ^ self.copies.look_ahead(digest.fingerprint) ^ self.running.look_ahead(digest.author)
    }

    fn follow(&mut self, at: i64) {
        match self.newest {
            None => self.landmarks = Landmarks::new(at),
            Some(newest) if newest >= at => return,
            Some(_) => {
                if let Some(shifts) = self.landmarks.follow(at) {
                    self.settled.shift(&shifts);
                    self.running.shift(&shifts);
                }
            }
        }
        self.newest = Some(at);
    }

    /// The entry of an event, and its author.
    fn entry(&mut self, event: &Observation<'_>, digest: &Digest, version: Version) -> (Entry, u64) {
        let counts = !version.is_deleted() && event.relation != Some(Relation::Own);
        let fingerprint = if counts { digest.fingerprint } else { 0 };
        if fingerprint != 0 && !self.grown.is_empty() {
            // Whoever may be forgotten now is weighed before, or a flood of copies would count as it came.
            if let Some(going) = self.copies.going().filter(|going| self.grown.remove(going)) {
                self.weigh(going);
            }
        }
        let cluster = self.copies.join(fingerprint, event.at());
        let copies = self.copies.size(cluster);
        if copies > 1 {
            self.grown.insert(cluster);
        }
        let (positive, negative) = entry::opinion(event);
        let empty = Entry {
            id: digest.id,
            cluster,
            copies,
            version,
            at: event.at(),
            weight: 0.0,
            positive: 0.0,
            negative: 0.0,
            mentions: 0,
            labels: Labels::default(),
        };
        if !counts {
            return (empty, NOBODY);
        }
        let (weight, labels) = (entry::weight(event), self.labels(event));
        (Entry { weight, positive, negative, mentions: 1, labels, ..empty }, digest.author)
    }

    fn labels(&mut self, event: &Observation<'_>) -> Labels {
        let source = self.number(Kind::Source, &event.mention.source);
        let language = self.number(Kind::Language, &event.language.code);
        if event.topics.is_empty() {
            return Labels::new([self.number(Kind::Topic, OTHER)], source, language);
        }
        let mut topics = [0; entry::TOPICS_EACH];
        for (place, topic) in topics.iter_mut().zip(&event.topics) {
            *place = self.number(Kind::Topic, &topic.id);
        }
        Labels::new(topics.into_iter().take(event.topics.len()), source, language)
    }

    /// The number of a name. Where there is no room, a name that no open mention bears gives up its place, and what it has to
    /// `other`; if there is none, the name counts as `other` itself.
    fn number(&mut self, kind: Kind, name: &str) -> u8 {
        if let Place::Taken(number) = self.names.place(kind, name) {
            return number;
        }
        let Place::Taken(other) = self.names.place(kind, OTHER) else { return 0 };
        let mut borne = [false; 256];
        borne[usize::from(other)] = true;
        for number in self.open.entries().iter().flat_map(|entry| entry.labels.by_kind()[kind as usize]) {
            borne[usize::from(*number)] = true;
        }
        let Some(unused) = (0..self.names.of(kind).len()).find(|number| !borne[*number]) else { return other };
        let unused = unused as u8;
        self.names.replace(kind, unused, name);
        self.settled.merge(kind as usize, unused, other);
        self.running.merge(kind as usize, unused, other);
        unused
    }

    fn take_back(&mut self, place: usize) {
        let entry = self.open.entries()[place];
        self.running.take_back(place, &entry, &self.landmarks.factors(entry.at));
        if let Some(cluster) = entry.cluster.known() {
            self.copies.leave(cluster);
            self.grown.insert(cluster);
        }
    }

    /// The members of clusters that grew or shrank weigh something else now.
    fn weigh_the_grown(&mut self) {
        for cluster in std::mem::take(&mut self.grown) {
            self.weigh(cluster);
        }
    }

    fn weigh(&mut self, cluster: ClusterId) {
        // Of one that is forgotten nobody knows the size any more: its members go on as they were weighed last.
        let Some(copies) = self.copies.known_size(cluster) else { return };
        let mut next = self.open.last_of(cluster);
        while let Some(place) = next {
            self.recount(place, copies);
            next = self.open.before(place);
        }
    }

    fn recount(&mut self, place: usize, copies: u32) {
        let entry = self.open.entries()[place];
        if entry.copies == copies || entry.mentions == 0 {
            return;
        }
        let factors = self.landmarks.factors(entry.at);
        self.running.weigh(place, &entry, &factors, &Measure::BACK);
        self.open.recount(place, copies);
        self.running.weigh(place, &Entry { copies, ..entry }, &factors, &Measure::WHOLE);
    }

    fn settle_what_is_over(&mut self) {
        let horizon = self.newest.map_or(i64::MIN, |newest| newest.saturating_sub(OPEN_FOR.as_millis() as i64));
        while let Some(front) = self.open.front() {
            if self.open.len() <= OPEN_MENTIONS && front.at >= horizon {
                return;
            }
            let grown = front.cluster.known().filter(|cluster| self.grown.contains(cluster));
            if let Some(copies) = grown.and_then(|cluster| self.copies.known_size(cluster)) {
                self.recount(0, copies);
            }
            let Some(entry) = self.open.pop() else { return };
            let factors = self.landmarks.factors(entry.at);
            self.settled.add(&entry, &factors, &Measure::WHOLE);
            self.running.settle(&entry, &factors);
            if entry.mentions > 0 {
                self.settled_until = self.settled_until.max(Some(entry.at));
            }
        }
    }
}
