//! What rises: topics, hashtags and phrases said by many authors, and more than before.
//!
//! Each term has two sums of the mentions that say it, one that forgets fast and one that forgets slowly. What the slow sum
//! holds beyond the fast one is its past; the same of all other mentions says what that past makes expect now, at this hour
//! and volume. A term rises if it stands far above that, and many authors say so in words of their own. docs/TRENDS.md has
//! the formula, what was measured, and what is not found.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Rules;
use super::digest::Digest;
use super::observation::Observation;
use super::rules::COPY_DAMPING;
use super::score::Folded;
use super::words::{Word, Words};
use crate::mention::Op;
use crate::watch::Relation;
use authors::Authors;
use door::Door;
use level::{All, Level, Scale, Sums};
use terms::{Term, Terms};
use voices::{Voice, Voices};

mod authors;
mod door;
mod level;
mod report;
mod terms;
mod voices;

/// Longer terms (in bytes) are not counted.
const LONGEST_TERM: usize = 64;
/// From this probability on a mention is spam, and says nothing.
const SPAM: f64 = 0.5;

/// What is counted of one entity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Trends {
    /// Event time of the first mention, in milliseconds since the epoch; `None` before it.
    first: Option<i64>,
    /// Of the latest.
    clock: i64,
    /// The time that sums are relative to: a whole multiple of the slow half-life.
    landmark: i64,
    /// Of all mentions.
    all: Sums,
    terms: Terms,
    door: Door,
    voices: Voices,
    #[serde(skip)]
    name: Name,
    /// Mentions that were counted since this state was made or restored.
    #[serde(skip)]
    counted: u32,
}

/// The words of the entity's own name, which are no news about it.
#[derive(Debug, Clone, Default)]
struct Name {
    name: Box<str>,
    words: Vec<u64>,
}

/// Something that rises. Rates count an author's repetitions, copies and likely spam for less than one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trend {
    /// What sort of thing.
    pub kind: TrendKind,
    /// Topic id, hashtag without `#`, or phrase; the latter two in lower case.
    pub term: Arc<str>,
    /// Mentions an hour now.
    pub rate: f64,
    /// Mentions an hour before.
    pub before: f64,
    /// Distinct authors, counted while it rises.
    pub authors: u64,
    /// Standard deviations above what was expected.
    pub strength: f64,
}

/// What sort of thing rises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrendKind {
    /// A topic of the taxonomy.
    Topic,
    /// A hashtag.
    Hashtag,
    /// A phrase.
    Phrase,
}

/// One mention, as its terms count.
struct Counting {
    /// What it adds.
    gain: Sums,
    /// All mentions, this one among them.
    all: All,
    /// 16 bits of the author's hash; `None` if nobody is named, or the words are somebody else's.
    author: Option<u16>,
    /// The number of this mention.
    number: u32,
    /// It is taken back: every sum loses what it had gained.
    back: bool,
}

impl Trends {
    /// Counts an event. An entity's own posts and spam say nothing; the n-th mention of an author within half a day counts
    /// 1/n; the k-th copy counts √k − √(k − 1), and its author for none. A deleted mention is taken back if it is one of the
    /// last 512; an edit changes nothing, since what was said first was said.
    pub fn notice(&mut self, event: &Observation<'_>, digest: &Digest, folded: Folded) {
        match event.op {
            Op::Deleted => self.take_back(event, digest),
            _ if folded.fresh => self.count(event, digest, folded),
            // The text that was counted is not known any more: if the mention is deleted later, nothing can be taken back.
            Op::Edited => drop(self.voices.forget(digest.id)),
            Op::Observed => {}
        }
    }

    /// What rises at a moment (milliseconds since the epoch), strongest first, at most ten.
    pub fn rising(&self, at: i64, rules: &Rules) -> Vec<Trend> {
        report::rising(self, at.max(self.clock), rules)
    }

    /// Reads the tables that words are looked up in; of what is in them.
    pub(super) fn read_through(&self) -> u64 {
        self.terms.iter().fold(self.door.read_through(), |sum, term| sum ^ term.key)
    }

    fn count(&mut self, event: &Observation<'_>, digest: &Digest, folded: Folded) {
        let spam = event.signals.spam.unwrap_or(0.0);
        if spam >= SPAM || event.relation == Some(Relation::Own) {
            return;
        }
        let at = event.at();
        self.pass(at);
        let weight = (1.0 - spam) * damped(folded.copies) * self.voices.share(digest.author, at);
        self.voices.remember(Voice { event: digest.id, author: digest.author, at, weight });
        let author = digest.author().filter(|_| folded.copies <= 1).map(short);
        self.say_all(event, digest, Sums::of(weight, at - self.landmark), author, false);
    }

    fn take_back(&mut self, event: &Observation<'_>, digest: &Digest) {
        let Some(voice) = self.voices.forget(digest.id) else { return };
        let gone = voice.author != 0 && !self.voices.knows(voice.author);
        let gain = Sums::of(voice.weight, voice.at - self.landmark);
        self.say_all(event, digest, gain, gone.then_some(short(voice.author)), true);
    }

    /// Lets time pass.
    fn pass(&mut self, at: i64) {
        if self.first.is_none() {
            (self.clock, self.landmark) = (at, level::whole_half_lives(at));
        }
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.clock = self.clock.max(at);
        if let Some((landmark, scale)) = level::moved(self.landmark, self.clock) {
            self.landmark = landmark;
            self.all = scale.of(self.all);
            self.terms.scale(scale);
        }
        self.door.open(self.clock);
    }

