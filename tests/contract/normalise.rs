//! Normalisation as the training pipeline has to do it as well: tests/data/normalise.jsonl is read by both, here and by
//! `python models/normalise.py`.

use undertone::text::{Span, normalise};

#[derive(serde::Deserialize)]
struct Case {
    source: String,
    /// Code points of the source that matched a query.
    #[serde(default)]
    keep: Vec<(usize, usize)>,
    /// In which the text is read then, if that matters.
    #[serde(default)]
    language: String,
    normalised: String,
}

#[test]
fn training_and_serving_agree() {
    let cases = include_str!("../data/normalise.jsonl");
    for (number, line) in cases.lines().enumerate() {
        let case: Case = serde_json::from_str(line).unwrap();
        let byte = |at: usize| case.source.char_indices().nth(at).map_or(case.source.len(), |(byte, _)| byte) as u32;
        let keep: Vec<Span> = case.keep.iter().map(|&(start, end)| Span::new(byte(start), byte(end))).collect();
        let read = normalise(&case.source, &keep).as_read_in(&case.language);
        assert_eq!(read.text, case.normalised, "line {}", number + 1);
    }
    assert!(cases.lines().count() >= 20);
}
