//! `undertone.toml` to [`Settings`].

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::document::Document;
use super::error::ConfigErrors;
use super::secrets::Env;
use super::section::{Section, filled, optional};
use super::settings::{Kafka, Limits, Settings};
use super::{inputs, kafka, lexicon, model, reputation, watchlist};
use crate::enrich::Lexicon;
use crate::watch::Watchlist;

/// Where metrics, health and the page are served unless the file says otherwise: this machine only.
const HTTP: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

/// Reads a configuration and everything it points to; returns warnings with it.
pub(super) fn load(path: &Path, env: Env<'_>) -> Result<(Settings, Vec<String>), ConfigErrors> {
    let document = Document::open(path)?;
    // Errors of the watchlist and the lexicon stand in other files and are told after those of this one.
    let mut others = Vec::new();
    let mut warnings = Vec::new();
    let outcome = document.read(|root| {
        let kafka = kafka::read(&root.section("kafka"), env);
        let topics = inputs::read(root);
        let limits = limits(&root.section("limits"), kafka.as_ref().map_or(Duration::MAX, Kafka::session_timeout));
        let reputation = reputation::read(&root.section("reputation"));
        let model = model::read(&root.section("model"));
        let language = root.section("language");
        let detect_language = language
            .or("detect", true, |language| language.read("detect", "true or false", toml::de::DeValue::as_bool));
        language.refuse_unknown();
        let http_addr = http(&root.section("http"));
        let watchlist = watchlist_of(root, &mut others, &mut warnings);
        let lexicon = lexicon_of(root, watchlist.as_ref(), &mut others, &mut warnings);
        let (inputs, output) = topics?;
        Some(Settings {
            kafka: kafka?,
            inputs,
            output,
            limits: limits?,
            reputation: reputation?,
            model: model?,
            detect_language: detect_language?,
            http_addr: http_addr?,
            watchlist: Arc::new(watchlist?),
            lexicon: lexicon?,
        })
    });
    match outcome {
        Ok((settings, own)) => Ok((settings, own.into_iter().chain(warnings).collect())),
        Err(ConfigErrors(mut errors)) => {
            errors.extend(others);
            Err(ConfigErrors(errors))
        }
    }
}

fn watchlist_of(
    root: &Section<'_>,
    errors: &mut Vec<super::ConfigError>,
    warnings: &mut Vec<String>,
) -> Option<Watchlist> {
    let path = root.require("watchlist", "the path of a watchlist file, seen from this file", filled)?;
    match watchlist::load_watchlist(&root.document.resolve(&path.value)) {
        Ok((watchlist, _)) if watchlist.entities.is_empty() => {
            root.wrong(&path.at, "watchlist", "a watchlist without entities", "at least one [[entity]] to listen for");
            None
        }
        Ok((watchlist, own)) => {
            warnings.extend(own);
            Some(watchlist)
        }
        Err(ConfigErrors(own)) => {
            errors.extend(own);
            None
        }
    }
}

/// `None` where it is wrong, `Some(None)` where there is none. Where the watchlist is wrong, entities are not looked up.
fn lexicon_of(
    root: &Section<'_>,
    watchlist: Option<&Watchlist>,
    errors: &mut Vec<super::ConfigError>,
    warnings: &mut Vec<String>,
) -> Option<Option<Arc<Lexicon>>> {
    let path = optional(root, "lexicon", "the path of a lexicon file, seen from this file", filled)?;
    let Some(path) = path else { return Some(None) };
    match lexicon::load_lexicon(&root.document.resolve(&path.value), watchlist) {
        Ok((lexicon, own)) => {
            warnings.extend(own);
            Some(Some(Arc::new(lexicon)))
        }
        Err(ConfigErrors(own)) => {
            errors.extend(own);
            None
        }
    }
}

fn limits(section: &Section<'_>, session_timeout: Duration) -> Option<Limits> {
    let max_record_bytes = section.number("max_record_bytes", 1_000..=100_000_000, 1_000_000);
    let chunk_records = section.number("chunk_records", 1..=100_000, 16_000);
    let chunk_tokens = section.number("chunk_tokens", 256..=10_000_000, 32_768);
    let commit_every = section.duration("commit_every", 1, 10_000, 100);
    let drain = section.duration("drain", 100, 600_000, 10_000);
    if let Some(drain) = drain.filter(|drain| *drain >= session_timeout) {
        let expected = format!(
            "less than the session timeout of {} ms, or the group gives the partitions away before the chunk is done",
            session_timeout.as_millis()
        );
        section.document.wrong(
            section.place("drain"),
            section.field("drain"),
            format!("{} ms", drain.as_millis()),
            expected,
        );
        return None;
    }
    section.refuse_unknown();
    Some(Limits {
        max_record_bytes: max_record_bytes?,
        chunk_records: chunk_records?,
        chunk_tokens: chunk_tokens?,
        commit_every: commit_every?,
        drain: drain?,
    })
}

fn http(section: &Section<'_>) -> Option<SocketAddr> {
    let addr = section.or("addr", HTTP, |section| {
        section
            .read("addr", "an IP address and a port, such as \"127.0.0.1:9464\"", |value| value.as_str()?.parse().ok())
    });
    section.refuse_unknown();
    addr
}
