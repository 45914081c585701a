//! The two threads between consumer and producer. Both are loops over a channel; the work is the core's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use jiff::Timestamp;
use rdkafka::consumer::ConsumerGroupMetadata;

use super::chunk::{Forming, Manifest};
use super::core::Core;
use super::outgoing::Outgoing;
use super::suspect::Condemned;
use crate::mention::{Reason, Record, Rejection};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Stage;

/// Characters of a detail in a dead letter's header.
pub(super) const DETAIL: usize = 300;

/// What a thread hands on: a chunk, and what became of it so far. `Err` is a chunk that the core could not handle.
pub(super) struct Handed<T> {
    pub(super) manifest: Manifest,
    pub(super) work: Result<T, String>,
}

/// A chunk as it was read.
pub(super) struct Raw {
    pub(super) epoch: u64,
    pub(super) group: Arc<ConsumerGroupMetadata>,
    pub(super) formed: Forming,
    /// It holds one record, which is to become a dead letter untried.
    pub(super) condemned: Option<Condemned>,
}

/// A chunk that the core has begun.
pub(super) enum Begun<P> {
    Pending(P),
    Condemned(Record, Condemned),
}

/// What both threads share.
pub(super) struct Stages<'a, C> {
    pub(super) core: &'a C,
    pub(super) metrics: &'a Metrics,
    /// The current epoch: chunks of an earlier one are passed on without work.
    pub(super) epoch: &'a AtomicU64,
    /// `ce_source` of the events.
    pub(super) source: &'a str,
}

impl<C: Core> Stages<'_, C> {
    fn is_stale(&self, manifest: &Manifest) -> bool {
        manifest.epoch < self.epoch.load(Ordering::Acquire)
    }

    /// Decodes, matches and starts the model, until the consumer hangs up.
    pub(super) fn begin(&self, from: &Receiver<Raw>, to: &Sender<Handed<Begun<C::Pending>>>) {
        for Raw { epoch, group, formed, condemned } in from {
            let started = Instant::now();
            let Forming { mut records, next, .. } = formed;
            let mut manifest = Manifest {
                epoch,
                group,
                records: records.len(),
                next,
                tokens: 0,
                slowest: Duration::ZERO,
                condemned: condemned.is_some(),
            };
            let work = if self.is_stale(&manifest) {
                Err(String::new())
            } else if let (Some(condemned), Some(record)) = (condemned, records.pop_if(|_| manifest.condemned)) {
                Ok(Begun::Condemned(record, condemned))
            } else {
                guarded(|| self.core.begin(records)).map(Begun::Pending)
            };
            if let Ok(Begun::Pending(pending)) = &work {
                manifest.tokens = self.core.tokens(pending);
            }
            manifest.took(started.elapsed());
            self.metrics.stage(Stage::Prepare, started.elapsed());
            if to.send(Handed { manifest, work }).is_err() {
                return;
            }
        }
    }

    /// Waits for the model, assembles and serialises, until `begin` hangs up.
    pub(super) fn finish(&self, from: &Receiver<Handed<Begun<C::Pending>>>, to: &Sender<Handed<Outgoing>>) {
        for Handed { mut manifest, work } in from {
            let started = Instant::now();
            let stale = self.is_stale(&manifest);
            let work = work.and_then(|begun| match begun {
                _ if stale => Err(String::new()),
                Begun::Condemned(record, condemned) => Ok(unprocessable(record, condemned)),
                Begun::Pending(pending) => self.outgoing(pending),
            });
            manifest.took(started.elapsed());
            if to.send(Handed { manifest, work }).is_err() {
                return;
            }
        }
    }

    fn outgoing(&self, pending: C::Pending) -> Result<Outgoing, String> {
        let started = Instant::now();
        let scored = guarded(|| self.core.wait(pending))??;
        self.metrics.stage(Stage::Model, started.elapsed());
        let started = Instant::now();
        let outgoing = guarded(|| Outgoing::of(self.core.assemble(scored, Timestamp::now()), self.source))?;
        self.metrics.stage(Stage::Assemble, started.elapsed());
        outgoing
    }
}

fn unprocessable(record: Record, condemned: Condemned) -> Outgoing {
    let detail = condemned.detail.chars().take(DETAIL).collect();
    let rejection = Rejection { reason: Reason::Unprocessable, field: None, detail };
    Outgoing::letter(record, rejection, condemned.bare)
}

/// A panic of the core is a failure of the chunk like any other: the record that causes it will be found and set aside.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let said =
            panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
        format!("panicked: {}", said.unwrap_or_default())
    })
}
