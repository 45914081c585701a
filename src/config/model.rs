//! `[model]`: which model, which engine, how fast.

use std::path::PathBuf;

use super::classifier::classifier;
use super::section::{Located, Section, filled, integer};
use crate::model::{Device, Effort, EngineKind, ModelOptions, Place, Precision};

/// Reads the section: the options of a model, or that there is none. `None` where something is wrong, which is noted.
pub(super) fn read(section: &Section<'_>) -> Option<Option<ModelOptions>> {
    let engine = engine(section);
    let path = section.read("path", "the path of a model directory", filled);
    let workers = section.or("workers", None, |section| {
        let expected = "a whole number from 1 to 1024; left out, what suits the engine";
        count(section, "workers", expected, 1..=1024)
    });
    let batch_tokens = section.or("batch_tokens", None, |section| {
        let expected = "a whole number from 128 to 65536; left out, what suits the engine";
        count(section, "batch_tokens", expected, 128..=65_536)
    });
    let cache_entries = section.number("cache_entries", 0..=10_000_000, 20_000);
    let effort = section.or("effort", Effort::Full, |section| {
        section.read("effort", "\"full\", \"balanced\" or \"fast\"", |value| Effort::named(value.as_str()?))
    });
    let classifier = classifier(&section.section("classifier"));
    section.refuse_unknown();
    let path = match path {
        Some(path) => Some(directory(section, &path)?),
        None if section.has("path") => return None,
        None => None,
    };
    let options = |engine| {
        Some(ModelOptions {
            path,
            engine,
            workers: workers?,
            batch_tokens: batch_tokens?,
            cache_entries: cache_entries?,
            effort: effort?,
            classifier: classifier?,
        })
    };
    match engine? {
        Some(engine) => options(engine).map(Some),
        // What is wrong with the rest is told all the same.
        None => options(EngineKind::Cpu).map(|_| None),
    }
}

/// The engine with its device and precision, which only one engine has; none for `off`.
fn engine(section: &Section<'_>) -> Option<Option<EngineKind>> {
    let device = section.or("device", Device::Auto, |section| {
        section.read("device", Device::EXPECTED, |value| value.as_str()?.parse().ok())
    });
    let precision = section.or("precision", Precision::Auto, |section| {
        section.read("precision", Precision::EXPECTED, |value| value.as_str()?.parse().ok())
    });
    let place = device.zip(precision).map(|(device, precision)| Place { device, precision });
    let engine = section.or("engine", Some(EngineKind::Cpu), |section| {
        section.read("engine", "\"cpu\", \"libtorch\" or \"off\"", |value| match value.as_str()? {
            "cpu" => Some(Some(EngineKind::Cpu)),
            "libtorch" => Some(Some(EngineKind::Libtorch(place.unwrap_or_default()))),
            "off" => Some(None),
            _ => None,
        })
    });
    let place = place?;
    if engine == Some(Some(EngineKind::Cpu)) && place != Place::default() {
        let field = if place.device == Device::Auto { "precision" } else { "device" };
        let found = format!("one for the engine \"cpu\", which has no choice of {field}");
        section.document.wrong(section.place(field), section.field(field), found, "\"auto\", or engine = \"libtorch\"");
        return None;
    }
    engine
}

/// A whole number that need not be there.
fn count(
    section: &Section<'_>,
    key: &'static str,
    expected: &str,
    range: std::ops::RangeInclusive<usize>,
) -> Option<Located<Option<usize>>> {
    section.read(key, expected, |value| {
        integer(value).and_then(|number| usize::try_from(number).ok()).filter(|number| range.contains(number)).map(Some)
    })
}

fn directory(section: &Section<'_>, path: &Located<String>) -> Option<PathBuf> {
    let directory = section.document.resolve(&path.value);
    if !directory.join("undertone.json").is_file() && !directory.join("config.json").is_file() {
        let found = if directory.is_dir() { "a directory without a model" } else { "no such directory" };
        section.wrong(&path.at, "path", format!("{} ({found})", directory.display()), "a model directory");
        return None;
    }
    Some(directory)
}
