//! Posts that wait for an answer, and how long those that got one had waited.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::heard::Heard;
use super::packed::Rows;
use super::talk::{Row, Talk};
use crate::reputation::hashing::ByHash;

/// How many may wait; beyond, the oldest is let go.
pub(super) const MOST_OPEN: usize = 1_000;
/// How many that were answered are remembered; beyond, the one whose answer is oldest is let go.
pub(super) const MOST_DONE: usize = 512;
/// Posts of one thread that an answer to the thread at large is taken to answer: its oldest, and as many of the latest.
const MOST_MEANT: usize = 64;
const OPENS: u64 = 1;

/// When and by what a post was answered first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Answer {
    at: i64,
    key: u64,
}

/// A post that expects an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Post {
    key: u64,
    pub(super) at: i64,
    author: u64,
    conversation: u64,
    /// Index of its source.
    pub(super) source: u8,
    opens: bool,
    /// The entity's first answer.
    own: Option<Answer>,
    /// Anyone's.
    any: Option<Answer>,
}

/// All posts that expect an answer, or got one lately.
#[derive(Debug, Clone, Default)]
pub(super) struct Posts {
    posts: ByHash<u64, Post>,
    /// By age.
    open: BTreeSet<(i64, u64)>,
    /// By their latest first answer.
    done: BTreeSet<(i64, u64)>,
    /// By conversation, then by age.
    conversations: BTreeSet<(u64, i64, u64)>,
    /// Those that ceased to wait, whatever the reason, since somebody looked.
    left: Vec<(i64, u64)>,
}

impl Post {
    /// Where it stands among the answered; `None` if nobody answered.
    fn answered(&self) -> Option<i64> {
        self.any.map(|any| any.at.max(self.own.map_or(any.at, |own| own.at)))
    }

    /// How long it waited for an answer, in milliseconds. Clocks differ, so an answer may claim to be the older one.
    fn waited(&self, answer: Option<Answer>) -> Option<i64> {
        answer.map(|answer| (answer.at - self.at).max(0))
    }

    /// Whether a mention under it, or in its thread, answers it. Nobody answers themselves; who is not named is taken for somebody else.
    fn is_answered_by(&self, row: &Row) -> bool {
        let oneself = row.author != 0 && row.author == self.author;
        // Without a parent, the entity's answer is for all who waited in the thread; a member's for the one who began it.
        let meant = !row.loose || (row.at >= self.at && (row.own || self.opens));
        row.key != self.key && !oneself && meant
    }
}

impl Posts {
    /// A post begins to wait. `talk` may hold answers that came before it.
    pub(super) fn insert(&mut self, heard: &Heard, source: u8, talk: &Talk) {
        let post = Post {
            key: heard.key,
            at: heard.at,
            author: heard.author,
            conversation: heard.conversation(),
            source,
            opens: heard.opens,
            own: None,
            any: None,
        };
        if self.posts.contains_key(&post.key) {
            return;
        }
        self.put(post);
        self.look_for_answers(post.key, talk);
        if self.open.len() > MOST_OPEN
            && let Some(&(_, key)) = self.open.first()
        {
            self.remove(key);
        }
    }

    fn put(&mut self, post: Post) {
        self.place(&post);
        self.conversations.insert((post.conversation, post.at, post.key));
        self.posts.insert(post.key, post);
    }

    fn place(&mut self, post: &Post) {
        match post.answered() {
            None => self.open.insert((post.at, post.key)),
            Some(answered) => self.done.insert((answered, post.key)),
        };
        if self.done.len() > MOST_DONE
            && let Some(&(_, key)) = self.done.first()
        {
            self.remove(key);
        }
    }

    fn displace(&mut self, post: &Post) {
        match post.answered() {
            None if self.open.remove(&(post.at, post.key)) => self.left.push((post.at, post.key)),
            None => {}
            Some(answered) => drop(self.done.remove(&(answered, post.key))),
        }
    }

    /// A post is taken back, or let go.
    pub(super) fn remove(&mut self, key: u64) {
        let Some(post) = self.posts.remove(&key) else { return };
        self.displace(&post);
        self.conversations.remove(&(post.conversation, post.at, key));
    }

    /// Lets go of posts that are older than `since`.
    pub(super) fn expire(&mut self, since: i64) {
        while let Some(&(at, key)) = self.open.first().filter(|(at, _)| *at < since) {
            self.open.remove(&(at, key));
            self.left.push((at, key));
            self.remove(key);
        }
        while let Some(&(answered, key)) = self.done.first().filter(|(answered, _)| *answered < since) {
            self.done.remove(&(answered, key));
            self.remove(key);
        }
    }

    /// When posts that ceased to wait since the last call were written, and their keys.
    pub(super) fn left(&mut self) -> impl Iterator<Item = (i64, u64)> {
        self.left.drain(..)
    }

    /// What a mention may answer.
    fn meant(&self, row: &Row, talk: &Talk) -> Vec<u64> {
        if row.loose {
            let first = (row.thread, i64::MIN, 0);
            let mut before = self.conversations.range(first..=(row.thread, row.at, u64::MAX));
            let oldest = before.next();
            oldest.into_iter().chain(before.rev().take(MOST_MEANT)).map(|(.., key)| *key).collect()
        } else if row.parent != 0 {
            talk.chain(row.parent).collect()
        } else {
            Vec::new()
        }
    }

