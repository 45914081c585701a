//! Community health: who waits for an answer, who came, who stayed, who talks to whom. docs/COMMUNITY.md defines every figure.
//!
//! Order does not matter within the bounds of what is remembered: a reply may come before the post it answers.

mod advocates;
mod days;
mod excerpt;
mod heard;
mod members;
mod packed;
mod posts;
mod questions;
mod report;
mod shelf;
mod sources;
mod talk;

pub use advocates::Advocate;
pub use excerpt::Excerpt;
pub use questions::RepeatedQuestion;
pub use report::{CommunityReport, Quantiles};

use serde::{Deserialize, Serialize};

use super::Rules;
use super::digest::Digest;
use super::observation::Observation;
use super::score::Folded;
use crate::mention::Op;
use crate::model::SentimentLabel;
pub(super) use heard::Heard;
use heard::{Toward, Voice};
use talk::Row;

/// Milliseconds.
const DAY: i64 = 24 * 3_600_000;
/// Posts older than that wait no more: as long as a period.
const HORIZON: i64 = members::PERIOD as i64 * DAY;
/// How many of the oldest posts that wait are listed, and of the newest.
const LISTED: usize = 25;

/// What is remembered of one entity's community.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Community {
    /// The latest event time, in milliseconds since the epoch.
    clock: i64,
    /// The first event after the last silence of [`HORIZON`]: what was before is not known.
    since: i64,
    sources: sources::Sources,
    talk: talk::Talk,
    posts: posts::Posts,
    shelf: shelf::Shelf,
    members: members::Members,
    days: days::Days,
    advocates: advocates::Advocates,
    questions: questions::Questions,
}

impl Community {
    /// Takes note of an event.
    pub fn notice(&mut self, event: &Observation<'_>, digest: &Digest, folded: Folded) {
        let heard = &digest.heard;
        self.turn(heard.at);
        match event.op {
            Op::Deleted => self.take_back(heard, &event.id),
            _ if !folded.fresh => self.edit(event, heard),
            _ => {
                let source = self.sources.note(&event.mention);
                if heard.voice != Voice::Noise {
                    self.place(event, heard, source);
                }
                if heard.voice == Voice::Member {
                    self.count(event, heard, folded);
                }
            }
        }
        for (at, key) in self.posts.left() {
            self.shelf.take(key, at);
        }
    }

    /// Looks where an event will be looked for; of what is there.
    pub(super) fn look_ahead(&self, digest: &Digest) -> usize {
        self.talk.look_ahead(digest.heard.key) ^ self.members.look_ahead(digest.heard.author)
    }

    fn turn(&mut self, at: i64) {
        if at <= self.clock {
            return;
        }
        let new_day = day(at) != day(self.clock);
        if at - self.clock > HORIZON {
            self.since = at;
        }
        self.clock = at;
        self.posts.expire(at - HORIZON);
        if new_day {
            self.advocates.forget(at);
            self.questions.forget(at);
        }
    }

    /// Links a mention to what it answers, and to what answers it.
    fn place(&mut self, event: &Observation<'_>, heard: &Heard, source: u8) {
        let row = Row::new(heard);
        if !self.talk.insert(row) {
            return;
        }
        self.judge(&row, heard.toward);
        self.posts.answer(&row, &self.talk);
        let late: Vec<Row> = self.talk.replies(row.key).collect();
        for under in &late {
            self.judge(under, Toward::Unknown);
        }
        if !late.is_empty() {
            // It may be the link between answers that came before it and a post further up.
            for above in self.talk.chain(row.key).skip(1) {
                self.posts.look_for_answers(above, &self.talk);
            }
        }
        if heard.waits && heard.at >= self.clock - HORIZON {
            self.posts.insert(heard, source, &self.talk);
            if self.posts.waiting(heard.key).is_some()
                && let Some(excerpt) = Excerpt::new(event)
            {
                self.shelf.put(heard.key, heard.at, event.revision, excerpt);
            }
        }
    }

    /// Counts a reply for the conversation index as soon as both its ends are known.
    fn judge(&mut self, row: &Row, toward: Toward) {
        if row.judged {
            return;
        }
        // What a reply says of itself comes first, so that it does not matter whether its parent is known by then.
        let among_members = match toward {
            Toward::Oneself => None,
            Toward::Entity => Some(false),
            Toward::Member => Some(!row.own),
            Toward::Unknown => match self.talk.get(row.parent).filter(|_| !row.loose) {
                None => return,
                Some(above) if row.author != 0 && row.author == above.author => None,
                Some(above) if row.own && above.own => None,
                Some(above) => Some(!row.own && !above.own),
            },
        };
        self.talk.judge(row.key);
        if let Some(among_members) = among_members {
            let counts = self.days.on(day(row.at));
            counts.replies += 1;
            counts.among_members += u64::from(among_members);
        }
    }

