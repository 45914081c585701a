//! What one event is to the community: who speaks, to whom, and whether an answer is expected.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::mention::Kind;
use crate::reputation::observation::{Observation, Said};
use crate::watch::Relation;

/// From this probability on a mention is spam, or a complaint.
const LIKELY: f64 = 0.5;
/// Times are kept with four flags in 48 bits: until the year 2527.
pub(super) const LATEST: i64 = (1 << 44) - 1;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    /// One of the entity's accounts.
    Own,
    /// Somebody else: a contribution.
    Member,
    /// Nobody who counts: a share, spam, a bot (the entity's own bots too).
    Noise,
}

/// Whom a reply speaks to, as far as the event alone tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Toward {
    /// It is no reply, or one to an unknown author.
    Unknown,
    /// The entity.
    Entity,
    /// Somebody else.
    Member,
    /// Its own author.
    Oneself,
}

/// An event as the community hears it. Keys are 48-bit hashes within the source, 0 where there is nothing: two in a table of
/// a thousand share one with a probability of 2 · 10⁻⁹.
#[derive(Debug, Clone, Copy)]
pub(in crate::reputation) struct Heard {
    pub(super) key: u64,
    pub(super) at: i64,
    pub(super) author: u64,
    pub(super) parent: u64,
    /// A thread is often named by its first post: then this is the key of that post.
    pub(super) thread: u64,
    pub(super) voice: Voice,
    pub(super) toward: Toward,
    /// It begins a conversation.
    pub(super) opens: bool,
    /// Somebody should answer it.
    pub(super) waits: bool,
}

impl Heard {
    /// Reads an event; `source` is the hash of its source.
    pub(in crate::reputation) fn new(event: &Observation<'_>, source: u64) -> Self {
        let said = &event.mention;
        // 48 bits.
        let key = |name: &str| (xxh3_64_with_seed(name.as_bytes(), source) >> 16).max(1);
        let voice = voice(event);
        let opens = opens(said);
        let asks = event.signals.question || event.signals.complaint.is_some_and(|complaint| complaint >= LIKELY);
        Self {
            key: key(&said.id),
            at: event.at().clamp(0, LATEST),
            author: event.author().map_or(0, key),
            parent: said.parent_id.as_deref().map_or(0, key),
            thread: said.thread_id.as_deref().map_or(0, key),
            voice,
            toward: toward(event),
            opens,
            waits: voice == Voice::Member && (asks || (opens && addressed(event))),
        }
    }

    /// Where posts of the same conversation find each other.
    pub(super) fn conversation(&self) -> u64 {
        if self.thread == 0 { self.key } else { self.thread }
    }

    /// A reply that names its thread, but not what it answers in it.
    pub(super) fn is_loose(&self) -> bool {
        self.parent == 0 && self.thread != 0 && !self.opens
    }
}

fn voice(event: &Observation<'_>) -> Voice {
    let bot = event.mention.author.as_ref().and_then(|author| author.bot).unwrap_or(false);
    let own = event.relation == Some(Relation::Own);
    if bot || event.mention.kind == Some(Kind::Share) {
        Voice::Noise
    } else if own {
        Voice::Own
    } else if event.signals.spam.is_some_and(|spam| spam >= LIKELY) {
        Voice::Noise
    } else {
        Voice::Member
    }
}

/// A comment that is the first of its thread (YouTube) begins one; a comment in somebody else's thread (Discourse) does not.
fn opens(said: &Said<'_>) -> bool {
    let nested = matches!(said.kind, Some(Kind::Comment | Kind::Reply));
    said.parent_id.is_none()
        && said.parent_author.is_none()
        && (!nested || said.thread_id.as_ref().is_some_and(|thread| *thread == said.id))
}

/// Whether it speaks to the entity, not only of it.
fn addressed(event: &Observation<'_>) -> bool {
    match event.relation {
        Some(Relation::Community | Relation::Reply) => true,
        Some(Relation::Mention) => event.mention.kind == Some(Kind::Review) || event.names_handle(),
        Some(Relation::Own) | None => false,
    }
}

fn toward(event: &Observation<'_>) -> Toward {
    let Some(parent) = event.mention.parent_author.as_deref() else {
        // In a thread of the entity's, an answer to nobody else is one to it; whose its parent is, only the parent can tell.
        let in_own_thread = event.relation == Some(Relation::Reply) && event.mention.parent_id.is_none();
        return if in_own_thread { Toward::Entity } else { Toward::Unknown };
    };
    let author = event.mention.author.as_ref();
    let same = |name: Option<&str>| name.is_some_and(|name| name.eq_ignore_ascii_case(parent.trim_start_matches('@')));
    if author.is_some_and(|author| same(author.id.as_deref()) || same(author.handle.as_deref())) {
        return Toward::Oneself;
    }
    // The watchlist looks at `parent_author`: had it named an account of the entity, the relation would say so.
    match event.relation {
        Some(Relation::Reply) => Toward::Entity,
        _ => Toward::Member,
    }
}
