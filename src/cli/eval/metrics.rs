//! The arithmetic of measuring: accuracy, precision, recall, F1. Pure.

/// How often each class was said for each true class.
#[derive(Debug, Clone)]
pub(super) struct Confusion {
    /// `counts[true][said]`.
    counts: Vec<Vec<u64>>,
}

/// How well one class is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ClassFigures {
    /// Of the rows said to be of the class, the share that are; 0 where none was said.
    pub(super) precision: f64,
    /// Of the rows of the class, the share that were said to be; 0 where there are none.
    pub(super) recall: f64,
    /// The harmonic mean of the two; 0 where both are.
    pub(super) f1: f64,
    /// Rows of the class.
    pub(super) n: u64,
}

impl Confusion {
    /// Nothing counted yet.
    pub(super) fn new(classes: usize) -> Self {
        Self { counts: vec![vec![0; classes]; classes] }
    }

    /// Counts a row.
    pub(super) fn add(&mut self, truth: usize, said: usize) {
        self.counts[truth][said] += 1;
    }

    /// Rows counted.
    pub(super) fn n(&self) -> u64 {
        self.counts.iter().flatten().sum()
    }

    /// The share of rows said right; 0 without rows.
    pub(super) fn accuracy(&self) -> f64 {
        let right = (0..self.counts.len()).map(|class| self.counts[class][class]).sum();
        share(right, self.n())
    }

    /// The figures of a class.
    pub(super) fn class(&self, class: usize) -> ClassFigures {
        let right = self.counts[class][class];
        let n: u64 = self.counts[class].iter().sum();
        let said: u64 = self.counts.iter().map(|row| row[class]).sum();
        ClassFigures { precision: share(right, said), recall: share(right, n), f1: share(2 * right, said + n), n }
    }

    /// The mean F1 of the classes that occur among the true ones: every class counts alike, however rare.
    pub(super) fn macro_f1(&self) -> f64 {
        let occurring: Vec<f64> = (0..self.counts.len())
            .map(|class| self.class(class))
            .filter(|class| class.n > 0)
            .map(|class| class.f1)
            .collect();
        occurring.iter().sum::<f64>() / occurring.len().max(1) as f64
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(pairs: &[(usize, usize)], classes: usize) -> Confusion {
        let mut confusion = Confusion::new(classes);
        pairs.iter().for_each(|(truth, said)| confusion.add(*truth, *said));
        confusion
    }

    #[test]
    fn a_case_worked_by_hand() {
        // Class 0: said 2, of them 1 right, of 2. Class 1: said 2, 2 right, of 3. Class 2: said 1, 0 right, of 0.
        let confusion = counted(&[(0, 0), (0, 2), (1, 1), (1, 1), (1, 0)], 3);
        assert_eq!(confusion.n(), 5);
        assert!((confusion.accuracy() - 0.6).abs() < 1e-12);
        let (first, second, third) = (confusion.class(0), confusion.class(1), confusion.class(2));
        assert_eq!((first.precision, first.recall, first.f1, first.n), (0.5, 0.5, 0.5, 2));
        assert!((second.precision - 1.0).abs() < 1e-12 && (second.recall - 2.0 / 3.0).abs() < 1e-12);
        assert!((second.f1 - 0.8).abs() < 1e-12);
        assert_eq!((third.precision, third.recall, third.f1, third.n), (0.0, 0.0, 0.0, 0));
        assert!((confusion.macro_f1() - 0.65).abs() < 1e-12, "the class without rows does not count");
    }

    #[test]
    fn nothing_counted_is_zero_and_no_division() {
        let none = Confusion::new(2);
        assert_eq!((none.n(), none.accuracy(), none.macro_f1()), (0, 0.0, 0.0));
    }

    proptest::proptest! {
        #[test]
        fn figures_are_shares_and_perfect_answers_are_one(pairs in proptest::collection::vec((0usize..3, 0usize..3), 1..60)) {
            let confusion = counted(&pairs, 3);
            for share in [confusion.accuracy(), confusion.macro_f1(), confusion.class(0).f1] {
                proptest::prop_assert!((0.0..=1.0).contains(&share));
            }
            let perfect: Vec<_> = pairs.iter().map(|(truth, _)| (*truth, *truth)).collect();
            proptest::prop_assert_eq!((counted(&perfect, 3).accuracy(), counted(&perfect, 3).macro_f1()), (1.0, 1.0));
        }
    }
}
