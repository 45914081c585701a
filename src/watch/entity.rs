//! What one listens for.

use serde::{Deserialize, Serialize};

/// What an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntityKind {
    /// A company or a label.
    Brand,
    /// Something it sells.
    Product,
    /// Somebody who stands for it in public.
    Person,
    /// Somebody else's brand, listened to for comparison.
    Competitor,
}

impl EntityKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Brand, Self::Product, Self::Person, Self::Competitor];

    /// The name in files and events.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brand => "brand",
            Self::Product => "product",
            Self::Person => "person",
            Self::Competitor => "competitor",
        }
    }
}

/// An account of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The source it exists on; `None` for every source.
    pub source: Option<String>,
    /// Handle without `@`, compared under case folding.
    pub handle: Option<String>,
    /// The source's stable id.
    pub id: Option<String>,
}

/// A community that an entity owns. At least one of `topic` and `community` is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// Everything on this input topic.
    pub topic: Option<String>,
    /// The source of the community; `None` for every source.
    pub source: Option<String>,
    /// The mention's `in_community`.
    pub community: Option<String>,
}

/// A brand, product, person or competitor on the watchlist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// Short and stable: the key of its events.
    pub id: String,
    /// The name shown.
    pub name: String,
    /// What it is.
    pub kind: EntityKind,
    /// The group it is compared within.
    pub group: Option<String>,
    /// The query as written; `None` listens to accounts and spaces only.
    pub query: Option<String>,
    /// Its own accounts.
    pub accounts: Vec<Account>,
    /// Its own communities.
    pub spaces: Vec<Space>,
}

/// A topic of the taxonomy.
#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    /// Short and stable.
    pub id: String,
    /// The name shown, and compared with mentions like an example.
    pub name: String,
    /// What it is about, in a sentence.
    pub description: String,
    /// A few sentences that are about it.
    pub examples: Vec<String>,
    /// Similarity from which a mention has the topic, 0 to 1; `None` takes the model's own.
    pub threshold: Option<f32>,
}
