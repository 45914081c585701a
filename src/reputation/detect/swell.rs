//! Volume spikes and topic surges.

use std::sync::Arc;

use super::crowd::Swell;
use super::episode::{Ending, Evidence, Move};
use super::parts::FAST;
use super::{Detectors, HOUR, News, Reading, change, id, sentence};
use crate::reputation::alert::{Alert, AlertKind, AlertState};

/// How many times its size a swell must grow to be told again.
const WORSE: f64 = 1.0;
/// A swell is over when its rate is below so many times the usual.
const OVER: f64 = 1.5;
/// Voices an hour of the decayed count of voices.
const RATE: f64 = std::f64::consts::LN_2 / FAST;

impl Detectors {
    pub(super) fn look_for_spike(&mut self, reading: &Reading<'_>) -> Option<Alert> {
        let volume = self.crowd.volume(&self.parts, reading.rules.min_mentions);
        let evidence = volume.seasonal.then(|| self.swell_evidence(&volume));
        if self.spike.ready(reading.at) {
            self.spike.begin(id(reading, AlertKind::VolumeSpike), reading.at, &evidence?);
            return self.tell_spike(reading, &volume, AlertState::Opened, None);
        }
        let calm = (volume.times() < OVER || volume.voices < 1.0).then_some(Ending::Recovered);
        match self.spike.go_on(reading.at, evidence.as_ref(), calm, WORSE, reading.rules)? {
            Move::Update => self.tell_spike(reading, &volume, AlertState::Updated, None),
            Move::Resolve(ending) => {
                let alert = self.tell_spike(reading, &volume, AlertState::Resolved, Some(ending));
                self.spike.open = None;
                alert
            }
        }
    }

    pub(super) fn look_for_surge(&mut self, reading: &Reading<'_>) -> Option<Alert> {
        let floor = reading.rules.min_mentions;
        let strongest = self.crowd.surge(&self.parts, floor);
        let evidence = strongest.as_ref().map(|swell| self.swell_evidence(swell));
        if self.surge.ready(reading.at) {
            self.surge.begin(id(reading, AlertKind::TopicSurge), reading.at, &evidence?);
            return self.tell_surge(reading, AlertState::Opened, None);
        }
        let current = self.crowd.topic(&self.surge.open.as_ref()?.cause, &self.parts, floor);
        let calm =
            (strongest.is_none() && (current.times() < OVER || current.voices < 1.0)).then_some(Ending::Recovered);
        match self.surge.go_on(reading.at, evidence.as_ref(), calm, WORSE, reading.rules)? {
            Move::Update => self.tell_surge(reading, AlertState::Updated, None),
            Move::Resolve(ending) => {
                let alert = self.tell_surge(reading, AlertState::Resolved, Some(ending));
                self.surge.open = None;
                alert
            }
        }
    }

    fn swell_evidence(&self, swell: &Swell) -> Evidence {
        let names = [(swell.seasonal, "seasonal"), (swell.bands, "bands")];
        let cause = match &swell.topic {
            Some(topic) => Arc::clone(topic),
            None => change::cause(&change::of_volume(&self.parts, swell.usual, RATE, None)),
        };
        Evidence {
            detectors: names.into_iter().filter(|(speaks, _)| *speaks).map(|(_, name)| Arc::from(name)).collect(),
            cause,
            size: swell.times(),
            before: change::rate(swell.usual, swell.deviation, swell.usual / RATE),
            after: change::rate(swell.now, swell.voices.sqrt() * RATE, swell.voices),
        }
    }

    fn tell_spike(
        &mut self,
        reading: &Reading<'_>,
        volume: &Swell,
        state: AlertState,
        ending: Option<Ending>,
    ) -> Option<Alert> {
        let Evidence { before, after, .. } = self.swell_evidence(volume);
        let change = change::of_volume(&self.parts, volume.usual, RATE, None);
        let open = self.spike.open.as_mut()?;
        let name = &reading.entity.name;
        open.summary = match ending {
            None => sentence::spike(name, before, after, &change),
            Some(ending) => sentence::swell_over(name, ending, open.worst_level, after, reading.at - open.opened_at),
        };
        let examples =
            if ending.is_none() { self.examples.of(&open.cause, open.opened_at - 3 * HOUR) } else { Vec::new() };
        let summary = open.summary.clone();
        Some(News { kind: AlertKind::VolumeSpike, state, before, after, change, examples, summary }.of(open, reading))
    }

    fn tell_surge(&mut self, reading: &Reading<'_>, state: AlertState, ending: Option<Ending>) -> Option<Alert> {
        let topic = Arc::clone(&self.surge.open.as_ref()?.cause);
        let swell = self.crowd.topic(&topic, &self.parts, reading.rules.min_mentions);
        let Evidence { before, after, .. } = self.swell_evidence(&swell);
        let change = change::of_volume(&self.parts, swell.usual, RATE, Some(&topic));
        let open = self.surge.open.as_mut()?;
        let name = &reading.entity.name;
        open.summary = match ending {
            None => sentence::surge(name, &topic, before, after),
            Some(ending) => {
                let what = format!("{name} about {topic}");
                sentence::swell_over(&what, ending, open.worst_level, after, reading.at - open.opened_at)
            }
        };
        let examples = if ending.is_none() { self.examples.of(&topic, open.opened_at - 3 * HOUR) } else { Vec::new() };
        let summary = open.summary.clone();
        Some(News { kind: AlertKind::TopicSurge, state, before, after, change, examples, summary }.of(open, reading))
    }
}
