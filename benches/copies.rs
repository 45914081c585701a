//! How well near-duplicates are known: recall by edit and language, strangers joined, by threshold; the rate found on the
//! airline stream; the time that it takes. Prints Markdown tables.
//!
//! `cargo bench --bench copies`: our own posts. With `--features shared-data` the team's posts of many languages and the
//! airline stream too. docs/TRENDS.md explains the result.

#![allow(clippy::print_stdout, reason = "what it measures goes to stdout")]

use std::collections::{BTreeMap, BTreeSet};
use std::hint::black_box;

use fastrand::Rng;
use undertone::reputation::copies::{CLUSTERS, Copies, FEWEST_WORDS, NEAR, has_words};
use undertone::text::{fingerprint, normalise};

#[path = "../src/reputation/copies/planted.rs"]
mod planted;
use planted::{Edit, POSTS, Post};

/// Thresholds that are compared.
const THRESHOLDS: std::ops::RangeInclusive<u32> = 4..=16;
/// Posts whose sets of words are as alike as this are copies, whatever was planted.
const ALIKE: f64 = 0.5;

fn main() -> anyhow::Result<()> {
    let own = POSTS.iter().map(|(language, posts)| ((*language).into(), posts.iter().map(|p| (*p).into()).collect()));
    report("our own posts", &own.collect(), 20)?;
    #[cfg(feature = "shared-data")]
    {
        report("the team's posts", &shared::posts()?, 1)?;
        shared::airline()?;
    }
    time();
    Ok(())
}

/// What a mention of a planted stream has next to it among the [`CLUSTERS`] before it.
struct Seen<'a> {
    post: &'a Post,
    /// Bits to the nearest copy of the same origin, if one is there.
    copy: Option<u32>,
    /// Bits to the nearest stranger.
    stranger: u32,
}

fn report(name: &str, posts: &BTreeMap<String, Vec<String>>, seeds: u64) -> anyhow::Result<()> {
    let (mut long, mut short) = (Vec::new(), Vec::new());
    let streams: Vec<(&str, Vec<Post>)> = posts
        .iter()
        .flat_map(|(language, posts)| {
            (0..seeds).map(move |seed| {
                let stream = planted::stream(posts, CLUSTERS / 2, &mut Rng::with_seed(seed));
                (language.as_str(), stream)
            })
        })
        .collect();
    for (language, stream) in &streams {
        for seen in look(stream) {
            let origin = &posts[*language][seen.post.origin];
            if has_words(origin, FEWEST_WORDS) { &mut long } else { &mut short }.push((*language, origin, seen));
        }
    }
    println!(
        "\n## {name}\n\nRecall by threshold in bits, and strangers joined per 1,000 mentions (texts of {FEWEST_WORDS} words and more)\n"
    );
    println!("| bits | {} | strangers ‰ |", Edit::ALL.map(|edit| format!("{edit:?}")).join(" | "));
    println!("|---|{}---|", "---|".repeat(Edit::ALL.len()));
    for near in THRESHOLDS {
        let cells =
            Edit::ALL.map(|edit| recall(long.iter().map(|(_, _, s)| s).filter(|s| s.post.edit == Some(edit)), near));
        println!("| {near} | {} | {} |", cells.join(" | "), strangers(long.iter().map(|(_, _, s)| s), near));
    }
    println!("\nAt {NEAR} bits, by words of the post\n\n| words | copies | recall | strangers ‰ |\n|---|---|---|---|");
    let classes = [(0, 3), (3, 5), (5, 7), (7, 10), (10, 15), (15, 25), (25, usize::MAX)];
    for (from, to) in classes {
        let class = || {
            let all = long.iter().chain(&short);
            all.filter(move |(_, origin, _)| has_words(origin, from) && !has_words(origin, to)).map(|(_, _, s)| s)
        };
        let copies = class().filter(|s| s.post.edit.is_some());
        let label = if to == usize::MAX { format!("{from} and more") } else { format!("{from} to {}", to - 1) };
        println!("| {label} | {} | {} | {} |", copies.clone().count(), recall(copies, NEAR), strangers(class(), NEAR));
    }
    println!(
        "\nAt {NEAR} bits, by language ({FEWEST_WORDS} words and more)\n\n| language | copies | light edits | a word | an end | strangers ‰ |\n|---|---|---|---|---|---|"
    );
    for language in posts.keys() {
        let of = |edits: &'static [Edit]| {
            long.iter()
                .filter(move |(other, _, s)| other == language && s.post.edit.is_some_and(|edit| edits.contains(&edit)))
                .map(|(_, _, s)| s)
        };
        let light = &[Edit::Reshared, Edit::OtherCase, Edit::OtherPunctuation, Edit::Link, Edit::Emoji];
        let (word, end) =
            (&[Edit::Hashtag, Edit::ChangedWord, Edit::LostWord], &[Edit::Comment, Edit::LostEnd, Edit::Truncated]);
        println!(
            "| {language} | {} | {} | {} | {} | {} |",
            of(&Edit::ALL).count(),
            recall(of(light), NEAR),
            recall(of(word), NEAR),
            recall(of(end), NEAR),
            strangers(long.iter().filter(|(other, _, _)| other == language).map(|(_, _, s)| s), NEAR),
        );
    }
    Ok(())
}

