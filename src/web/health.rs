//! Whether the process lives and is ready.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A pipeline that has not moved for this long is taken for dead. An idle one beats too.
const SILENCE: Duration = Duration::from_secs(60);

/// Shared between the pipeline, which sets it, and the server, which shows it.
#[derive(Debug, Clone)]
pub struct Health {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    /// Why it is not ready; `None` when it is.
    waiting: Option<Cow<'static, str>>,
    beaten: Instant,
}

impl Health {
    /// Ready once the consumer is assigned (or the group has more members than partitions) and the producer is initialised.
    /// `false` gives a reason that says no more than that; see [`Health::waiting`].
    pub fn set_ready(&self, ready: bool) {
        self.state().waiting = (!ready).then_some(Cow::Borrowed("the pipeline is not ready"));
    }

    /// Not ready, and why: `waiting for partitions`, `finishing the last chunk`. `/readyz` shows the reason.
    pub fn waiting(&self, reason: impl Into<Cow<'static, str>>) {
        self.state().waiting = Some(reason.into());
    }

    /// The pipeline says that it moves; `/livez` fails when it has been silent for a minute.
    pub fn beat(&self) {
        self.state().beaten = Instant::now();
    }

    /// Why the process is not ready to work; `None` when it is.
    pub fn not_ready(&self) -> Option<String> {
        self.state().waiting.as_deref().map(str::to_owned)
    }

    /// How long the pipeline has been silent at a moment, and whether it still passes for alive.
    pub fn silence(&self, now: Instant) -> (Duration, bool) {
        let silent = now.saturating_duration_since(self.state().beaten);
        (silent, silent < SILENCE)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Health {
    /// Alive and starting.
    fn default() -> Self {
        let state = State { waiting: Some(Cow::Borrowed("starting")), beaten: Instant::now() };
        Self { state: Arc::new(Mutex::new(state)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_unready_and_says_why_until_it_is() {
        let health = Health::default();
        assert_eq!(health.not_ready().as_deref(), Some("starting"));
        health.waiting("waiting for partitions");
        assert_eq!(health.not_ready().as_deref(), Some("waiting for partitions"));
        health.clone().set_ready(true);
        assert_eq!(health.not_ready(), None);
        health.set_ready(false);
        assert!(health.not_ready().is_some());
    }

    #[test]
    fn a_minute_of_silence_is_death_and_a_beat_ends_it() {
        let health = Health::default();
        let soon = Instant::now() + Duration::from_secs(59);
        assert!(health.silence(soon).1);
        let late = Instant::now() + Duration::from_secs(61);
        assert!(!health.silence(late).1, "{:?}", health.silence(late));
        std::thread::sleep(Duration::from_millis(5));
        let before = health.silence(late).0;
        health.beat();
        assert!(health.silence(late).0 < before);
    }
}
