//! The version of a watchlist: a hash of what it says.

use xxhash_rust::xxh3::Xxh3;

use super::{Entity, Topic};

/// 16 hexadecimal digits that change whenever an entity or a topic does. Layout and comments of the file do not count,
/// nor does the program that reads it: the same content has the same version everywhere.
pub(super) fn version(entities: &[Entity], topics: &[Topic]) -> String {
    let mut hash = Hash(Xxh3::new());
    for it in entities {
        hash.text("entity").text(&it.id).text(&it.name).text(it.kind.name()).optional(&it.group).optional(&it.query);
        for account in &it.accounts {
            hash.text("account").optional(&account.source).optional(&account.handle).optional(&account.id);
        }
        for space in &it.spaces {
            hash.text("space").optional(&space.topic).optional(&space.source).optional(&space.community);
        }
    }
    for it in topics {
        hash.text("topic").text(&it.id).text(&it.name).text(&it.description);
        hash.optional(&it.threshold.map(|threshold| threshold.to_string()));
        it.examples.iter().for_each(|example| {
            hash.text(example);
        });
    }
    format!("{:016x}", hash.0.digest())
}

struct Hash(Xxh3);

impl Hash {
    /// The length goes first, so that `ab`, `c` differs from `a`, `bc`.
    fn text(&mut self, text: &str) -> &mut Self {
        self.0.update(&(text.len() as u64).to_le_bytes());
        self.0.update(text.as_bytes());
        self
    }

    fn optional(&mut self, text: &Option<String>) -> &mut Self {
        match text {
            Some(text) => self.text(text),
            None => {
                self.0.update(&u64::MAX.to_le_bytes());
                self
            }
        }
    }
}
