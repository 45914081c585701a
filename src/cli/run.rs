//! `undertone run`.

use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::exit::{Exit, FENCED, USAGE};
use crate::config::Settings;
use crate::enrich::{Enricher, Parts};
use crate::mention::Decoder;
use crate::model::Scorer;
use crate::reputation::Book;
use crate::stream::{self, Repute, Role, RunError, Service};
use crate::telemetry::Metrics;
use crate::telemetry::metrics::Allowed;
use crate::text::LanguageDetector;
use crate::watch::Watchlist;
use crate::web::{self, Board, Feed, Health};

/// Between two looks for a Kafka that does not answer.
const AGAIN: Duration = Duration::from_secs(1);
/// How long topics may be missing at the start: a broker learns of a topic a moment after its making was answered.
const UNSEEN: Duration = Duration::from_secs(3);
/// What a process that was killed by a signal would say: 128 + SIGTERM.
const KILLED: i32 = 143;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It runs until SIGTERM or Ctrl-C: then the chunk in hand is finished and committed. A second signal ends it at once.
Without --role one process runs both stages.

Exit codes: 0 asked to stop; 1 failed; 64 the configuration is wrong; 76 another process took over as this instance.")]
pub(super) struct Args {
    /// The configuration.
    #[arg(long, value_name = "FILE", env = "UNDERTONE_CONFIG")]
    config: PathBuf,
    /// Which stage to run; both, if left out.
    #[arg(long, value_enum)]
    role: Option<Chosen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Chosen {
    /// Mentions in, enriched events out.
    Enrich,
    /// Enriched events in, reputation and alerts out.
    Repute,
}

impl Chosen {
    const fn roles(chosen: Option<Self>) -> &'static [Role] {
        match chosen {
            None => &[Role::Enrich, Role::Repute],
            Some(Self::Enrich) => &[Role::Enrich],
            Some(Self::Repute) => &[Role::Repute],
        }
    }
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    let settings = Arc::new(Settings::load(&args.config).map_err(Exit::from)?);
    let roles = Chosen::roles(args.role);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let outcome = runtime.block_on(serve(settings, roles));
    // Open pages must not hold the process up.
    runtime.shutdown_timeout(Duration::from_millis(500));
    outcome
}

async fn serve(settings: Arc<Settings>, roles: &'static [Role]) -> anyhow::Result<()> {
    let (stopping, stop) = stop_on_signal()?;
    let metrics = Arc::new(Metrics::new(&allowed(&settings)));
    let (health, feed, board) = (Health::default(), Feed::default(), board(&settings));
    let server = web::serve(settings.http_addr, Arc::clone(&metrics), health.clone(), feed.clone(), board.clone())
        .await
        .with_context(|| format!("http.addr: cannot listen on {}", settings.http_addr))?;
    tracing::info!(addr = %server.addr, "serving health, metrics and the live page");
    let work = move || {
        if !topics_are_there(&settings, roles, &health, &stop)? {
            return Ok(());
        }
        let stages = Stages { settings, metrics, health, feed, board };
        stages.run(roles, &stopping, &stop)
    };
    tokio::task::spawn_blocking(work).await?
}

/// What the stages of a process share.
pub(super) struct Stages {
    pub(super) settings: Arc<Settings>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) health: Health,
    pub(super) feed: Feed,
    pub(super) board: Board,
}

impl Stages {
    /// Runs the stages of the roles, each on a thread of its own, until all have ended; one that fails stops the others.
    pub(super) fn run(
        self,
        roles: &[Role],
        stopping: &Arc<watch::Sender<bool>>,
        stop: &watch::Receiver<bool>,
    ) -> anyhow::Result<()> {
        let mut threads = Vec::new();
        for (index, role) in roles.iter().enumerate() {
            let health = if index == 0 { self.health.clone() } else { self.health.beside() };
            let (settings, metrics) = (Arc::clone(&self.settings), Arc::clone(&self.metrics));
            let (feed, stop, stopping, role) = (self.feed.clone(), stop.clone(), Arc::clone(stopping), *role);
            let work = move || {
                let outcome = match role {
                    Role::Enrich => enrich(settings, metrics, health, feed, stop),
                    Role::Repute => {
                        let repute = Repute { settings, metrics, health, feed, clock: None, fold: Book::fold_chunk };
                        repute.run(stop).map_err(failed)
                    }
                };
                if outcome.is_err() {
                    stopping.send_replace(true);
                }
                outcome
            };
            threads.push(std::thread::Builder::new().name(role.name().to_owned()).spawn(work)?);
        }
        let (settings, board, until) = (self.settings, self.board, stop.clone());
        let follow = move || stream::follow(&settings, &board, &until);
        let follower = std::thread::Builder::new().name("page".to_owned()).spawn(follow)?;
        let outcomes: Vec<anyhow::Result<()>> = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a stage broke off"))))
            .collect();
        // The stages end when they are told to, and so does the page; or one failed, and told the others. It has nothing to say.
        let _ = follower.join();
        // The first to fail is not known, but that one has failed; the other was asked to stop.
        outcomes.into_iter().collect()
    }
}

