//! Cutting the work of a chunk into batches.

/// A split is worth it from so many tokens a batch: below, reading the weights costs more than a second core gains.
const LEAST_TOKENS: usize = 64;

/// Cuts sequences of these lengths into batches of their indices: longest first, alike in length within a batch (for engines
/// that pad), none over `budget` tokens unless one sequence alone is, and as many batches as keep all workers busy to the end.
/// For an engine that `pads`, the padding counts.
pub(super) fn cut(lengths: &[usize], budget: usize, workers: usize, pads: bool) -> Vec<Vec<usize>> {
    let total: usize = lengths.iter().sum();
    let least = total.div_ceil(budget.max(1)).max(1);
    let shared = least.next_multiple_of(workers.max(1)).min(total.div_ceil(LEAST_TOKENS).max(1)).max(least);
    let share = total.div_ceil(shared);
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(lengths[at]));
    let mut batches: Vec<Vec<usize>> = Vec::with_capacity(shared);
    let (mut tokens, mut before) = (0, 0);
    for at in order {
        let length = lengths[at];
        // The first of a batch is the longest.
        let padded = batches.last().map_or(0, |batch| (batch.len() + 1) * lengths[batch[0]]);
        let with_it = if pads { padded } else { tokens + length };
        // A batch ends where its fair share of all tokens does, so that rounding does not leave a crumb at the end.
        let full = before >= share * batches.len() || with_it > budget;
        match batches.last_mut() {
            Some(batch) if !full => {
                batch.push(at);
                tokens += length;
            }
            _ => {
                batches.push(vec![at]);
                tokens = length;
            }
        }
        before += length;
    }
    batches
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::cut;

    #[test]
    fn a_lone_text_is_one_batch_and_nothing_is_none() {
        assert_eq!(cut(&[12], 1000, 2, false), [[0]]);
        assert!(cut(&[], 1000, 2, false).is_empty());
    }

    #[test]
    fn a_chunk_that_fits_one_batch_is_still_shared_between_the_workers() {
        let batches = cut(&[30; 20], 10_000, 2, false);
        assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10]);
    }

    proptest! {
        #[test]
        fn every_text_is_in_one_batch_within_budget_and_the_workers_get_like_shares(
            lengths in proptest::collection::vec(3usize..128, 0..300), budget in 128usize..3000, workers in 1usize..5,
            pads in proptest::bool::ANY,
        ) {
            let batches = cut(&lengths, budget, workers, pads);
            let mut seen: Vec<usize> = batches.concat();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..lengths.len()).collect::<Vec<_>>());
            let tokens: Vec<usize> = batches.iter().map(|batch| batch.iter().map(|&at| lengths[at]).sum()).collect();
            let longest = |batch: &Vec<usize>| batch.iter().map(|&at| lengths[at]).max().unwrap_or(0);
            let computed = |batch: &Vec<usize>| batch.len() * longest(batch);
            prop_assert!(tokens.iter().all(|&tokens| tokens <= budget));
            prop_assert!(!pads || batches.iter().all(|batch| computed(batch) <= budget));
            let total: usize = tokens.iter().sum();
            if total >= 64 * workers * 4 {
                prop_assert!(batches.len() >= workers);
            }
        }
    }
}