fn recall<'a>(seen: impl Iterator<Item = &'a Seen<'a>>, near: u32) -> String {
    let (mut found, mut all) = (0, 0);
    for copy in seen.filter_map(|seen| seen.copy) {
        (found, all) = (found + usize::from(copy <= near), all + 1);
    }
    if all == 0 { "–".into() } else { format!("{:.3}", found as f64 / all as f64) }
}

/// Mentions per thousand that a stranger is nearest to, within the threshold.
fn strangers<'a>(seen: impl Iterator<Item = &'a Seen<'a>>, near: u32) -> String {
    let (mut wrong, mut all) = (0, 0);
    for seen in seen {
        wrong += usize::from(seen.stranger <= near && seen.copy.is_none_or(|copy| seen.stranger < copy));
        all += 1;
    }
    if all == 0 { "–".into() } else { format!("{:.2}", 1000.0 * wrong as f64 / all as f64) }
}

/// Looks back over a window of as many mentions as there can be clusters; what alike sets of words say are natural copies
/// are no strangers.
fn look(stream: &[Post]) -> Vec<Seen<'_>> {
    let prints: Vec<u64> = stream.iter().map(|post| print(&post.text)).collect();
    let sets: Vec<BTreeSet<String>> = stream.iter().map(|post| word_set(&post.text)).collect();
    let mut seen = Vec::with_capacity(stream.len());
    for (at, post) in stream.iter().enumerate() {
        let (mut copy, mut stranger) = (None::<u32>, 64);
        for before in at.saturating_sub(CLUSTERS)..at {
            let apart = (prints[before] ^ prints[at]).count_ones();
            if stream[before].origin == post.origin {
                copy = Some(copy.map_or(apart, |copy| copy.min(apart)));
            } else if apart < stranger && apart <= *THRESHOLDS.end() && alike(&sets[before], &sets[at]) < ALIKE {
                stranger = apart;
            }
        }
        seen.push(Seen { post, copy, stranger });
    }
    seen
}

fn print(text: &str) -> u64 {
    fingerprint(&normalise(text, &[]).text)
}

/// Words in lower case without links and handles; pairs of characters where no spaces are put.
fn word_set(text: &str) -> BTreeSet<String> {
    let normalised = normalise(text, &[]).text.to_lowercase();
    let kept: Vec<&str> = normalised
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty() && !["http", "user", "rt"].contains(word))
        .collect();
    let mut set = BTreeSet::new();
    for word in kept {
        let letters: Vec<char> = word.chars().collect();
        if letters[0] >= '\u{e00}' && !('\u{1e00}'..='\u{1fff}').contains(&letters[0]) && letters.len() > 2 {
            set.extend(letters.windows(2).map(|pair| pair.iter().collect::<String>()));
        } else {
            set.insert(word.to_owned());
        }
    }
    set
}

/// Jaccard's index.
fn alike(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let both = a.intersection(b).count();
    let either = a.len() + b.len() - both;
    if either == 0 { 1.0 } else { both as f64 / either as f64 }
}

/// Nanoseconds that this thread has been on a processor: what else the machine does has no part in it (Linux).
fn busy() -> f64 {
    let counters = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    counters.split_whitespace().next().and_then(|busy| busy.parse().ok()).unwrap_or(f64::NAN)
}

fn time() {
    println!("\n## Time of one join, {CLUSTERS} clusters known\n");
    let mut copies = Copies::default();
    let mut rng = Rng::with_seed(1);
    let strangers: Vec<u64> = (0..400_000).map(|_| rng.u64(..)).collect();
    strangers[..CLUSTERS].iter().for_each(|print| _ = copies.join(*print, 0));
    let one = |name: &str, prints: &[u64], copies: &mut Copies| {
        let start = busy();
        for (at, print) in prints.iter().enumerate() {
            black_box(copies.join(black_box(*print), at as i64));
        }
        println!("- {name}: {:.0} ns", (busy() - start) / prints.len() as f64);
    };
    one("strangers", &strangers, &mut copies);
    let exact = vec![strangers[strangers.len() - 1]; 400_000];
    one("exact copies", &exact, &mut copies);
    let near: Vec<u64> = exact.iter().enumerate().map(|(at, print)| print ^ (1 << (at % 64))).collect();
    one("near copies", &near, &mut copies);
}

