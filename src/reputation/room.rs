//! Lists that grow by an eighth: of ten thousand entities, what doubling leaves empty is a quarter of all memory.
//!
//! All of them grow through the same few sizes, as allocators do: what one list has outgrown fits another.

use std::collections::VecDeque;

/// The least that a list grows by.
const LEAST: usize = 4;
/// Sizes between one power of two and the next.
const SIZES: usize = 8;
/// Bytes that the allocator adds to a block, and what it rounds to.
const HEAD: usize = 8;
const GRAIN: usize = 16;

/// Adds to the end of a list.
pub(super) fn push<T>(list: &mut Vec<T>, item: T) {
    insert(list, list.len(), item);
}

/// Adds to a list before a place.
pub(super) fn insert<T>(list: &mut Vec<T>, place: usize, item: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(more::<T>(list.len()));
    }
    list.insert(place, item);
}

/// Adds to the end of a list that is never longer than `most`.
pub(super) fn push_within<T>(list: &mut Vec<T>, item: T, most: usize) {
    if list.len() == list.capacity() {
        list.reserve_exact(more::<T>(list.len()).min(most - list.len()));
    }
    list.push(item);
}

/// Adds to the end of a queue.
pub(super) fn push_back<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() == queue.capacity() {
        queue.reserve_exact(more::<T>(queue.len()));
    }
    queue.push_back(item);
}

/// How many more a full list is given room for.
fn more<T>(len: usize) -> usize {
    let item = size_of::<T>().max(1);
    let bytes = (len + LEAST) * item + HEAD;
    let step = (bytes.next_power_of_two() / (2 * SIZES)).max(GRAIN);
    (bytes.next_multiple_of(step) - HEAD) / item - len
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_never_much_larger_than_what_it_holds() {
        let (mut list, mut queue) = (Vec::new(), VecDeque::new());
        for number in 0..5_000_usize {
            push(&mut list, [number; 6]);
            push_back(&mut queue, number as u16);
            let most = number + 1 + LEAST + (number + LEAST) / SIZES;
            assert!(list.capacity() <= most, "{} for {number}", list.capacity());
            assert!(queue.capacity() <= most + GRAIN, "{} for {number}", queue.capacity());
        }
        insert(&mut list, 0, [7; 6]);
        assert_eq!((list[0], list[1], list.len()), ([7; 6], [0; 6], 5_001));
    }
}
