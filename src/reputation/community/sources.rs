//! Which sources say what answers what.

use serde::{Deserialize, Serialize};

use crate::mention::Kind;
use crate::reputation::observation::Said;

/// How many are told apart; what comes from others is taken to say it.
const MOST: usize = 32;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Source {
    name: String,
    /// A mention named its parent or its thread.
    links: bool,
    /// A comment, reply or review named neither.
    keeps_silent: bool,
}

/// The sources of one entity.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Sources(Vec<Source>);

impl Sources {
    /// Takes note of what a mention says, and gives the number of its source.
    pub(super) fn note(&mut self, said: &Said<'_>) -> u8 {
        let known = self.0.iter().position(|source| source.name == said.source);
        let at = known.unwrap_or_else(|| {
            if self.0.len() < MOST {
                self.0.push(Source { name: said.source.clone().into_owned(), links: false, keeps_silent: false });
                return self.0.len() - 1;
            }
            MOST
        });
        if let Some(source) = self.0.get_mut(at) {
            let linked = said.parent_id.is_some() || said.thread_id.is_some();
            source.links |= linked;
            source.keeps_silent |= !linked && matches!(said.kind, Some(Kind::Comment | Kind::Reply | Kind::Review));
        }
        at as u8
    }

    /// Whether an answer to a post of this source could be known.
    pub(super) fn can_tell(&self, source: u8) -> bool {
        self.0.get(usize::from(source)).is_none_or(|source| source.links || !source.keeps_silent)
    }

    /// Whether that holds for any source.
    pub(super) fn any_can_tell(&self) -> bool {
        (0..self.0.len()).any(|source| self.can_tell(source as u8))
    }
}
