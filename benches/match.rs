//! Matching: one mention against a watchlist of 10 and of 10,000 entities.
//!
//! `cargo bench --bench match`

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a bench that cannot go on must fail; criterion's macros are undocumented"
)]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use undertone::mention::Mention;
use undertone::watch::{Account, Entity, EntityKind, Watchlist};

/// Posts such as come in: half of them name an entity, in several scripts.
const POSTS: [&str; 8] = [
    "Two hours in the queue and nobody from Brand7 Air has told us anything, this is getting ridiculous",
    "@brand3air thank you for finding my daughter's teddy, you made our week!",
    "Just landed. The coffee on board was terrible but the crew made up for it :)",
    "Does anyone know whether the late bus still runs on Sundays? The site says nothing",
    "Chuyến bay của Brand5 Air lại bị hoãn, mệt quá đi mất thôi mọi người ơi",
    "Наручио сам прошле недеље и још увек ништа, да ли је ово нормално?",
    "Ég elska þetta nýja app, loksins virkar það á íslensku og er hraðvirkt",
    "#brand9air or #brand2air? I need to book today and both look the same to me",
];

fn mention(text: &str) -> Mention {
    let json = serde_json::json!({
        "id": "1", "source": "x", "text": text, "created_at": "2026-01-01T00:00:00Z", "author": {"id": "77", "handle": "someone"},
        "parent_author": "someone_else",
    });
    serde_json::from_value(json).unwrap()
}

/// Every query has a word that all share, as those of one trade do.
fn watchlist(entities: usize) -> Watchlist {
    let entities = (0..entities).map(|i| Entity {
        id: format!("brand{i}"),
        name: format!("Brand{i} Air"),
        kind: EntityKind::Brand,
        group: None,
        query: Some(format!(
            "(\"brand{i} air\" OR brand{i}air OR @brand{i}air OR #brand{i}air OR (brand{i} AND (flight OR crew OR coffee))) NOT \"brand{i} air conditioning\""
        )),
        accounts: vec![Account { source: Some("x".into()), handle: Some(format!("brand{i}air")), id: Some(format!("9{i}")) }],
        spaces: vec![],
    });
    Watchlist::new(entities.collect(), vec![]).unwrap()
}

fn bench(c: &mut Criterion) {
    let mentions: Vec<Mention> = POSTS.iter().map(|text| mention(text)).collect();
    let mut group = c.benchmark_group("match");
    group.throughput(Throughput::Elements(mentions.len() as u64));
    for entities in [10, 10_000] {
        let watchlist = watchlist(entities);
        let found: usize = mentions.iter().map(|m| watchlist.matches(m, &m.body(), "mentions").len()).sum();
        assert_eq!(found, 5, "the bench measures what it means to");
        group.bench_with_input(BenchmarkId::new("eight_posts", entities), &watchlist, |b, watchlist| {
            b.iter(|| {
                for mention in &mentions {
                    black_box(watchlist.matches(mention, &mention.body(), "mentions"));
                }
            });
        });
    }
    group.finish();
    c.bench_function("match/compile/10000", |b| b.iter(|| watchlist(10_000)));
}

criterion_group!(benches, bench);
criterion_main!(benches);
