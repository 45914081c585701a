//! Texts a second of each engine at each effort, in turn, on given posts: what an engine and a model's exits save, and how often they say
//! something else than the first.
//!
//! `cargo bench --bench effort -- [--model DIR] [--rounds N] [--chunk N] [--batch-tokens N] [--limit N] [--effort LEVEL...]
//! --posts FILE...`, where a file holds JSON objects with `text`, one a line, gzipped if its name ends in `.gz`. Without posts
//! (`cargo bench`) nothing is measured. With the feature `libtorch`: `[--engine cpu libtorch] [--device DEVICE] [--precision FLOATS]`.
//!
//! Posts go through in chunks, as in the pipeline; normalising, telling languages and tokenising lie outside the clock,
//! the heads inside it. Engines and levels take turns, another first in each round; the figures are medians over the rounds.

#![allow(clippy::print_stdout, reason = "what it measures goes to stdout")]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser as _;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use undertone::model::{Device, Effort, EngineKind, ModelOptions, Place, Precision, Request, Scorer, Scores};
use undertone::telemetry::Metrics;
use undertone::text::{LanguageDetector, normalise};

/// What to measure, and on what.
#[derive(Debug, clap::Parser)]
struct Args {
    /// Files of posts.
    #[arg(long, num_args = 1.., value_name = "FILE")]
    posts: Vec<PathBuf>,
    /// Model directory; without it, the one that the program finds.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Posts of a chunk.
    #[arg(long, default_value_t = 2_000)]
    chunk: usize,
    /// Without it, what suits the engine.
    #[arg(long)]
    batch_tokens: Option<usize>,
    /// Without it, what suits the engine.
    #[arg(long)]
    workers: Option<usize>,
    #[arg(long, num_args = 1.., value_name = "ENGINE", default_values = ["cpu"], value_parser = ["cpu", "libtorch"])]
    engine: Vec<String>,
    /// Of libtorch.
    #[arg(long, default_value = "auto")]
    device: Device,
    /// Of libtorch.
    #[arg(long, default_value = "auto")]
    precision: Precision,
    /// Without it, all.
    #[arg(long, num_args = 1.., value_name = "LEVEL", value_parser = effort)]
    effort: Vec<Effort>,
    /// Posts of a file, at most.
    #[arg(long, default_value_t = usize::MAX)]
    limit: usize,
    /// What `cargo bench` passes.
    #[arg(long, hide = true)]
    bench: bool,
}

fn effort(name: &str) -> Result<Effort, String> {
    Effort::named(name).ok_or_else(|| format!("found {name:?}; expected full, balanced or fast"))
}

#[derive(Deserialize)]
struct Post {
    text: String,
}

/// An engine at an effort with its scorer, and what it took and said.
struct Level {
    effort: Effort,
    scorer: Scorer,
    took: Vec<Duration>,
    said: Vec<Arc<Scores>>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.posts.is_empty() {
        eprintln!("nothing is measured without posts: cargo bench --bench effort -- --posts FILE.jsonl.gz");
        return Ok(());
    }
    let requests = requests(&args.posts, args.limit)?;
    let efforts = if args.effort.is_empty() { &Effort::ALL[..] } else { &args.effort };
    let libtorch = EngineKind::Libtorch(Place { device: args.device, precision: args.precision });
    let engine = |name: &String| if name == "libtorch" { libtorch } else { EngineKind::Cpu };
    let mut levels = args
        .engine
        .iter()
        .flat_map(|name| efforts.iter().map(move |&effort| (engine(name), effort)))
        .map(|(engine, effort)| {
            let options = ModelOptions {
                path: args.model.clone(),
                engine,
                workers: args.workers,
                batch_tokens: args.batch_tokens,
                cache_entries: 0,
                effort,
                ..ModelOptions::default()
            };
            let scorer = Scorer::load(&options, &[], Arc::new(Metrics::default()))?;
            // The workers touch their memory once.
            scorer.score(requests.iter().take(256).cloned().collect())?;
            Ok(Level { effort, scorer, took: Vec::new(), said: Vec::new() })
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    for round in 0..args.rounds.max(1) {
        for turn in 0..levels.len() {
            let at = (round + turn) % levels.len();
            levels[at].measure(&requests, args.chunk.max(1))?;
        }
    }
    report(&levels, requests.len());
    Ok(())
}

/// Posts as the pipeline makes requests of them, toward nobody.
fn requests(files: &[PathBuf], limit: usize) -> anyhow::Result<Vec<Request>> {
    let detector = LanguageDetector::new();
    let mut requests = Vec::new();
    for file in files {
        for line in BufReader::new(open(file)?).lines().take(limit) {
            let post: Post = serde_json::from_str(&line?).with_context(|| file.display().to_string())?;
            let normalised = normalise(&post.text, &[]);
            let language = detector.detect(&normalised.text, None).code;
            let text = normalised.as_read_in(language).text;
            requests.push(Request { text, language: language.into(), targets: Vec::new() });
        }
    }
    Ok(requests)
}

fn open(file: &Path) -> anyhow::Result<Box<dyn Read>> {
    let zipped = file.extension().is_some_and(|extension| extension == "gz");
    let opened = File::open(file).with_context(|| file.display().to_string())?;
    Ok(if zipped { Box::new(MultiGzDecoder::new(opened)) } else { Box::new(opened) })
}

impl Level {
    fn measure(&mut self, requests: &[Request], chunk: usize) -> anyhow::Result<()> {
        let mut took = Duration::ZERO;
        self.said.clear();
        for chunk in requests.chunks(chunk) {
            // The ticket comes back once everything is tokenised and the batches lie in the workers' queue.
            let ticket = self.scorer.submit(chunk.to_vec());
            let start = Instant::now();
            let said = ticket.wait()?;
            took += start.elapsed();
            self.said.extend(said);
        }
        self.took.push(took);
        Ok(())
    }

    /// Seconds, the median over the rounds.
    fn median(&self) -> f64 {
        let mut took = self.took.clone();
        took.sort_unstable();
        took[took.len() / 2].as_secs_f64()
    }
}

fn report(levels: &[Level], texts: usize) {
    let Some(first) = levels.first() else { return };
    let info = first.scorer.info();
    println!("{} {}, {texts} posts, {} rounds", info.name, info.version, first.took.len());
    println!("{:<28} {:<9} {:>9} {:>6} {:>11}  texts by layers", "engine", "effort", "texts/s", "ratio", "same label");
    for level in levels {
        let same = level.said.iter().zip(&first.said).filter(|(a, b)| label(a) == label(b)).count();
        let mut layers: BTreeMap<u32, usize> = BTreeMap::new();
        level.said.iter().for_each(|scores| *layers.entry(scores.layers).or_default() += 1);
        let share = |count: usize| 100.0 * count as f64 / texts.max(1) as f64;
        let layers: Vec<String> =
            layers.iter().map(|(layers, count)| format!("{layers}: {:.1} %", share(*count))).collect();
        let (took, engine, effort) = (level.median(), &level.scorer.info().engine, level.effort.name());
        let (speed, ratio) = (texts as f64 / took, first.median() / took);
        println!("{engine:<28} {effort:<9} {speed:>9.0} {ratio:>6.2} {:>9.2} %  {}", share(same), layers.join(", "));
    }
}

/// The likeliest sentiment of the text.
fn label(scores: &Scores) -> Option<usize> {
    let probabilities = &scores.text.probabilities;
    (0..3).max_by(|&a, &b| probabilities[a].total_cmp(&probabilities[b]))
}
