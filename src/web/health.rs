//! Whether the process lives and is ready.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// A pipeline that has not moved for this long is taken for dead. An idle one beats too.
const SILENCE: Duration = Duration::from_secs(60);

/// Shared between the pipeline, which sets it, and the server, which shows it. A process of several stages has a part for each
/// ([`Health::beside`]): it is ready when all are, and alive while all are.
#[derive(Debug, Clone)]
pub struct Health {
    parts: Arc<Mutex<Vec<Part>>>,
    /// Which of the parts this handle sets.
    own: usize,
}

#[derive(Debug)]
struct Part {
    /// Why it is not ready; `None` when it is.
    waiting: Option<Cow<'static, str>>,
    beaten: Instant,
}

impl Part {
    fn starting() -> Self {
        Self { waiting: Some(Cow::Borrowed("starting")), beaten: Instant::now() }
    }
}

impl Health {
    /// Another stage of the same process.
    #[must_use]
    pub fn beside(&self) -> Self {
        let mut parts = self.parts();
        parts.push(Part::starting());
        Self { parts: Arc::clone(&self.parts), own: parts.len() - 1 }
    }

    /// Ready once the consumer is assigned (or the group has more members than partitions) and the producer is initialised.
    /// `false` gives a reason that says no more than that; see [`Health::waiting`].
    pub fn set_ready(&self, ready: bool) {
        self.set(|part| part.waiting = (!ready).then_some(Cow::Borrowed("the pipeline is not ready")));
    }

    /// Not ready, and why: `waiting for partitions`, `finishing the last chunk`. `/readyz` shows the reason.
    pub fn waiting(&self, reason: impl Into<Cow<'static, str>>) {
        self.set(|part| part.waiting = Some(reason.into()));
    }

    /// The pipeline says that it moves; `/livez` fails when it has been silent for a minute.
    pub fn beat(&self) {
        self.set(|part| part.beaten = Instant::now());
    }

    /// Why the process is not ready to work; `None` when it is.
    pub fn not_ready(&self) -> Option<String> {
        self.parts().iter().find_map(|part| part.waiting.as_deref().map(str::to_owned))
    }

    /// How long the most silent part of the pipeline has been so at a moment, and whether it still passes for alive.
    pub fn silence(&self, now: Instant) -> (Duration, bool) {
        let silences = self.parts().iter().map(|part| now.saturating_duration_since(part.beaten)).max();
        let silent = silences.unwrap_or_default();
        (silent, silent < SILENCE)
    }

    fn set(&self, set: impl FnOnce(&mut Part)) {
        if let Some(part) = self.parts().get_mut(self.own) {
            set(part);
        }
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Part>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Health {
    /// Alive and starting.
    fn default() -> Self {
        Self { parts: Arc::new(Mutex::new(vec![Part::starting()])), own: 0 }
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
    fn two_stages_are_ready_and_alive_together() {
        let one = Health::default();
        one.set_ready(true);
        let two = one.beside();
        assert_eq!(one.not_ready().as_deref(), Some("starting"));
        two.waiting("restoring");
        assert_eq!(one.not_ready().as_deref(), Some("restoring"));
        two.set_ready(true);
        assert_eq!(one.not_ready(), None);
        std::thread::sleep(Duration::from_millis(5));
        two.beat();
        assert!(two.silence(Instant::now()).0 >= Duration::from_millis(5), "the first is silent");
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
