//! An entity's weeks, drawn from the numbers of a real stream: weekly rhythm, authors and their sessions as they were, days that
//! differ, viral copies, loud authors, and a drop where one is planted.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

use jiff::Timestamp;
use undertone::mention::Op;
use undertone::model::SentimentLabel;
use undertone::reputation::observation::{Author, Concerned, Language, Meant, Observation, Said, Signals, Topic};
use undertone::watch::{EntityKind, Relation};

use crate::random::Random;
use crate::stream::{HOUR, Mention, Stream};

pub(crate) const STEP: i64 = 300_000;
pub(crate) const WEEK: i64 = 168 * HOUR;
/// A Monday at midnight.
pub(crate) const START: i64 = 1_740_960_000_000;
/// What everybody says: copies are looked for among texts of five words or more.
const TEXT: &str = "it is said in five words";
const TOPICS: [&str; 3] = ["", "delay", "baggage"];

/// How the share of positive goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// At once, and it stays.
    Step,
    /// Over six hours, and it stays.
    Ramp,
    /// For three hours.
    Dip,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Drop {
    pub(crate) at: i64,
    /// As a share.
    pub(crate) depth: f64,
    pub(crate) shape: Shape,
}

impl Drop {
    fn depth(&self, at: i64) -> f64 {
        let hours = (at - self.at) as f64 / HOUR as f64;
        match self.shape {
            _ if hours < 0.0 => 0.0,
            Shape::Step => self.depth,
            Shape::Ramp => self.depth * (hours / 6.0).min(1.0),
            Shape::Dip => {
                if hours < 3.0 {
                    self.depth
                } else {
                    0.0
                }
            }
        }
    }
}

/// One entity's world.
#[derive(Clone)]
pub(crate) struct World<'a> {
    stream: &'a Stream,
    random: Random,
    /// Mentions an hour.
    volume: f64,
    /// Share of positive in the long run.
    level: f64,
    /// Standard deviation of a day's share, and today's.
    drift: f64,
    today: f64,
    /// Today's and this hour's volume, as a factor.
    busy: f64,
    hour: f64,
    pub(crate) clock: i64,
    pub(crate) drop: Option<Drop>,
    /// By time: what was begun and goes on.
    coming: BinaryHeap<Reverse<Coming>>,
    numbers: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Coming {
    at: i64,
    number: u64,
    author: u64,
    fingerprint: u64,
    copies: u32,
    positive: u32,
    negative: u32,
    topic: u8,
}

impl<'a> World<'a> {
    pub(crate) fn new(stream: &'a Stream, seed: u64, volume: f64) -> Self {
        let mut random = Random::new(seed);
        let (level, drift) = (random.between(0.45, 0.75), random.between(0.015, 0.04));
        Self {
            stream,
            random,
            volume,
            level,
            drift,
            today: 0.0,
            busy: 1.0,
            hour: 1.0,
            clock: START,
            drop: None,
            coming: BinaryHeap::new(),
            numbers: 0,
        }
    }

    /// The share of positive at the clock.
    fn share(&self) -> f64 {
        let hour = self.clock.div_euclid(HOUR).rem_euclid(24) as usize;
        let drop = self.drop.map_or(0.0, |drop| drop.depth(self.clock));
        (self.level + self.stream.tone[hour] + self.today - drop).clamp(0.03, 0.95)
    }

