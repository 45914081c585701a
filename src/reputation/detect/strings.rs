//! Strings in one block of memory.

/// What the eighth bit of a byte stands for.
const MORE: usize = 128;

/// A few strings, each after its length: a mention that is kept has a dozen, and each by itself would cost more than it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Strings(Box<[u8]>);

impl Strings {
    pub(super) fn new<'a>(strings: impl Iterator<Item = &'a str> + Clone) -> Self {
        let mut bytes = Vec::with_capacity(strings.clone().map(|string| digits(string.len()) + string.len()).sum());
        for string in strings {
            // Seven bits at a time, the lowest first; the eighth says that there are more.
            let mut length = string.len();
            while length >= MORE {
                bytes.push((length % MORE + MORE) as u8);
                length /= MORE;
            }
            bytes.push(length as u8);
            bytes.extend_from_slice(string.as_bytes());
        }
        Self(bytes.into_boxed_slice())
    }

    /// All of them, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut rest = &*self.0;
        std::iter::from_fn(move || {
            let end = rest.iter().position(|byte| usize::from(*byte) < MORE)? + 1;
            let (digits, after) = rest.split_at(end);
            let length = digits.iter().rev().fold(0, |length, byte| length * MORE + usize::from(*byte) % MORE);
            let (string, after) = after.split_at_checked(length)?;
            rest = after;
            std::str::from_utf8(string).ok()
        })
    }
}

/// How many bytes a length takes.
fn digits(length: usize) -> usize {
    length.max(1).ilog(MORE) as usize + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_in_comes_out() {
        let long = ["x".repeat(127), "y".repeat(128), "z".repeat(70_000)];
        let strings = ["", "ćevapi", &long[0], "a", &long[1], "", &long[2], "咖啡"];
        assert_eq!(Strings::new(strings.into_iter()).iter().collect::<Vec<_>>(), strings);
        assert_eq!(Strings::new(std::iter::empty()).iter().next(), None);
    }
}
