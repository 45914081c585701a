//! What the live page knows of all entities: the last standing of each, how it stood before, and alerts.
//!
//! It is fed by whoever reads the reputation and alerts topics (`stream::follow`), so that every process shows every entity,
//! whichever process adds it up. Memory is bounded: by entities of the watchlist, each with two rings of points, and one
//! budget for the lists of all.

mod alerts;
mod detail;
mod history;
mod list;
mod record;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::Serialize;

use crate::reputation::standing::{Named, OpenAlert, Standing};

use alerts::Alerts;
pub(super) use alerts::{AlertsAsk, AlertsShown};
pub(super) use detail::{DetailAsk, Missing};
use history::{History, WINDOWS, hundredths};
pub(super) use list::ListAsk;

/// Bytes of standings in full, of all entities together. Beyond it those heard of longest ago keep their figures alone.
const FULL_BYTES: usize = 64 << 20;

/// The store; clones are the same one.
#[derive(Debug, Clone)]
pub struct Board {
    shared: Arc<Mutex<Inner>>,
}

/// How far the reader of the topics is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum Following {
    /// It cannot read, and tries again.
    Waiting {
        /// Why.
        reason: String,
    },
    /// It reads what there is.
    Reading,
    /// It has read everything, and hears what comes.
    Live,
}

#[derive(Debug)]
struct Inner {
    /// Ids of the watchlist, each with its group.
    watched: HashMap<Arc<str>, Option<Arc<str>>>,
    entities: HashMap<Arc<str>, Kept>,
    /// Entities whose standing is there in full, those heard of longest ago first.
    recent: BTreeMap<u64, Arc<str>>,
    full_bytes: usize,
    full_most: usize,
    alerts: Alerts,
    following: Following,
    /// Counts up with every change, from the process's start in microseconds: of two processes the later counts higher.
    version: u64,
    unreadable: u64,
}

/// What is kept of an entity.
#[derive(Debug)]
struct Kept {
    named: Named,
    at: Timestamp,
    /// In the order of [`WINDOWS`].
    windows: [Option<Figures>; WINDOWS.len()],
    open: Vec<OpenAlert>,
    unanswered: Option<u64>,
    oldest_unanswered_seconds: Option<f64>,
    history: History,
    /// The standing as JSON, shortened; `None` where there was no room.
    full: Option<Box<str>>,
    /// The version that it came with.
    version: u64,
}

/// A window's figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Figures {
    reputation: f64,
    low: f64,
    high: f64,
    net_sentiment: f64,
    effective_mentions: f64,
    mentions: f64,
    weight: f64,
    /// Points away from the next longer window.
    change: f64,
}

