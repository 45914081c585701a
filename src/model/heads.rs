//! What is read off the token vectors: sentiment of the text and toward each target, signals, the embedding.
//!
//! With `m` the mean of all token vectors and `s` the mean over a target's tokens, the logits of the text are `W·m + b`, and
//! toward the target `W·m + b + V·[s, s − m] + c` (`../shared/model/README.md`, models/README.md). One pass of the encoder
//! serves every target.

use super::ModelError;
use super::card::{Bounds, LinearHead, Temperatures, Tensors};
use super::evidence;
use super::head::Head;
use super::math::{dot, mean, normalise, softmax};
use super::scores::{Scores, Sentiment, Signals};
use super::topics::Prototypes;
use super::weights::TensorFile;
use super::workers::Item;
use crate::text::Span;

/// All heads that read one layer.
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
    temperatures: Temperatures,
    abstain_below: f32,
}

/// What the heads make of a text in numbers: enough to tell how sure they are.
pub(super) struct Reading {
    /// The mean of all token vectors.
    mean: Vec<f32>,
    /// Probabilities of the text's sentiment.
    text: [f32; 3],
    /// Of the sentiment toward each target.
    targets: Vec<[f32; 3]>,
    /// Of complaint, offensive, spam: yes from 0.5 on.
    signals: [f32; 3],
}

impl Reading {
    /// The probability of the least sure answer: the sentiment toward each target (of the text, where there is none),
    /// and each of the signals.
    pub(super) fn sureness(&self) -> f32 {
        let text = self.targets.is_empty().then_some(&self.text);
        let sentiments = self.targets.iter().chain(text).map(surest);
        sentiments.chain(self.signals.map(|yes| yes.max(1.0 - yes))).fold(1.0, f32::min)
    }
}

/// The probability of the likeliest class.
fn surest(probabilities: &[f32; 3]) -> f32 {
    probabilities.iter().copied().fold(0.0, f32::max)
}

impl Heads {
    /// Loads the heads of these tensors.
    pub(super) fn load(
        file: &TensorFile<'_>,
        hidden: usize,
        names: &Tensors,
        temperatures: Temperatures,
        bounds: Bounds,
    ) -> Result<Self, ModelError> {
        let linear = |head: &LinearHead, rows| Head::load(file, &head.weight, head.bias.as_deref(), [rows, hidden]);
        // Moved so that the threshold becomes a half: who reads an event need not know the model's thresholds.
        let signal = |head: &LinearHead, threshold: f32| {
            let mut head = linear(head, 2)?;
            head.bias[1] -= (threshold / (1.0 - threshold)).ln();
            Ok(head)
        };
        let [complaint, offensive, spam] = bounds.signals;
        let of_text = &names.sentiment;
        let sentiment = Head::load(file, &of_text.weight, of_text.bias.as_deref(), [3, hidden])?;
        let (negative, positive) = (&sentiment.weight[..hidden], &sentiment.weight[2 * hidden..]);
        Ok(Self {
            hidden,
            direction: positive.iter().zip(negative).map(|(positive, negative)| positive - negative).collect(),
            target: Head::load(file, &of_text.target_weight, of_text.target_bias.as_deref(), [3, 2 * hidden])?,
            sentiment,
            complaint: signal(&names.complaint, complaint)?,
            offensive: signal(&names.offensive, offensive)?,
            spam: signal(&names.spam, spam)?,
            embedding: linear(&names.embedding, hidden)?,
            temperatures,
            abstain_below: bounds.abstain_below,
        })
    }

    /// Reads one sequence: `vectors` holds a row for each of the item's tokens.
    pub(super) fn read(&self, item: &Item, vectors: &[f32]) -> Reading {
        let rows = vectors.chunks_exact(self.hidden);
        let all = mean(rows, self.hidden).unwrap_or_else(|| vec![0.0; self.hidden]);
        let temperature = self.temperatures.of(&item.language);
        let logits: [f32; 3] = self.sentiment.logits(&all);
        let toward = |tokens: &Vec<usize>| {
            let own = tokens.iter().map(|at| &vectors[at * self.hidden..(at + 1) * self.hidden]);
            // A target that no token stands for gets the sentiment of the text.
            let Some(span) = mean(own, self.hidden) else { return softmax(logits, temperature) };
            let apart: Vec<f32> = span.iter().zip(&all).map(|(span, all)| span - all).collect();
            let shift: [f32; 3] = self.target.logits(&[span, apart].concat());
            softmax(std::array::from_fn(|class| logits[class] + shift[class]), temperature)
        };
        let yes = |head: &Head| softmax(head.logits::<2>(&all), 1.0)[1];
        Reading {
            text: softmax(logits, temperature),
            targets: item.input.targets.iter().map(toward).collect(),
            signals: [yes(&self.complaint), yes(&self.offensive), yes(&self.spam)],
            mean: all,
        }
    }

    /// Everything that is said of a text that was read here, after so many layers: the reading with its evidence and
    /// topics.
    pub(super) fn say(
        &self,
        reading: &Reading,
        item: &Item,
        vectors: &[f32],
        prototypes: &Prototypes,
        layers: usize,
    ) -> Scores {
        let input = &item.input;
        let rows = vectors.chunks_exact(self.hidden);
        let shares: Vec<f32> = rows.map(|row| dot(&self.direction, row) / input.ids.len() as f32).collect();
        let words = evidence::words(&item.text, &input.spans, &shares);
        let sentiment = |probabilities: &[f32; 3], own: &[Span]| Sentiment {
            probabilities: *probabilities,
            abstained: surest(probabilities) < self.abstain_below,
            evidence: evidence::strongest(&words, own),
        };
        let toward = |(probabilities, tokens): (_, &Vec<usize>)| {
            let own: Vec<Span> = tokens.iter().filter_map(|&at| input.spans[at]).collect();
            sentiment(probabilities, &own)
        };
        let [complaint, offensive, spam] = reading.signals;
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Scores {
            text: sentiment(&reading.text, &[]),
            targets: reading.targets.iter().zip(&input.targets).map(toward).collect(),
            signals: Some(Signals { complaint, offensive, spam }),
            topics: if prototypes.is_empty() { Vec::new() } else { prototypes.of(&self.embed(&reading.mean)) },
            tokens: count(input.ids.len()),
            layers: count(layers),
            truncated: input.truncated,
        }
    }

    /// The sentence embedding of token vectors, of length 1.
    pub(super) fn embedding(&self, vectors: &[f32]) -> Vec<f32> {
        mean(vectors.chunks_exact(self.hidden), self.hidden).map_or_else(Vec::new, |all| self.embed(&all))
    }

    fn embed(&self, all: &[f32]) -> Vec<f32> {
        let mut embedding = self.embedding.outputs(all);
        normalise(&mut embedding);
        embedding
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
            temperatures: Temperatures::plain(),
            abstain_below: 0.5,
        }
    }
}
