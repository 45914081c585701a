//! One open mention, as little of it as the sums need.

use crate::mention::Op;
use crate::reputation::copies::ClusterId;
use crate::reputation::observation::Observation;
use crate::reputation::rules::{COPY_DAMPING, REACH_SCALE};
use crate::watch::Relation;

/// Topics of one mention that count.
pub(super) const TOPICS_EACH: usize = 3;

/// An open mention. It takes 56 bytes: thousands of them are most of an entity's memory. Its author is known by the running sums.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Entry {
    /// Hash of the event's id.
    pub(super) id: u64,
    /// The copies it is one of; [`ClusterId::ALONE`] where copies are not looked for.
    pub(super) cluster: ClusterId,
    /// How many they were when this was last looked at.
    pub(super) copies: u32,
    /// Which version this is.
    pub(super) version: Version,
    /// Event time in milliseconds since the epoch.
    pub(super) at: i64,
    /// Its weight before copies are damped; 0 for own posts and where nothing is left.
    pub(super) weight: f32,
    /// Probability of positive.
    pub(super) positive: f32,
    /// Probability of negative.
    pub(super) negative: f32,
    /// 1, or 0 for own posts and where nothing is left.
    pub(super) mentions: u8,
    /// Where it counts.
    pub(super) labels: Labels,
}

/// Which version of a mention: what was deleted stays deleted, a later revision outranks an earlier one, and an edit that its
/// source does not number outranks what it edits. Of two versions the greater stands, whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version(u64);

/// Interned topics, source and language.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Labels {
    topics: [u8; TOPICS_EACH],
    count: u8,
    pub(super) source: u8,
    pub(super) language: u8,
}

/// As it is kept: a plain list, since a snapshot holds thousands: id, hash of source and author or [`NOBODY`](crate::reputation::digest::NOBODY), and [`Entry`]'s other
/// fields in their order.
pub(super) type Row = (u64, u64, Option<ClusterId>, u32, (u8, u64), i64, f32, f32, f32, u8, (u8, u8, u8, u8), (u8, u8));

impl Version {
    /// From the highest bit: deleted; the revision; edited. Revisions are counts or times: from 2^62 on they are equal.
    const DELETED: u64 = 1 << 63;
    const EDITED: u64 = 1;
    const LAST_REVISION: u64 = (1 << 62) - 1;

    fn new(op: Op, revision: u64) -> Self {
        let op = match op {
            Op::Observed => 0,
            Op::Edited => Self::EDITED,
            Op::Deleted => Self::DELETED,
        };
        Self(op | revision.min(Self::LAST_REVISION) << 1)
    }

    pub(super) fn of(event: &Observation<'_>) -> Self {
        Self::new(event.op, event.revision)
    }

    pub(super) fn is_deleted(self) -> bool {
        self.0 & Self::DELETED != 0
    }

    fn is_edited(self) -> bool {
        self.0 & Self::EDITED != 0
    }

    fn revision(self) -> u64 {
        (self.0 & !Self::DELETED) >> 1
    }
}

impl Labels {
    /// Takes at most [`TOPICS_EACH`] topics.
    pub(super) fn new(topics: impl IntoIterator<Item = u8>, source: u8, language: u8) -> Self {
        let mut labels = Self { source, language, ..Self::default() };
        for (place, topic) in labels.topics.iter_mut().zip(topics) {
            *place = topic;
            labels.count += 1;
        }
        labels
    }

    pub(super) fn topics(&self) -> &[u8] {
        self.topics.get(..usize::from(self.count)).unwrap_or(&self.topics)
    }

    /// Labels of all three kinds, in the order of [`super::names::Kind`].
    pub(super) fn by_kind(&self) -> [&[u8]; 3] {
        [self.topics(), std::slice::from_ref(&self.source), std::slice::from_ref(&self.language)]
    }
}

impl Entry {
    /// What it weighs among its copies: a cluster of n weighs n^(1 − β).
    pub(super) fn damped(&self) -> f64 {
        let weight = f64::from(self.weight);
        if self.copies > 1 { weight * f64::from(self.copies).powf(-COPY_DAMPING) } else { weight }
    }
}

/// A mention's weight before copies are damped: `(1 − spam) · (1 + ln(1 + reach)/ln(1 + R0))`; 0 for own posts. Its reach is how
/// many follow its author, or how many saw it where those are more.
pub(super) fn weight(event: &Observation<'_>) -> f32 {
    if event.relation == Some(Relation::Own) {
        return 0.0;
    }
    let followers = event.mention.author.as_ref().and_then(|author| author.followers).unwrap_or(0);
    let views = event.mention.engagement.as_ref().and_then(|engagement| engagement.views).unwrap_or(0);
    let reach = followers.max(views) as f64;
    let spam = event.signals.spam.map_or(0.0, |spam| spam.clamp(0.0, 1.0));
    // Seven digits, as the model has them: half as long, and the same after a snapshot.
    ((1.0 - spam) * (1.0 + reach.ln_1p() / REACH_SCALE.ln_1p())) as f32
}

/// Probabilities of positive and negative; (0, 0) where no model looked: nobody knows what was meant.
pub(super) fn opinion(event: &Observation<'_>) -> (f32, f32) {
    let probability = |value: f64| value.clamp(0.0, 1.0) as f32;
    event.sentiment.as_ref().map_or((0.0, 0.0), |it| (probability(it.positive), probability(it.negative)))
}

impl Entry {
    /// A mention as it was kept, and its author.
    pub(super) fn from_row(row: Row) -> (Self, u64) {
        let (
            id,
            author,
            cluster,
            copies,
            (op, revision),
            at,
            weight,
            positive,
            negative,
            mentions,
            topics,
            (source, language),
        ) = row;
        let op = match op {
            0 => Op::Observed,
            1 => Op::Edited,
            _ => Op::Deleted,
        };
        let (cluster, version) = (cluster.unwrap_or(ClusterId::ALONE), Version::new(op, revision));
        let labels = Labels::new([topics.1, topics.2, topics.3].into_iter().take(topics.0.into()), source, language);
        (Self { id, cluster, copies, version, at, weight, positive, negative, mentions, labels }, author)
    }

    /// A mention of an author as it is kept.
    pub(super) fn row(&self, author: u64) -> Row {
        let Self { id, cluster, copies, version, at, weight, positive, negative, mentions, labels } = *self;
        let op = if version.is_deleted() { 2 } else { version.is_edited().into() };
        let [first, second, third] = labels.topics;
        let topics = (labels.count, first, second, third);
        let (source, language) = (labels.source, labels.language);
        (
            id,
            author,
            cluster.known(),
            copies,
            (op, version.revision()),
            at,
            weight,
            positive,
            negative,
            mentions,
            topics,
            (source, language),
        )
    }
}
