//! One entity, with everything that is known of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::alerts::AlertsShown;
use super::history::{Moment, Span};
use super::{Board, Shown, Window};
use crate::reputation::standing::Named;

/// Points of a chart: a screen shows no more.
const POINTS: usize = 288;
/// Alerts that are over.
const OVER: usize = 10;

/// What `GET /api/entities/{id}` may be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::web) struct DetailAsk {
    /// Of the chart.
    #[serde(default)]
    window: Window,
    /// How far back it reaches: `day` for the window of an hour, `week` for the others, if it is left out.
    span: Option<Span>,
}

/// The answer.
#[derive(Debug, Serialize)]
pub(in crate::web) struct Detail {
    version: u64,
    #[serde(flatten)]
    entity: Named,
    /// Event time.
    at: Timestamp,
    group: Option<Arc<str>>,
    /// By name, with shares of voice.
    windows: BTreeMap<&'static str, Shown>,
    /// Of the window asked for, oldest first.
    history: Vec<Moment>,
    /// The record of the reputation topic, shortened; `None` where there was no room for it.
    standing: Option<Box<RawValue>>,
    alerts: AlertsShown,
}

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Missing {
    /// It is not on the watchlist.
    Unknown,
    /// Nothing was heard of it.
    Unheard,
}

impl Board {
    /// An entity, or why there is none.
    pub(in crate::web) fn detail(&self, id: &str, ask: &DetailAsk) -> Result<Detail, Missing> {
        let inner = self.inner();
        let group = inner.watched.get(id).ok_or(Missing::Unknown)?.clone();
        let kept = inner.entities.get(id).ok_or(Missing::Unheard)?;
        let weights = group.as_deref().and_then(|group| inner.weights().get(group).copied());
        let full = kept.full.as_deref().and_then(|full| RawValue::from_string(full.to_owned()).ok());
        Ok(Detail {
            version: inner.version,
            entity: kept.named.clone(),
            at: kept.at,
            windows: kept.shown(weights.as_ref()),
            group,
            history: kept.history.of(ask.span.unwrap_or(ask.window.span()), ask.window as usize, POINTS),
            standing: full,
            alerts: inner.alerts_of(Some(id), OVER),
        })
    }
}
