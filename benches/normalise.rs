//! Normalisation, fingerprint and question of one post: each has to stay near a microsecond.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use undertone::text::{Span, fingerprint, is_question, normalise};

const PLAIN: &str =
    "The new oat cappuccino at the harbour branch is far too sweet and I could not finish half of it today";
const TWEET: &str = "@harbour_cafe the new oat cappuccino &amp; the cake were both far too sweet today 😡 is that on purpose? https://example.com/p/1";
const VIETNAMESE: &str =
    "@quan_ca_phe cà phê ở chi nhánh mới ngọt quá, tôi không uống hết nổi, nhân viên thì rất dễ thương 😊";

fn texts(c: &mut Criterion) {
    for (name, text) in [("plain", PLAIN), ("tweet", TWEET), ("vietnamese", VIETNAMESE)] {
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(1));
        group.bench_function("normalise", |b| b.iter(|| normalise(black_box(text), &[Span::new(1, 8)])));
        let normalised = normalise(text, &[]).text;
        group.bench_function("fingerprint", |b| b.iter(|| fingerprint(black_box(&normalised))));
        group.bench_function("is_question", |b| b.iter(|| is_question(black_box(&normalised))));
        group.finish();
    }
}

criterion_group!(benches, texts);
criterion_main!(benches);
