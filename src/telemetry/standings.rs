//! The gauges of reputation: what was committed last of each entity that this process holds, and nothing of those it lost.
//!
//! They are written out at the scrape from what is kept here, not through the registry: a partition that goes takes all its
//! series along by taking one map away.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::moved::{self, Moved, is_language};
use crate::reputation::community::{CommunityReport, Quantiles};
use crate::reputation::standing::{OpenAlert, Standing, WindowStanding};

/// Entities with gauges of their own, at most 73 series each; with 5,000 entities of counters and the alerts, a process
/// stays under 100,000 series.
pub(super) const ENTITIES: usize = 900;
/// Gauges of one entity: 18 by window, 36 of what moved it, 6 of topics that rise, 9 of its community and 4 of reply times.
#[cfg(test)]
pub(super) const EACH: usize = 73;
/// Series of open alerts. All entities count here, since it is these that wake people.
pub(super) const ALERTS: usize = 12_000;
/// Series of open alerts of one entity.
const ALERTS_OF_ONE: usize = 100;
/// Said where a cause lies outside its closed set.
pub(super) const OTHER: &str = "other";

/// What labels may say; see [`super::Allowed`].
#[derive(Debug, Default)]
pub(super) struct Standings {
    /// Entities of the watchlist, each with the group it is compared within.
    entities: HashMap<String, Option<String>>,
    causes: HashSet<String>,
    parts: Mutex<BTreeMap<i32, Part>>,
}

#[derive(Debug, Default)]
struct Part {
    entities: BTreeMap<Arc<str>, Figures>,
    held: usize,
    bytes: usize,
    beyond: u64,
}

/// What is shown of an entity.
#[derive(Debug)]
struct Figures {
    /// Without it only alerts are shown: the process has too many entities.
    shown: Option<Shown>,
    alerts: BTreeSet<[Arc<str>; 3]>,
}

/// The figures of a standing; its lists would take much more room.
#[derive(Debug)]
struct Shown {
    /// By window, in the order of [`WINDOWED`].
    windows: Vec<(Arc<str>, [f64; WINDOWED.len()])>,
    /// In the order of [`COMMUNITY`].
    community: [Option<f64>; COMMUNITY.len()],
    /// In the order of [`TIMES`].
    times: [Option<Quantiles>; TIMES.len()],
    moved: Moved,
}

impl Shown {
    fn of(standing: &Standing, causes: &HashSet<String>) -> Self {
        let windows = standing.windows.iter();
        Self {
            windows: windows
                .map(|(name, window)| (Arc::clone(name), WINDOWED.map(|(.., value)| value(window))))
                .collect(),
            community: COMMUNITY.map(|(.., value)| value(&standing.community)),
            times: TIMES.map(|(.., value)| value(&standing.community)),
            moved: Moved::of(standing, causes),
        }
    }
}

impl Standings {
    pub(super) fn new(entities: HashMap<String, Option<String>>, causes: HashSet<String>) -> Self {
        Self { entities, causes, parts: Mutex::default() }
    }

    /// An entity of a partition stands so now.
    pub(super) fn set(&self, partition: i32, standing: &Standing) {
        let id = Arc::clone(&standing.entity.id);
        if !self.entities.contains_key(&*id) {
            return;
        }
        let alerts = standing.alerts.iter().take(ALERTS_OF_ONE).map(|alert| self.alert(alert)).collect();
        let mut parts = self.parts();
        let shown = |part: &Part| part.entities.values().filter(|figures| figures.shown.is_some()).count();
        let known = parts.get(&partition).and_then(|part| part.entities.get(&id)).map(|one| one.shown.is_some());
        // Who is shown stays shown, so that series do not come and go.
        let show = known.unwrap_or_else(|| parts.values().map(shown).sum::<usize>() < ENTITIES);
        let shown = show.then(|| Shown::of(standing, &self.causes));
        parts.entry(partition).or_default().entities.insert(id, Figures { shown, alerts });
    }

