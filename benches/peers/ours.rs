//! Texts a second of the `cpu` engine, for benches/peers/compare.py: tokenising outside the clock, heads inside it.
//!
//! Arguments: a file with one JSON string a line, and the tokens of a batch. Without them (`cargo bench`) nothing is measured.

#![allow(clippy::print_stdout, reason = "what it measures goes to stdout")]

use std::fs;
use std::sync::Arc;
use std::time::Instant;

use undertone::model::{ModelOptions, Request, Scorer};
use undertone::telemetry::Metrics;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let [file, budget] = &arguments[..] else {
        eprintln!("benches/peers/run.sh measures this; it needs a file of texts and a token budget");
        return Ok(());
    };
    let options = ModelOptions { batch_tokens: Some(budget.parse()?), cache_entries: 0, ..ModelOptions::default() };
    let scorer = Scorer::load(&options, &[], Arc::new(Metrics::default()))?;
    let requests: Vec<Request> = fs::read_to_string(file)?
        .lines()
        .map(|line| Ok(Request { text: serde_json::from_str(line)?, ..Request::default() }))
        .collect::<Result<_, serde_json::Error>>()?;
    // Both workers touch their memory once.
    scorer.score(requests.iter().take(256).cloned().collect())?;

    let texts = requests.len();
    // The ticket comes back once everything is tokenised and the batches lie in the workers' queue.
    let ticket = scorer.submit(requests);
    let start = Instant::now();
    ticket.wait()?;
    println!("{:.1}", texts as f64 / start.elapsed().as_secs_f64());
    Ok(())
}
