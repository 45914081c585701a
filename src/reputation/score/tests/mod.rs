//! Tests of the score, against sums made the long way.

mod bounds;
mod coverage;
mod oracle;
mod properties;
mod standing;

use std::borrow::Cow;

use jiff::Timestamp;

use super::{Folded, Score};
use crate::mention::Op;
use crate::model::SentimentLabel;
use crate::reputation::Digest;
use crate::reputation::observation::{Author, Language, Meant, Observation, Said, Signals, Topic};
use crate::watch::Relation;

/// 1 March 2026, in milliseconds since the epoch.
const START: i64 = 1_772_323_200_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// One version of a mention.
#[derive(Debug, Clone, PartialEq)]
struct Post {
    id: u32,
    op: Op,
    revision: u64,
    own: bool,
    /// After [`START`].
    after: i64,
    author: Option<u32>,
    followers: u64,
    spam: f64,
    positive: f64,
    negative: f64,
    topics: Vec<u32>,
    source: u32,
    language: u32,
    /// Posts with the same number are copies; 0 has none.
    copy_of: u32,
}

impl Default for Post {
    fn default() -> Self {
        Self {
            id: 0,
            op: Op::Observed,
            revision: 0,
            own: false,
            after: 0,
            author: None,
            followers: 0,
            spam: 0.0,
            positive: 1.0,
            negative: 0.0,
            topics: Vec::new(),
            source: 0,
            language: 0,
            copy_of: 0,
        }
    }
}

impl Post {
    fn event(&self) -> Observation<'static> {
        Observation {
            id: Cow::Owned(format!("s{}:{}#e", self.source, self.id)),
            op: self.op,
            revision: self.revision,
            relation: Some(if self.own { Relation::Own } else { Relation::Mention }),
            mention: Said {
                id: Cow::Owned(self.id.to_string()),
                source: Cow::Owned(format!("s{}", self.source)),
                text: Cow::Borrowed("enough words to tell a copy from chance"),
                url: None,
                created_at: Timestamp::from_millisecond(START + self.after).unwrap(),
                kind: None,
                parent_id: None,
                parent_author: None,
                thread_id: None,
                author: self.author.map(|author| Author {
                    id: Some(Cow::Owned(author.to_string())),
                    followers: Some(self.followers),
                    ..Author::default()
                }),
                engagement: None,
                in_community: None,
            },
            entity: None,
            language: Language { code: Cow::Owned(format!("l{}", self.language)) },
            sentiment: Some(Meant {
                label: SentimentLabel::Neutral,
                negative: self.negative,
                neutral: 1.0 - self.negative - self.positive,
                positive: self.positive,
                abstained: false,
            }),
            topics: self.topics.iter().map(|it| Topic { id: Cow::Owned(format!("t{it}")), score: 0.5 }).collect(),
            signals: Signals { spam: Some(self.spam), ..Signals::default() },
            // Spread over all bits, so that only equal ones are near.
            fingerprint: u64::from(self.copy_of).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        }
    }
}

fn fold(score: &mut Score, event: &Observation<'_>) -> Folded {
    score.fold(event, &Digest::of(event))
}

fn score_of<'a>(posts: impl IntoIterator<Item = &'a Post>) -> Score {
    let mut score = Score::default();
    posts.into_iter().for_each(|post| {
        fold(&mut score, &post.event());
    });
    score
}
