//! The arithmetic of a correction.

use super::Effect;
use crate::model::SentimentLabel;

/// Probabilities of negative, neutral and positive after an effect.
pub(in crate::enrich) fn corrected(probabilities: [f32; 3], effect: Effect) -> [f32; 3] {
    match effect {
        Effect::Fix(SentimentLabel::Negative) => [1.0, 0.0, 0.0],
        Effect::Fix(SentimentLabel::Neutral) => [0.0, 1.0, 0.0],
        Effect::Fix(SentimentLabel::Positive) => [0.0, 0.0, 1.0],
        Effect::Shift(by) => shifted(probabilities, by),
        Effect::Spare => probabilities,
    }
}

/// Moves the log-odds of positive against negative by `by`: half of it is added to the logit of positive, half taken from
/// that of negative, and the three sum to 1 again. Neutral keeps its weight against the two of them, so that a text on its
/// way from one side to the other passes through neutral, and a faint shift makes no opinion of a plain statement.
fn shifted([negative, neutral, positive]: [f32; 3], by: f64) -> [f32; 3] {
    let tilt = (by / 2.0).exp();
    let weights = [f64::from(negative) / tilt, f64::from(neutral), f64::from(positive) * tilt];
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| (weight / sum) as f32)
}
