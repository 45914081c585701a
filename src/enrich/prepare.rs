//! The first half: one record to the mentions in it that concern somebody, each ready for the model.

use std::borrow::Cow;
use std::sync::Arc;

use super::Enricher;
use super::assemble::rounded;
use super::event::LanguageRef;
use super::lexicon::Found;
use crate::mention::{Decoded, Mention, Op, Record, Rejection};
use crate::model::Request;
use crate::text::question::is_question;
use crate::text::{Language, Normalised, Span, fingerprint, normalise};
use crate::watch::Match;

/// A record on its way to the model.
pub(super) struct Prepared {
    pub(super) record: Record,
    pub(super) items: Vec<Item>,
    pub(super) unmatched: u64,
    pub(super) rejection: Option<Rejection>,
}

/// A mention that concerns somebody.
pub(super) struct Item {
    pub(super) mention: Arc<Mention>,
    pub(super) op: Op,
    pub(super) revision: u64,
    /// Empty where there is no watchlist.
    pub(super) matches: Vec<Match>,
    /// The phrases of the lexicon that stand in it; empty without a lexicon or a model.
    pub(super) phrases: Found,
    pub(super) normalised: Normalised,
    pub(super) language: LanguageRef,
    pub(super) question: bool,
    pub(super) fingerprint: u64,
    /// Taken when the chunk goes to the model; `None` from the start without one.
    pub(super) request: Option<Request>,
}

impl Enricher {
    pub(super) fn prepare(&self, record: Record) -> Prepared {
        let decoder = self.parts.decoders.get(&record.origin.topic).unwrap_or(&self.parts.default_decoder);
        let decoded = decoder.decode(&record);
        // A record that its mapping passes over holds no mention of interest: it is counted like one that matches nothing.
        let unmatched = u64::from(decoded.is_empty());
        let mut prepared = Prepared { record, items: Vec::with_capacity(decoded.len()), unmatched, rejection: None };
        for item in decoded {
            match item {
                // The record becomes one dead letter, however many items of it are bad: the first reason is the one told.
                Err(rejection) => {
                    prepared.rejection.get_or_insert(rejection);
                }
                Ok(decoded) => match self.item(decoded, &prepared.record) {
                    Some(item) => prepared.items.push(item),
                    None => prepared.unmatched += 1,
                },
            }
        }
        prepared
    }

    fn item(&self, decoded: Decoded, record: &Record) -> Option<Item> {
        let mention = decoded.mention;
        let body = mention.body();
        let matches = match &self.parts.watchlist {
            None => Vec::new(),
            Some(watchlist) => {
                let matches = watchlist.matches(&mention, &body, &record.origin.topic);
                if matches.is_empty() {
                    return None;
                }
                matches
            }
        };
        let keep: Vec<Span> = matches.iter().flat_map(|found| found.spans.iter().copied()).collect();
        let normalised = normalise(&body, &keep);
        let language = self.language_of(&normalised.text, mention.language.as_deref());
        // Of the text as it was written: copies find each other whatever their language was taken for.
        let (question, fingerprint) = (is_question(&normalised.text), fingerprint(&normalised.text));
        let normalised = normalised.as_read_in(&language.code);
        let request = self.parts.scorer.as_ref().map(|_| Request {
            text: normalised.text.clone(),
            language: language.code.clone(),
            targets: matches
                .iter()
                .map(|found| found.spans.iter().filter_map(|span| normalised.from_source(*span)).collect())
                .collect(),
        });
        // Without a model there is nothing to correct.
        let lexicon = self.parts.lexicon.as_ref().filter(|_| self.parts.scorer.is_some());
        let phrases = lexicon.map(|lexicon| lexicon.find(&body, mention.text_start())).unwrap_or_default();
        drop(body);
        Some(Item {
            op: decoded.op,
            revision: decoded.revision,
            question,
            fingerprint,
            mention: Arc::new(mention),
            matches,
            phrases,
            normalised,
            language,
            request,
        })
    }

    fn language_of(&self, text: &str, hint: Option<&str>) -> LanguageRef {
        let (code, confidence) = match &self.parts.language {
            Some(detector) => {
                let Language { code, confidence } = detector.detect(text, hint);
                (Cow::Borrowed(code), confidence)
            }
            None => hinted(hint),
        };
        let measured = self.names.measured(&code);
        LanguageRef { code, confidence: rounded(confidence), measured }
    }
}

/// What the platform says, where nobody looks at the text: half sure at best.
fn hinted(hint: Option<&str>) -> (Cow<'static, str>, f32) {
    let primary = hint.and_then(|tag| tag.split(['-', '_']).next()).unwrap_or_default();
    let is_code = (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_alphabetic());
    match primary.to_ascii_lowercase() {
        _ if !is_code => (Cow::Borrowed("und"), 0.0),
        // Codes that stood for Serbian, or stand for a form of it.
        code if code == "sh" || code == "cnr" => (Cow::Borrowed("sr"), 0.5),
        code => (Cow::Owned(code), 0.5),
    }
}

#[cfg(test)]
mod tests {
    use super::hinted;

    #[test]
    fn a_hint_alone_is_a_language_or_nothing() {
        for (hint, code) in [
            (Some("pt-BR"), "pt"),
            (Some("EN_us"), "en"),
            (Some("sh"), "sr"),
            (Some("cnr-Cyrl"), "sr"),
            (Some("fil"), "fil"),
            (Some("english"), "und"),
            (Some("?1"), "und"),
            (None, "und"),
        ] {
            let (found, confidence) = hinted(hint);
            assert_eq!((found.as_ref(), confidence > 0.0), (code, code != "und"), "{hint:?}");
        }
    }
}
