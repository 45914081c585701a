//! Entities in a list: those that need a look first, those most spoken of next.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::history::Moment;
use super::{Board, Following, Inner, Kept, Shown, Window};
use crate::reputation::standing::OpenAlert;
use crate::watch::EntityKind;

/// Entities that are listed, unless another number is asked for.
const LISTED: usize = 100;
/// And at most.
const MOST: usize = 500;
/// Points of the small charts.
const POINTS: usize = 32;

/// What `GET /api/standings` may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct ListAsk {
    /// For the order, and for the small charts.
    #[serde(default)]
    window: Window,
    /// Words in the name or the id.
    #[serde(default)]
    text: String,
    kind: Option<EntityKind>,
    group: Option<String>,
    /// Only those with an open alert.
    #[serde(default)]
    alerting: bool,
    #[serde(default)]
    sort: Sort,
    limit: Option<usize>,
    /// A version that the asker has already.
    since: Option<u64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Sort {
    /// Open alerts, then those most spoken of.
    #[default]
    Attention,
    /// The lowest first.
    Reputation,
    /// The deepest fall first.
    Change,
    /// By name.
    Name,
}

/// The answer.
#[derive(Debug, Serialize)]
pub(in crate::web) struct List {
    /// Changes with every change.
    version: u64,
    following: Following,
    /// Records that could not be read.
    unreadable_records: u64,
    /// Entities that fit, of which the first are listed.
    total: usize,
    /// Entities of the watchlist.
    watched: usize,
    entities: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct Listed {
    #[serde(flatten)]
    entity: crate::reputation::standing::Named,
    group: Option<Arc<str>>,
    /// Event time.
    at: Timestamp,
    windows: BTreeMap<&'static str, Shown>,
    unanswered: Option<u64>,
    oldest_unanswered_seconds: Option<f64>,
    alerts: Vec<OpenAlert>,
    /// Of the window asked for.
    history: Vec<Moment>,
}

impl Board {
    /// The entities that fit, in order; `None` if nothing changed since the version that the asker has.
    pub(in crate::web) fn list(&self, ask: &ListAsk) -> Option<List> {
        let inner = self.inner();
        if ask.since == Some(inner.version) {
            return None;
        }
        let words = ask.text.to_lowercase();
        let mut fitting: Vec<(&Arc<str>, &Kept)> =
            inner.entities.iter().filter(|(id, kept)| inner.fits(id, kept, ask, &words)).collect();
        let total = fitting.len();
        fitting.sort_unstable_by(|a, b| order(a.1, b.1, ask).then_with(|| a.0.cmp(b.0)));
        fitting.truncate(ask.limit.unwrap_or(LISTED).min(MOST));
        let weights = inner.weights();
        let listed = |(id, kept): (&Arc<str>, &Kept)| {
            let group = inner.watched.get(id).cloned().flatten();
            Listed {
                entity: kept.named.clone(),
                at: kept.at,
                windows: kept.shown(group.as_deref().and_then(|group| weights.get(group))),
                group,
                unanswered: kept.unanswered,
                oldest_unanswered_seconds: kept.oldest_unanswered_seconds,
                alerts: kept.open.clone(),
                history: kept.history.of(ask.window.span(), ask.window as usize, POINTS),
            }
        };
        Some(List {
            version: inner.version,
            following: inner.following.clone(),
            unreadable_records: inner.unreadable,
            total,
            watched: inner.watched.len(),
            entities: fitting.into_iter().map(listed).collect(),
        })
    }
}

impl Inner {
    fn fits(&self, id: &str, kept: &Kept, ask: &ListAsk, words: &str) -> bool {
        ask.kind.is_none_or(|kind| kept.named.kind == kind)
            && ask.group.as_deref().is_none_or(|group| self.group(id) == Some(group))
            && !(ask.alerting && kept.open.is_empty())
            && (words.is_empty() || id.contains(words) || kept.named.name.to_lowercase().contains(words))
    }
}

fn order(a: &Kept, b: &Kept, ask: &ListAsk) -> Ordering {
    let figures = |kept: &Kept| kept.windows.get(ask.window as usize).copied().flatten();
    let lowest = |value: fn(&super::Figures) -> f64| {
        let value = |kept: &Kept| figures(kept).map_or(f64::INFINITY, |figures| value(&figures));
        value(a).total_cmp(&value(b))
    };
    match ask.sort {
        Sort::Attention => a.open.is_empty().cmp(&b.open.is_empty()).then(b.mentions().total_cmp(&a.mentions())),
        Sort::Reputation => lowest(|figures| figures.reputation),
        Sort::Change => lowest(|figures| figures.change),
        Sort::Name => a.named.name.cmp(&b.named.name),
    }
}