fn enrich(
    settings: Arc<Settings>,
    metrics: Arc<Metrics>,
    health: Health,
    feed: Feed,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    health.waiting("loading the model");
    let enricher = Arc::new(enricher(&settings, &metrics)?);
    Service { settings, enricher, metrics, health, feed }.run(stop).map_err(failed)
}

/// What the page knows of entities: those of the watchlist, and nothing yet.
pub(super) fn board(settings: &Settings) -> Board {
    let entities = settings.watchlist.entities.iter();
    Board::new(entities.map(|entity| (entity.id.as_str().into(), entity.group.as_deref().map(Into::into))))
}

/// The values that labels may take.
pub(super) fn allowed(settings: &Settings) -> Allowed {
    let Watchlist { entities, topics, .. } = &*settings.watchlist;
    let sources = entities.iter().flat_map(|entity| {
        let accounts = entity.accounts.iter().filter_map(|account| account.source.clone());
        accounts.chain(entity.spaces.iter().filter_map(|space| space.source.clone()))
    });
    Allowed {
        topics: settings
            .inputs
            .iter()
            .map(|input| input.topic.to_string())
            .chain([settings.output.enriched.clone()])
            .collect(),
        entities: entities.iter().map(|entity| entity.id.clone()).collect(),
        groups: entities.iter().filter_map(|entity| Some((entity.id.clone(), entity.group.clone()?))).collect(),
        causes: topics.iter().map(|topic| topic.id.clone()).chain(sources).collect(),
    }
}

/// Puts the pure core together as the settings say.
pub(super) fn enricher(settings: &Settings, metrics: &Arc<Metrics>) -> anyhow::Result<Enricher> {
    let max_record_bytes = settings.limits.max_record_bytes;
    let load = |options| Scorer::load(options, &settings.watchlist.topics, Arc::clone(metrics));
    let scorer = settings.model.as_ref().map(load).transpose()?;
    match scorer.as_ref().map(Scorer::info) {
        Some(info) => {
            metrics.build_info(&info.name, &info.version, &info.engine);
            let (name, version, effort) = (&info.name, &info.version, info.effort.name());
            tracing::info!(name, version, engine = info.engine, effort, "model loaded");
        }
        None => metrics.build_info("none", "none", "off"),
    }
    Ok(Enricher::new(Parts {
        decoders: settings
            .inputs
            .iter()
            .map(|input| (Arc::clone(&input.topic), Decoder { mapping: input.mapping.clone(), max_record_bytes }))
            .collect(),
        default_decoder: Decoder { mapping: None, max_record_bytes },
        watchlist: Some(Arc::clone(&settings.watchlist)),
        lexicon: settings.lexicon.clone(),
        language: settings.detect_language.then(LanguageDetector::new),
        scorer,
    }))
}

/// Waits for Kafka to answer and looks whether all topics are there. False if it was told to stop meanwhile.
fn topics_are_there(
    settings: &Settings,
    roles: &[Role],
    health: &Health,
    stop: &watch::Receiver<bool>,
) -> anyhow::Result<bool> {
    let admin = stream::admin(&settings.kafka).map_err(|error| Exit { message: error.to_string(), code: USAGE })?;
    let runtime = tokio::runtime::Handle::current();
    let mut told = false;
    let mut unseen = None;
    while !*stop.borrow() {
        health.beat();
        match runtime.block_on(stream::topics::faults(&admin, settings, roles)) {
            Ok(faults) if faults.is_empty() => return Ok(true),
            Ok(_) if unseen.get_or_insert_with(Instant::now).elapsed() < UNSEEN => {}
            Ok(faults) => anyhow::bail!(
                "the topics are not as they should be:\n  {}\nrun `undertone topics --create` with the same configuration to make those that are missing",
                faults.join("\n  ")
            ),
            Err(error) => {
                if !std::mem::replace(&mut told, true) {
                    let reason = admin.inner().context().reason().unwrap_or_default();
                    tracing::warn!(%error, reason, bootstrap = settings.kafka.bootstrap, "Kafka does not answer; trying again until it does");
                }
                health.waiting("Kafka is out of reach");
            }
        }
        std::thread::sleep(AGAIN);
    }
    Ok(false)
}

fn failed(error: RunError) -> anyhow::Error {
    let message = error.to_string();
    match error {
        RunError::Fenced { .. } => Exit { message, code: FENCED }.into(),
        RunError::Config(_) => Exit { message, code: USAGE }.into(),
        _ => error.into(),
    }
}

/// Turns to true at the first SIGTERM, SIGINT or Ctrl-C; the second ends the process.
fn stop_on_signal() -> std::io::Result<(Arc<watch::Sender<bool>>, watch::Receiver<bool>)> {
    let (stop, stopped) = watch::channel(false);
    let stop = Arc::new(stop);
    let stopping = Arc::clone(&stop);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        either(&mut terminate, &mut interrupt).await;
        tracing::info!("asked to stop: finishing the chunk in hand");
        stop.send_replace(true);
        either(&mut terminate, &mut interrupt).await;
        tracing::warn!("asked again: ending at once");
        process::exit(KILLED);
    });
    Ok((stopping, stopped))
}

async fn either(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}
