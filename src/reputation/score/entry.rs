//! One open mention, as little of it as the sums need.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::mention::Op;
use crate::reputation::copies::ClusterId;
use crate::reputation::observation::Observation;
use crate::reputation::rules::{COPY_DAMPING, REACH_SCALE};
use crate::watch::Relation;

/// Nobody: a mention whose author is not named.
pub(super) const NOBODY: u64 = 0;
/// Topics of one mention that count.
pub(super) const TOPICS_EACH: usize = 3;

/// An open mention.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub(super) struct Entry {
    /// Hash of the event's id.
    pub(super) id: u64,
    /// Hash of source and author, or [`NOBODY`].
    pub(super) author: u64,
    /// The copies it is one of; `None` where copies are not looked for.
    pub(super) cluster: Option<ClusterId>,
    /// How many they were when this was last looked at.
    pub(super) copies: u32,
    /// Which version this is.
    pub(super) version: Version,
    /// Event time in milliseconds since the epoch.
    pub(super) at: i64,
    /// Its weight before copies are damped; 0 for own posts and where nothing is left.
    pub(super) weight: f64,
    /// Probability of positive.
    pub(super) positive: f64,
    /// Probability of negative.
    pub(super) negative: f64,
    /// 1, or 0 for own posts and where nothing is left.
    pub(super) mentions: u8,
    /// Where it counts.
    pub(super) labels: Labels,
}

/// Which version of a mention: what was deleted stays deleted, a later revision outranks an earlier one, and an edit that its
/// source does not number outranks what it edits. Of two versions the greater stands, whichever comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Version {
    deleted: bool,
    revision: u64,
    edited: bool,
}

/// Interned topics, source and language.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Labels {
    topics: [u8; TOPICS_EACH],
    count: u8,
    pub(super) source: u8,
    pub(super) language: u8,
}

/// As it is kept: a plain list, since a snapshot holds thousands, in the order of [`Entry`]'s fields.
type Row = (u64, u64, Option<ClusterId>, u32, (u8, u64), i64, f32, f32, f32, u8, (u8, u8, u8, u8), (u8, u8));

impl Version {
    pub(super) fn of(event: &Observation<'_>) -> Self {
        Self { deleted: event.op == Op::Deleted, revision: event.revision, edited: event.op == Op::Edited }
    }

    pub(super) fn is_deleted(self) -> bool {
        self.deleted
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
        if self.copies > 1 { self.weight * f64::from(self.copies).powf(-COPY_DAMPING) } else { self.weight }
    }
}

/// A mention's weight before copies are damped: `(1 − spam) · (1 + ln(1 + reach)/ln(1 + R0))`; 0 for own posts. Its reach is how
/// many follow its author, or how many saw it where those are more.
pub(super) fn weight(event: &Observation<'_>) -> f64 {
    if event.relation == Some(Relation::Own) {
        return 0.0;
    }
    let followers = event.mention.author.as_ref().and_then(|author| author.followers).unwrap_or(0);
    let views = event.mention.engagement.as_ref().and_then(|engagement| engagement.views).unwrap_or(0);
    let reach = followers.max(views) as f64;
    let spam = event.signals.spam.map_or(0.0, |spam| spam.clamp(0.0, 1.0));
    short((1.0 - spam) * (1.0 + reach.ln_1p() / REACH_SCALE.ln_1p()))
}

/// Seven digits, as the model has them: half as long in a snapshot, and the same after it.
fn short(value: f64) -> f64 {
    f64::from(value as f32)
}

/// Probabilities of positive and negative; (0, 0) where no model looked: nobody knows what was meant.
pub(super) fn opinion(event: &Observation<'_>) -> (f64, f64) {
    let probability = |value: f64| short(value.clamp(0.0, 1.0));
    event.sentiment.as_ref().map_or((0.0, 0.0), |it| (probability(it.positive), probability(it.negative)))
}

/// The hash of an event's id.
pub(super) fn id(event: &Observation<'_>) -> u64 {
    xxh3_64(event.id.as_bytes())
}

/// The hash of an author within its source.
pub(super) fn author(event: &Observation<'_>) -> u64 {
    let Some(author) = event.author() else { return NOBODY };
    xxh3_64_with_seed(author.as_bytes(), xxh3_64(event.mention.source.as_bytes())).max(NOBODY + 1)
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
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
        let (weight, positive, negative) = (weight.into(), positive.into(), negative.into());
        let version = Version { deleted: op == 2, revision, edited: op == 1 };
        let labels = Labels::new([topics.1, topics.2, topics.3].into_iter().take(topics.0.into()), source, language);
        Self { id, author, cluster, copies, version, at, weight, positive, negative, mentions, labels }
    }
}

impl From<Entry> for Row {
    fn from(entry: Entry) -> Self {
        let Entry { id, author, cluster, copies, version, at, weight, positive, negative, mentions, labels } = entry;
        let op = match version {
            Version { deleted: true, .. } => 2,
            Version { edited, .. } => edited.into(),
        };
        let [first, second, third] = labels.topics;
        let topics = (labels.count, first, second, third);
        let (source, language) = (labels.source, labels.language);
        let (weight, positive, negative) = (weight as f32, positive as f32, negative as f32);
        (
            id,
            author,
            cluster,
            copies,
            (op, version.revision),
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
