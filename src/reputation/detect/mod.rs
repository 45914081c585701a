//! Drops and spikes: detectors look at each whole step of event time. docs/DETECTION.md says how, and how well.

mod change;
mod crowd;
mod drop;
mod episode;
mod examples;
mod parts;
mod season;
mod sentence;
mod strings;
mod swell;
mod tone;
mod voices;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Rules;
use super::alert::{self, Alert, AlertKind, AlertState, Example, Level};
use super::digest::Digest;
use super::observation::Observation;
use super::score::Folded;
use super::standing::{Change, Named, OpenAlert};
use super::tally::{Split, Tallies};
use crate::mention::Op;
use crowd::Crowd;
use episode::{Episode, Open};
use examples::Examples;
use parts::Parts;
use tone::Tone;
use voices::Voices;

/// An hour and a day, in milliseconds.
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// What comes later than this says nothing about now. It counts in the scores all the same.
const LATEST: i64 = 6 * HOUR;

/// What detectors remember of one entity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Detectors {
    /// The last step.
    stepped: Option<i64>,
    /// Event time as far as mentions told it.
    latest: i64,
    voices: Voices,
    parts: Parts,
    tone: Tone,
    crowd: Crowd,
    examples: Examples,
    drop: Episode,
    spike: Episode,
    surge: Episode,
}

/// What detectors are shown.
pub struct Reading<'a> {
    /// Whose.
    pub entity: &'a Named,
    /// The moment, in milliseconds since the epoch: a whole multiple of [`super::rules::STEP`].
    pub at: i64,
    /// Sums up the windows at that moment. Most steps do without: it is called where something speaks for an alert.
    pub tallies: &'a dyn Fn() -> Tallies,
    /// The rules.
    pub rules: &'a Rules,
}

impl Detectors {
    /// Takes note of an event: volumes, opinions, and mentions that may serve as examples.
    pub fn notice(&mut self, event: &Observation<'_>, digest: &Digest, folded: Folded) {
        if event.op == Op::Deleted {
            self.examples.forget(&event.id);
        }
        if !folded.fresh || folded.weight <= 0.0 {
            return;
        }
        self.latest = self.latest.max(event.at());
        let over = self.drop.over_at.max(self.stepped.unwrap_or(i64::MIN).saturating_sub(LATEST));
        if event.at() <= over {
            return;
        }
        let voice = self.voices.hear(event, digest, folded, self.latest);
        let weight = folded.weight * voice.opinion;
        let (positive, negative) = event.sentiment.as_ref().map_or((0.0, 0.0), |s| (s.positive, s.negative));
        let split = Split { positive: weight * positive, negative: weight * negative };
        let square = (folded.weight * (positive + negative)).powi(2) * voice.square;
        self.parts.add(event, voice, split, square);
        self.tone.hear(split, square, event.at());
        self.crowd.count(voice.count);
        self.examples.offer(event, weight);
    }

    /// Looks where an event will be looked for; of what is there.
    pub(super) fn look_ahead(&self, digest: &Digest) -> usize {
        self.voices.look_ahead(digest.author)
    }

    /// Looks. What is returned is to be published.
    pub fn step(&mut self, reading: &Reading<'_>) -> Vec<Alert> {
        let at = reading.at;
        let from = self.stepped.replace(at).unwrap_or(at - super::rules::STEP.as_millis() as i64);
        self.parts.decay(at - from);
        self.tone.step(from, at, self.drop.open.is_some());
        self.crowd.step(from, at, &self.parts, self.spike.open.is_some());
        let alerts = [self.look_for_drop(reading), self.look_for_spike(reading), self.look_for_surge(reading)];
        alerts.into_iter().flatten().collect()
    }

    /// Alerts that are open.
    pub fn open(&self) -> Vec<OpenAlert> {
        let kinds = [AlertKind::ReputationDrop, AlertKind::VolumeSpike, AlertKind::TopicSurge];
        let episodes = [&self.drop, &self.spike, &self.surge];
        let open = kinds.into_iter().zip(episodes).filter_map(|(kind, episode)| Some((kind, episode.open.as_ref()?)));
        open.map(|(kind, open)| OpenAlert {
            id: Arc::clone(&open.id),
            kind,
            severity: open.severity,
            cause: Arc::clone(&open.cause),
            opened_at: moment(open.opened_at),
            summary: open.summary.clone(),
        })
        .collect()
    }
}

fn moment(at: i64) -> Timestamp {
    Timestamp::from_millisecond(at).unwrap_or_default()
}

fn id(reading: &Reading<'_>, kind: AlertKind) -> Arc<str> {
    Arc::from(format!("{}#{}#{}", reading.entity.id, kind.name(), moment(reading.at)))
}

/// What is told of an open alert, or of one that was open until now.
struct News {
    kind: AlertKind,
    state: AlertState,
    before: Level,
    after: Level,
    change: Change,
    examples: Vec<Example>,
    summary: String,
}

impl News {
    fn of(self, open: &Open, reading: &Reading<'_>) -> Alert {
        Alert {
            schema: Arc::from(alert::SCHEMA),
            id: Arc::clone(&open.id),
            entity: reading.entity.clone(),
            kind: self.kind,
            state: self.state,
            severity: open.severity,
            detectors: open.detectors.clone(),
            at: moment(reading.at),
            opened_at: moment(open.opened_at),
            before: self.before,
            after: self.after,
            change: self.change,
            cause: Arc::clone(&open.cause),
            examples: self.examples,
            summary: self.summary,
        }
    }
}