    fn say_all(&mut self, event: &Observation<'_>, digest: &Digest, gain: Sums, author: Option<u16>, back: bool) {
        if let Some(entity) = event.entity.as_ref().filter(|entity| *entity.name != *self.name.name) {
            self.name = Name::new(&entity.name);
        }
        self.counted = self.counted.wrapping_add(1);
        self.all.add(gain, back);
        let all = All::new(self.all, Scale::at(self.clock - self.landmark));
        let counting = &Counting { gain, all, author, number: self.counted, back };
        for topic in &event.topics {
            let key = xxh3_64_with_seed(topic.id.as_bytes(), TrendKind::Topic as u64 + 1);
            self.say(key, TrendKind::Topic, Spelling { text: &topic.id, start: 0, end: topic.id.len() }, counting);
        }
        self.say_words(&event.mention.text, &digest.words, counting);
    }

    fn say_words(&mut self, text: &str, words: &[Word], counting: &Counting) {
        // The two words before, if a phrase may run on from them.
        let (mut before_last, mut last) = (None::<Edge>, None::<Edge>);
        for word in words {
            let own = self.name.words.contains(&word.hash);
            let mut say = |first: &Edge, key: u64, kind| {
                let spelling = Spelling { text, start: first.start as usize, end: word.end as usize };
                self.say(key, kind, spelling, counting)
            };
            let mut this = Edge { hash: word.hash, start: word.start, edge: word.edge && !own };
            if word.hashtag {
                if !own {
                    say(&this, word.hash ^ HASHTAG, TrendKind::Hashtag);
                }
                (before_last, last) = (None, None);
                continue;
            }
            if word.alone && !own && say(&this, word.hash, TrendKind::Phrase) {
                // A word that stands in many mentions is no news, and what begins or ends with it says no more without it.
                this.edge = false;
            }
            if !word.follows {
                (before_last, last) = (None, None);
            }
            if let Some(second) = last.as_ref().filter(|_| this.edge) {
                let pair = paired(second.hash, this.hash);
                if second.edge {
                    say(second, pair, TrendKind::Phrase);
                }
                if let Some(first) = before_last.as_ref().filter(|first| first.edge) {
                    say(first, paired(first.hash, pair), TrendKind::Phrase);
                }
            }
            (before_last, last) = (last, Some(this));
        }
    }

    /// Counts one term; whether it is one of those that stand in many mentions all the time.
    fn say(&mut self, key: u64, kind: TrendKind, spelling: Spelling<'_>, counting: &Counting) -> bool {
        if let Some(term) = self.terms.get_mut(key) {
            let level = Level::of(term.sums, &counting.all);
            if term.counted != counting.number {
                term.counted = counting.number;
                if !counting.back && !level.is_up() {
                    term.authors = Authors::default();
                }
                term.sums.add(counting.gain, counting.back);
                match counting.author {
                    Some(author) if counting.back => term.authors.remove(author),
                    Some(author) => term.authors.add(author),
                    None => {}
                }
            }
            return level.is_usual();
        }
        let fits = spelling.end - spelling.start <= LONGEST_TERM;
        let Some(author) = counting.author.filter(|_| !counting.back && fits) else {
            return false;
        };
        // Topics are few: they need not knock.
        let other = if kind == TrendKind::Topic { Some(author) } else { self.door.knock(key, author) };
        if let Some(other) = other {
            let mut authors = Authors::default();
            authors.add(other);
            authors.add(author);
            let text = spelling.text.get(spelling.start..spelling.end).unwrap_or_default();
            let text = if kind == TrendKind::Topic { text.into() } else { spelled(text) };
            let sums = counting.gain;
            self.terms.admit(Term { key, kind, text, sums, authors, counted: counting.number });
        }
        false
    }
}

impl Name {
    fn new(name: &str) -> Self {
        let mut words: Vec<u64> = Words::new(name).map(|word| word.hash).collect();
        // Hashtags write it in one.
        let joined: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
        words.extend(Words::new(&joined).map(|word| word.hash));
        Self { name: name.into(), words }
    }
}

/// Where a term is written. It is looked at only if the term is new: its text is not otherwise fetched from memory.
#[derive(Clone, Copy)]
struct Spelling<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

/// A word that a phrase may begin with.
struct Edge {
    hash: u64,
    start: u32,
    edge: bool,
}

/// Tells a hashtag from the same word.
const HASHTAG: u64 = 0x9e37_79b9_7f4a_7c15;

fn paired(first: u64, second: u64) -> u64 {
    (first.rotate_left(23) ^ second).wrapping_mul(0x9fb2_1c65_1e98_df25)
}

/// What the last of so many copies adds to what its cluster weighs.
fn damped(copies: u32) -> f64 {
    match copies {
        0 | 1 => 1.0,
        _ => {
            let weight = |copies: u32| f64::from(copies).powf(1.0 - COPY_DAMPING);
            weight(copies) - weight(copies - 1)
        }
    }
}

fn short(author: u64) -> u16 {
    (author >> 48) as u16
}

/// Lower case, and one space where there were more.
fn spelled(text: &str) -> Box<str> {
    let mut spelled = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !spelled.is_empty() {
            spelled.push(' ');
        }
        if word.is_ascii() {
            spelled.extend(word.chars().map(|c| c.to_ascii_lowercase()));
        } else {
            // A sigma ends a word in a form of its own.
            spelled.push_str(&word.to_lowercase());
        }
    }
    spelled.into()
}

#[cfg(test)]
mod tests;
