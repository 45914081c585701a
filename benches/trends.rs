//! Trends: what one mention costs, and how often something is reported where nothing can rise. Prints Markdown tables.
//!
//! `cargo bench --bench trends`: the cost, on our own posts. With `--features shared-data` also the airline stream: as it is, and
//! shuffled in time, so that no real trend can be in it. `-- --list` names what was found. docs/TRENDS.md explains the result.

#![allow(clippy::print_stdout, reason = "what it measures goes to stdout")]

use std::borrow::Cow;

use fastrand::Rng;
use jiff::Timestamp;
use undertone::mention::Op;
use undertone::reputation::observation::{Author, Concerned, Language, Said, Signals};
use undertone::reputation::score::Folded;
use undertone::reputation::trends::Trends;
use undertone::reputation::{Digest, Observation};
use undertone::text::{fingerprint, normalise};
use undertone::watch::{EntityKind, Relation};

#[path = "../src/reputation/copies/planted.rs"]
#[allow(dead_code, reason = "only the posts")]
mod planted;

fn main() -> anyhow::Result<()> {
    cost();
    #[cfg(feature = "shared-data")]
    shared::airline(std::env::args().any(|argument| argument == "--list"))?;
    Ok(())
}

/// One mention of a stream.
#[derive(Clone)]
struct Post {
    text: String,
    author: String,
    fingerprint: u64,
}

impl Post {
    fn new(text: &str, author: &str) -> Self {
        Self { text: text.into(), author: author.into(), fingerprint: fingerprint(&normalise(text, &[]).text) }
    }

    fn event<'a>(&'a self, id: &'a str, at: i64, entity: &'a str) -> Observation<'a> {
        Observation {
            id: Cow::Borrowed(id),
            op: Op::Observed,
            revision: 0,
            relation: Some(Relation::Mention),
            mention: Said {
                id: Cow::Borrowed(id),
                source: Cow::Borrowed("x"),
                text: Cow::Borrowed(&self.text),
                url: None,
                created_at: Timestamp::from_millisecond(at).unwrap_or_default(),
                kind: None,
                parent_id: None,
                parent_author: None,
                thread_id: None,
                author: Some(Author { id: Some(Cow::Borrowed(&self.author)), ..Author::default() }),
                engagement: None,
                in_community: None,
            },
            entity: Some(Concerned {
                id: Cow::Borrowed(entity),
                name: Cow::Borrowed(entity),
                kind: EntityKind::Brand,
                matched: Vec::new(),
            }),
            language: Language { code: Cow::Borrowed("en") },
            sentiment: None,
            topics: Vec::new(),
            signals: Signals::default(),
            fingerprint: self.fingerprint,
        }
    }
}

/// Nanoseconds that this thread has been on a processor: what else the machine does has no part in it (Linux).
fn busy() -> f64 {
    let counters = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    counters.split_whitespace().next().and_then(|busy| busy.parse().ok()).unwrap_or(f64::NAN)
}

/// The mean cost of a mention: a stream of an hour's length a day, words of our posts mixed anew in each.
fn cost() {
    println!("## Cost of one mention\n\n| language | words | ns |\n|---|---|---|");
    let mut rng = Rng::with_seed(1);
    for (language, posts) in planted::POSTS {
        let (words, gaps): (Vec<_>, Vec<_>) = posts.iter().map(|post| planted::words(post)).unzip();
        let words: Vec<String> = words.into_iter().flatten().collect();
        let mixed: Vec<Post> = (0..20_000)
            .map(|_| {
                let text: Vec<&str> = (0..15).map(|_| words[rng.usize(..words.len())].as_str()).collect();
                Post::new(&text.join(gaps[0]), &format!("author{}", rng.u32(..5000)))
            })
            .collect();
        let ids: Vec<String> = (0..mixed.len()).map(|id| format!("x:{id}#harbour")).collect();
        let events: Vec<_> = mixed
            .iter()
            .zip(&ids)
            .enumerate()
            .map(|(at, (post, id))| post.event(id, at as i64 * 20_000, "Harbour"))
            .collect();
        let mut trends = Trends::default();
        let start = busy();
        for event in &events {
            trends.notice(event, &Digest::of(event), Folded { fresh: true, weight: 1.0, copies: 1 });
        }
        println!("| {language} | 15 | {:.0} |", (busy() - start) / events.len() as f64);
    }
}

#[cfg(feature = "shared-data")]
mod shared {
    use std::collections::BTreeMap;
    use std::fs::File;
    use std::io::{BufRead as _, BufReader};
    use std::path::Path;

    use fastrand::Rng;
    use flate2::read::MultiGzDecoder;
    use serde_json::Value;
    use undertone::reputation::copies::{Copies, fingerprint_of};
    use undertone::reputation::score::Folded;
    use undertone::reputation::trends::{Trend, Trends};
    use undertone::reputation::{Digest, Rules};

