//! `[model.classifier]`: what a Hugging Face classifier does not say of itself.

use std::collections::BTreeMap;

use super::document::describe;
use super::section::{Section, number};
use crate::model::{ClassifierOptions, SentimentLabel};

/// Reads the section; `None` where something is wrong, which is noted.
pub(super) fn classifier(section: &Section<'_>) -> Option<ClassifierOptions> {
    let default = ClassifierOptions::default();
    let max_tokens = section.number("max_tokens", 16..=512, default.max_tokens);
    let abstain_below = section.or("abstain_below", default.abstain_below, |section| {
        section.read("abstain_below", "a number from 0 to 1", |value| {
            number(value).filter(|bound| (0.0..=1.0).contains(bound)).map(|bound| bound as f32)
        })
    });
    let labels = labels(&section.section("labels"));
    section.refuse_unknown();
    Some(ClassifierOptions { labels: labels?, max_tokens: max_tokens?, abstain_below: abstain_below? })
}

/// The sentiment of each label; any label may be named, since only the model knows which it has.
fn labels(section: &Section<'_>) -> Option<BTreeMap<String, SentimentLabel>> {
    let mut labels = BTreeMap::new();
    let mut all_right = true;
    for (label, _, value) in section.entries() {
        match value.get_ref().as_str().and_then(SentimentLabel::named) {
            Some(sentiment) => drop(labels.insert(label.to_owned(), sentiment)),
            None => {
                let expected = "\"negative\", \"neutral\" or \"positive\"";
                section.wrong(&value.span(), label, describe(value.get_ref()), expected);
                all_right = false;
            }
        }
    }
    all_right.then_some(labels)
}
