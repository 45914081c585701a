//! `undertone score`: the pure core between two pipes.

use std::collections::HashMap;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::TryRecvError;
use jiff::Timestamp;

use super::exit::{self, Exit};
use super::lines::{Chunks, MAX_LINE_BYTES};
use super::model::ModelArgs;
use crate::config::{load_lexicon, load_watchlist};
use crate::enrich::{Enricher, Parts, Pending};
use crate::mention::{Decoder, Mapping};
use crate::model::Scorer;
use crate::telemetry::Metrics;
use crate::text::LanguageDetector;
use crate::watch::Watchlist;

/// Arguments of `score`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    model: ModelArgs,
    /// Whom to listen for (watchlist.toml). Without it every mention is scored as a text, and `entity` is null.
    #[arg(long, value_name = "FILE")]
    watchlist: Option<PathBuf>,
    /// Phrases that correct the model (lexicon.toml, see docs/LEXICON.md). Those that name entities need a watchlist.
    #[arg(long, value_name = "FILE")]
    lexicon: Option<PathBuf>,
    /// How to read lines that are no canonical mentions (a mapping, see docs/MAPPINGS.md).
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    let enricher = enricher(&args)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let chunks = Chunks::of_stdin();
    let mut told = Told::default();
    // One chunk is with the model while the next is prepared; but nobody waits for a chunk that does not come.
    let mut ahead: Option<Pending> = None;
    loop {
        let next = match &ahead {
            None => chunks.recv().ok(),
            Some(_) => match chunks.try_recv() {
                Ok(chunk) => Some(chunk),
                Err(TryRecvError::Empty) => {
                    told.finish(&enricher, ahead.take(), &mut out)?;
                    continue;
                }
                Err(TryRecvError::Disconnected) => None,
            },
        };
        let Some(chunk) = next else { break };
        let pending = enricher.begin(chunk?);
        told.finish(&enricher, ahead.replace(pending), &mut out)?;
    }
    told.finish(&enricher, ahead, &mut out)?;
    told.verdict()
}

fn enricher(args: &Args) -> anyhow::Result<Enricher> {
    let bad = |error: String| Exit { message: error, code: exit::USAGE };
    let watchlist = match &args.watchlist {
        None => None,
        Some(path) => {
            let (watchlist, warnings) = load_watchlist(path).map_err(|errors| bad(errors.to_string()))?;
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            Some(Arc::new(watchlist))
        }
    };
    let lexicon = match &args.lexicon {
        None => None,
        Some(path) => {
            let (lexicon, warnings) =
                load_lexicon(path, watchlist.as_deref()).map_err(|errors| bad(errors.to_string()))?;
            for warning in warnings {
                eprintln!("warning: {warning}");
            }
            let named = lexicon.phrases.iter().filter(|phrase| phrase.entities.is_some()).count();
            if watchlist.is_none() && named > 0 {
                let all = lexicon.phrases.len();
                eprintln!("warning: without --watchlist, phrases that name entities do nothing: {named} of {all}");
            }
            Some(Arc::new(lexicon))
        }
    };
    let mapping = match &args.map {
        None => None,
        Some(path) => Some(Arc::new(Mapping::load(path).map_err(|error| bad(error.to_string()))?)),
    };
    let topics = watchlist.as_deref().map_or(&[][..], |watchlist: &Watchlist| &watchlist.topics);
    let load = |options| Scorer::load(&options, topics, Arc::new(Metrics::default()));
    let scorer = args.model.options()?.map(load).transpose()?;
    Ok(Enricher::new(Parts {
        decoders: HashMap::new(),
        default_decoder: Decoder { mapping, max_record_bytes: MAX_LINE_BYTES },
        watchlist,
        lexicon,
        language: Some(LanguageDetector::new()),
        scorer,
    }))
}

/// What was said about lines that could not be read.
#[derive(Default)]
struct Told {
    lines: u64,
    rejected: u64,
}

impl Told {
    fn finish(&mut self, enricher: &Enricher, pending: Option<Pending>, out: &mut impl Write) -> anyhow::Result<()> {
        let Some(pending) = pending else { return Ok(()) };
        for enriched in enricher.finish(pending, Timestamp::now())? {
            self.lines += 1;
            if let Some(rejection) = enriched.rejection {
                self.rejected += 1;
                eprintln!("line {}: {rejection}", enriched.record.origin.offset);
            }
            for event in enriched.events {
                serde_json::to_writer(&mut *out, &*event).map_err(io::Error::from)?;
                out.write_all(b"\n")?;
            }
        }
        Ok(out.flush()?)
    }

    /// A pipe that goes on after bad lines still has to say that they were there.
    fn verdict(self) -> anyhow::Result<()> {
        if self.rejected == 0 {
            return Ok(());
        }
        let message = format!("{} of {} lines could not be read; the others were scored", self.rejected, self.lines);
        Err(Exit { message, code: exit::FAILED }.into())
    }
}