    /// An entity was forgotten.
    pub(super) fn forget(&self, partition: i32, entity: &str) {
        if let Some(part) = self.parts().get_mut(&partition) {
            part.entities.remove(entity);
        }
    }

    /// A partition went.
    pub(super) fn forget_partition(&self, partition: i32) {
        self.parts().remove(&partition);
    }

    /// What a partition holds: entities, bytes of their snapshots, and events that came beyond their horizon.
    pub(super) fn state(&self, partition: i32, entities: usize, bytes: usize, beyond: u64) {
        let mut parts = self.parts();
        let part = parts.entry(partition).or_default();
        (part.held, part.bytes, part.beyond) = (entities, bytes, beyond);
    }

    fn alert(&self, alert: &OpenAlert) -> [Arc<str>; 3] {
        let is_known = is_language(&alert.cause) || self.causes.contains(&*alert.cause);
        let cause = if is_known { Arc::clone(&alert.cause) } else { Arc::from(OTHER) };
        [alert.kind.name().into(), alert.severity.name().into(), cause]
    }

    /// In the Prometheus text format, every family with its head, so that one sees what there could be.
    pub(super) fn render(&self, out: &mut String) {
        let parts = self.parts();
        let all = || parts.values().flat_map(|part| part.entities.iter());
        let shown = || all().filter_map(|(id, figures)| Some((id, figures.shown.as_ref()?)));
        for (index, (name, help, _)) in WINDOWED.into_iter().enumerate() {
            head(out, name, help);
            for (id, shown) in shown() {
                let group = self.entities.get(&**id).and_then(Option::as_deref);
                for (window, figures) in &shown.windows {
                    match (name == SHARE, group) {
                        (false, _) => line(out, name, &[("entity", id), ("window", window)], figures[index]),
                        (true, Some(group)) => {
                            line(out, name, &[("entity", id), ("group", group), ("window", window)], figures[index]);
                        }
                        (true, None) => {}
                    }
                }
            }
        }
        for (index, (name, help, _)) in COMMUNITY.into_iter().enumerate() {
            head(out, name, help);
            for (id, shown) in shown() {
                if let Some(value) = shown.community[index] {
                    line(out, name, &[("entity", id)], value);
                }
            }
        }
        for (index, (name, help, _)) in TIMES.into_iter().enumerate() {
            head(out, name, help);
            for (id, shown) in shown() {
                let Some(quantiles) = shown.times[index] else { continue };
                for (quantile, value) in [("0.5", quantiles.median), ("0.9", quantiles.p90)] {
                    line(out, name, &[("entity", id), ("quantile", quantile)], value);
                }
            }
        }
        moved::render(out, shown().map(|(id, shown)| (id, &shown.moved)));
        head(out, ALERT_OPEN.0, ALERT_OPEN.1);
        let open = all().flat_map(|(id, figures)| figures.alerts.iter().map(move |alert| (id, alert)));
        for (id, [kind, severity, cause]) in open.take(ALERTS) {
            let labels = [("cause", &**cause), ("entity", id), ("kind", kind), ("severity", severity)];
            line(out, ALERT_OPEN.0, &labels, 1.0);
        }
        for (name, help, value) in STATE {
            head(out, name, help);
            for (partition, part) in parts.iter() {
                line(out, name, &[("partition", &partition.to_string())], value(part) as f64);
            }
        }
        head(out, UNSHOWN.0, UNSHOWN.1);
        line(out, UNSHOWN.0, &[], (all().count() - shown().count()) as f64);
    }

