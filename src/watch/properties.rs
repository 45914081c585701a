//! The matcher against a naive reader of the same queries.

use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

use super::Watchlist;
use super::fold::Folded;
use super::query::{Expr, Term, TermKind, parse};
use super::tests::{entity, mention};
use crate::text::Span;

/// Words of a text with the name that a query would use.
const WORDS: [(&str, &str); 16] = [
    ("delta", "delta"),
    ("Delta", "delta"),
    ("DELTAS", "deltas"),
    ("air", "air"),
    ("Lines", "lines"),
    ("phở", "phở"),
    ("PHO\u{31b}\u{309}", "phở"),
    ("pho", "pho"),
    ("БЕОГРАД", "београд"),
    ("Београда", "београда"),
    ("ÞÓR", "þór"),
    ("þóra", "þóra"),
    ("@Delta", "@delta"),
    ("#delta", "#delta"),
    ("@delta_air", "@delta_air"),
    ("#DeltaAir", "#deltaair"),
];
const NAMES: [&str; 12] =
    ["delta", "deltas", "air", "lines", "phở", "pho", "београд", "þór", "@delta", "#delta", "@delta_air", "#deltaair"];
const BETWEEN: [&str; 6] = [" ", "  ", "\n", ", ", "! ", " … "];

/// A text as pieces: where each word lies and what it is called, and whether only white space leads to the next.
#[derive(Debug, Clone, Default)]
struct Text {
    body: String,
    words: Vec<(Span, &'static str, bool)>,
}

fn texts() -> impl Strategy<Value = Text> {
    prop::collection::vec((0..WORDS.len(), 0..BETWEEN.len()), 0..10).prop_map(|pieces| {
        let mut text = Text::default();
        for (word, between) in pieces {
            let start = text.body.len() as u32;
            text.body.push_str(WORDS[word].0);
            let span = Span::new(start, text.body.len() as u32);
            text.body.push_str(BETWEEN[between]);
            text.words.push((span, WORDS[word].1, between < 3));
        }
        text
    })
}

/// Where a term stands, read off the pieces.
fn occurrences(text: &Text, term: &Term) -> Vec<Span> {
    let same = |wanted: &str, (span, name, _): &(Span, &str, bool)| match name.strip_prefix(['@', '#']) {
        _ if *name == wanted => Some(*span),
        Some(bare) if bare == wanted => Some(Span::new(span.start + 1, span.end)),
        _ => None,
    };
    let wanted: Vec<&str> = term.text.split(' ').collect();
    let windows = text.words.windows(wanted.len());
    windows
        .filter_map(|window| {
            let spans: Option<Vec<Span>> =
                wanted.iter().zip(window).map(|(wanted, piece)| same(wanted, piece)).collect();
            let spans = spans?;
            let joined = window[..window.len() - 1].iter().all(|(_, _, joined)| *joined);
            // Inside a phrase a sign would stand between the words.
            let plain = window[1..].iter().all(|(_, name, _)| !name.starts_with(['@', '#']));
            (joined && plain).then(|| Span::new(spans[0].start, spans[spans.len() - 1].end))
        })
        .collect()
}

/// The pieces that satisfy an expression, or `None` where it does not hold.
fn naive(text: &Text, expr: &Expr, positive: bool) -> Option<Vec<Span>> {
    match expr {
        Expr::Term(term) => {
            let found = occurrences(text, term);
            if positive { (!found.is_empty()).then_some(found) } else { found.is_empty().then(Vec::new) }
        }
        Expr::Not(operand) => naive(text, operand, !positive),
        Expr::And(operands) | Expr::Or(operands) => {
            let read: Vec<_> = operands.iter().map(|operand| naive(text, operand, positive)).collect();
            let all = matches!(expr, Expr::And(_)) == positive;
            let holds = if all { read.iter().all(Option::is_some) } else { read.iter().any(Option::is_some) };
            holds.then(|| read.into_iter().flatten().flatten().collect())
        }
    }
}

fn covered(body: &str, spans: &[Span]) -> Vec<bool> {
    (0..body.len() as u32).map(|byte| spans.iter().any(|span| (span.start..span.end).contains(&byte))).collect()
}

fn terms() -> impl Strategy<Value = Expr> {
    let term = |kind, text: String| Expr::Term(Term { kind, text, at: 0 });
    prop_oneof![
        4 => prop::sample::select(&NAMES[..]).prop_map(move |name| {
            let kind = match name.chars().next() {
                Some('@') => TermKind::Handle,
                Some('#') => TermKind::Hashtag,
                _ => TermKind::Word,
            };
            term(kind, name.to_owned())
        }),
        1 => prop::sample::subsequence(&NAMES[..8], 2..4).prop_shuffle()
            .prop_map(move |names| term(TermKind::Phrase, names.join(" "))),
    ]
}

fn exprs() -> impl Strategy<Value = Expr> {
    terms().prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(|operand| Expr::Not(Box::new(operand))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::And),
            prop::collection::vec(inner, 2..4).prop_map(Expr::Or),
        ]
    })
}

