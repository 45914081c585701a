//! How often the 95 % band holds the truth: `cargo bench --bench coverage` prints the table of docs/REPUTATION.md.

// A table on stdout is what this is for.
#![allow(clippy::print_stdout)]

mod simulation;

use std::borrow::Cow;

use jiff::Timestamp;
use simulation::{Band, Before, Case, Opinion, Truth, simulate};
use undertone::mention::Op;
use undertone::model::SentimentLabel;
use undertone::reputation::observation::{Language, Meant, Said, Signals};
use undertone::reputation::score::{Score, standings};
use undertone::reputation::{Digest, Observation};
use undertone::watch::Relation;

const DRAWS: u32 = 10_000;
const NOW: i64 = 1_772_323_200_000;

fn event(number: usize, opinion: &Opinion) -> Observation<'static> {
    let positive = f64::from(u8::from(opinion.positive));
    let label = if opinion.positive { SentimentLabel::Positive } else { SentimentLabel::Negative };
    Observation {
        id: Cow::Owned(number.to_string()),
        op: Op::Observed,
        revision: 0,
        relation: Some(Relation::Mention),
        mention: Said {
            id: Cow::Borrowed(""),
            source: Cow::Borrowed("x"),
            text: Cow::Borrowed(""),
            url: None,
            created_at: Timestamp::from_millisecond(NOW - (opinion.age * 3_600_000.0) as i64).unwrap_or_default(),
            kind: None,
            parent_id: None,
            parent_author: None,
            thread_id: None,
            author: None,
            engagement: None,
            in_community: None,
        },
        entity: None,
        language: Language { code: Cow::Borrowed("en") },
        sentiment: Some(Meant { label, negative: 1.0 - positive, neutral: 0.0, positive, abstained: false }),
        topics: Vec::new(),
        signals: Signals::default(),
        fingerprint: 0,
    }
}

fn band(opinions: &[Opinion]) -> Band {
    let mut score = Score::default();
    for (number, opinion) in opinions.iter().enumerate() {
        let event = event(number, opinion);
        score.fold(&event, &Digest::of(&event));
    }
    let [hour, ..] = standings(score.look(NOW));
    (hour.low / 100.0, hour.high / 100.0, hour.effective_mentions)
}

fn main() {
    println!("Coverage of the 95 % band of the window of one hour, {DRAWS} draws a line (each sure to ±0.4 points)");
    println!("{:<10} {:<12} {:>6} {:>9} {:>8}", "before", "truth", "n", "covered", "width");
    let mut cases = Vec::new();
    for before in [Before::Even, Before::Nothing] {
        cases.extend([5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 400.0].map(|n| Case { before, truth: Truth::Prior, n }));
    }
    for before in [Before::Same, Before::Nothing, Before::Even] {
        for n in [200.0, 400.0] {
            cases.extend([0.1, 0.3, 0.5, 0.7, 0.9].map(|share| Case { before, truth: Truth::Share(share), n }));
        }
    }
    for (case, seed) in cases.into_iter().zip(1..) {
        let outcome = simulate(case, DRAWS, seed, band);
        let truth = match case.truth {
            Truth::Prior => "Beta(10, 10)".to_owned(),
            Truth::Share(share) => format!("{share}"),
        };
        let before = format!("{:?}", case.before).to_lowercase();
        println!(
            "{before:<10} {truth:<12} {:>6.1} {:>8.1}% {:>7.1}",
            outcome.n,
            100.0 * outcome.covered,
            100.0 * outcome.width
        );
    }
}
