//! The commands. `--help` is the manual.

mod check;
mod demo;
mod eval;
pub mod exit;
mod lines;
mod model;
mod query;
mod replay;
mod run;
mod score;
mod topics;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Undertone listens to what people say about a brand on Kafka, scores how they mean it, and says so.
#[derive(Debug, Parser)]
#[command(name = "undertone", version, max_term_width = 100, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The service: mentions in, enriched events out, exactly once.
    Run(run::Args),
    /// Try it without Kafka: an in-process broker, a scripted stream, the live page.
    Demo(demo::Args),
    /// Mentions as JSON lines on stdin, enriched events as JSON lines on stdout; no Kafka.
    Score(score::Args),
    /// Measure a model on labelled posts: accuracy and macro-F1, per class and per language.
    Eval(eval::Args),
    /// Send a file of mentions to a Kafka topic.
    Replay(replay::Args),
    /// Show how a query is read, or try it on mentions.
    Query(query::Args),
    /// Show or create the Kafka topics that a configuration needs.
    Topics(topics::Args),
    /// Validate everything a run would read; connect to nothing.
    Check(check::Args),
}

/// Parses the command line, runs the command, and returns the exit code: see [`exit`].
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout with 0, usage errors to stderr; printing them can only fail on a closed pipe.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS };
        }
    };
    crate::telemetry::logs::init();
    let outcome = match cli.command {
        Command::Run(args) => run::run(args),
        Command::Demo(args) => demo::run(args),
        Command::Score(args) => score::run(args),
        Command::Eval(args) => eval::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Query(args) => query::run(args),
        Command::Topics(args) => topics::run(args),
        Command::Check(args) => check::run(args),
    };
    exit::code(outcome)
}
