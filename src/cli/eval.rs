//! `undertone eval`: a model on labelled posts.

mod metrics;
mod report;
mod rows;
mod task;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use self::report::{FileReport, ModelReport, Report};
use self::rows::Row;
use self::task::Task;
use super::exit::{self, Exit};
use super::model::ModelArgs;
use crate::model::{ModelOptions, Request, Scorer, Scores, Ticket};
use crate::telemetry::Metrics;
use crate::text::{LanguageDetector, normalise};

/// Rows handed to the model at once: enough to sort by length, few enough for the progress bar to move.
const CHUNK: usize = 1_024;

/// Arguments of `eval`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Print one JSON object instead of tables.
    #[arg(long)]
    json: bool,
    /// Score the sentiment of the text even where a row names the topic it is labelled for.
    #[arg(long)]
    no_target: bool,
    /// Labelled posts, `.jsonl` or `.jsonl.gz`: objects with `text`, `label`, and perhaps `lang`, `task` and `topic`.
    ///
    /// The labels tell what is measured: negative, neutral, positive; complaint, no-complaint; offensive, not-offensive;
    /// spam, ham. Without neutral rows the model chooses between the other two. Rows of the task `topic_sentiment` are
    /// scored toward their topic, where it stands in the text. Rows with labels of another kind are counted and left out.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    let Some(options) = args.model.options()? else {
        let message = "eval measures a model, and --engine off has none".into();
        return Err(Exit { message, code: exit::USAGE }.into());
    };
    // Every file is read first: a mistake in the last one should not cost the time of the others.
    let sets = args.files.iter().map(|file| Set::read(file)).collect::<anyhow::Result<Vec<Set>>>()?;
    // Repeats are scored once within a chunk, but not remembered: the speed told is that of the model.
    let options = ModelOptions { cache_entries: 0, ..options };
    let scorer = Scorer::load(&options, &[], Arc::new(Metrics::default()))?;

    let detector = LanguageDetector::new();
    let progress = progress_bar(sets.iter().map(|set| set.rows.len() as u64).sum());
    let mut taken = Duration::ZERO;
    let mut files = Vec::new();
    let mut by_layers: BTreeMap<u32, u64> = BTreeMap::new();
    for set in &sets {
        let requests: Vec<Request> = set.rows.iter().map(|row| request(row, args.no_target, &detector)).collect();
        let start = Instant::now();
        let scores = score(&scorer, requests, &progress)?;
        taken += start.elapsed();
        scores.iter().for_each(|scores| *by_layers.entry(scores.layers).or_default() += 1);
        files.push(set.report(&scores, &scorer.info().name)?);
    }
    progress.finish_and_clear();

    let scored: usize = files.iter().map(|file| file.n).sum();
    let texts_per_second = scored as f64 / taken.as_secs_f64().max(f64::MIN_POSITIVE);
    let report = Report { model: ModelReport::of(scorer.info()), files, by_layers, texts_per_second };
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?
    } else {
        write!(out, "{report}")?
    }
    Ok(())
}

/// A file's rows that have labels of its task.
struct Set {
    file: String,
    task: Task,
    rows: Vec<Row>,
    left_out: usize,
}

impl Set {
    fn read(file: &Path) -> anyhow::Result<Self> {
        let bad = |message: String| Exit { message, code: exit::USAGE };
        let all = rows::read(file).map_err(bad)?;
        let task = Task::of(&all).map_err(|problem| bad(format!("{}: {problem}", file.display())))?;
        let total = all.len();
        let rows: Vec<Row> = all.into_iter().filter(|row| task.class(&row.label).is_some()).collect();
        Ok(Self { file: file.display().to_string(), task, left_out: total - rows.len(), rows })
    }

    fn report(&self, scores: &[Arc<Scores>], model: &str) -> anyhow::Result<FileReport> {
        let said = scores.iter().map(|scores| self.task.said(scores)).collect::<Option<Vec<_>>>();
        let Some(said) = said else {
            let message =
                format!("{}: the labels ask for {}, which {model} does not tell", self.file, self.task.name());
            return Err(Exit { message, code: exit::USAGE }.into());
        };
        let pairs =
            self.rows.iter().zip(said).filter_map(|(row, said)| {
                Some((self.task.class(&row.label)?, said, row.lang.as_deref().unwrap_or("und")))
            });
        Ok(FileReport::of(&self.file, &self.task, self.left_out, pairs))
    }
}

/// What a row asks. Its language is detected, without the label's help, as it is of a mention whose platform says
/// nothing.
fn request(row: &Row, no_target: bool, detector: &LanguageDetector) -> Request {
    let topic = row.topic.as_deref().filter(|_| !no_target && row.task.as_deref() == Some("topic_sentiment"));
    let spans = topic.map(|topic| rows::places(&row.text, topic)).unwrap_or_default();
    let normalised = normalise(&row.text, &spans);
    let language = detector.detect(&normalised.text, None).code;
    let normalised = normalised.as_read_in(language);
    let target: Vec<_> = spans.into_iter().filter_map(|span| normalised.from_source(span)).collect();
    let targets = if target.is_empty() { Vec::new() } else { vec![target] };
    Request { text: normalised.text, language: language.into(), targets }
}

/// Scores everything; one chunk is with the model while the next is tokenised.
fn score(scorer: &Scorer, requests: Vec<Request>, progress: &ProgressBar) -> anyhow::Result<Vec<Arc<Scores>>> {
    let mut scores = Vec::with_capacity(requests.len());
    let mut ahead: Option<Ticket> = None;
    let mut requests = requests.into_iter().peekable();
    while requests.peek().is_some() || ahead.is_some() {
        let chunk: Vec<Request> = requests.by_ref().take(CHUNK).collect();
        let next = (!chunk.is_empty()).then(|| scorer.submit(chunk));
        if let Some(ticket) = std::mem::replace(&mut ahead, next) {
            let done = ticket.wait()?;
            progress.inc(done.len() as u64);
            scores.extend(done);
        }
    }
    Ok(scores)
}

/// A bar on a terminal, nothing in a pipe.
fn progress_bar(rows: u64) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} posts, {per_sec}, {eta} left");
    ProgressBar::new(rows).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