    /// Begins what begins within the step that ends at the new clock.
    fn begin(&mut self) {
        if self.clock.rem_euclid(24 * HOUR) == 0 {
            // A day is half as yesterday was.
            self.today = 0.5 * self.today + 0.75_f64.sqrt() * self.drift * self.random.normal();
            self.busy = (0.25 * self.random.normal() - 0.03).exp();
        }
        if self.clock.rem_euclid(HOUR) == 0 {
            self.hour = (0.2 * self.random.normal() - 0.02).exp();
        }
        let stream = self.stream;
        let hour_of_week = ((self.clock - START) / HOUR % 168) as usize;
        let rate = self.volume * stream.volume[hour_of_week] * self.busy * self.hour;
        let share = self.share();
        let each = STEP as f64 / HOUR as f64;
        for _ in 0..self.random.count(rate * each / stream.length) {
            let session = stream.draw(share, &mut self.random);
            let (author, start) = (self.random.bits(), self.clock + (self.random.unit() * STEP as f64) as i64);
            for mention in &session.mentions {
                let fingerprint = self.random.bits();
                self.say(start + mention.after, author, (fingerprint, 1), mention);
            }
        }
        // Twice in five days something is copied by many, and once in four days somebody is loud.
        let day = STEP as f64 / (24 * HOUR) as f64;
        for _ in 0..self.random.count(0.4 * day) {
            let many = (5.0 * self.random.unit().powf(-1.0 / 1.3)).min(80.0).min(4.0 * self.volume + 5.0) as usize;
            let (fingerprint, mention) = (self.random.bits(), self.one(share));
            let mut at = self.clock;
            for copies in 1..=many as u32 {
                // It spreads over three hours, at random.
                at += (3.0 / many as f64 * self.random.wait() * HOUR as f64) as i64;
                let author = self.random.bits();
                self.say(at, author, (fingerprint, copies), &mention);
            }
        }
        for _ in 0..self.random.count(0.25 * day) {
            let (author, first, many) = (self.random.bits(), self.one(share), 8 + self.random.below(23));
            let share = if first.positive > first.negative { 0.9 } else { 0.1 };
            for _ in 0..many {
                let (at, fingerprint) =
                    (self.clock + (self.random.unit() * 2.0 * HOUR as f64) as i64, self.random.bits());
                let mention = self.one(share);
                self.say(at, author, (fingerprint, 1), &mention);
            }
        }
    }

    fn one(&mut self, share: f64) -> Mention {
        let session = self.stream.draw(share, &mut self.random);
        session.mentions[self.random.below(session.mentions.len())]
    }

    fn say(&mut self, at: i64, author: u64, (fingerprint, copies): (u64, u32), mention: &Mention) {
        self.numbers += 1;
        let number = self.numbers;
        let (positive, negative) = ((mention.positive * 1e6) as u32, (mention.negative * 1e6) as u32);
        self.coming.push(Reverse(Coming {
            at,
            number,
            author,
            fingerprint,
            copies,
            positive,
            negative,
            topic: mention.topic,
        }));
    }

    /// Lets a step pass, and tells what was said in it, in order, each with how many copies there are so far.
    pub(crate) fn step(&mut self, mut tell: impl FnMut(&Observation<'_>, u32)) {
        self.begin();
        self.clock += STEP;
        while let Some(Reverse(next)) = self.coming.peek().copied().filter(|Reverse(next)| next.at < self.clock) {
            self.coming.pop();
            tell(&event(&next), next.copies);
        }
    }
}

fn event(said: &Coming) -> Observation<'static> {
    let (positive, negative) = (f64::from(said.positive) / 1e6, f64::from(said.negative) / 1e6);
    let neutral = 1.0 - positive - negative;
    let label = if positive > negative.max(neutral) {
        SentimentLabel::Positive
    } else if negative > neutral {
        SentimentLabel::Negative
    } else {
        SentimentLabel::Neutral
    };
    let topic = TOPICS.get(usize::from(said.topic)).copied().filter(|topic| !topic.is_empty());
    Observation {
        id: Cow::from(format!("x:{}#it", said.number)),
        op: Op::Observed,
        revision: 0,
        relation: Some(Relation::Mention),
        mention: Said {
            id: Cow::from(said.number.to_string()),
            source: Cow::from("x"),
            text: Cow::from(TEXT),
            url: None,
            created_at: Timestamp::from_millisecond(said.at).expect("a time of this century"),
            kind: None,
            parent_id: None,
            parent_author: None,
            thread_id: None,
            author: Some(Author { id: Some(Cow::from(format!("{:x}", said.author))), ..Author::default() }),
            engagement: None,
            in_community: None,
        },
        entity: Some(concerned()),
        language: Language { code: Cow::from("en") },
        sentiment: Some(Meant { label, negative, neutral, positive, abstained: false }),
        topics: topic.map(|id| Topic { id: Cow::from(id), score: 0.9 }).into_iter().collect(),
        signals: Signals::default(),
        fingerprint: said.fingerprint | 1,
    }
}

pub(crate) fn concerned() -> Concerned<'static> {
    Concerned { id: Cow::from("it"), name: Cow::from("It"), kind: EntityKind::Brand, matched: Vec::new() }
}
