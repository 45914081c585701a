//! `undertone topics`.

use std::io::Write;
use std::path::PathBuf;

use super::exit::{Exit, USAGE};
use crate::config::Settings;
use crate::stream::{self, topics};

/// Arguments of `topics`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Inputs, enriched events, alerts and dead letters keep records for thirty days; standings and state keep the last of each entity.
Existing topics are never changed.")]
pub(super) struct Args {
    #[command(flatten)]
    what: What,
    /// The configuration.
    #[arg(long, value_name = "FILE", env = "UNDERTONE_CONFIG")]
    config: PathBuf,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// Show the topics; connects to nothing.
    #[arg(long)]
    print: bool,
    /// Make those that are not there yet.
    #[arg(long)]
    create: bool,
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    let settings = Settings::load(&args.config).map_err(Exit::from)?;
    let needed = topics::needed(&settings);
    if args.what.create {
        create(&settings, &needed)?;
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &needed)?;
        writeln!(out)?;
        return Ok(());
    }
    let width = needed.iter().map(|topic| topic.name.len()).max().unwrap_or(0).max("TOPIC".len());
    writeln!(out, "{:width$}  {:16}  {:>10}  {:>11}  PROPERTIES", "TOPIC", "PURPOSE", "PARTITIONS", "REPLICATION")?;
    for topic in &needed {
        let properties: Vec<String> = topic.properties.iter().map(|(key, value)| format!("{key}={value}")).collect();
        writeln!(
            out,
            "{:width$}  {:16}  {:>10}  {:>11}  {}",
            topic.name,
            topic.purpose.name(),
            topic.partitions,
            topic.replication,
            properties.join(" ")
        )?;
    }
    Ok(())
}

fn create(settings: &Settings, needed: &[topics::Topic]) -> anyhow::Result<()> {
    let admin = stream::admin(&settings.kafka).map_err(|error| Exit { message: error.to_string(), code: USAGE })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let outcomes = runtime.block_on(topics::create(&admin, needed)).map_err(|error| {
        let reason = admin.inner().context().reason().map_or_else(String::new, |reason| format!(" ({reason})"));
        anyhow::anyhow!("Kafka at {} does not make topics: {error}{reason}", settings.kafka.bootstrap)
    })?;
    let mut refused = Vec::new();
    for (topic, outcome) in needed.iter().zip(outcomes) {
        match outcome {
            Ok(topics::Made::Created) => eprintln!("created {}", topic.name),
            Ok(topics::Made::Existed) => eprintln!("{} is there already", topic.name),
            Err(code) => refused.push(format!("{}: {code}", topic.name)),
        }
    }
    anyhow::ensure!(refused.is_empty(), "topics were refused:\n  {}", refused.join("\n  "));
    Ok(())
}
