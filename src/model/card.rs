//! `undertone.json`: what a model says of itself. docs/MODEL_FORMAT.md describes it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::ModelError;
use super::directory::Architecture;
use super::weights::load_error;

/// The version of `undertone.json` that this program reads.
const FORMAT: u32 = 1;

/// `undertone.json`: what the heads are and how to read them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Card {
    format: u32,
    pub(super) name: String,
    pub(super) version: String,
    pub(super) input: Input,
    pub(super) heads: HeadNames,
    pub(super) calibration: Calibration,
    pub(super) topics: Topics,
    #[serde(default)]
    pub(super) languages: BTreeMap<String, serde_json::Value>,
}

/// What is put before a text, and how much of it is read.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    pub(super) prefix: String,
    pub(super) max_tokens: usize,
}

/// The names of the heads' tensors.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadNames {
    pub(super) sentiment: SentimentHead,
    pub(super) complaint: SignalHead,
    pub(super) offensive: SignalHead,
    pub(super) spam: SignalHead,
    pub(super) embedding: LinearHead,
}

/// The sentiment head: of the text, and what a target adds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SentimentHead {
    labels: Vec<String>,
    pub(super) weight: String,
    pub(super) bias: Option<String>,
    pub(super) target_weight: String,
    pub(super) target_bias: Option<String>,
}

/// A head of two classes, no and yes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignalHead {
    pub(super) weight: String,
    pub(super) bias: Option<String>,
    pub(super) threshold: f32,
}

/// A linear map.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinearHead {
    pub(super) weight: String,
    pub(super) bias: Option<String>,
}

/// How logits become probabilities.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Calibration {
    pub(super) temperature: f32,
    pub(super) abstain_below: f32,
}

/// When a mention has a topic.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Topics {
    pub(super) threshold: f32,
}

/// Checks what the types of its fields do not.
pub(super) fn check_card(path: &Path, card: &Card, architecture: &Architecture) -> Result<(), ModelError> {
    let check = |holds: bool, field: &str, found: String, expected: &str| {
        if holds { Ok(()) } else { Err(load_error(path, format!("{field}: found {found}; expected {expected}"))) }
    };
    let labels = &card.heads.sentiment.labels;
    let tokens = card.input.max_tokens;
    let longest = architecture.max_position_embeddings;
    check(card.format == FORMAT, "format", card.format.to_string(), "1")?;
    check(
        labels == &["negative", "neutral", "positive"],
        "heads.sentiment.labels",
        format!("{labels:?}"),
        "negative, neutral, positive",
    )?;
    check(
        (16..=longest).contains(&tokens),
        "input.max_tokens",
        tokens.to_string(),
        &format!("16 to max_position_embeddings ({longest})"),
    )?;
    let temperature = card.calibration.temperature;
    check(temperature > 0.0, "calibration.temperature", temperature.to_string(), "above 0")?;
    let unit = |field: &str, value: f32| check((0.0..=1.0).contains(&value), field, value.to_string(), "0 to 1");
    unit("calibration.abstain_below", card.calibration.abstain_below)?;
    unit("heads.complaint.threshold", card.heads.complaint.threshold)?;
    unit("heads.offensive.threshold", card.heads.offensive.threshold)?;
    unit("heads.spam.threshold", card.heads.spam.threshold)?;
    unit("topics.threshold", card.topics.threshold)
}
