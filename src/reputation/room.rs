//! Lists that grow by an eighth: of ten thousand entities, what doubling leaves empty is a quarter of all memory.

use std::collections::VecDeque;

/// The least that a list grows by.
const LEAST: usize = 4;

/// Adds to the end of a list.
pub(super) fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() == list.capacity() {
        list.reserve_exact((list.len() / 8).max(LEAST));
    }
    list.push(item);
}

/// Adds to the end of a queue.
pub(super) fn push_back<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() == queue.capacity() {
        queue.reserve_exact((queue.len() / 8).max(LEAST));
    }
    queue.push_back(item);
}
