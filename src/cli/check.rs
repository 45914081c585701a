//! `undertone check`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use super::exit::{Exit, USAGE};
use crate::config::Settings;
use crate::enrich::Lexicon;
use crate::enrich::lexicon::{Effect, Phrase};
use crate::model::{ModelOptions, Scorer, SentimentLabel};
use crate::telemetry::Metrics;
use crate::watch::{EntityKind, Watchlist};

/// Reads everything that `run` would read: the configuration, the watchlist with its queries, the lexicon, mappings, secrets
/// and the model.
/// Connects to nothing. Prints what a run would do, or everything that is wrong, each with file, line, field, what was found
/// and what was expected; then the exit code is 64.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration.
    #[arg(long, value_name = "FILE", default_value = "undertone.toml")]
    config: PathBuf,
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    let (settings, warnings) = Settings::load_with_warnings(&args.config).map_err(Exit::from)?;
    let model = model(&settings)?;
    let mut err = io::stderr().lock();
    for warning in &warnings {
        writeln!(err, "warning: {warning}")?;
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{} is fine", args.config.display())?;
    for (name, value) in summary(&settings, model) {
        writeln!(out, "  {name:<10} {value}")?;
    }
    for line in phrases(settings.lexicon.as_deref()) {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

/// Loads the model and lets it go again.
fn model(settings: &Settings) -> Result<String, Exit> {
    let Some(options) = settings.model.clone() else {
        return Ok("off: events carry no sentiment and no topics".to_owned());
    };
    let options = ModelOptions { workers: Some(1), cache_entries: 0, ..options };
    match Scorer::load(&options, &settings.watchlist.topics, Arc::new(Metrics::default())) {
        Ok(scorer) => {
            let info = scorer.info();
            Ok(format!("{} {}, {}, effort {}", info.name, info.version, info.engine, info.effort.name()))
        }
        Err(error) => Err(Exit { message: error.to_string(), code: USAGE }),
    }
}

fn summary(settings: &Settings, model: String) -> Vec<(&'static str, String)> {
    let kafka = &settings.kafka;
    let inputs = settings.inputs.iter().map(|input| match &input.mapping {
        Some(mapping) => format!("{} (mapping {})", input.topic, mapping.name),
        None => input.topic.to_string(),
    });
    let properties = match kafka.properties.len() {
        0 => "none".to_owned(),
        _ => kafka.properties.keys().cloned().collect::<Vec<_>>().join(", "),
    };
    vec![
        ("kafka", format!("{}, group {}, instance {}", kafka.bootstrap, kafka.group, kafka.instance)),
        ("properties", properties),
        ("inputs", inputs.collect::<Vec<_>>().join(", ")),
        ("outputs", format!("{}, dead letters to {}", settings.output.enriched, settings.output.dead_letters)),
        (
            "reputation",
            format!(
                "{}, alerts to {}, state in {}",
                settings.output.reputation, settings.output.alerts, settings.output.reputation_state
            ),
        ),
        ("entities", entities(&settings.watchlist)),
        ("topics", settings.watchlist.topics.len().to_string()),
        ("watchlist", format!("version {}", settings.watchlist.version)),
        ("model", model),
        ("language", if settings.detect_language { "detected" } else { "as the platform says" }.to_owned()),
        ("http", settings.http_addr.to_string()),
        ("lexicon", lexicon(settings.lexicon.as_deref())),
    ]
}

fn lexicon(lexicon: Option<&Lexicon>) -> String {
    let phrases = |count| if count == 1 { "phrase" } else { "phrases" };
    let said = |it: &Lexicon| format!("{} {}, version {}", it.phrases.len(), phrases(it.phrases.len()), it.version);
    lexicon.map_or("none".to_owned(), said)
}

/// The phrases of a lexicon as they were read: what it does, to whom, in which languages, why.
fn phrases(lexicon: Option<&Lexicon>) -> Vec<String> {
    /// More would push what matters off the screen.
    const SHOWN: usize = 20;
    let phrases = lexicon.map_or(&[][..], |lexicon| &lexicon.phrases);
    let line = |phrase: &Phrase| {
        let texts: Vec<String> = phrase.texts.iter().map(|text| format!("{text:?}")).collect();
        let effect = match phrase.effect {
            Effect::Fix(SentimentLabel::Negative) => "is negative".to_owned(),
            Effect::Fix(SentimentLabel::Neutral) => "is neutral".to_owned(),
            Effect::Fix(SentimentLabel::Positive) => "is positive".to_owned(),
            Effect::Shift(by) => format!("shifts by {by:+}"),
            Effect::Spare => "is left to the model".to_owned(),
        };
        let list = |list: &Option<Vec<String>>, all: &str| list.as_ref().map_or(all.to_owned(), |list| list.join(", "));
        let note = phrase.note.as_ref().map_or(String::new(), |note| format!(": {}", note.replace('\n', " ")));
        let (whom, languages) = (list(&phrase.entities, "all entities"), list(&phrase.languages, "all languages"));
        format!("{} {effect} ({whom}; {languages}){note}", texts.join(", "))
    };
    let more = phrases.len().checked_sub(SHOWN).filter(|more| *more > 0).map(|more| format!("and {more} more"));
    phrases.iter().take(SHOWN).map(line).chain(more).collect()
}

/// `5 (2 brand, 3 competitor)`.
fn entities(watchlist: &Watchlist) -> String {
    let of_kind = |kind: EntityKind| watchlist.entities.iter().filter(|entity| entity.kind == kind).count();
    let kinds: Vec<String> = EntityKind::ALL
        .into_iter()
        .map(|kind| (of_kind(kind), kind.name()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}"))
        .collect();
    format!("{} ({})", watchlist.entities.len(), kinds.join(", "))
}