    /// A mention came that may answer posts: those that `talk` says it stands under.
    pub(super) fn answer(&mut self, row: &Row, talk: &Talk) {
        for key in self.meant(row, talk) {
            self.offer(key, row);
        }
    }

    /// Looks in `talk` for what answers a post.
    pub(super) fn look_for_answers(&mut self, key: u64, talk: &Talk) {
        let Some(post) = self.posts.get(&key).copied() else { return };
        let mut under: Vec<Row> = talk.replies(key).collect();
        let mut seen = 0;
        // What its author added stands for it: answers to that are answers to it.
        while let Some(row) = under.get(seen).copied() {
            seen += 1;
            self.offer(key, &row);
            if row.author != 0 && row.author == post.author && talk.chain(row.key).any(|above| above == key) {
                under.extend(talk.replies(row.key).filter(|row| row.key != key));
            }
            if seen >= super::talk::MOST {
                break;
            }
        }
        for row in talk.loose(post.conversation, post.at) {
            self.offer(key, &row);
        }
    }

    fn offer(&mut self, key: u64, row: &Row) {
        let Some(post) = self.posts.get(&key).filter(|post| post.is_answered_by(row)) else { return };
        let answer = Answer { at: row.at, key: row.key };
        let first = |known: Option<Answer>| Some(known.map_or(answer, |known| known.min(answer)));
        let own = if row.own { first(post.own) } else { post.own };
        self.set(Post { own, any: first(post.any), ..*post });
    }

    /// Replaces a post by itself with other answers.
    fn set(&mut self, post: Post) {
        let Some(slot) = self.posts.get_mut(&post.key).filter(|slot| **slot != post) else { return };
        let before = std::mem::replace(slot, post);
        if before.answered() != post.answered() {
            self.displace(&before);
            self.place(&post);
        }
    }

    /// An answer was taken back: what it answered looks for another. `row` is no longer in `talk`.
    pub(super) fn take_back(&mut self, row: &Row, talk: &Talk) {
        for key in self.meant(row, talk) {
            let Some(post) = self.posts.get(&key) else { continue };
            if ![post.own, post.any].into_iter().flatten().any(|answer| answer.key == row.key) {
                continue;
            }
            let still = |answer: Option<Answer>| answer.filter(|answer| answer.key != row.key);
            self.set(Post { own: still(post.own), any: still(post.any).or(still(post.own)), ..*post });
            self.look_for_answers(key, talk);
        }
    }

    /// A post, if it waits still.
    pub(super) fn waiting(&self, key: u64) -> Option<&Post> {
        self.posts.get(&key).filter(|post| post.any.is_none())
    }

    /// Posts of a time that nobody answered, oldest first, with their keys.
    pub(super) fn open(&self, times: RangeInclusive<i64>) -> impl DoubleEndedIterator<Item = (u64, &Post)> {
        let keys = self.open.range((*times.start(), 0)..=(*times.end(), u64::MAX));
        keys.filter_map(|(_, key)| self.posts.get(key).map(|post| (*key, post)))
    }

    /// How long posts of a time had waited when the entity answered, and when anyone did; in milliseconds, unsorted.
    pub(super) fn waits(&self, times: RangeInclusive<i64>) -> (Vec<i64>, Vec<i64>) {
        let posts = self.done.iter().filter_map(|(_, key)| self.posts.get(key)).filter(|post| times.contains(&post.at));
        let both = posts.map(|post| (post.waited(post.own), post.waited(post.any)));
        both.fold((Vec::new(), Vec::new()), |(mut own, mut any), (first, second)| {
            own.extend(first);
            any.extend(second);
            (own, any)
        })
    }
}

/// As it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    open: Rows<5>,
    done: Rows<9>,
}

impl Post {
    fn pack(&self) -> [u64; 5] {
        let flags = u64::from(self.source) << 1 | if self.opens { OPENS } else { 0 };
        [self.key, self.at.max(0) as u64, self.author, self.conversation, flags]
    }

    fn unpack([key, at, author, conversation, flags]: [u64; 5]) -> Self {
        let (source, opens) = ((flags >> 1) as u8, flags & OPENS != 0);
        Self { key, at: at as i64, author, conversation, source, opens, own: None, any: None }
    }
}

impl Answer {
    /// Keys are never 0.
    fn pack(answer: Option<Self>) -> [u64; 2] {
        answer.map_or([0, 0], |answer| [answer.at.max(0) as u64, answer.key])
    }

    fn unpack([at, key]: [u64; 2]) -> Option<Self> {
        (key != 0).then_some(Self { at: at as i64, key })
    }
}

impl Serialize for Posts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let open = self.open.iter().filter_map(|(_, key)| self.posts.get(key)).map(Post::pack).collect();
        let done = self.done.iter().filter_map(|(_, key)| self.posts.get(key)).map(|post| {
            let ([a, b, c, d, e], [f, g], [h, i]) = (post.pack(), Answer::pack(post.own), Answer::pack(post.any));
            [a, b, c, d, e, f, g, h, i]
        });
        Kept { open: Rows(open), done: Rows(done.collect()) }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Posts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kept = Kept::deserialize(deserializer)?;
        let mut posts = Self::default();
        kept.open.0.into_iter().map(Post::unpack).for_each(|post| posts.put(post));
        for [a, b, c, d, e, f, g, h, i] in kept.done.0 {
            let (own, any) = (Answer::unpack([f, g]), Answer::unpack([h, i]));
            posts.put(Post { own, any, ..Post::unpack([a, b, c, d, e]) });
        }
        Ok(posts)
    }
}
