//! `undertone demo`.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{oneshot, watch};

use super::model::ModelArgs;
use super::run::{Stages, allowed, board};
use crate::config::settings::{Clock, Input, Kafka, Limits, Output, Reputation};
use crate::config::{Settings, parse_watchlist};
use crate::demo::{POSTS, WATCHLIST, player, script};
use crate::reputation::Rules;
use crate::stream::{InProcessBroker, Role};
use crate::telemetry::Metrics;
use crate::web::tally::{Counts, Summary};
use crate::web::{Feed, Health, serve};

const MENTIONS: &str = "mentions";
const ENRICHED: &str = "undertone.enriched";
const DEAD_LETTERS: &str = "undertone.dead-letters";
const REPUTATION: &str = "undertone.reputation";
const ALERTS: &str = "undertone.alerts";
const REPUTATION_STATE: &str = "undertone.reputation-state";
const TOPICS: [&str; 6] = [MENTIONS, ENRICHED, DEAD_LETTERS, REPUTATION, ALERTS, REPUTATION_STATE];
/// How long the script takes at speed 1.
const SCRIPT: Duration = Duration::from_secs(120);

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the page is served; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    addr: SocketAddr,
    /// End after this long (`90s`, `5m`); without it the page stays up until Ctrl-C.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    lasting: Option<Duration>,
    /// Play the script so many times as fast; at 1 its six days pass in two minutes.
    #[arg(long, default_value_t = 1.0, value_name = "X", value_parser = speed)]
    speed: f64,
    #[command(flatten)]
    model: ModelArgs,
}

fn duration(text: &str) -> Result<Duration, String> {
    let read = text.parse::<SignedDuration>().ok().and_then(|duration| Duration::try_from(duration).ok());
    read.filter(|duration| !duration.is_zero()).ok_or_else(|| "expected a duration such as 90s or 5m".to_owned())
}

fn speed(text: &str) -> Result<f64, String> {
    let read = text.parse::<f64>().ok().filter(|speed| (0.01..=100.0).contains(speed));
    read.ok_or_else(|| "expected a number of 0.01 to 100".to_owned())
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    let broker = InProcessBroker::start(&TOPICS.map(|topic| (topic, 1)))
        .map_err(|error| anyhow::anyhow!("the in-process broker does not start: {error}"))?;
    let settings = Arc::new(settings(broker.bootstrap(), &args)?);
    let metrics = Arc::new(Metrics::new(&allowed(&settings)));
    let (health, feed, board) = (Health::default(), Feed::new(), board(&settings));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let server = runtime
        .block_on(serve(args.addr, Arc::clone(&metrics), health.clone(), feed.clone(), board.clone()))
        .with_context(|| format!("cannot serve at {}: choose another address with --addr", args.addr))?;
    say_hello(server.addr, &args);

    let (stop, stopped) = watch::channel(false);
    let stop = Arc::new(stop);
    let ready = health.clone();
    let stages = Stages { settings, metrics, health, feed: feed.clone(), board };
    let (ended, service_ended) = oneshot::channel();
    let (stopping, stages_stopped) = (Arc::clone(&stop), stopped.clone());
    let service = std::thread::Builder::new().name("service".to_owned()).spawn(move || {
        // Nobody waits any more where the demo is on its way out.
        let _ = ended.send(stages.run(&[Role::Enrich, Role::Repute], &stopping, &stages_stopped));
    })?;
    let (bootstrap, takes) = (broker.bootstrap(), SCRIPT.div_f64(args.speed));
    let player = std::thread::Builder::new()
        .name("player".to_owned())
        .spawn(move || play(&bootstrap, takes, &ready, &stopped))?;
    let outcome = runtime.block_on(until_the_end(args.lasting, service_ended));
    stop.send_replace(true);
    let played = player.join().map_err(|_| anyhow::anyhow!("the player broke off"))?;
    service.join().map_err(|_| anyhow::anyhow!("the service broke off"))?;
    summarise(&feed.summary(None))?;
    outcome?;
    played
}

/// Waits for Ctrl-C, a termination, the end of the time given, or the service's own end, whichever comes first.
async fn until_the_end(
    lasting: Option<Duration>,
    service: oneshot::Receiver<anyhow::Result<()>>,
) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminated = signal(SignalKind::terminate())?;
    let lasting = async {
        match lasting {
            Some(lasting) => tokio::time::sleep(lasting).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => Ok(interrupted?),
        _ = terminated.recv() => Ok(()),
        () = lasting => Ok(()),
        ended = service => Ok(ended.context("the service broke off")??),
    }
}

