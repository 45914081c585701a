//! What the model says of one text.

use serde::{Deserialize, Serialize};

use crate::text::Span;

/// The three classes, in the order of every probability triple.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SentimentLabel {
    /// Against.
    Negative,
    /// Neither, or both alike.
    Neutral,
    /// For.
    Positive,
}

impl SentimentLabel {
    /// The label that a user wrote: `negative`, `neutral` or `positive`.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "negative" => Some(Self::Negative),
            "neutral" => Some(Self::Neutral),
            "positive" => Some(Self::Positive),
            _ => None,
        }
    }
}

/// A piece of the normalised text that moved the label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// Where, in the normalised text.
    pub span: Span,
    /// Its share of the logit difference between positive and negative: above zero speaks for, below against.
    pub weight: f32,
}

/// Sentiment of a text, or toward one entity in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentiment {
    /// Probabilities of negative, neutral, positive; they sum to 1.
    pub probabilities: [f32; 3],
    /// The model is less sure than the calibrated bound: the label should not be leaned on.
    pub abstained: bool,
    /// The phrases that moved it most, strongest first, at most five.
    pub evidence: Vec<Evidence>,
}

/// Probabilities of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signals {
    /// That it is a complaint.
    pub complaint: f32,
    /// That it is offensive.
    pub offensive: f32,
    /// That it is spam.
    pub spam: f32,
}

/// Everything the model says of one text.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    /// Of the text at large.
    pub text: Sentiment,
    /// Toward each target of the request, in its order.
    pub targets: Vec<Sentiment>,
    /// What else it is; `None` from a model that does not say.
    pub signals: Option<Signals>,
    /// Topics over their threshold: index into the watchlist's topics and a score of 0 to 1, best first.
    pub topics: Vec<(u16, f32)>,
    /// How many tokens were encoded.
    pub tokens: u32,
    /// How many layers they went through: fewer than all where the text was sure early.
    pub layers: u32,
    /// The text was longer than the model reads, and was cut to a window around the targets.
    pub truncated: bool,
}