#[cfg(feature = "shared-data")]
mod shared {
    use std::collections::{BTreeMap, BTreeSet, HashMap};
    use std::fs::{self, File};
    use std::io::{BufRead as _, BufReader};
    use std::path::{Path, PathBuf};

    use fastrand::Rng;
    use flate2::read::MultiGzDecoder;
    use serde_json::Value;
    use undertone::reputation::copies::{CLUSTERS, Copies, FEWEST_WORDS, has_words};

    use super::{alike, print, word_set};

    /// Posts of a language, at most.
    const POSTS: usize = 400;

    fn data() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data")
    }

    fn rows(file: &Path) -> anyhow::Result<Vec<Value>> {
        let lines = BufReader::new(MultiGzDecoder::new(File::open(file)?)).lines();
        lines.map(|line| Ok(serde_json::from_str(&line?)?)).collect()
    }

    /// Posts by language, drawn by a seeded shuffle, those that are copies by nature left out.
    pub(super) fn posts() -> anyhow::Result<BTreeMap<String, Vec<String>>> {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut folders: Vec<_> = fs::read_dir(data())?.collect::<Result<_, _>>()?;
        folders.sort_by_key(fs::DirEntry::file_name);
        for folder in folders {
            let file = folder.path().join("val.jsonl.gz");
            if !file.exists() || folder.file_name() == "xed" {
                continue;
            }
            for row in rows(&file)? {
                let (Some(text), Some(lang)) = (row["text"].as_str(), row["lang"].as_str()) else { continue };
                all.entry(lang.into()).or_default().push(text.into());
                if let Some(cyrillic) = row["text_cyrl"].as_str() {
                    all.entry("sr Cyrillic".into()).or_default().push(cyrillic.into());
                }
            }
        }
        for texts in all.values_mut() {
            texts.sort();
            texts.dedup();
            Rng::with_seed(1).shuffle(texts);
            texts.truncate(POSTS);
            let mut kept: Vec<BTreeSet<String>> = Vec::new();
            texts.retain(|text| {
                let set = word_set(text);
                let is_new = !set.is_empty() && kept.iter().all(|other| alike(other, &set) < super::ALIKE);
                kept.push(set);
                is_new
            });
        }
        Ok(all)
    }

    /// Who is a copy on a real stream, beside an exact count over the same window: a mention of the same brand among the last
    /// [`CLUSTERS`] shares at least 80 % of all words.
    pub(super) fn airline() -> anyhow::Result<()> {
        let mut brands: HashMap<String, Vec<String>> = HashMap::new();
        for row in rows(&data().join("airline/stream.jsonl.gz"))? {
            let (Some(text), Some(brand)) = (row["text"].as_str(), row["brand"].as_str()) else { continue };
            brands.entry(brand.into()).or_default().push(text.into());
        }
        let (mut all, mut short, mut joined, mut alike_ones, mut both) = (0, 0, 0, 0, 0);
        // Of those joined: how alike the two are that were taken for copies is unknown to `Copies`; the window tells.
        let mut bands = [0; 4];
        for texts in brands.values() {
            let mut copies = Copies::default();
            let sets: Vec<_> = texts.iter().map(|text| word_set(text)).collect();
            for (at, text) in texts.iter().enumerate() {
                all += 1;
                if !has_words(text, FEWEST_WORDS) {
                    short += 1;
                    continue;
                }
                let cluster = copies.join(print(text), 0);
                let is_copy = copies.size(cluster) > 1;
                let nearest = (at.saturating_sub(CLUSTERS)..at).map(|before| alike(&sets[before], &sets[at]));
                let nearest = nearest.fold(0.0, f64::max);
                joined += usize::from(is_copy);
                alike_ones += usize::from(nearest >= 0.8);
                both += usize::from(is_copy && nearest >= 0.8);
                if is_copy {
                    bands[[0.8, 0.65, 0.5].iter().position(|floor| nearest >= *floor).unwrap_or(3)] += 1;
                }
            }
        }
        println!("\n## The airline stream, six brands, in order\n");
        println!("- mentions: {all}; of fewer than {FEWEST_WORDS} words, which stand alone: {short}");
        println!("- joined a cluster: {joined} ({:.2} %)", 100.0 * joined as f64 / all as f64);
        println!(
            "- share 80 % of all words with one of the last {CLUSTERS} of their brand: {alike_ones}; {both} of them joined"
        );
        println!(
            "- of those that joined, the most alike mention shares: 80 % and more {}, 65 to 80 % {}, 50 to 65 % {}, less {}",
            bands[0], bands[1], bands[2], bands[3]
        );
        Ok(())
    }
}
