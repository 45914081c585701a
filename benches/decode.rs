//! One record to one mention: canonical, canonical with an unknown field, and through a mapping.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use undertone::mention::{Decoder, Mapping, Origin, Record};

const CANONICAL: &str = r#"{"id":"81","source":"x","text":"The new oat cappuccino at the harbour branch is far too sweet","url":"https://example.com/81",
"language":"en","created_at":"2026-03-01T11:30:00Z","kind":"reply","parent_id":"80","parent_author":"harbour_cafe","thread_id":"79",
"author":{"id":"5","name":"Ana","handle":"ana","followers":12,"verified":false},"engagement":{"likes":2,"shares":0,"replies":1}}"#;

const FLAT: &str = r#"{"tweet_id":"567588278875213824","text":"@harbour_air the flight was late and nobody told us anything at the gate",
"brand":"Harbour Air","author":"ana_ns","created_at":"2015-02-16 23:36:05 -0800","retweet_count":0,"location":"Novi Sad","timezone":"Belgrade"}"#;

fn record(payload: &str) -> Record {
    Record {
        origin: Origin { topic: "mentions".into(), partition: 0, offset: 0 },
        key: None,
        payload: Some(payload.as_bytes().to_vec()),
        headers: Vec::new(),
        timestamp: Some(1_772_366_400_000),
    }
}

fn records(c: &mut Criterion) {
    let mut group = c.benchmark_group("decode");
    group.throughput(Throughput::Elements(1));
    let canonical = Decoder { mapping: None, max_record_bytes: 1_000_000 };
    let exact = record(CANONICAL);
    group.bench_function("canonical", |b| b.iter(|| canonical.decode(black_box(&exact))));
    let more = record(&CANONICAL.replacen("\"id\"", "\"lang_hint\":1,\"id\"", 1));
    group.bench_function("canonical_unknown_field", |b| b.iter(|| canonical.decode(black_box(&more))));
    for (name, mapping, payload) in [
        ("mapped_flat", include_str!("../tests/data/airline.mapping.toml"), FLAT),
        (
            "mapped_x",
            include_str!("../deploy/mappings/x.toml"),
            include_str!("../tests/data/feeds/x.jsonl").lines().next().unwrap_or(""),
        ),
    ] {
        let mapping = Mapping::parse(name, mapping).unwrap_or_else(|error| panic!("{error}"));
        let mapped = Decoder { mapping: Some(Arc::new(mapping)), max_record_bytes: 1_000_000 };
        let record = record(payload);
        group.bench_function(name, |b| b.iter(|| mapped.decode(black_box(&record))));
    }
    group.finish();
}

criterion_group!(benches, records);
criterion_main!(benches);