    fn parts(&self) -> MutexGuard<'_, BTreeMap<i32, Part>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A family of one value per thing: name, help, and how to get it.
type Gauge<T, V> = (&'static str, &'static str, fn(&T) -> V);

const WINDOWED: [Gauge<WindowStanding, f64>; 6] = [
    ("undertone_reputation", "How an entity is spoken of, 0 (all against) to 100 (all for).", |w| w.reputation),
    ("undertone_reputation_low", "Lower end of the 95 % band of undertone_reputation.", |w| w.low),
    ("undertone_reputation_high", "Upper end of the 95 % band of undertone_reputation.", |w| w.high),
    ("undertone_net_sentiment", "Net sentiment, -100 to 100: twice the reputation less 100.", |w| w.net_sentiment),
    ("undertone_effective_mentions", "How many independent opinionated mentions a reputation rests on.", |w| {
        w.effective_mentions
    }),
    (SHARE, "Decayed weight of an entity's mentions: over the sum of its group it is share of voice.", |w| w.weight),
];
/// Shown of entities that have a group.
const SHARE: &str = "undertone_share_weight";
const COMMUNITY: [Gauge<CommunityReport, Option<f64>>; 9] = [
    ("undertone_unanswered", "Posts to an entity that nobody answered in time.", |s| {
        s.unanswered.map(|posts| posts as f64)
    }),
    ("undertone_oldest_unanswered_seconds", "Age of the oldest of undertone_unanswered.", |s| {
        s.oldest_unanswered_seconds
    }),
    ("undertone_active_authors", "Authors who wrote in 30 days.", |s| s.active_authors.map(|authors| authors as f64)),
    ("undertone_newcomer_share", "Share of the active authors who wrote for the first time.", |s| s.newcomer_share),
    ("undertone_conversation_index", "Replies between members over all replies.", |s| s.conversation_index),
    ("undertone_contributions", "Posts, comments, replies and reviews that others wrote in 30 days.", |s| {
        Some(s.contributions as f64)
    }),
    ("undertone_retention", "Share of the authors of the 30 days before who wrote in the last 30 days too.", |s| {
        s.retention
    }),
    ("undertone_advocates", "Authors who speak well of an entity again and again; 20 stands for 20 or more.", |s| {
        Some(s.advocates.len() as f64)
    }),
    ("undertone_repeated_questions", "Questions that several people asked; 10 stands for 10 or more.", |s| {
        Some(s.questions.len() as f64)
    }),
];
const TIMES: [Gauge<CommunityReport, Option<Quantiles>>; 2] = [
    ("undertone_first_reply_seconds", "Time to an entity's own first reply: median and 90th percentile.", |s| {
        s.first_reply_seconds
    }),
    ("undertone_first_answer_seconds", "Time to anybody's first reply: median and 90th percentile.", |s| {
        s.first_answer_seconds
    }),
];
const ALERT_OPEN: (&str, &str) = ("undertone_alert_open", "1 while an alert is open.");
const STATE: [Gauge<Part, u64>; 3] = [
    ("undertone_state_entities", "Entities that a partition holds.", |part| part.held as u64),
    ("undertone_state_bytes", "Size of the snapshots of a partition's entities.", |part| part.bytes as u64),
    (
        "undertone_state_beyond_horizon",
        "Edits and deletions of a partition's entities that came too late to take back what they replace.",
        |part| part.beyond,
    ),
];
const UNSHOWN: (&str, &str) = (
    "undertone_unexported_entities",
    "Entities of this process beyond the first 900, which have no gauges but alerts.",
);

pub(super) fn head(out: &mut String, name: &str, help: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
}

/// Values of labels hold no quotes, backslashes or line ends: ids of the watchlist, and names that the configuration checks.
pub(super) fn line(out: &mut String, name: &str, labels: &[(&str, &str)], value: f64) {
    out.push_str(name);
    for (index, (label, value)) in labels.iter().enumerate() {
        let before = if index == 0 { '{' } else { ',' };
        let _ = write!(out, "{before}{label}=\"{value}\"");
    }
    let close = if labels.is_empty() { "" } else { "}" };
    let _ = writeln!(out, "{close} {value}");
}