fn play(bootstrap: &str, takes: Duration, health: &Health, stopped: &watch::Receiver<bool>) -> anyhow::Result<()> {
    // Posts that wait for the consumer's first assignment would all come at once.
    while health.not_ready().is_some() && !*stopped.borrow() {
        std::thread::sleep(Duration::from_millis(20));
    }
    let cues = script::schedule(POSTS, Timestamp::now(), takes)
        .map_err(|message| anyhow::anyhow!("the demo's posts: {message}"))?;
    player::play(bootstrap, MENTIONS, &cues, stopped)?;
    if !*stopped.borrow() {
        eprintln!("The script has ended. The page stays up; Ctrl-C ends the demo.");
    }
    Ok(())
}

fn settings(bootstrap: String, args: &Args) -> anyhow::Result<Settings> {
    let (watchlist, _) = parse_watchlist("the demo's watchlist", WATCHLIST)?;
    Ok(Settings {
        kafka: Kafka {
            bootstrap,
            group: "undertone-demo".to_owned(),
            instance: "demo".to_owned(),
            properties: BTreeMap::new(),
        },
        inputs: vec![Input { topic: MENTIONS.into(), mapping: None }],
        output: Output {
            enriched: ENRICHED.to_owned(),
            dead_letters: DEAD_LETTERS.to_owned(),
            reputation: REPUTATION.to_owned(),
            alerts: ALERTS.to_owned(),
            reputation_state: REPUTATION_STATE.to_owned(),
            partitions: 1,
            replication: 1,
        },
        limits: Limits {
            max_record_bytes: 1 << 20,
            chunk_records: 256,
            chunk_tokens: 16_384,
            commit_every: Duration::from_millis(100),
            drain: Duration::from_secs(5),
        },
        reputation: Reputation {
            publish_every: Duration::from_millis(500),
            // Days pass in minutes: by the wall clock most of them would be over when they are told.
            clock: Clock::Events,
            // A handful of people stands for the thousands that a brand would hear of.
            rules: Rules { min_mentions: 6.0, trend_authors: 3, ..Rules::default() },
            ..Reputation::default()
        },
        model: args.model.options()?,
        detect_language: true,
        http_addr: args.addr,
        watchlist: Arc::new(watchlist),
        lexicon: None,
    })
}

fn say_hello(addr: SocketAddr, args: &Args) {
    let ends = match args.lasting {
        Some(lasting) => format!("It ends by itself after {lasting:?}."),
        None => "Ctrl-C ends it.".to_owned(),
    };
    eprintln!(
        "
Undertone demo: http://{addr}/

Six days in the life of a made-up phone maker pass in {:.0} seconds: ordinary days, a launch, an outage, the recovery.
People write in eleven languages; every post is read, matched and scored by the same pipeline that `undertone run` runs.
Look at  the marked words: what speaks for and against each brand, and what matched
         the outage on day 5: the alert on Halvera, why it was raised, and what was said
         the cards: choose one to see its chart, what moved it, who waits for an answer, and only its mentions
         two broken records (dead letters), spam, irony, and where the model is unsure
Figures  http://{addr}/metrics

The broker lives inside this process: it is for trying out, keeps nothing, and proves no transactions. {ends}
",
        SCRIPT.div_f64(args.speed).as_secs_f64()
    );
}

/// What was counted, as a table on stdout.
fn summarise(summary: &Summary) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let [negative, neutral, positive, unscored, own] = ["negative", "neutral", "positive", "unscored", "own posts"];
    writeln!(out, "{:<16} {negative:>9} {neutral:>9} {positive:>9} {unscored:>9} {own:>9}", "entity")?;
    for entity in &summary.entities {
        let Counts { negative, neutral, positive, unscored } = entity.counts;
        let (name, own) = (&*entity.name, entity.own);
        writeln!(out, "{name:<16} {negative:>9} {neutral:>9} {positive:>9} {unscored:>9} {own:>9}")?;
    }
    writeln!(out, "{} events, {} dead letters", summary.events, summary.rejected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_speeds_are_read_or_refused() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        for wrong in ["", "0s", "-5s", "soon", "5"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert_eq!(speed("2.5"), Ok(2.5));
        for wrong in ["0", "-1", "NaN", "fast", "1000"] {
            assert!(speed(wrong).is_err(), "{wrong}");
        }
    }
}
