//! A flat trie over the pieces of a vocabulary.
//!
//! Nodes are numbered breadth-first, so the children of node `i` are the nodes `first[i]..first[i + 1]`: two arrays and a
//! byte per node, built in one pass, with no pointer to follow but the next index. The hundreds of thousands of boxed maps
//! that a usual trie of this size consists of cost hundreds of megabytes and seconds to build.

/// No piece ends at this node.
const NONE: u32 = u32::MAX;

/// Which pieces a text begins with.
pub(super) struct Trie {
    label: Vec<u8>,
    first: Vec<u32>,
    piece: Vec<u32>,
}

impl Trie {
    /// Builds the trie of `pieces` (text, id). Where a text comes twice, the last id stands.
    pub(super) fn new(mut pieces: Vec<(&str, u32)>) -> Self {
        pieces.sort_by(|a, b| a.0.cmp(b.0));
        let mut trie = Self { label: vec![0], first: Vec::new(), piece: Vec::new() };
        // Each entry is a node: the pieces that start with its path, and the length of that path. Nodes are visited in
        // the order they were numbered, so children are appended in exactly the order that `first` needs.
        let mut nodes = std::collections::VecDeque::from([(0..pieces.len(), 0)]);
        let mut numbered: u32 = 1;
        while let Some((mut range, depth)) = nodes.pop_front() {
            let mut ends = NONE;
            while let Some((_, id)) = pieces[range.clone()].first().filter(|(text, _)| text.len() == depth) {
                ends = *id;
                range.start += 1;
            }
            trie.piece.push(ends);
            trie.first.push(numbered);
            while !range.is_empty() {
                let byte = pieces[range.start].0.as_bytes()[depth];
                let length = pieces[range.clone()].partition_point(|(text, _)| text.as_bytes()[depth] == byte);
                nodes.push_back((range.start..range.start + length, depth + 1));
                trie.label.push(byte);
                numbered += 1;
                range.start += length;
            }
        }
        trie.first.push(numbered);
        trie
    }

    /// The pieces that `text` begins with, shortest first: length in bytes and id.
    pub(super) fn prefixes<'t>(&'t self, text: &'t [u8]) -> impl Iterator<Item = (usize, u32)> + 't {
        let mut node = 0;
        text.iter()
            .map_while(move |&byte| {
                node = self.child(node, byte)?;
                Some(self.piece[node])
            })
            .enumerate()
            .filter(|(_, piece)| *piece != NONE)
            .map(|(at, piece)| (at + 1, piece))
    }

    fn child(&self, node: usize, byte: u8) -> Option<usize> {
        let (start, end) = (self.first[node] as usize, self.first[node + 1] as usize);
        let labels = &self.label[start..end];
        let at = if labels.len() <= 8 {
            labels.iter().position(|&label| label == byte)
        } else {
            labels.binary_search(&byte).ok()
        };
        at.map(|at| start + at)
    }
}

#[cfg(test)]
mod tests {
    use super::Trie;

    #[test]
    fn finds_every_prefix_that_is_a_piece_shortest_first() {
        let trie = Trie::new(vec![("bana", 2), ("b", 0), ("banana", 3), ("ban", 1), ("apple", 4)]);
        let found: Vec<_> = trie.prefixes("bananas".as_bytes()).collect();
        assert_eq!(found, [(1, 0), (3, 1), (4, 2), (6, 3)]);
        assert_eq!(trie.prefixes("cherry".as_bytes()).count(), 0);
        assert_eq!(trie.prefixes(b"").count(), 0);
    }

    proptest::proptest! {
        #[test]
        fn agrees_with_looking_at_every_piece(pieces in proptest::collection::btree_set("[ab\u{e9}]{1,5}", 0..40), text in "[ab\u{e9}]{0,8}") {
            let pieces: Vec<(&str, u32)> = pieces.iter().map(String::as_str).zip(0..).collect();
            let mut expected: Vec<(usize, u32)> =
                pieces.iter().filter(|(piece, _)| text.starts_with(piece)).map(|(piece, id)| (piece.len(), *id)).collect();
            expected.sort_unstable();
            let trie = Trie::new(pieces);
            let found: Vec<_> = trie.prefixes(text.as_bytes()).collect();
            proptest::prop_assert_eq!(found, expected);
        }
    }
}
