//! One process of Undertone's engines, as `python/worker.py` tells it: `peers ENGINE WORK FILE SHARE/OF THREADS`.
//!
//! `cpu` and, in a build with that feature, `libtorch` encode as the peers do, ids in and token vectors out, one engine a thread.
//! `stage` is the whole model stage on the `cpu` engine, heads and evidence included, tokenising outside the clock. `peers gemm
//! BILLIONS THREADS` is the matrix product alone. Without arguments (`cargo bench`) nothing is measured.

#![allow(clippy::print_stdout, reason = "it answers on stdout")]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail, ensure};
use crossbeam_channel::{Receiver, Sender, unbounded};
use undertone::model::engine::{self, MakeEngine, Packed};
use undertone::model::{EngineKind, ModelOptions, Place, Request, Scorer};
use undertone::telemetry::Metrics;

mod gemm;
pub mod protocol;

use protocol::{Share, pool, serve, timed};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let [mode, billions, threads] = &arguments[..]
        && mode == "gemm"
    {
        return gemm::serve(billions.parse()?, threads.parse()?);
    }
    let [engine, work, file, share, threads] = &arguments[..] else {
        eprintln!("benches/peers/run.sh measures this; expected ENGINE WORK FILE SHARE/OF THREADS");
        return Ok(());
    };
    let share = Share::read(work, file, share, threads)?;
    match engine.as_str() {
        "stage" => stage(&share, Path::new(work)),
        name => encoder(&share, name),
    }
}

/// What makes an engine of this name, on the thread that will run it.
fn maker(name: &str, threads: usize) -> anyhow::Result<Arc<MakeEngine>> {
    let engine = match name {
        "cpu" => EngineKind::Cpu,
        "libtorch" => EngineKind::Libtorch(Place::default()),
        _ => bail!("engine {name:?}; expected cpu, libtorch or stage"),
    };
    Ok(engine::open(&ModelOptions { engine, workers: Some(threads), ..ModelOptions::default() })?.make)
}

/// A batch for a thread, and where its vectors go if they are wanted.
type Job = (usize, bool);
type Answer = anyhow::Result<(usize, Vec<f32>)>;

fn encoder(share: &Share, name: &str) -> anyhow::Result<()> {
    let make = maker(name, share.threads)?;
    let batches: Vec<Packed> = share
        .batches
        .iter()
        .map(|batch| {
            let mut packed = Packed::default();
            batch.iter().for_each(|ids| packed.push(ids));
            packed
        })
        .collect();
    let (queue, jobs) = unbounded();
    let (reply, replies) = unbounded();
    std::thread::scope(|scope| {
        let cores = core_affinity::get_core_ids().unwrap_or_default();
        for thread in 0..share.threads {
            // Pinned as the workers of the model stage are.
            let core = cores.get(thread).copied().filter(|_| share.threads == cores.len());
            let (jobs, reply, batches, make) = (jobs.clone(), reply.clone(), &batches, &*make);
            scope.spawn(move || {
                core.map(core_affinity::set_for_current);
                if let Err(error) = work(&jobs, &reply, batches, make) {
                    // Nobody may be waiting any more.
                    let _ = reply.send(Err(error));
                }
            });
        }
        drop(reply);
        let served = serve(name, |check| timed(|| all(batches.len(), check, &queue, &replies)));
        // The threads end when their queue does.
        drop(queue);
        served
    })
}

fn work(jobs: &Receiver<Job>, reply: &Sender<Answer>, batches: &[Packed], make: &MakeEngine) -> anyhow::Result<()> {
    // The matrix kernels share their work out among the threads of the rayon pool they find themselves in.
    let _pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let mut engine = make().map_err(|error| anyhow!(error))?;
    for (at, check) in jobs {
        let vectors = engine.encode(&batches[at]).map_err(|error| anyhow!(error))?;
        let mut means = Vec::new();
        if check {
            let hidden = vectors.len() / batches[at].ids().len();
            pool(vectors, hidden, 0, batches[at].sequences().map(|range| range.len()), &mut means);
        }
        reply.send(Ok((at, means)))?;
    }
    Ok(())
}

/// Has the threads encode all batches; gives the means in the order of the batches.
fn all(count: usize, check: bool, queue: &Sender<Job>, replies: &Receiver<Answer>) -> anyhow::Result<Vec<f32>> {
    (0..count).try_for_each(|at| queue.send((at, check)))?;
    let mut means = vec![Vec::new(); count];
    for _ in 0..count {
        let (at, found) = replies.recv().context("the threads have ended")??;
        means[at] = found;
    }
    Ok(means.concat())
}

fn stage(share: &Share, work: &Path) -> anyhow::Result<()> {
    let tokens: usize = share.batches.iter().flatten().map(Vec::len).sum();
    let largest = share.batches.iter().map(|batch| batch.iter().map(Vec::len).sum()).max();
    let options = ModelOptions {
        batch_tokens: Some(largest.context("no batches")?),
        cache_entries: 0,
        workers: Some(share.threads),
        ..ModelOptions::default()
    };
    let scorer = Scorer::load(&options, &[], Arc::new(Metrics::default()))?;
    let requests: Vec<Request> = fs::read_to_string(work.join("texts.jsonl"))?
        .lines()
        .map(|line| Ok(Request { text: serde_json::from_str(line)?, ..Request::default() }))
        .collect::<Result<_, serde_json::Error>>()?;
    serve("stage", |_| {
        // The ticket comes back once everything is tokenised and the batches lie in the workers' queue.
        let ticket = scorer.submit(requests.clone());
        ensure!(ticket.tokens() == tokens, "{} tokens; expected the {tokens} of the batches", ticket.tokens());
        let (took, _) = timed(|| Ok(ticket.wait()?))?;
        Ok((took, Vec::new()))
    })
}
