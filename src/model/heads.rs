//! What is read off the token vectors: sentiment of the text and toward each target, signals, the embedding.
//!
//! With `m` the mean of all token vectors and `s` the mean over a target's tokens, the logits of the text are `W·m + b`, and
//! toward the target `W·m + b + V·[s, s − m] + c` (`../shared/model/README.md`, models/README.md). One pass of the encoder
//! serves every target.

use super::ModelError;
use super::card::{LinearHead, SignalHead};
use super::directory::Directory;
use super::evidence;
use super::input::Input;
use super::math::{dot, mean, normalise, softmax};
use super::scores::{Scores, Sentiment};
use super::topics::Prototypes;
use super::weights::TensorFile;

/// A linear map in float32.
struct Head {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

impl Head {
    fn load(file: &TensorFile<'_>, weight: &str, bias: Option<&str>, shape: [usize; 2]) -> Result<Self, ModelError> {
        let bias = bias.map_or_else(|| Ok(vec![0.0; shape[0]]), |name| file.floats(name, &[shape[0]]))?;
        Ok(Self { weight: file.floats(weight, &shape)?, bias })
    }

    fn logits<const N: usize>(&self, vector: &[f32]) -> [f32; N] {
        std::array::from_fn(|class| self.row(class, vector.len(), vector))
    }

    fn row(&self, class: usize, width: usize, vector: &[f32]) -> f32 {
        dot(&self.weight[class * width..(class + 1) * width], vector) + self.bias[class]
    }
}

/// All heads of a model.
pub(super) struct Heads {
    hidden: usize,
    sentiment: Head,
    target: Head,
    /// What a token vector adds to positive over negative.
    direction: Vec<f32>,
    complaint: Head,
    offensive: Head,
    spam: Head,
    embedding: Head,
    temperature: f32,
    abstain_below: f32,
}

impl Heads {
    /// Loads the heads that `undertone.json` names.
    pub(super) fn load(directory: &Directory, file: &TensorFile<'_>) -> Result<Self, ModelError> {
        let hidden = directory.architecture.hidden_size;
        let names = &directory.card.heads;
        let linear = |head: &LinearHead| Head::load(file, &head.weight, head.bias.as_deref(), [hidden, hidden]);
        let signal = |head: &SignalHead| Head::load(file, &head.weight, head.bias.as_deref(), [2, hidden]);
        let of_text = &names.sentiment;
        let sentiment = Head::load(file, &of_text.weight, of_text.bias.as_deref(), [3, hidden])?;
        let (negative, positive) = (&sentiment.weight[..hidden], &sentiment.weight[2 * hidden..]);
        Ok(Self {
            hidden,
            direction: positive.iter().zip(negative).map(|(positive, negative)| positive - negative).collect(),
            target: Head::load(file, &of_text.target_weight, of_text.target_bias.as_deref(), [3, 2 * hidden])?,
            sentiment,
            complaint: signal(&names.complaint)?,
            offensive: signal(&names.offensive)?,
            spam: signal(&names.spam)?,
            embedding: linear(&names.embedding)?,
            temperature: directory.card.calibration.temperature,
            abstain_below: directory.card.calibration.abstain_below,
        })
    }

    /// Reads one sequence: `vectors` holds a row for each of `input`'s tokens, `text` is what they were made of.
    pub(super) fn read(&self, text: &str, input: &Input, vectors: &[f32], prototypes: &Prototypes) -> Scores {
        let rows = || vectors.chunks_exact(self.hidden);
        let all = mean(rows(), self.hidden).unwrap_or_else(|| vec![0.0; self.hidden]);
        let shares: Vec<f32> = rows().map(|row| dot(&self.direction, row) / input.ids.len() as f32).collect();
        let words = evidence::words(text, &input.spans, &shares);
        let logits: [f32; 3] = self.sentiment.logits(&all);
        let targets = input
            .targets
            .iter()
            .map(|tokens| {
                let span =
                    mean(tokens.iter().map(|at| &vectors[at * self.hidden..(at + 1) * self.hidden]), self.hidden);
                let Some(span) = span else { return self.sentiment_of(logits, evidence::strongest(&words, &[])) };
                let apart: Vec<f32> = span.iter().zip(&all).map(|(span, all)| span - all).collect();
                let shift: [f32; 3] = self.target.logits(&[span, apart].concat());
                let own: Vec<_> = tokens.iter().filter_map(|&at| input.spans[at]).collect();
                let toward = std::array::from_fn(|class| logits[class] + shift[class]);
                self.sentiment_of(toward, evidence::strongest(&words, &own))
            })
            .collect();
        let yes = |head: &Head| softmax(head.logits::<2>(&all), 1.0)[1];
        Scores {
            text: self.sentiment_of(logits, evidence::strongest(&words, &[])),
            targets,
            complaint: yes(&self.complaint),
            offensive: yes(&self.offensive),
            spam: yes(&self.spam),
            topics: if prototypes.is_empty() { Vec::new() } else { prototypes.of(&self.embed(&all)) },
            tokens: u32::try_from(input.ids.len()).unwrap_or(u32::MAX),
            truncated: input.truncated,
        }
    }

    /// The sentence embedding of token vectors, of length 1.
    pub(super) fn embedding(&self, vectors: &[f32]) -> Vec<f32> {
        mean(vectors.chunks_exact(self.hidden), self.hidden).map_or_else(Vec::new, |all| self.embed(&all))
    }

    fn embed(&self, all: &[f32]) -> Vec<f32> {
        let mut embedding: Vec<f32> = (0..self.hidden).map(|row| self.embedding.row(row, self.hidden, all)).collect();
        normalise(&mut embedding);
        embedding
    }

    fn sentiment_of(&self, logits: [f32; 3], evidence: Vec<super::Evidence>) -> Sentiment {
        let probabilities = softmax(logits, self.temperature);
        let surest = probabilities.iter().copied().fold(0.0, f32::max);
        Sentiment { probabilities, abstained: surest < self.abstain_below, evidence }
    }
}

#[cfg(test)]
impl Heads {
    /// Heads that say nothing, for tests of what is around them.
    pub(super) fn blank(hidden: usize) -> Self {
        let head = |rows: usize, width: usize| Head { weight: vec![0.0; rows * width], bias: vec![0.0; rows] };
        Self {
            hidden,
            sentiment: head(3, hidden),
            target: head(3, 2 * hidden),
            direction: vec![0.0; hidden],
            complaint: head(2, hidden),
            offensive: head(2, hidden),
            spam: head(2, hidden),
            embedding: head(hidden, hidden),
            temperature: 1.0,
            abstain_below: 0.5,
        }
    }
}
