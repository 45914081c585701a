//! Which sentiment the labels of a classifier stand for.

use std::collections::BTreeMap;

use super::SentimentLabel;

/// Labels that say so themselves, in any case.
const PLAIN: [(&str, SentimentLabel); 6] = [
    ("negative", SentimentLabel::Negative),
    ("neg", SentimentLabel::Negative),
    ("neutral", SentimentLabel::Neutral),
    ("neu", SentimentLabel::Neutral),
    ("positive", SentimentLabel::Positive),
    ("pos", SentimentLabel::Positive),
];

/// The sentiment of each label: as `named` says, else as the label says itself. An error names the labels that nobody knows, or
/// those that `named` has in vain.
pub(super) fn sentiments(
    labels: &[String],
    named: &BTreeMap<String, SentimentLabel>,
) -> Result<Vec<SentimentLabel>, String> {
    if let Some(other) = named.keys().find(|name| !labels.contains(name)) {
        return Err(format!("labels: found {other:?}, which the model does not have; expected some of {labels:?}"));
    }
    let plain =
        |label: &str| PLAIN.iter().find(|(name, _)| name.eq_ignore_ascii_case(label)).map(|(_, sentiment)| *sentiment);
    let of = |label: &String| named.get(label).copied().or_else(|| plain(label));
    let unknown: Vec<&String> = labels.iter().filter(|label| of(label).is_none()).collect();
    if !unknown.is_empty() {
        return Err(format!(
            "id2label: found {unknown:?}; expected negative, neutral and positive, or what they stand for: \
             [model.classifier.labels] {:?} = \"negative\" in the configuration, --label {}=negative on the command line",
            unknown[0], unknown[0]
        ));
    }
    let sentiments: Vec<SentimentLabel> = labels.iter().filter_map(of).collect();
    for wanted in [SentimentLabel::Negative, SentimentLabel::Positive] {
        if !sentiments.contains(&wanted) {
            let wanted = if wanted == SentimentLabel::Negative { "negative" } else { "positive" };
            return Err(format!("id2label: found {labels:?}; expected at least one that stands for {wanted}"));
        }
    }
    Ok(sentiments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use SentimentLabel::{Negative, Neutral, Positive};

    fn labels(labels: &[&str]) -> Vec<String> {
        labels.iter().map(|&label| label.to_owned()).collect()
    }

    #[test]
    fn labels_that_speak_need_no_map_and_the_users_word_wins() {
        let none = BTreeMap::new();
        assert_eq!(sentiments(&labels(&["NEGATIVE", "Neutral", "pos"]), &none).unwrap(), [Negative, Neutral, Positive]);
        assert_eq!(sentiments(&labels(&["POSITIVE", "NEGATIVE"]), &none).unwrap(), [Positive, Negative]);
        let named = BTreeMap::from([("neutral".to_owned(), Negative)]);
        assert_eq!(sentiments(&labels(&["neutral", "positive"]), &named).unwrap(), [Negative, Positive]);
    }

    #[test]
    fn stars_are_mapped_many_to_one() {
        let stars = labels(&["1 star", "2 stars", "3 stars", "4 stars", "5 stars"]);
        let named = stars.iter().cloned().zip([Negative, Negative, Neutral, Positive, Positive]).collect();
        assert_eq!(sentiments(&stars, &named).unwrap(), [Negative, Negative, Neutral, Positive, Positive]);
    }

    #[test]
    fn what_cannot_be_known_says_how_to_tell() {
        let error = sentiments(&labels(&["LABEL_0", "LABEL_1"]), &BTreeMap::new()).unwrap_err();
        assert!(error.contains("LABEL_1") && error.contains("--label LABEL_0=negative"), "{error}");
        let named = BTreeMap::from([("LABEL_7".to_owned(), Negative)]);
        let error = sentiments(&labels(&["negative", "positive"]), &named).unwrap_err();
        assert!(error.contains("LABEL_7") && error.contains("does not have"), "{error}");
        let error = sentiments(&labels(&["neutral", "positive"]), &BTreeMap::new()).unwrap_err();
        assert!(error.contains("stands for negative"), "{error}");
    }
}
