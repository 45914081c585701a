//! The hot path: tokenising, encoding, and a whole chunk through the scorer's door.
//!
//! `cargo bench --bench encode`; the model is found as the program finds it (`UNDERTONE_MODEL`).
#![allow(missing_docs, clippy::expect_used)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use undertone::model::engine::{self, Packed};
use undertone::model::tokenizer::Tokenizer;
use undertone::model::{ModelOptions, Request, Scorer, model_file};
use undertone::telemetry::Metrics;

/// Pieces of posts, put together in many ways so that no two texts of a chunk are alike.
const PIECES: [&str; 12] = [
    "The new kettle from Brightline is so quiet, best thing I bought this year!",
    "@user still waiting for my bag after three days, nobody picks up the phone 😡",
    "Llevo dos semanas esperando el reembolso y nadie contesta",
    "Giao hàng chậm quá, gọi tổng đài không ai bắt máy",
    "Нова апликација ради савршено, свака част",
    "Nova ponuda je odlična, sve pohvale za ekipu",
    "Nýja kaffivélin er frábær, mæli hiklaust með henni",
    "Der Wasserkocher ist wirklich super leise http",
    "Le service client est une catastrophe",
    "新しいケトルはとても静かで気に入っています",
    "خدمة سيئة جدا، انتظرت ساعتين ولم يرد أحد",
    "ok thanks",
];

fn texts(count: usize) -> Vec<String> {
    (0..count)
        .map(|i| format!("{} {} {i}", PIECES[i % PIECES.len()], PIECES[(i / PIECES.len()) % PIECES.len()]))
        .collect()
}

fn tokenise(criterion: &mut Criterion) {
    let tokenizer = Tokenizer::load(&model_file("tokenizer.json").expect("a model")).expect("a tokenizer");
    let texts = texts(144);
    let mut group = criterion.benchmark_group("tokenise");
    group.throughput(Throughput::Elements(texts.len() as u64));
    group.bench_function("144 posts", |bench| {
        bench.iter(|| texts.iter().map(|text| tokenizer.tokens(black_box(text)).len()).sum::<usize>());
    });
    group.finish();
}

fn encode(criterion: &mut Criterion) {
    let encoder = engine::open(&ModelOptions::default()).expect("a model");
    // As in a worker: this thread is the only one of its pool.
    let _pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().expect("a pool");
    let mut group = criterion.benchmark_group("encode");
    for (length, batch) in [(16, 1), (16, 64), (32, 1), (32, 8), (32, 32), (64, 16), (128, 1), (128, 8)] {
        let mut packed = Packed::default();
        for sequence in 0..batch {
            let ids: Vec<u32> = (0..length).map(|at| 5 + (at * 7919 + sequence * 104_729) % 240_000).collect();
            packed.push(&ids);
        }
        let mut engine = (encoder.make)().expect("an engine");
        group.throughput(Throughput::Elements(u64::from(length * batch)));
        group.bench_with_input(BenchmarkId::from_parameter(format!("{batch}x{length}")), &packed, |bench, packed| {
            bench.iter(|| engine.encode(black_box(packed)).map(|vectors| vectors[0]));
        });
    }
    group.finish();
}

fn chunk(criterion: &mut Criterion) {
    let options = ModelOptions {
        path: None,
        workers: None,
        batch_tokens: Some(1024),
        cache_entries: 0,
        ..ModelOptions::default()
    };
    let scorer = Scorer::load(&options, &[], Arc::new(Metrics::default())).expect("a model");
    let requests: Vec<Request> = texts(256).into_iter().map(|text| Request { text, ..Request::default() }).collect();
    let mut group = criterion.benchmark_group("chunk");
    group.sample_size(10);
    group.throughput(Throughput::Elements(requests.len() as u64));
    group.bench_function("256 posts, all workers", |bench| {
        bench.iter(|| scorer.score(black_box(requests.clone())).expect("scores").len());
    });
    group.finish();
}

criterion_group!(benches, tokenise, encode, chunk);
criterion_main!(benches);
