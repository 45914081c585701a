//! Names that many entities have in common: topics, sources and languages, one copy of each. So they take no memory of their own in
//! each entity, and comparing them hardly ever waits for it.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use serde::{Deserialize, Deserializer};

/// How many names are shared; what comes later is copied each time.
const MOST: usize = 4_096;
/// Bytes of a name; longer ones are not shared.
const LONGEST: usize = 64;

static NAMES: LazyLock<RwLock<HashSet<Arc<str>>>> = LazyLock::new(RwLock::default);

/// A name, the shared copy if there is one. Which one it is cannot be told from the name.
pub(super) fn name(name: &str) -> Arc<str> {
    if let Some(known) = NAMES.read().unwrap_or_else(PoisonError::into_inner).get(name) {
        return Arc::clone(known);
    }
    let own: Arc<str> = Arc::from(name);
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    if name.len() <= LONGEST && names.len() < MOST {
        names.insert(Arc::clone(&own));
    }
    own
}

/// Whether two names are the same. Names of a list are often of one length and begin alike, and seldom end alike.
pub(super) fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.as_bytes().last() == other.as_bytes().last() && one == other
}

/// Names read back from a snapshot.
pub(super) fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[Vec<Arc<str>>; 3], D::Error> {
    let kept = <[Vec<String>; 3]>::deserialize(deserializer)?;
    Ok(kept.map(|names| names.iter().map(|it| name(it)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_copy_and_a_long_one_its_own() {
        assert!(Arc::ptr_eq(&name("delivery"), &name("delivery")));
        let long = "x".repeat(LONGEST + 1);
        assert_eq!(&*name(&long), long);
        assert!(!Arc::ptr_eq(&name(&long), &name(&long)));
    }
}