    /// Counts a contribution and what its author thinks or asks.
    fn count(&mut self, event: &Observation<'_>, heard: &Heard, folded: Folded) {
        self.days.on(day(heard.at)).contributions += 1;
        if heard.author != 0 {
            self.members.note(heard.author, day(heard.at));
            // Copied words are not the author's own.
            let opinion = event.sentiment.as_ref().filter(|meant| !meant.abstained && folded.copies <= 1);
            let positive = match opinion.map(|meant| meant.label) {
                Some(SentimentLabel::Positive) => Some(true),
                Some(SentimentLabel::Negative) => Some(false),
                Some(SentimentLabel::Neutral) | None => None,
            };
            if let (Some(positive), Some(name)) = (positive, excerpt::author(event)) {
                self.advocates.note(heard.author, positive, heard.at, name, &event.mention.source);
            }
        }
        if event.signals.question {
            let said = &event.mention.text;
            self.questions.note(event.fingerprint, heard.author, heard.at, said, || Excerpt::new(event));
        }
    }

    /// A mention that is known came again: what an edit makes of a post that waits. It keeps its age.
    fn edit(&mut self, event: &Observation<'_>, heard: &Heard) {
        if event.op != Op::Edited {
            return;
        }
        let Some(post) = self.posts.waiting(heard.key) else { return };
        if !heard.waits {
            self.posts.remove(heard.key);
        } else if let Some(excerpt) = Excerpt::new(event) {
            self.shelf.edit(heard.key, post.at, event.revision, excerpt);
        }
    }

    /// A mention was taken down. Who wrote it took part nonetheless.
    fn take_back(&mut self, heard: &Heard, id: &str) {
        self.posts.remove(heard.key);
        if let Some(row) = self.talk.remove(heard.key) {
            self.posts.take_back(&row, &self.talk);
        }
        self.questions.take_back(id);
    }

    /// How it fares at a moment (milliseconds since the epoch).
    pub fn report(&self, at: i64, rules: &Rules) -> CommunityReport {
        let after = i64::try_from(rules.unanswered_after.as_millis()).unwrap_or(i64::MAX);
        let known = self.sources.any_can_tell();
        let mut open = self.unanswered(at, after).peekable();
        let oldest = open.peek().map(|(_, post)| (at - post.at) as f64 / 1_000.0);
        let unanswered = open.count() as u64;
        let (own, any) = self.posts.waits(at - HORIZON..=at);
        let (today, counts) = (day(at), self.days.sum(day(at)));
        let turnout = self.members.turnout(today);
        // The period before must have been heard whole, or all would seem to be new.
        let heard_before = self.since > 0 && day(self.since) <= today - 2 * members::PERIOD + 1;
        let share = |part: f64, of: f64| (of > 0.0).then(|| part / of);
        CommunityReport {
            unanswered: known.then_some(unanswered),
            oldest_unanswered_seconds: oldest,
            unanswered_posts: self.listed(at, after),
            first_reply_seconds: Quantiles::of(own),
            first_answer_seconds: Quantiles::of(any),
            contributions: counts.contributions,
            active_authors: (turnout.active > 0.0 || counts.contributions == 0)
                .then_some(turnout.active.round() as u64),
            newcomers: (heard_before && turnout.active > 0.0).then_some(turnout.newcomers.round() as u64),
            newcomer_share: share(turnout.newcomers, turnout.active).filter(|_| heard_before),
            retention: share(turnout.stayed, turnout.before).filter(|_| heard_before),
            conversation_index: share(counts.among_members as f64, counts.replies as f64),
            advocates: self.advocates.named(at),
            questions: self.questions.repeated(at),
        }
    }

    /// Posts that nobody answered, where that can be known, oldest first.
    fn unanswered(&self, at: i64, after: i64) -> impl DoubleEndedIterator<Item = (u64, &posts::Post)> {
        let times = at - HORIZON..=at.saturating_sub(after).max(at - HORIZON);
        self.posts.open(times).filter(|(_, post)| self.sources.can_tell(post.source))
    }

    fn listed(&self, at: i64, after: i64) -> Vec<Excerpt> {
        let all: Vec<&Excerpt> =
            self.unanswered(at, after).filter_map(|(key, post)| self.shelf.get(key, post.at)).collect();
        let newest = all.len().saturating_sub(LISTED).max(LISTED);
        all.iter().take(LISTED).chain(all.iter().skip(newest)).map(|excerpt| (*excerpt).clone()).collect()
    }
}

/// Whole days of UTC since the epoch.
fn day(at: i64) -> i32 {
    at.div_euclid(DAY) as i32
}

#[cfg(test)]
mod tests;