/// The query as one would write it, with all parentheses.
fn written(expr: &Expr) -> String {
    let join = |operands: &[Expr], by: &str| operands.iter().map(written).collect::<Vec<_>>().join(by);
    match expr {
        Expr::Term(term) if term.kind == TermKind::Phrase => format!("\"{}\"", term.text),
        Expr::Term(term) => term.text.clone(),
        Expr::Not(operand) => format!("NOT {}", written(operand)),
        Expr::And(operands) => format!("({})", join(operands, " AND ")),
        Expr::Or(operands) => format!("({})", join(operands, " OR ")),
    }
}

fn without_places(expr: &Expr) -> Expr {
    match expr {
        Expr::Term(term) => Expr::Term(Term { at: 0, ..term.clone() }),
        Expr::Not(operand) => Expr::Not(Box::new(without_places(operand))),
        Expr::And(operands) => Expr::And(operands.iter().map(without_places).collect()),
        Expr::Or(operands) => Expr::Or(operands.iter().map(without_places).collect()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_was_written_is_what_is_read(expr in exprs()) {
        match parse(&written(&expr)) {
            Ok(query) => prop_assert_eq!(without_places(&query.expr), expr),
            Err(_) => prop_assert!(expr.holds(&mut |_| false), "only a query that matches everything is refused"),
        }
    }

    #[test]
    fn the_matcher_agrees_with_a_naive_reader(exprs in prop::collection::vec(exprs(), 1..8), text in texts()) {
        let exprs: Vec<Expr> = exprs.into_iter().filter(|expr| !expr.holds(&mut |_| false)).collect();
        let entities = exprs.iter().enumerate().map(|(i, expr)| entity(&i.to_string(), Some(&written(expr)))).collect();
        let watchlist = Watchlist::new(entities, vec![]).unwrap();
        let mut matches = watchlist.matches(&mention(&text.body), &text.body, "t").into_iter().peekable();
        for (index, expr) in (0_u32..).zip(&exprs) {
            let got = matches.next_if(|m| m.entity == index).map(|m| m.spans);
            let expected = naive(&text, expr, true);
            prop_assert_eq!(got.is_some(), expected.is_some(), "{} in {:?}", written(expr), text.body);
            let (got, expected) = (got.unwrap_or_default(), expected.unwrap_or_default());
            prop_assert!(got.windows(2).all(|pair| pair[0].end <= pair[1].start), "sorted, apart");
            prop_assert_eq!(covered(&text.body, &got), covered(&text.body, &expected), "{} in {:?}", written(expr), text.body);
        }
        prop_assert!(matches.next().is_none());
    }

    #[test]
    fn parsing_never_panics(query in "\\PC{0,40}|[ab\"()@#ANDORT ]{0,30}") {
        if let Err(error) = parse(&query) {
            error.render("query.q", &query);
            prop_assert!(error.at <= query.chars().count());
        }
    }

    #[test]
    fn folding_does_not_see_the_form_of_accents(text in "\\PC{0,30}|[a-zA-Z<=>ơƠởỞđĐćžäþÍİıßή \u{300}-\u{345}\u{31b}가-각\u{1100}-\u{11ff}\u{16d63}-\u{16d6a}]{0,12}") {
        let fold = |text: &str| { let mut folded = Folded::default(); folded.fold(text, 0); folded.text };
        let composed: String = text.nfc().collect();
        let decomposed: String = text.nfd().collect();
        prop_assert_eq!(fold(&composed), fold(&decomposed));
    }

    #[test]
    fn every_piece_of_a_folded_text_comes_from_whole_characters(text in any::<String>(), title in 0_usize..20) {
        let mut folded = Folded::default();
        folded.fold(&text, title);
        let cuts: Vec<usize> = folded.text.char_indices().map(|(at, _)| at).chain([folded.text.len()]).collect();
        let mut last = 0;
        for pair in cuts.windows(2) {
            let span = folded.to_source(pair[0], pair[1]);
            prop_assert!(text.get(span.start as usize..span.end as usize).is_some_and(|piece| !piece.is_empty()));
            prop_assert!(span.start >= last, "in order");
            last = span.start;
        }
    }
}
