//! Accounts and spaces: how a mention concerns an entity beside its words.
//!
//! What one mention alone can tell, since nothing is remembered here: an *own* post is one whose author is an account of the
//! entity. A *reply* is one whose `parent_author` is, or whose `parent_id` or `thread_id` starts with the id of an account, as
//! the ids of posts do on Bluesky (`at://did:plc:…/…`) and Facebook (`PAGE_POST`). Elsewhere an answer deep in a thread
//! that a brand began is known only by its own `parent_author`.

use std::collections::HashMap;

use super::fold::fold_handle;
use super::{Entity, Relation};
use crate::mention::Mention;

/// Entities by a name of something, each for one source or for all.
type ByName = HashMap<String, Vec<(Option<String>, u32)>>;

/// Accounts and spaces of all entities, by name.
#[derive(Debug, Default)]
pub(super) struct Relations {
    handles: ByName,
    ids: ByName,
    topics: ByName,
    communities: ByName,
}

impl Relations {
    pub(super) fn new(entities: &[Entity]) -> Self {
        let mut relations = Self::default();
        let put = |map: &mut ByName, name: String, source: Option<&String>, entity| {
            map.entry(name).or_default().push((source.cloned(), entity));
        };
        for (entity, it) in (0_u32..).zip(entities) {
            for account in &it.accounts {
                if let Some(handle) = &account.handle {
                    put(&mut relations.handles, fold_handle(handle).into_owned(), account.source.as_ref(), entity);
                }
                if let Some(id) = &account.id {
                    put(&mut relations.ids, id.clone(), account.source.as_ref(), entity);
                }
            }
            for space in &it.spaces {
                if let Some(community) = &space.community {
                    put(&mut relations.communities, fold_handle(community).into_owned(), space.source.as_ref(), entity);
                }
                if let Some(topic) = &space.topic {
                    put(&mut relations.topics, topic.clone(), None, entity);
                }
            }
        }
        relations
    }

    /// Adds how the mention concerns entities by who wrote it, whom it answers and where it stands.
    pub(super) fn find(&self, mention: &Mention, input_topic: &str, found: &mut Vec<(u32, Relation)>) {
        let source = mention.source.as_str();
        let mut add = |map: &ByName, name: &str, relation| {
            for (of, entity) in map.get(name).map_or(&[][..], Vec::as_slice) {
                if of.as_deref().is_none_or(|of| of == source) {
                    found.push((*entity, relation));
                }
            }
        };
        if !self.handles.is_empty() || !self.ids.is_empty() {
            if let Some(author) = &mention.author {
                if let Some(handle) = author.handle.as_deref().filter(|_| !self.handles.is_empty()) {
                    add(&self.handles, &fold_handle(handle), Relation::Own);
                }
                if let Some(id) = &author.id {
                    add(&self.ids, id, Relation::Own);
                }
            }
            if let Some(parent) = &mention.parent_author {
                add(&self.ids, parent, Relation::Reply);
                if !self.handles.is_empty() {
                    add(&self.handles, &fold_handle(parent), Relation::Reply);
                }
            }
            if !self.ids.is_empty() {
                for id in [&mention.parent_id, &mention.thread_id].into_iter().flatten() {
                    owners(id).for_each(|owner| add(&self.ids, owner, Relation::Reply));
                }
            }
        }
        add(&self.topics, input_topic, Relation::Community);
        if let Some(community) = mention.in_community.as_deref().filter(|_| !self.communities.is_empty()) {
            add(&self.communities, &fold_handle(community), Relation::Community);
        }
    }
}

/// What the id of a post may name as its author: everything before a `/` or `_`, without the scheme. The whole id is not
/// among them: the id of a post is not the id of an account, even where both are plain numbers.
fn owners(post: &str) -> impl Iterator<Item = &str> {
    let path = post.split_once("://").map_or(post, |(_, path)| path);
    path.match_indices(['/', '_']).filter_map(move |(at, _)| path.get(..at)).filter(|owner| !owner.is_empty()).take(4)
}
