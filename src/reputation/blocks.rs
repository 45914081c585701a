//! Long lists in blocks, of which only the last moves while the list grows.
//!
//! A list in one piece moves to a larger place each time it grows, and what it leaves fits nothing that comes after. The place of a
//! block fits the next block.

use std::collections::VecDeque;
use std::ops::{Index, IndexMut};

use super::room;

/// Items of a block.
const BLOCK: usize = 32;

/// A queue in blocks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Blocks<T> {
    blocks: VecDeque<Vec<T>>,
    /// How many of the first block have left: they lie there still.
    left: usize,
}

impl<T> Default for Blocks<T> {
    fn default() -> Self {
        Self { blocks: VecDeque::new(), left: 0 }
    }
}

impl<T> Blocks<T> {
    pub(super) fn len(&self) -> usize {
        let last = self.blocks.back().map_or(0, Vec::len);
        (self.blocks.len().max(1) - 1) * BLOCK + last - self.left
    }

    pub(super) fn push(&mut self, item: T) {
        match self.blocks.back_mut().filter(|last| last.len() < BLOCK) {
            Some(last) => room::push_within(last, item, BLOCK),
            None => {
                let mut block = Vec::new();
                room::push(&mut block, item);
                room::push_back(&mut self.blocks, block);
            }
        }
    }

    /// Takes the first out.
    pub(super) fn pop_front(&mut self) -> Option<T>
    where
        T: Copy,
    {
        let first = *self.get(0)?;
        self.left += 1;
        if self.left == BLOCK {
            self.blocks.pop_front();
            self.left = 0;
        }
        Some(first)
    }

    pub(super) fn get(&self, place: usize) -> Option<&T> {
        let place = place + self.left;
        self.blocks.get(place / BLOCK)?.get(place % BLOCK)
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut T> {
        let place = place + self.left;
        self.blocks.get_mut(place / BLOCK)?.get_mut(place % BLOCK)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.blocks.iter().flatten().skip(self.left)
    }

    /// All of them.
    pub(super) fn into_vec(self) -> Vec<T> {
        self.blocks.into_iter().flatten().skip(self.left).collect()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.blocks.iter_mut().flatten().skip(self.left)
    }
}

impl<T> Index<usize> for Blocks<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        let place = place + self.left;
        &self.blocks[place / BLOCK][place % BLOCK]
    }
}

impl<T> IndexMut<usize> for Blocks<T> {
    fn index_mut(&mut self, place: usize) -> &mut T {
        let place = place + self.left;
        &mut self.blocks[place / BLOCK][place % BLOCK]
    }
}

impl<T> FromIterator<T> for Blocks<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        let mut blocks = Self::default();
        items.into_iter().for_each(|item| blocks.push(item));
        blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_in_blocks_is_a_queue() {
        let (mut blocks, mut queue) = (Blocks::default(), VecDeque::new());
        for number in 0..200_usize {
            blocks.push(number);
            queue.push_back(number);
            // Now and then it is emptied.
            for _ in 0..if number % 50 == 49 { 50 } else { number % 2 } {
                assert_eq!(blocks.pop_front(), queue.pop_front());
            }
            assert_eq!(blocks.len(), queue.len());
            assert!(blocks.iter().eq(&queue), "{blocks:?}");
            assert!((0..queue.len()).all(|place| blocks[place] == queue[place]));
            assert_eq!(blocks.get(queue.len()), None);
        }
    }
}
