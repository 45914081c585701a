//! Sessions with Kafka, one after the other: how both stages start anew when one is lost.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::sync::watch;

use super::error::RunError;
use super::lag::Readiness;
use super::trouble::Trouble;
use crate::config::Settings;

/// Why a session ended.
pub(super) enum Ending {
    /// It was asked to.
    Stopped,
    /// It cannot go on.
    Failed(RunError),
    /// Another session may fare better.
    Restart(String),
}

impl Ending {
    pub(super) fn of(trouble: Trouble, instance: &str) -> Self {
        match trouble {
            Trouble::Fenced(detail) => Self::Failed(RunError::Fenced { instance: instance.to_owned(), detail }),
            Trouble::Fatal(detail) => Self::Failed(RunError::Kafka(detail)),
            Trouble::Abort { detail, .. } | Trouble::Restart(detail) => Self::Restart(detail),
        }
    }
}

/// Runs session after session until `stop` says so or one cannot go on; waits ever longer between those that come to nothing.
/// A session counts in its argument what it has committed.
pub(super) fn sessions(
    readiness: &Readiness,
    stop: &watch::Receiver<bool>,
    mut session: impl FnMut(&mut u64) -> Ending,
) -> Result<(), RunError> {
    let delays = || ExponentialBuilder::default().with_min_delay(Duration::from_millis(200)).without_max_times();
    let delays = || delays().with_max_delay(Duration::from_secs(5)).with_jitter().build();
    let mut backoff = delays();
    let mut troubled = false;
    while !*stop.borrow() {
        let mut committed = 0;
        let detail = match session(&mut committed) {
            Ending::Stopped => break,
            Ending::Failed(error) => {
                readiness.assigned(false);
                return Err(error);
            }
            Ending::Restart(detail) => detail,
        };
        readiness.assigned(false);
        if committed > 0 {
            (backoff, troubled) = (delays(), false);
        }
        if !std::mem::replace(&mut troubled, true) {
            tracing::warn!(detail, "lost the session with Kafka; starting another until one holds");
        }
        let until = Instant::now() + backoff.next().unwrap_or_default();
        while Instant::now() < until && !*stop.borrow() {
            readiness.beat();
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    readiness.assigned(false);
    Ok(())
}

/// Whether a revocation that drains as long as it may still is in time.
pub(super) fn drains_in_time(settings: &Settings) -> Result<(), RunError> {
    let session = settings.kafka.session_timeout();
    let drain = settings.limits.drain;
    if drain >= session {
        return Err(RunError::Config(format!(
            "limits.drain is {drain:?}, which must be less than the session timeout of {session:?} (kafka.properties, session.timeout.ms)"
        )));
    }
    Ok(())
}
