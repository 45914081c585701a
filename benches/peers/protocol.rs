//! What a peer's process hears and says: `python/worker.py` tells it.

use std::io::{BufRead, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// Texts of a batch, as token ids.
pub type Batch = Vec<Vec<u32>>;

/// What the command line says: `[NAME] WORK FILE SHARE/OF THREADS`.
pub struct Share {
    /// The batches that this process encodes.
    pub batches: Vec<Batch>,
    /// How many threads it may use.
    pub threads: usize,
}

impl Share {
    /// Reads the batches of `work/file` that belong to this share.
    pub fn read(work: &str, file: &str, share: &str, threads: &str) -> anyhow::Result<Self> {
        let path = Path::new(work).join(file);
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let batches: Vec<Batch> = serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?;
        let (first, of) = share.split_once('/').context("the share: expected FIRST/OF")?;
        let batches = batches.into_iter().skip(first.parse()?).step_by(of.parse()?).collect();
        Ok(Self { batches, threads: threads.parse()? })
    }
}

/// Answers until its input ends. `encode` encodes all batches and says how long that took; where it is asked to (`true`), it gives
/// the mean vectors of their texts in order. `what` says what is ready.
pub fn serve(what: &str, mut encode: impl FnMut(bool) -> anyhow::Result<(Duration, Vec<f32>)>) -> anyhow::Result<()> {
    let mut answers = std::io::stdout();
    writeln!(answers, "ready {what}")?;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let took = match line.split_once(' ') {
            Some(("check", path)) => {
                let (took, means) = encode(true)?;
                let bytes: Vec<u8> = means.iter().flat_map(|float| float.to_le_bytes()).collect();
                std::fs::write(path, bytes).with_context(|| path.to_owned())?;
                took
            }
            None if line == "run" => encode(false)?.0,
            _ => bail!("found {line:?}; expected `check PATH` or `run`"),
        };
        writeln!(answers, "done {}", took.as_secs_f64())?;
    }
    Ok(())
}

/// What `work` gives, and how long it took.
pub fn timed<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<(Duration, T)> {
    let start = Instant::now();
    let given = work()?;
    Ok((start.elapsed(), given))
}

/// Adds to `means` the mean vector of each text; `vectors` has `stride` rows of `hidden` floats for each of `lengths`, or, at
/// stride 0, as many as the text has tokens.
pub fn pool(vectors: &[f32], hidden: usize, stride: usize, lengths: impl Iterator<Item = usize>, means: &mut Vec<f32>) {
    let mut row = 0;
    for length in lengths {
        let tokens = &vectors[row * hidden..(row + length) * hidden];
        means.extend((0..hidden).map(|at| tokens.iter().skip(at).step_by(hidden).sum::<f32>() / length as f32));
        row += if stride == 0 { length } else { stride };
    }
}
