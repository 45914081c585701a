//! The drop alarm: statistic and effect size and sample floor.

use std::sync::Arc;

use super::episode::{Ending, Evidence, Move};
use super::{Detectors, HOUR, News, Reading, change, id, sentence};
use crate::reputation::alert::{Alert, AlertKind, AlertState, Level};
use crate::reputation::tally::{Tallies, Tally};

/// Bands must part by so many standard deviations each to raise an alert by themselves.
const ALONE: f64 = 5.0;
/// Below so many standard errors no bands can part by that much, and nobody need sum up the windows.
const CLEAR: f64 = 2.5;
/// By how many points a drop must deepen to be told again.
const WORSE: f64 = 8.0;
/// A drop is over when less than this part of it is left.
const LEFT: f64 = 0.4;
/// Without history a drop must be so many times as deep, and rest on so many times the mentions.
const COLD: f64 = 2.0;
/// And the entity must be listened to for so long.
const LISTENED: i64 = 6 * HOUR;

impl Detectors {
    pub(super) fn look_for_drop(&mut self, reading: &Reading<'_>) -> Option<Alert> {
        let evidence = self.drop_evidence(reading);
        if self.drop.ready(reading.at) {
            let evidence = evidence?;
            self.drop.begin(id(reading, AlertKind::ReputationDrop), reading.at, &evidence);
            return self.tell_drop(reading, AlertState::Opened, None);
        }
        let calm = self.drop_calm(reading);
        match self.drop.go_on(reading.at, evidence.as_ref(), calm, WORSE, reading.rules)? {
            Move::Update => self.tell_drop(reading, AlertState::Updated, None),
            Move::Resolve(ending) => {
                let alert = self.tell_drop(reading, AlertState::Resolved, Some(ending));
                self.drop.open = None;
                match ending {
                    Ending::Settled => self.tone.settle(reading.rules.min_mentions),
                    Ending::Recovered | Ending::Silence => self.tone.reset(),
                }
                alert
            }
        }
    }

    /// What speaks for a drop: at least one statistic, deep enough, on enough mentions, and seen in the published windows.
    fn drop_evidence(&self, reading: &Reading<'_>) -> Option<Evidence> {
        let rules = reading.rules;
        let known = self.tone.known(reading.at);
        let signs = self.tone.signs(reading.at, rules.min_mentions, rules.min_points / 100.0);
        let times = if known { 1.0 } else { COLD };
        let clear = self.tone.looks_low(rules.min_mentions * times, rules.min_points / 200.0, CLEAR);
        if !(signs.seasonal || signs.cusum || clear) {
            return None;
        }
        let tallies = (reading.tallies)();
        let bands = self.bands(reading, &tallies, known);
        let alone = bands.as_ref().is_some_and(|bands| bands.alone);
        if !(signs.seasonal || signs.cusum || alone) {
            return None;
        }
        let (before, after, now) = match bands {
            Some(bands) => (bands.before, bands.after, bands.now),
            None => self.windows(reading, &tallies, rules.min_points)?,
        };
        let parted = after.high < before.low;
        let names = [(signs.seasonal, "seasonal"), (signs.cusum, "cusum"), (parted || alone, "bands")];
        let change = change::of_reputation(&tallies.windows[2], &now);
        Some(Evidence {
            detectors: names.into_iter().filter(|(speaks, _)| *speaks).map(|(_, name)| Arc::from(name)).collect(),
            cause: change::cause(&change),
            size: before.value - after.value,
            before,
            after,
        })
    }

    /// The shortest window that rests on enough and shows a drop of at least so many points: the level before, the level now,
    /// and the window.
    fn windows(&self, reading: &Reading<'_>, tallies: &Tallies, points: f64) -> Option<(Level, Level, Tally)> {
        let [hour, day, week] = &tallies.windows;
        let before = change::shown(week)?;
        let middle = self.parts.middle();
        [hour, &middle, day].into_iter().find_map(|now| {
            let enough = now.effective() >= reading.rules.min_mentions && now.split.opinion() >= 1.0;
            let after = change::shown(now).filter(|after| enough && before.value - after.value >= points)?;
            Some((before, after, now.clone()))
        })
    }

    /// Bands of now and before that part.
    fn bands(&self, reading: &Reading<'_>, tallies: &Tallies, known: bool) -> Option<Parted> {
        let rules = reading.rules;
        let [hour, day, week] = &tallies.windows;
        let began = self.tone.began()?;
        let (reference, times) = if known {
            (week, 1.0)
        } else if reading.at - began >= LISTENED {
            (week, COLD)
        } else {
            return None;
        };
        let strict = change::reputation(reference, ALONE)?;
        let before = change::shown(reference)?;
        let middle = (self.parts.effective() >= rules.min_mentions * times).then(|| self.parts.middle());
        for now in [Some(hour), middle.as_ref(), known.then_some(day)].into_iter().flatten() {
            if now.effective() < rules.min_mentions * times || now.split.opinion() < 1.0 {
                continue;
            }
            let after = change::shown(now)?;
            if after.high >= before.low || before.value - after.value < rules.min_points * times {
                continue;
            }
            let alone = change::reputation(now, ALONE)?.high < strict.low;
            return Some(Parted { before, after, now: now.clone(), alone });
        }
        None
    }

    /// Why a drop looks over, if it does.
    fn drop_calm(&self, reading: &Reading<'_>) -> Option<Ending> {
        let open = self.drop.open.as_ref()?;
        let floor = reading.rules.min_mentions;
        let deepest = (open.before.value - open.worst_level.value) / 100.0;
        if self.parts.total.split.opinion() < 1.0 {
            return Some(Ending::Silence);
        }
        let depth = self.tone.depth(floor)?;
        (depth < LEFT * deepest && depth < reading.rules.min_points / 100.0).then_some(Ending::Recovered)
    }

    fn tell_drop(&mut self, reading: &Reading<'_>, state: AlertState, ending: Option<Ending>) -> Option<Alert> {
        let since = self.tone.signs(reading.at, reading.rules.min_mentions, 0.0).since;
        let tallies = (reading.tallies)();
        let now = match self.bands(reading, &tallies, self.tone.known(reading.at)) {
            Some(bands) => Some((bands.after, bands.now)),
            None => self.windows(reading, &tallies, f64::MIN).map(|(_, after, now)| (after, now)),
        };
        let open = self.drop.open.as_mut()?;
        let before = open.before;
        let (after, change) = match &now {
            Some((after, now)) => (*after, change::of_reputation(&tallies.windows[2], now)),
            None => (open.told, Default::default()),
        };
        let name = &reading.entity.name;
        open.summary = match ending {
            None => {
                let lasted = reading.at - since.min(open.opened_at);
                sentence::drop(name, before, after, lasted, &change)
            }
            Some(ending) => sentence::drop_over(name, ending, open.worst_level, after, reading.at - open.opened_at),
        };
        let since = since.min(open.opened_at - 3 * HOUR);
        let examples = if ending.is_none() { self.examples.of(&open.cause, since) } else { Vec::new() };
        let summary = open.summary.clone();
        let news = News { kind: AlertKind::ReputationDrop, state, before, after, change, examples, summary };
        Some(news.of(open, reading))
    }
}

/// Bands that part.
struct Parted {
    before: Level,
    after: Level,
    now: Tally,
    /// By so much that nothing else need speak.
    alone: bool,
}
