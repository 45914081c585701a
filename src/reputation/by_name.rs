//! What is kept by topic, source or language: a list in the order of names, a third of what a tree of so few takes.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::shared;

/// A map from shared names, written like any other map.
#[derive(Debug, Clone)]
pub(super) struct ByName<T>(Vec<(Arc<str>, T)>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> ByName<T> {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.find(name).ok().map(|place| &self.0[place].1)
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        // Faster than to look for its place in order, which is asked for what is new.
        self.0.iter_mut().find(|(known, _)| shared::same(known, name)).map(|(_, it)| it)
    }

    /// What a name has, or the default.
    pub(super) fn or_default(&mut self, name: &str) -> &mut T
    where
        T: Default,
    {
        let place = self.find(name).unwrap_or_else(|place| {
            // Names are few, and new ones come seldom.
            self.0.reserve_exact(1);
            self.0.insert(place, (shared::name(name), T::default()));
            place
        });
        &mut self.0[place].1
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &T)> {
        self.0.iter().map(|(name, it)| (name, it))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, it)| it)
    }

    pub(super) fn retain(&mut self, stays: impl Fn(&T) -> bool) {
        self.0.retain(|(_, it)| stays(it));
    }

    fn find(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| (**known).cmp(name))
    }
}

impl<T: Serialize> Serialize for ByName<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let kept = std::collections::BTreeMap::<String, T>::deserialize(deserializer)?;
        Ok(Self(kept.into_iter().map(|(name, it)| (shared::name(&name), it)).collect()))
    }
}