impl Board {
    /// An empty board for the entities of a watchlist, each with the group that it is compared within.
    pub fn new(watched: impl IntoIterator<Item = (Arc<str>, Option<Arc<str>>)>) -> Self {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            shared: Arc::new(Mutex::new(Inner {
                watched: watched.into_iter().collect(),
                entities: HashMap::new(),
                recent: BTreeMap::new(),
                full_bytes: 0,
                full_most: FULL_BYTES,
                alerts: Alerts::default(),
                following: Following::Waiting { reason: "starting".to_owned() },
                version: started.as_micros() as u64,
                unreadable: 0,
            })),
        }
    }

    /// A record of the reputation topic came.
    pub fn standing(&self, key: Option<&[u8]>, value: Option<&[u8]>) {
        let Some(value) = value else {
            return self.forget(key);
        };
        match record::standing(key, value) {
            // Written out before the lock is taken, so that readers never wait for it.
            Ok(standing) => {
                let full = serde_json::to_string(&standing).unwrap_or_default().into_boxed_str();
                self.inner().put(&standing, full);
            }
            Err(why) => self.unreadable("standing", &why),
        }
    }

    /// A record of the alerts topic came.
    pub fn alert(&self, key: Option<&[u8]>, value: Option<&[u8]>) {
        match record::alert(key, value.unwrap_or_default()) {
            Ok(alert) => {
                let mut inner = self.inner();
                if inner.watched.contains_key(&alert.entity.id) {
                    inner.version += 1;
                    inner.alerts.put(alert);
                }
            }
            Err(why) => self.unreadable("alert", &why),
        }
    }

    /// How far the reader is.
    pub fn follows(&self, following: Following) {
        let mut inner = self.inner();
        if inner.following != following {
            inner.following = following;
            inner.version += 1;
            inner.drop_strays();
        }
    }

    /// Records that were none of ours.
    pub fn unreadable_records(&self) -> u64 {
        self.inner().unreadable
    }

    fn forget(&self, key: Option<&[u8]>) {
        let Some(id) = key.and_then(|key| std::str::from_utf8(key).ok()) else { return };
        let mut inner = self.inner();
        inner.version += 1;
        inner.alerts.forget(id);
        if let Some(kept) = inner.entities.remove(id) {
            inner.recent.remove(&kept.version);
            inner.full_bytes -= kept.full.map_or(0, |full| full.len());
        }
    }

    fn unreadable(&self, what: &str, why: &str) {
        let mut inner = self.inner();
        inner.unreadable += 1;
        // The first, and then ever fewer: a stranger who writes there must not fill the log.
        if inner.unreadable.is_power_of_two() {
            tracing::warn!(what, why, so_far = inner.unreadable, "the page passes over a record that is not ours");
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn put(&mut self, standing: &Standing, full: Box<str>) {
        let Some((id, _)) = self.watched.get_key_value(&standing.entity.id) else { return };
        let id = Arc::clone(id);
        self.version += 1;
        let windows = WINDOWS.map(|name| standing.windows.get(name).map(Figures::of));
        let levels =
            windows.map(|figures| figures.map_or([0; 3], |it| [it.reputation, it.low, it.high].map(hundredths)));
        let known = self.entities.remove(&id);
        if let Some(known) = &known {
            self.recent.remove(&known.version);
            self.full_bytes -= known.full.as_ref().map_or(0, |full| full.len());
        }
        let mut history = known.map(|known| known.history).unwrap_or_default();
        history.add(u32::try_from(standing.at.as_second()).unwrap_or_default(), levels);
        self.full_bytes += full.len();
        self.recent.insert(self.version, Arc::clone(&id));
        let kept = Kept {
            named: standing.entity.clone(),
            at: standing.at,
            windows,
            open: standing.alerts.clone(),
            unanswered: standing.community.unanswered,
            oldest_unanswered_seconds: standing.community.oldest_unanswered_seconds,
            history,
            full: Some(full),
            version: self.version,
        };
        self.entities.insert(id, kept);
        while self.full_bytes > self.full_most {
            let Some((_, oldest)) = self.recent.pop_first() else { return };
            if let Some(full) = self.entities.get_mut(&oldest).and_then(|kept| kept.full.take()) {
                self.full_bytes -= full.len();
            }
        }
    }

    /// Once everything is read, an entity without a standing was forgotten, and nobody will say that its alerts are over.
    fn drop_strays(&mut self) {
        if self.following == Following::Live {
            let entities = &self.entities;
            self.alerts.keep_open_of(|id| entities.contains_key(id));
        }
    }

    /// Share of voice by entity and window: its weight over that of its group.
    fn weights(&self) -> HashMap<&str, [f64; WINDOWS.len()]> {
        let mut weights: HashMap<&str, [f64; WINDOWS.len()]> = HashMap::new();
        for (id, kept) in &self.entities {
            let Some(group) = self.group(id) else { continue };
            let sums = weights.entry(group).or_default();
            for (sum, figures) in sums.iter_mut().zip(kept.windows) {
                *sum += figures.map_or(0.0, |figures| figures.weight);
            }
        }
        weights
    }

    fn group(&self, entity: &str) -> Option<&str> {
        self.watched.get(entity)?.as_deref()
    }
}

impl Figures {
    fn of(window: &crate::reputation::standing::WindowStanding) -> Self {
        Self {
            reputation: window.reputation,
            low: window.low,
            high: window.high,
            net_sentiment: window.net_sentiment,
            effective_mentions: window.effective_mentions,
            mentions: window.mentions,
            weight: window.weight,
            change: window.change.points,
        }
    }
}

/// A window's figures, as readers get them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Shown {
    #[serde(flatten)]
    figures: Figures,
    /// Of the group's weight, 0 to 1; `None` without a group.
    share_of_voice: Option<f64>,
}

impl Kept {
    /// Windows by name, with shares of voice.
    fn shown(&self, group: Option<&[f64; WINDOWS.len()]>) -> BTreeMap<&'static str, Shown> {
        let shown = |index: usize, figures: Figures| {
            let sum = group.and_then(|sums| sums.get(index)).filter(|sum| **sum > 0.0);
            Shown { figures, share_of_voice: sum.map(|sum| figures.weight / sum) }
        };
        let windows = WINDOWS.into_iter().zip(self.windows).enumerate();
        windows.filter_map(|(index, (name, figures))| Some((name, shown(index, figures?)))).collect()
    }

    fn mentions(&self) -> f64 {
        self.windows.iter().flatten().map(|figures| figures.effective_mentions).fold(0.0, f64::max)
    }
}

/// Which window is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
pub(super) enum Window {
    /// Half-life of an hour.
    #[serde(rename = "1h")]
    Hour,
    /// Of a day.
    #[default]
    #[serde(rename = "24h")]
    Day,
    /// Of a week.
    #[serde(rename = "7d")]
    Week,
}

impl Window {
    /// The span that its charts reach back, unless another is asked for: a day would be a straight line for the longer ones.
    const fn span(self) -> history::Span {
        match self {
            Self::Hour => history::Span::Day,
            Self::Day | Self::Week => history::Span::Week,
        }
    }
}

#[cfg(test)]
mod tests;
