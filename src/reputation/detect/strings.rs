//! Strings in one block of memory.

/// Bytes of a length.
const LENGTH: usize = size_of::<u32>();

/// A few strings, each after its length: a mention that is kept has a dozen, and each by itself would cost more than it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strings(Box<[u8]>);

impl Strings {
    pub(super) fn new<'a>(strings: impl Iterator<Item = &'a str> + Clone) -> Self {
        let mut bytes = Vec::with_capacity(strings.clone().map(|string| LENGTH + string.len()).sum());
        for string in strings {
            bytes.extend_from_slice(&(string.len() as u32).to_le_bytes());
            bytes.extend_from_slice(string.as_bytes());
        }
        Self(bytes.into_boxed_slice())
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let (length, after) = rest.split_first_chunk::<LENGTH>()?;
            let (string, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            rest = after;
            std::str::from_utf8(string).ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_in_comes_out() {
        let strings = ["", "ćevapi", "a", "", "咖啡"];
        assert_eq!(Strings::new(strings.into_iter()).iter().collect::<Vec<_>>(), strings);
        assert_eq!(Strings::new(std::iter::empty()).iter().next(), None);
    }
}
