//! The order in which our matrix kernels read weights.

/// Products that one instruction adds up.
pub(super) const DEPTH: usize = 4;

/// Weights `[outputs, inputs]` in lines of four for each of `BYTES / 4` outputs: for each panel of as many outputs as two lines have,
/// for each four inputs, a line for the first half of the panel and one for the second. `line` makes one of its bytes.
///
/// Outputs fill whole panels, and inputs whole fours: the kernels see to that.
pub(super) fn lines<const BYTES: usize, L>(weight: &[i8], inputs: usize, line: impl Fn([i8; BYTES]) -> L) -> Vec<L> {
    let half = BYTES / DEPTH;
    let mut lines = Vec::with_capacity(weight.len() / BYTES);
    for panel in weight.chunks_exact(2 * half * inputs) {
        for four in (0..inputs).step_by(DEPTH) {
            for outputs in panel.chunks_exact(half * inputs) {
                let mut bytes = [0; BYTES];
                for (own, row) in bytes.as_chunks_mut::<DEPTH>().0.iter_mut().zip(outputs.chunks_exact(inputs)) {
                    own.copy_from_slice(&row[four..four + DEPTH]);
                }
                lines.push(line(bytes));
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn both_halves_of_a_panel_follow_each_other_four_inputs_at_a_time() {
        // Two panels of four outputs with eight inputs each: the tens tell the output, the ones the input.
        let weight: Vec<i8> = (0..8).flat_map(|output| (0..8).map(move |input| 10 * output + input)).collect();
        let found = lines(&weight, 8, |bytes: [i8; 8]| bytes);
        let expected = [
            [0, 1, 2, 3, 10, 11, 12, 13],
            [20, 21, 22, 23, 30, 31, 32, 33],
            [4, 5, 6, 7, 14, 15, 16, 17],
            [24, 25, 26, 27, 34, 35, 36, 37],
            [40, 41, 42, 43, 50, 51, 52, 53],
            [60, 61, 62, 63, 70, 71, 72, 73],
            [44, 45, 46, 47, 54, 55, 56, 57],
            [64, 65, 66, 67, 74, 75, 76, 77],
        ];
        assert_eq!(found, expected);
    }
}
