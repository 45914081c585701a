//! The int8 engine against the float32 reference on the `val` posts of ../shared/data: every fourth of 300 of each set, since a processor
//! without VNNI takes minutes for all. `UNDERTONE_EVERY=1` takes them all.
//!
//! What the reference says is committed in `val.jsonl.gz`, without the posts, which must not be: the test puts them in again.
//! models/README.md says how the file is made. `UNDERTONE_VAL` names another one, of all posts for instance.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::Crc;
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use undertone::model::{Request, Scorer};
use undertone::text::{Span, normalise};

use crate::golden::label;
use crate::{scorer, signals};

/// What the reference says of one post.
#[derive(Debug, Deserialize)]
struct Said {
    /// The set and the line of the post.
    source: String,
    line: usize,
    /// What a person said of it.
    label: String,
    /// Where the target stands in the post, and in the normalised post: half-open ranges of bytes.
    keep: Vec<[u32; 2]>,
    targets: Vec<Vec<[u32; 2]>>,
    /// Of the normalised post.
    crc: u32,
    text_probs: [f32; 3],
    target_probs: Vec<[f32; 3]>,
    complaint: f32,
    offensive: f32,
    spam: f32,
}

#[derive(Debug, Deserialize)]
struct Post {
    text: String,
    lang: String,
}

/// True, predicted.
type Pairs = Vec<(usize, usize)>;

fn lines<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    let file = File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = BufReader::new(MultiGzDecoder::new(file)).lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect()
}

fn spans(places: &[[u32; 2]]) -> Vec<Span> {
    places.iter().map(|[start, end]| Span::new(*start, *end)).collect()
}

/// The request that a row answers, with the post put in again.
fn request(said: &Said, posts: &[Post]) -> Request {
    let post = &posts[said.line - 1];
    let text = normalise(&post.text, &spans(&said.keep)).as_read_in(&post.lang).text;
    let mut crc = Crc::new();
    crc.update(text.as_bytes());
    assert_eq!(crc.sum(), said.crc, "{} line {}: not the text that the reference read: {text}", said.source, said.line);
    Request { text, targets: said.targets.iter().map(|places| spans(places)).collect(), ..Request::default() }
}

/// Macro-F1 in points over the classes that occur.
fn macro_f1(pairs: &Pairs) -> f64 {
    let classes: Vec<usize> = (0..3).filter(|class| pairs.iter().any(|(label, _)| label == class)).collect();
    let f1 = |class: usize| {
        let count = |test: &dyn Fn(&(usize, usize)) -> bool| pairs.iter().filter(|pair| test(pair)).count() as f64;
        let both = count(&|pair| *pair == (class, class));
        2.0 * both / (count(&|pair| pair.0 == class) + count(&|pair| pair.1 == class)).max(1.0)
    };
    100.0 * classes.iter().map(|&class| f1(class)).sum::<f64>() / classes.len().max(1) as f64
}

/// The least agreement of labels and of clear ones, the largest distance of probabilities on average and for 99 of 100, the largest
/// loss of macro-F1 in points.
pub(crate) struct Bars {
    pub(crate) agree: f64,
    pub(crate) clear: f64,
    pub(crate) mean: f64,
    pub(crate) high: f32,
    pub(crate) loss: f64,
}

#[test]
fn the_engine_agrees_with_the_float_reference_on_the_val_sets() {
    hold_to_reference(scorer(), &Bars { agree: 0.98, clear: 0.995, mean: 0.01, high: 0.05, loss: 0.3 });
}

/// Scores the posts and asserts that the reference is as near.
pub(crate) fn hold_to_reference(scorer: &Scorer, bars: &Bars) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = std::env::var_os("UNDERTONE_VAL").map_or_else(|| root.join("tests/model/val.jsonl.gz"), PathBuf::from);
    let every = std::env::var("UNDERTONE_EVERY").map_or(4, |every| every.parse().unwrap());
    let rows: Vec<Said> = lines(&file).into_iter().step_by(every).collect();
    let mut posts: BTreeMap<&str, Vec<Post>> = BTreeMap::new();
    let requests = rows.iter().map(|said| {
        let posts = posts
            .entry(&said.source)
            .or_insert_with(|| lines(&root.join("../shared/data").join(&said.source).join("val.jsonl.gz")));
        request(said, posts)
    });
    let scores = scorer.score(requests.collect()).unwrap();

    let (mut all, mut same, mut clear, mut clear_same) = (0u32, 0u32, 0u32, 0u32);
    let mut distances = Vec::new();
    let mut sets: BTreeMap<&str, (Pairs, Pairs)> = BTreeMap::new();
    for (said, scores) in rows.iter().zip(&scores) {
        // The reference reads the beginning of a long text, the engine a window around the target.
        if scores.truncated && !said.targets.is_empty() {
            continue;
        }
        let targets = scores.targets.iter().map(|target| &target.probabilities).zip(&said.target_probs);
        for (ours, reference) in std::iter::once((&scores.text.probabilities, &said.text_probs)).chain(targets) {
            let (expected, margin) = label(reference);
            let agrees = label(ours).0 == expected;
            all += 1;
            same += u32::from(agrees);
            clear += u32::from(margin >= 0.05);
            clear_same += u32::from(margin >= 0.05 && agrees);
            distances.extend(ours.iter().zip(reference).map(|(a, b)| (a - b).abs()));
        }
        let told = signals(scores).into_iter().zip([said.complaint, said.offensive, said.spam]);
        distances.extend(told.map(|(ours, reference)| (ours - reference).abs()));
        if let Some(class) = ["negative", "neutral", "positive"].iter().position(|name| *name == said.label) {
            let set = sets.entry(&said.source).or_default();
            set.0.push((class, label(&scores.text.probabilities).0));
            set.1.push((class, label(&said.text_probs).0));
        }
    }
    distances.sort_by(f32::total_cmp);
    let mean = distances.iter().map(|distance| f64::from(*distance)).sum::<f64>() / distances.len() as f64;
    let high = distances[distances.len() * 99 / 100];
    let (agree, agree_clear) = (f64::from(same) / f64::from(all), f64::from(clear_same) / f64::from(clear));
    let pooled = |ours: bool| {
        let pairs = sets.values().flat_map(|set| if ours { &set.0 } else { &set.1 }).copied().collect();
        macro_f1(&pairs)
    };
    let loss = pooled(false) - pooled(true);
    println!("{}", scorer.info().engine);
    println!("{} posts, {all} judgements: labels agree {agree:.4}, clear ones {agree_clear:.4} of {clear}", rows.len());
    println!("probabilities: mean distance {mean:.5}, 99th percentile {high:.4}");
    println!("macro-F1 over all sets {:.2}, reference {:.2}, loss {loss:.2}", pooled(true), pooled(false));
    for (name, (ours, reference)) in &sets {
        let (ours_f1, reference_f1) = (macro_f1(ours), macro_f1(reference));
        println!("  {name:24} n {:5} macro-F1 {ours_f1:6.2} reference {reference_f1:6.2}", ours.len());
    }
    assert!(agree >= bars.agree, "labels agree for {agree}");
    assert!(agree_clear >= bars.clear, "labels with a margin of 0.05 agree for {agree_clear}");
    assert!(mean <= bars.mean, "mean distance {mean}");
    assert!(high <= bars.high, "99th percentile {high}");
    assert!(loss <= bars.loss, "macro-F1 loses {loss}");
}
