//! Language detectors on the team's labelled posts: share right and time a post, as a Markdown table.
//!
//! `cargo bench --features shared-data --bench language`. docs/LANGUAGES.md shows and explains the result.

#![allow(clippy::print_stdout, reason = "what it measures goes to stdout")]

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::Hasher as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::time::Instant;

use flate2::read::MultiGzDecoder;
use serde_json::Value;
use undertone::text::{LanguageDetector, normalise};
use xxhash_rust::xxh3::Xxh3;

/// Posts of a language, at most.
const POSTS: usize = 600;
/// Sets whose language is doubtful: machine projections of subtitles, posts in two languages, labels known to be noise.
const LEFT_OUT: [&str; 2] = ["xed", "sentimix_spanglish"];

type Detect<'a> = Box<dyn Fn(&str, &str) -> String + 'a>;

fn main() -> anyhow::Result<()> {
    let posts = posts()?;
    let ours = LanguageDetector::new();
    let lingua = |low: bool| {
        let mut builder = lingua::LanguageDetectorBuilder::from_all_languages();
        builder.with_preloaded_language_models();
        if low {
            builder.with_low_accuracy_mode();
        }
        let detector = builder.build();
        move |post: &str| {
            let found = detector.detect_language_of(post).map(|language| language.iso_code_639_1().to_string());
            folded(&found.unwrap_or_default())
        }
    };
    let (high, low) = (lingua(false), lingua(true));
    let detectors: [(&str, Detect<'_>); 6] = [
        ("undertone", Box::new(|post, _| ours.detect(post, None).code.to_owned())),
        ("undertone, hint", Box::new(|post, hint| ours.detect(post, Some(hint)).code.to_owned())),
        ("lingua", Box::new(|post, _| high(post))),
        ("lingua, low", Box::new(|post, _| low(post))),
        (
            "whatlang",
            Box::new(|post, _| whatlang::detect_lang(post).map_or_else(String::new, |lang| three(lang.code()))),
        ),
        ("whichlang", Box::new(|post, _| three(whichlang::detect_language(post).three_letter_code()))),
    ];
    let names: Vec<&str> = detectors.iter().map(|(name, _)| *name).collect();
    println!("| language | posts | {} |", names.join(" | "));
    println!("|---|---|{}", "---|".repeat(names.len()));
    for (language, posts) in &posts {
        let code = language.split(' ').next().unwrap_or(language);
        let cells: Vec<String> = detectors.iter().map(|(_, detect)| cell(posts, code, language, detect)).collect();
        println!("| {language} | {} | {} |", posts.len(), cells.join(" | "));
    }
    Ok(())
}

/// The share right in percent and the microseconds a post, the best of three passes.
fn cell(posts: &[String], code: &str, language: &str, detect: &Detect<'_>) -> String {
    let (mut right, mut family, mut best) = (0, 0, f64::INFINITY);
    for _ in 0..3 {
        let start = Instant::now();
        let said: Vec<String> = posts.iter().map(|post| detect(post, code)).collect();
        best = best.min(start.elapsed().as_secs_f64() * 1e6 / posts.len() as f64);
        right = said.iter().filter(|said| *said == code).count();
        family = said.iter().filter(|said| matches!(said.as_str(), "sr" | "hr" | "bs")).count();
    }
    let percent = |count: usize| 100.0 * count as f64 / posts.len() as f64;
    // Croatian, Serbian and Bosnian in Latin letters: right at all, and right as a family.
    let latin_family = matches!(code, "hr" | "bs") || language == "sr Latin";
    if latin_family {
        format!("{:.1} ({:.1}), {best:.0} µs", percent(right), percent(family))
    } else {
        format!("{:.1}, {best:.0} µs", percent(right))
    }
}

/// Posts by language, normalised as the pipeline does, drawn by a hash of their text.
fn posts() -> anyhow::Result<BTreeMap<String, Vec<String>>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let mut posts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut folders: Vec<_> = fs::read_dir(data)?.collect::<Result<_, _>>()?;
    folders.sort_by_key(std::fs::DirEntry::file_name);
    for folder in folders {
        let file = folder.path().join("val.jsonl.gz");
        let name = folder.file_name().to_string_lossy().into_owned();
        if !file.exists() || LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        for line in BufReader::new(MultiGzDecoder::new(File::open(file)?)).lines() {
            let row: Value = serde_json::from_str(&line?)?;
            let (Some(text), Some(lang)) = (row["text"].as_str(), row["lang"].as_str()) else { continue };
            match lang {
                "sr" => posts.entry(script(text).into()).or_default().push(text.into()),
                // The Hindi set is written in Latin letters, half in English; UMSAB's is partly English altogether.
                "hi" if name == "umsab" => {}
                "hi" => posts.entry("hi Latin".into()).or_default().push(text.into()),
                _ => posts.entry(lang.into()).or_default().push(text.into()),
            }
            if let Some(cyrillic) = row["text_cyrl"].as_str() {
                posts.entry("sr Cyrillic".into()).or_default().push(cyrillic.into());
            }
        }
    }
    for posts in posts.values_mut() {
        posts.iter_mut().for_each(|post| *post = normalise(post, &[]).text);
        posts.sort_by_cached_key(|post| (hash(post), post.clone()));
        posts.dedup();
        posts.truncate(POSTS);
    }
    Ok(posts)
}

fn script(text: &str) -> &'static str {
    let cyrillic = text.chars().filter(|letter| ('\u{400}'..'\u{500}').contains(letter)).count();
    if cyrillic > 3 { "sr Cyrillic" } else { "sr Latin" }
}

fn hash(text: &str) -> u64 {
    let mut hasher = Xxh3::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}

/// One code for Norwegian, lower case.
fn folded(code: &str) -> String {
    match code.to_lowercase().as_str() {
        "nb" | "nn" => "no".into(),
        other => other.into(),
    }
}

/// Two letters for three, of the languages measured.
fn three(code: &str) -> String {
    const CODES: [(&str, &str); 27] = [
        ("ara", "ar"),
        ("cat", "ca"),
        ("ces", "cs"),
        ("dan", "da"),
        ("deu", "de"),
        ("ell", "el"),
        ("eng", "en"),
        ("spa", "es"),
        ("fra", "fr"),
        ("hin", "hi"),
        ("hrv", "hr"),
        ("ind", "id"),
        ("ita", "it"),
        ("jpn", "ja"),
        ("kor", "ko"),
        ("nld", "nl"),
        ("nob", "no"),
        ("pol", "pl"),
        ("por", "pt"),
        ("rus", "ru"),
        ("srp", "sr"),
        ("swe", "sv"),
        ("tha", "th"),
        ("tur", "tr"),
        ("ukr", "uk"),
        ("vie", "vi"),
        ("cmn", "zh"),
    ];
    CODES.iter().find(|(long, _)| *long == code).map_or_else(|| code.to_owned(), |(_, short)| (*short).to_owned())
}
