//! Phrases that are no queries: words as they are written, found as the terms of queries are.

use std::cell::RefCell;

use super::fold::{fold_term, is_searchable};
use super::matcher::{Matcher, Scratch};
use super::query::{Expr, Term, TermKind};
use crate::text::Span;

/// Phrases in one automaton. Shared by all threads.
#[derive(Debug)]
pub struct Phrases {
    matcher: Matcher,
}

thread_local! {
    /// Reused from text to text.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Phrases {
    /// Compiles phrases.
    ///
    /// # Errors
    /// There are too many for one automaton.
    pub fn new<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let term = |text: &str| Expr::Term(Term { kind: kind(text), text: text.to_owned(), at: 0 });
        let queries: Vec<Option<Expr>> = phrases.into_iter().map(|text| Some(term(text))).collect();
        Ok(Self { matcher: Matcher::new(&queries).map_err(|error| error.to_string())? })
    }

    /// The phrases that stand in a text, by index in rising order, and where: bytes of `body`, sorted, not overlapping, the
    /// first 32 places of each. `text_start` is where a title ends, or 0: no phrase runs across it.
    pub fn find(&self, body: &str, text_start: usize) -> Vec<(u32, Vec<Span>)> {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut found = Vec::new();
            self.matcher.matches(body, text_start, scratch, &mut |phrase, spans| found.push((phrase, spans)));
            found
        })
    }
}

/// `@name` is a handle and `#tag` a hashtag, as in a query; whatever else stands in a phrase is looked for as written.
fn kind(text: &str) -> TermKind {
    match text.trim_start().chars().next() {
        Some('@' | '＠') => TermKind::Handle,
        Some('#' | '＃') => TermKind::Hashtag,
        _ => TermKind::Phrase,
    }
}

/// A phrase as texts are compared: two that fold alike are found at the same places.
pub fn folded(text: &str) -> String {
    fold_term(text)
}

/// Whether a phrase holds something to look for: a letter, a digit or a symbol beside the sign of a handle or hashtag.
pub fn is_phrase(text: &str) -> bool {
    is_searchable(text.trim().trim_start_matches(['@', '＠', '#', '＃']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(phrases: &[&str], body: &str) -> Vec<(u32, Vec<String>)> {
        let found = Phrases::new(phrases.iter().copied()).unwrap().find(body, 0).into_iter();
        found.map(|(phrase, spans)| (phrase, spans.iter().map(|span| span.of(body).to_owned()).collect())).collect()
    }

    #[test]
    fn a_phrase_is_found_as_the_terms_of_a_query_are() {
        let phrases = ["war zone", "phở dở", "@acme", "sick OR ill"];
        assert_eq!(found(&phrases, "WAR-ZONE, war  zone!"), [(0, vec!["WAR-ZONE".into(), "war  zone".into()])]);
        assert_eq!(found(&phrases, "PHỞ DỞ quá, pho do"), [(1, vec!["PHỞ DỞ".into()])]);
        assert_eq!(found(&phrases, "@acme and @acme_air and acme"), [(2, vec!["@acme".into()])]);
        assert_eq!(found(&phrases, "war zones, prewar zone, https://x.com/war-zone sick"), [], "whole words, no links");
        assert_eq!(found(&phrases, "sick or ill"), [(3, vec!["sick or ill".into()])], "no operators");
    }

    #[test]
    fn no_phrase_runs_from_the_title_into_the_text() {
        let finder = Phrases::new(["war zone"]).unwrap();
        assert_eq!((finder.find("war\nzone", 4).len(), finder.find("war\nzone", 0).len()), (0, 1));
    }

    #[test]
    fn punctuation_alone_is_no_phrase() {
        assert!(["a", "🔥", "@a", "C++", "#1"].into_iter().all(is_phrase));
        assert!(!["", " ", "!?", "@", "#", "\"\""].into_iter().any(is_phrase));
    }
}
