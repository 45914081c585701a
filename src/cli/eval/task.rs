//! What a file measures, told by its labels.

use super::rows::Row;
use crate::model::{Scores, Signals};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Task {
    /// Three classes; or two, where no row is neutral.
    Sentiment {
        /// Whether neutral is among them.
        neutral: bool,
    },
    /// Whether the post complains.
    Complaint,
    /// Whether it offends.
    Offensive,
    /// Whether it is spam.
    Spam,
}

/// The probability from which a signal counts as there.
const YES: f32 = 0.5;

const SENTIMENT: [&str; 3] = ["negative", "neutral", "positive"];
const POLARITY: [&str; 2] = ["negative", "positive"];
const COMPLAINT: [&str; 2] = ["no-complaint", "complaint"];
const OFFENSIVE: [&str; 2] = ["not-offensive", "offensive"];
const SPAM: [&str; 2] = ["ham", "spam"];

/// Names that labelled sets give to the classes beside ours.
const ALIASES: [(&str, Task, usize); 11] = [
    ("not-complaint", Task::Complaint, 0),
    ("non-offensive", Task::Offensive, 0),
    ("non-toxic", Task::Offensive, 0),
    ("not-hate", Task::Offensive, 0),
    ("clean", Task::Offensive, 0),
    ("offense", Task::Offensive, 1),
    ("toxic", Task::Offensive, 1),
    ("hate", Task::Offensive, 1),
    ("no-spam", Task::Spam, 0),
    ("not-spam", Task::Spam, 0),
    // What the German set of offensive posts calls all that is not: a class only where others say so too.
    ("other", Task::Offensive, 0),
];

impl Task {
    /// The task that most of the rows have a label of.
    pub(super) fn of(rows: &[Row]) -> Result<Self, String> {
        let neutral = rows.iter().any(|row| row.label == "neutral");
        let tasks = [Self::Sentiment { neutral }, Self::Complaint, Self::Offensive, Self::Spam];
        let count = |task: &Self| rows.iter().filter(|row| task.class(&row.label).is_some()).count();
        // `other` alone tells nothing: sets of emotions have it as well.
        let told = |task: &Self| rows.iter().any(|row| row.label != "other" && task.class(&row.label).is_some());
        tasks.into_iter().filter(told).max_by_key(count).ok_or_else(|| {
            let found = rows.first().map_or("", |row| row.label.as_str());
            format!(
                "no label is known (the first is {found:?}); expected negative, neutral, positive; or complaint, \
                 no-complaint; or offensive, not-offensive; or spam, ham"
            )
        })
    }

    /// What it is called in reports.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Sentiment { .. } => "sentiment",
            Self::Complaint => "complaint",
            Self::Offensive => "offensive",
            Self::Spam => "spam",
        }
    }

    /// The classes, in the order of their numbers.
    pub(super) const fn classes(self) -> &'static [&'static str] {
        match self {
            Self::Sentiment { neutral: true } => &SENTIMENT,
            Self::Sentiment { neutral: false } => &POLARITY,
            Self::Complaint => &COMPLAINT,
            Self::Offensive => &OFFENSIVE,
            Self::Spam => &SPAM,
        }
    }

    /// The number of the class that a label names; `None` if it is no label of this task.
    pub(super) fn class(self, label: &str) -> Option<usize> {
        let own = self.classes().iter().position(|class| *class == label);
        let alias =
            || ALIASES.iter().find(|(name, task, _)| *name == label && *task == self).map(|(_, _, class)| *class);
        own.or_else(alias)
    }

    /// The class that the model says: toward the target, if there is one. `None` if it says nothing of this task.
    pub(super) fn said(self, scores: &Scores) -> Option<usize> {
        let yes = |of: fn(&Signals) -> f32| scores.signals.as_ref().map(|signals| usize::from(of(signals) >= YES));
        let [negative, neutral, positive] = scores.targets.first().unwrap_or(&scores.text).probabilities;
        match self {
            Self::Sentiment { neutral: true } if neutral > negative && neutral >= positive => Some(1),
            Self::Sentiment { neutral: true } => Some(2 * usize::from(positive > negative)),
            Self::Sentiment { neutral: false } => Some(usize::from(positive > negative)),
            Self::Complaint => yes(|signals| signals.complaint),
            Self::Offensive => yes(|signals| signals.offensive),
            Self::Spam => yes(|signals| signals.spam),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Sentiment;

    fn rows(labels: &[&str]) -> Vec<Row> {
        let row =
            |label: &&str| Row { text: String::new(), label: (*label).into(), lang: None, task: None, topic: None };
        labels.iter().map(row).collect()
    }

    #[test]
    fn labels_tell_the_task() {
        for (labels, task) in [
            (&["neutral", "positive"][..], Task::Sentiment { neutral: true }),
            (&["negative", "positive"], Task::Sentiment { neutral: false }),
            (&["negative", "negative", "bipolar", "neutral"], Task::Sentiment { neutral: true }),
            (&["complaint", "no-complaint"], Task::Complaint),
            (&["other", "offense", "other"], Task::Offensive),
            (&["toxic", "non-toxic"], Task::Offensive),
            (&["ham"], Task::Spam),
        ] {
            assert_eq!(Task::of(&rows(labels)), Ok(task), "{labels:?}");
        }
        let error = Task::of(&rows(&["anger", "joy", "other"])).expect_err("emotions are no task here");
        assert!(error.contains("anger") && error.contains("no-complaint"), "{error}");
    }

    #[test]
    fn without_neutral_rows_the_model_chooses_between_the_other_two() {
        let text = Sentiment { probabilities: [0.1, 0.7, 0.2], abstained: false, evidence: Vec::new() };
        let mut scores = Scores {
            targets: Vec::new(),
            signals: Some(Signals { complaint: 0.5, offensive: 0.49, spam: 0.0 }),
            topics: Vec::new(),
            tokens: 1,
            layers: 12,
            truncated: false,
            text,
        };
        assert_eq!(Task::Sentiment { neutral: true }.said(&scores), Some(1));
        assert_eq!(Task::Sentiment { neutral: false }.said(&scores), Some(1), "which is positive here");
        assert_eq!(Task::Complaint.said(&scores), Some(1));
        assert_eq!(Task::Offensive.said(&scores), Some(0));
        scores.signals = None;
        assert_eq!(Task::Offensive.said(&scores), None);
    }
}
