//! The threads that run the engine.

use std::borrow::Cow;
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::cache::{Key, ScoreCache};
use super::caught::caught;
use super::engine::{Engine, MakeEngine};
use super::input::Input;
use super::reader::Reader;
use super::{ModelError, Scores};
use crate::telemetry::Metrics;

/// A text to be scored, with its place in the chunk.
pub(super) struct Item {
    pub(super) at: usize,
    pub(super) key: Key,
    pub(super) text: String,
    /// Picks the temperature.
    pub(super) language: Cow<'static, str>,
    pub(super) input: Input,
}

/// What became of a batch: scores with their places.
pub(super) type Reply = Result<Vec<(usize, Arc<Scores>)>, ModelError>;

/// A batch and where its scores go.
pub(super) struct Job {
    pub(super) items: Vec<Item>,
    pub(super) reply: Sender<Reply>,
}

/// What all workers share.
pub(super) struct Shared {
    pub(super) reader: Reader,
    pub(super) cache: ScoreCache,
    pub(super) metrics: Arc<Metrics>,
}

/// The threads, and the queue they all take from: none of them waits while a batch of any chunk does.
pub(super) struct Workers {
    queue: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Starts `count` threads.
    pub(super) fn start(count: usize, shared: &Arc<Shared>, engine: &Arc<MakeEngine>) -> Result<Self, ModelError> {
        let (queue, jobs) = unbounded();
        let cores = core_affinity::get_core_ids().unwrap_or_default();
        let threads = (0..count)
            .map(|worker| {
                // More workers than cores would sit on each other's, and fewer on the same as those of another process.
                let core = cores.get(worker).copied().filter(|_| count == cores.len());
                let (jobs, shared, engine) = (jobs.clone(), shared.clone(), engine.clone());
                std::thread::Builder::new().name(format!("model-{worker}")).spawn(move || {
                    if let Some(core) = core {
                        core_affinity::set_for_current(core);
                    }
                    work(&jobs, &shared, &*engine);
                })
            })
            .collect::<Result<_, _>>()
            .map_err(|error| ModelError::Failed(format!("cannot start a worker: {error}")))?;
        Ok(Self { queue: Some(queue), threads })
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.threads.len()
    }

    /// Hands over a batch.
    pub(super) fn hand_over(&self, job: Job) {
        if let Some(queue) = &self.queue {
            // It fails only if every worker has ended; then the reply's channel closes and the ticket says so.
            let _ = queue.send(job);
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn work(jobs: &Receiver<Job>, shared: &Shared, make_engine: &MakeEngine) {
    // The matrix kernels share their work out among the threads of the rayon pool they find themselves in. This thread is
    // the only one of its own pool.
    let _pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let made = || caught(make_engine).and_then(|made| made).map_err(ModelError::Failed);
    let mut engine = made();
    for Job { items, reply } in jobs {
        if engine.is_err() {
            engine = made();
        }
        let answer = match &mut engine {
            Ok(ready) => caught(|| score(&mut **ready, shared, &items)).unwrap_or_else(|panicked| {
                // What the engine holds may be half done.
                engine = made();
                Err(ModelError::Failed(panicked))
            }),
            Err(error) => Err(error.clone()),
        };
        // Nobody may be waiting any more.
        let _ = reply.send(answer);
    }
}

fn score(engine: &mut dyn Engine, shared: &Shared, items: &[Item]) -> Reply {
    shared.metrics.batch(items.iter().map(|item| item.input.ids.len()).sum());
    let scored = shared.reader.score(engine, items).map_err(ModelError::Failed)?;
    for layers in shared.reader.layers() {
        let left = scored.iter().filter(|(_, scores)| scores.layers as usize == layers).count();
        shared.metrics.scored(layers, left as u64);
    }
    let keep = |(item, scores): (&Item, Scores)| {
        let scores = Arc::new(scores);
        shared.cache.insert(item.key, scores.clone());
        (item.at, scores)
    };
    Ok(scored.into_iter().map(keep).collect())
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;
    use crate::model::effort::Depths;
    use crate::model::engine::Packed;
    use crate::model::topics::Prototypes;

    /// Fails for some ids.
    struct Moody(Vec<f32>);

    impl Engine for Moody {
        fn layers(&self) -> usize {
            1
        }

        fn start(&mut self, batch: &Packed) -> Result<(), String> {
            assert!(!batch.ids().contains(&666), "the number of the beast");
            if batch.ids().contains(&667) {
                return Err("one too many".into());
            }
            self.0.resize(batch.ids().len() * 16, 0.0);
            Ok(())
        }

        fn run(&mut self, _: Range<usize>) -> Result<(), String> {
            Ok(())
        }

        fn vectors(&mut self) -> Result<&[f32], String> {
            Ok(&self.0)
        }

        fn retain(&mut self, _: &[bool]) -> Result<(), String> {
            Err("nobody leaves early".into())
        }
    }

    fn ask(workers: &Workers, id: u32) -> Reply {
        let input = Input { ids: vec![id], spans: vec![None], targets: Vec::new(), truncated: false };
        let (reply, replies) = unbounded();
        let item = Item { at: 7, key: u128::from(id), text: String::new(), language: "en".into(), input };
        workers.hand_over(Job { items: vec![item], reply });
        replies.recv().unwrap()
    }

    #[test]
    fn a_batch_that_panics_or_errs_fails_alone_and_the_worker_lives_on() {
        let shared = Arc::new(Shared {
            reader: Reader::Heads(Box::new(Depths::blank(16)), Prototypes::default()),
            cache: ScoreCache::new(10),
            metrics: Arc::new(Metrics::default()),
        });
        let engine: Arc<MakeEngine> = Arc::new(|| Ok(Box::new(Moody(Vec::new()))));
        let workers = Workers::start(1, &shared, &engine).unwrap();
        assert_eq!(ask(&workers, 1).unwrap()[0].0, 7);
        let panicked = ask(&workers, 666).unwrap_err().to_string();
        assert!(panicked.contains("panicked: the number of the beast"), "{panicked}");
        let failed = ask(&workers, 667).unwrap_err().to_string();
        assert_eq!(failed, "the model failed on a batch: one too many");
        let scores = ask(&workers, 2).unwrap().remove(0).1;
        assert!(scores.text.abstained, "three equal thirds are under the bound");
        assert!(shared.cache.get(2).is_some() && shared.cache.get(666).is_none());
    }
}
