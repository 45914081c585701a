//! One phrase of a lexicon.

use crate::model::SentimentLabel;

/// The largest shift, of one phrase and of all phrases of a mention together: it turns odds of 1 to 50 into 60 to 1.
pub const MOST_SHIFT: f64 = 8.0;

/// What to hold of a phrase, for whom and in which languages.
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    /// Its spellings as written, at least one. Events name the one that was said.
    pub texts: Vec<String>,
    /// Ids of the entities that it holds for; `None` for all.
    pub entities: Option<Vec<String>>,
    /// Codes of the languages in which it holds; `None` for all, and where none could be told.
    pub languages: Option<Vec<String>>,
    /// What it does.
    pub effect: Effect,
    /// For the people who keep the lexicon.
    pub note: Option<String>,
}

/// What a phrase does to the sentiment toward an entity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Effect {
    /// The label is this one, whatever the model says.
    Fix(SentimentLabel),
    /// Logits by which positive gains on negative: above zero speaks for the entity. Up to [`MOST_SHIFT`] either way.
    Shift(f64),
    /// Nothing, and shorter phrases inside it do nothing either: an exception to them.
    Spare,
}

impl Phrase {
    /// Whether it holds for an entity (`None`: for a text without one) in a language.
    pub(super) fn holds(&self, entity: Option<&str>, language: &str) -> bool {
        let entity = self.entities.as_ref().is_none_or(|ids| ids.iter().any(|id| Some(id.as_str()) == entity));
        entity && self.languages.as_ref().is_none_or(|codes| codes.iter().any(|code| code == language))
    }

    /// Where two phrases stand at one place the more particular one holds: one that names entities over one that does not,
    /// and then one that names languages.
    pub(super) const fn particularity(&self) -> (bool, bool) {
        (self.entities.is_some(), self.languages.is_some())
    }

    /// What it says, without what makes no difference.
    pub(super) fn canonical(&self) -> String {
        let sorted = |list: &Vec<String>| {
            let mut list = list.clone();
            list.sort_unstable();
            list.dedup();
            list
        };
        let effect = match self.effect {
            Effect::Fix(label) => format!("{label:?}"),
            Effect::Shift(by) => format!("{by:?}"),
            Effect::Spare => "Spare".to_owned(),
        };
        format!(
            "{:?}",
            (sorted(&self.texts), self.entities.as_ref().map(sorted), self.languages.as_ref().map(sorted), effect)
        )
    }
}