    use super::{Post, busy};

    const DAY: i64 = 24 * 3_600_000;
    /// Streams shuffled differently.
    const SHUFFLES: u64 = 10;
    /// Standing is looked at each so many milliseconds of event time.
    const LOOK: i64 = 300_000;

    /// The strongest sight of each term by brand and day.
    type Found = BTreeMap<(String, i64, String), Trend>;
    type Brands = BTreeMap<String, (Vec<i64>, Vec<Post>)>;

    pub(super) fn airline(list: bool) -> anyhow::Result<()> {
        let mut brands = Brands::new();
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/airline/stream.jsonl.gz");
        for line in BufReader::new(MultiGzDecoder::new(File::open(file)?)).lines() {
            let row: Value = serde_json::from_str(&line?)?;
            let field = |name: &str| row[name].as_str().unwrap_or_default();
            let at = jiff::fmt::strtime::parse("%Y-%m-%d %H:%M:%S %z", field("created_at"))?.to_timestamp()?;
            let (times, posts) = brands.entry(field("brand").into()).or_default();
            times.push(at.as_millisecond());
            posts.push(Post::new(field("text"), field("author")));
        }
        let mentions: usize = brands.values().map(|(times, _)| times.len()).sum();
        // The first day of each reports nothing.
        let days: f64 =
            brands.values().map(|(times, _)| (times[times.len() - 1] - times[0] - DAY) as f64 / DAY as f64).sum();
        println!("\n## The airline stream: {mentions} mentions, {} brands, {days:.1} entity-days\n", brands.len());
        let start = busy();
        for (brand, (times, posts)) in &brands {
            let mut trends = Trends::default();
            for (at, post) in times.iter().zip(posts) {
                let event = post.event("x", *at, brand);
                trends.notice(&event, &Digest::of(&event), Folded { fresh: true, weight: 1.0, copies: 1 });
            }
        }
        println!("Cost of one mention: {:.0} ns\n", (busy() - start) / mentions as f64);

        println!("Terms reported per entity-day, by the floor on authors and on strength\n");
        println!("| stream | authors | strength 5 | 6 | 7 | 8 | 10 |\n|---|---|---|---|---|---|---|");
        for authors in [3, 5, 8] {
            let rules = Rules { trend_authors: authors, ..Rules::default() };
            let row = |name: &str, found: &[Found]| {
                let cells = [0.0, 6.0, 7.0, 8.0, 10.0].map(|floor| {
                    let terms = found.iter().flat_map(BTreeMap::values).filter(|trend| trend.strength >= floor).count();
                    format!("{:.3}", terms as f64 / days / found.len() as f64)
                });
                println!("| {name} | {authors} | {} |", cells.join(" | "));
            };
            let as_it_is = watch(&brands, &rules);
            let shuffled: Vec<Found> = (0..SHUFFLES).map(|seed| watch(&shuffle(&brands, seed), &rules)).collect();
            row("shuffled in time", &shuffled);
            row("as it is", std::slice::from_ref(&as_it_is));
            if list && authors == Rules::default().trend_authors {
                for (name, found) in [("shuffled", &shuffled[0]), ("as it is", &as_it_is)] {
                    for ((brand, day, term), t) in found {
                        println!(
                            "{name}: {brand} {day} {term}: {:.1} sd, {} authors, {:.2} to {:.2}",
                            t.strength, t.authors, t.before, t.rate
                        );
                    }
                }
            }
        }
        Ok(())
    }

    fn watch(brands: &Brands, rules: &Rules) -> Found {
        let mut found = Found::new();
        for (brand, (times, posts)) in brands {
            let (mut trends, mut copies, mut next) = (Trends::default(), Copies::default(), times[0]);
            for (number, (at, post)) in times.iter().zip(posts).enumerate() {
                let id = number.to_string();
                let event = post.event(&id, *at, brand);
                let cluster = copies.join(fingerprint_of(&event), *at);
                let folded = Folded { fresh: true, weight: 1.0, copies: copies.size(cluster) };
                trends.notice(&event, &Digest::of(&event), folded);
                if *at < next {
                    continue;
                }
                next = at + LOOK;
                for trend in trends.rising(*at, rules) {
                    let key = (brand.clone(), at.div_euclid(DAY), trend.term.to_string());
                    let strongest = found.entry(key).or_insert_with(|| trend.clone());
                    if strongest.strength < trend.strength {
                        *strongest = trend;
                    }
                }
            }
        }
        found
    }

    /// Who said what stays together; when it was said is dealt anew.
    fn shuffle(brands: &Brands, seed: u64) -> Brands {
        let mut rng = Rng::with_seed(seed);
        let mut shuffled = brands.clone();
        shuffled.values_mut().for_each(|(_, posts)| rng.shuffle(posts));
        shuffled
    }
}
