//! All entities compiled into one matcher.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};

use super::matcher::{Matcher, Scratch};
use super::query::{self, QueryError};
use super::relation::Relations;
use super::version::version;
use super::{Entity, Topic};
use crate::mention::Mention;
use crate::text::Span;

/// How a mention concerns an entity. Where several hold, the first of this list is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// One of the entity's accounts wrote it.
    Own,
    /// It answers an own post, or stands in its thread.
    Reply,
    /// Somebody's words satisfy the query.
    Mention,
    /// It stands in an owned space.
    Community,
}

/// A mention that concerns an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Index into [`Watchlist::entities`].
    pub entity: u32,
    /// How it concerns it.
    pub relation: Relation,
    /// The words of the body that satisfied the query: bytes of [`Mention::body`], sorted, not overlapping, the first 32 of
    /// them; empty where the query had no part in it.
    pub spans: Vec<Span>,
}

/// Why entities cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WatchlistError {
    /// A query cannot be read.
    #[error("{}", .error.render(&format!("query.{entity}"), .query))]
    Query {
        /// The entity's id.
        entity: String,
        /// Its query.
        query: String,
        /// What is wrong with it.
        error: QueryError,
    },
    /// There are too many terms for one automaton.
    #[error("the queries hold too many terms: {0}")]
    TooLarge(String),
}

/// All entities and topics of a watchlist, compiled. Shared by all threads.
#[derive(Debug)]
pub struct Watchlist {
    /// Changes whenever an entity or a topic does: a hash of the content, 16 hexadecimal digits.
    pub version: String,
    /// In the order of the file.
    pub entities: Vec<Entity>,
    /// In the order of the file.
    pub topics: Vec<Topic>,
    matcher: Matcher,
    relations: Relations,
}

thread_local! {
    /// Reused from mention to mention, so that one that matches nothing allocates nothing.
    static SCRATCH: RefCell<(Scratch, Vec<(u32, Relation)>)> = RefCell::default();
}

impl Watchlist {
    /// Compiles entities and topics. Ids and names are taken as they are: the reader of `watchlist.toml` checks them.
    ///
    /// # Errors
    /// Every query that cannot be read, not only the first.
    pub fn new(entities: Vec<Entity>, topics: Vec<Topic>) -> Result<Self, Vec<WatchlistError>> {
        let mut errors = Vec::new();
        let mut queries = Vec::with_capacity(entities.len());
        for entity in &entities {
            match entity.query.as_deref().map(query::parse).transpose() {
                Ok(parsed) => queries.push(parsed.map(|query| query.expr)),
                Err(error) => errors.push(WatchlistError::Query {
                    entity: entity.id.clone(),
                    query: entity.query.clone().unwrap_or_default(),
                    error,
                }),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let matcher = Matcher::new(&queries).map_err(|error| vec![WatchlistError::TooLarge(error.to_string())])?;
        let relations = Relations::new(&entities);
        Ok(Self { version: version(&entities, &topics), entities, topics, matcher, relations })
    }

    /// The entities, as indices, whose queries a text satisfies by its words alone, whoever wrote it and wherever.
    pub fn named_in(&self, text: &str) -> Vec<u32> {
        SCRATCH.with_borrow_mut(|(scratch, _)| {
            let mut named = Vec::new();
            self.matcher.matches(text, 0, scratch, &mut |entity, _| named.push(entity));
            named
        })
    }

    /// Which entities a mention concerns, in the order of the watchlist, each once. `body` is [`Mention::body`];
    /// `input_topic` is where it was read.
    pub fn matches(&self, mention: &Mention, body: &str, input_topic: &str) -> Vec<Match> {
        SCRATCH.with_borrow_mut(|(scratch, related)| {
            let mut matches = Vec::new();
            self.matcher.matches(body, mention.text_start(), scratch, &mut |entity, spans| {
                matches.push(Match { entity, relation: Relation::Mention, spans });
            });
            related.clear();
            self.relations.find(mention, input_topic, related);
            for &(entity, relation) in related.iter() {
                match matches.iter_mut().find(|known| known.entity == entity) {
                    Some(known) => known.relation = known.relation.min(relation),
                    None => matches.push(Match { entity, relation, spans: Vec::new() }),
                }
            }
            matches.sort_unstable_by_key(|m| m.entity);
            matches
        })
    }
}
