//! `undertone.json`: what a model says of itself. docs/MODEL_FORMAT.md describes it.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;

use serde::Deserialize;

use super::stored::Shape;
use super::weights::load_error;
use super::{Effort, ModelError};

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
    /// Earlier layers with heads of their own, in order; none in a model that is always read to the end.
    #[serde(default)]
    pub(super) exits: Vec<Exit>,
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
    /// From this probability on the answer is yes.
    threshold: f32,
}

/// The tensors of all heads that read one layer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tensors {
    pub(super) sentiment: SentimentTensors,
    pub(super) complaint: LinearHead,
    pub(super) offensive: LinearHead,
    pub(super) spam: LinearHead,
    pub(super) embedding: LinearHead,
}

/// The tensors of a sentiment head.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SentimentTensors {
    pub(super) weight: String,
    pub(super) bias: Option<String>,
    pub(super) target_weight: String,
    pub(super) target_bias: Option<String>,
}

impl HeadNames {
    /// The tensors of the heads at the end.
    pub(super) fn tensors(&self) -> Tensors {
        let SentimentHead { weight, bias, target_weight, target_bias, .. } = self.sentiment.clone();
        let signal = |head: &SignalHead| LinearHead { weight: head.weight.clone(), bias: head.bias.clone() };
        Tensors {
            sentiment: SentimentTensors { weight, bias, target_weight, target_bias },
            complaint: signal(&self.complaint),
            offensive: signal(&self.offensive),
            spam: signal(&self.spam),
            embedding: self.embedding.clone(),
        }
    }
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
    temperature: f32,
    #[serde(default)]
    languages: BTreeMap<String, f32>,
    pub(super) abstain_below: f32,
}

impl Calibration {
    /// The temperatures at the end.
    pub(super) fn temperatures(&self) -> Temperatures {
        Temperatures { temperature: self.temperature, languages: self.languages.clone() }
    }
}

/// What the logits of a sentiment are divided by.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Temperatures {
    temperature: f32,
    /// By ISO 639-1 code; languages that are not listed take the one above.
    #[serde(default)]
    languages: BTreeMap<String, f32>,
}

impl Temperatures {
    /// The temperature of a language.
    pub(super) fn of(&self, language: &str) -> f32 {
        self.languages.get(language).copied().unwrap_or(self.temperature)
    }
}

#[cfg(test)]
impl Temperatures {
    /// Temperatures that change nothing.
    pub(super) fn plain() -> Self {
        Self { temperature: 1.0, languages: BTreeMap::new() }
    }
}

/// An earlier layer where a mention may leave.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exit {
    /// How many layers have run.
    pub(super) layer: usize,
    pub(super) heads: Tensors,
    pub(super) calibration: Temperatures,
    pub(super) sure: Sure,
}

/// How sure the least sure answer must be for a mention to leave, by effort; nobody leaves where a level is missing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sure {
    balanced: Option<f32>,
    fast: Option<f32>,
}

impl Sure {
    /// The bound at an effort.
    pub(super) const fn at(&self, effort: Effort) -> Option<f32> {
        match effort {
            Effort::Full => None,
            Effort::Balanced => self.balanced,
            Effort::Fast => self.fast,
        }
    }
}

/// When a mention has a topic.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Topics {
    pub(super) threshold: f32,
}

/// Where a probability becomes a decision, whatever the layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Of complaint, offensive, spam.
    pub(super) signals: [f32; 3],
    /// Of sentiment.
    pub(super) abstain_below: f32,
}

impl Card {
    /// Where probabilities become decisions.
    pub(super) fn bounds(&self) -> Bounds {
        let HeadNames { complaint, offensive, spam, .. } = &self.heads;
        Bounds {
            signals: [complaint, offensive, spam].map(|head| head.threshold),
            abstain_below: self.calibration.abstain_below,
        }
    }

    /// Checks what the types of the fields do not; `path` is the card's.
    pub(super) fn check(&self, path: &Path, shape: Shape) -> Result<(), ModelError> {
        let field = Fields(path);
        let labels = &self.heads.sentiment.labels;
        let longest = shape.positions;
        field.expect(self.format == FORMAT, "format", self.format, "1")?;
        field.expect(
            labels == &["negative", "neutral", "positive"],
            "heads.sentiment.labels",
            format!("{labels:?}"),
            "negative, neutral, positive",
        )?;
        field.expect(
            (16..=longest).contains(&self.input.max_tokens),
            "input.max_tokens",
            self.input.max_tokens,
            format!("16 to max_position_embeddings ({longest})"),
        )?;
        field.temperatures("calibration", &self.calibration.temperatures())?;
        field.unit("calibration.abstain_below", self.calibration.abstain_below)?;
        field.inside("heads.complaint.threshold", self.heads.complaint.threshold)?;
        field.inside("heads.offensive.threshold", self.heads.offensive.threshold)?;
        field.inside("heads.spam.threshold", self.heads.spam.threshold)?;
        field.unit("topics.threshold", self.topics.threshold)?;
        field.exits(&self.exits, shape.layers)
    }

    /// Refuses an effort that this model has no exit for: whoever asks to save work should hear that none is saved.
    pub(super) fn check_effort(&self, path: &Path, effort: Effort) -> Result<(), ModelError> {
        let served = effort == Effort::Full || self.exits.iter().any(|exit| exit.sure.at(effort).is_some());
        let level = effort.name();
        let found = if self.exits.is_empty() { "none".to_owned() } else { format!("none with sure.{level}") };
        let expected = format!("one with sure.{level} for effort \"{level}\"; effort \"full\" needs no exit");
        Fields(path).expect(served, "exits", found, expected)
    }
}

/// The fields of the card at a path, for errors that name both.
struct Fields<'a>(&'a Path);

impl Fields<'_> {
    fn expect(&self, holds: bool, field: &str, found: impl Display, expected: impl Display) -> Result<(), ModelError> {
        if holds { Ok(()) } else { Err(load_error(self.0, format!("{field}: found {found}; expected {expected}"))) }
    }

    fn unit(&self, field: &str, value: f32) -> Result<(), ModelError> {
        self.expect((0.0..=1.0).contains(&value), field, value, "0 to 1")
    }

    /// A probability that has log-odds.
    fn inside(&self, field: &str, value: f32) -> Result<(), ModelError> {
        self.expect(value > 0.0 && value < 1.0, field, value, "above 0 and below 1")
    }

    fn temperatures(&self, field: &str, all: &Temperatures) -> Result<(), ModelError> {
        let above_zero =
            |name: &str, value: f32| self.expect(value > 0.0, &format!("{field}.{name}"), value, "above 0");
        above_zero("temperature", all.temperature)?;
        all.languages.iter().try_for_each(|(code, temperature)| {
            let is_code = (2..=3).contains(&code.len()) && code.bytes().all(|letter| letter.is_ascii_lowercase());
            self.expect(is_code, &format!("{field}.languages"), format!("{code:?}"), "ISO 639-1 codes such as \"vi\"")?;
            above_zero(&format!("languages.{code}"), *temperature)
        })
    }

    fn exits(&self, exits: &[Exit], layers: usize) -> Result<(), ModelError> {
        let mut least = 1;
        for (at, exit) in exits.iter().enumerate() {
            let of = |name: &str| format!("exits[{at}].{name}");
            let expected =
                format!("{least} to {}: above the exit before it, below the last layer", layers.saturating_sub(1));
            self.expect((least..layers).contains(&exit.layer), &of("layer"), exit.layer, expected)?;
            least = exit.layer + 1;
            self.temperatures(&of("calibration"), &exit.calibration)?;
            for effort in [Effort::Balanced, Effort::Fast] {
                if let Some(sure) = exit.sure.at(effort) {
                    self.unit(&of(&format!("sure.{}", effort.name())), sure)?;
                }
            }
        }
        Ok(())
    }
}
