//! Text to tokens.

use super::{QueryError, Term, TermKind};
use crate::watch::fold;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Term(Term),
    And,
    Or,
    Not,
    Open,
    Close,
    End,
}

impl Token {
    /// As it is said in an error.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Term(term) if term.kind == TermKind::Phrase => format!("\"{}\"", term.text),
            Self::Term(term) => format!("`{}`", term.text),
            Self::And => "`AND`".into(),
            Self::Or => "`OR`".into(),
            Self::Not => "`NOT`".into(),
            Self::Open => "`(`".into(),
            Self::Close => "`)`".into(),
            Self::End => "the end".into(),
        }
    }
}

/// Characters that a bare word may not hold, kept free for operators to come; in quotes they are searched as they are.
const RESERVED: &str = "*?:~^[]{}|";
/// Quotes that open or close a phrase, typographic ones included: queries are pasted from documents.
const QUOTES: &str = "\"“”„";

/// The tokens of a query, each with its place in characters; the last one is [`Token::End`].
pub(super) fn tokens(query: &str) -> Result<Vec<(usize, Token)>, QueryError> {
    let chars: Vec<char> = query.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        let start = at;
        let token = if c.is_whitespace() {
            at += 1;
            continue;
        } else if c == '(' || c == ')' {
            at += 1;
            if c == '(' { Token::Open } else { Token::Close }
        } else if QUOTES.contains(c) {
            phrase(&chars, &mut at)?
        } else {
            while chars.get(at).is_some_and(|&c| !c.is_whitespace() && !"()".contains(c) && !QUOTES.contains(c)) {
                at += 1;
            }
            bare(chars.get(start..at).unwrap_or(&[]), start)?
        };
        tokens.push((start, token));
    }
    tokens.push((chars.len(), Token::End));
    Ok(tokens)
}

fn phrase(chars: &[char], at: &mut usize) -> Result<Token, QueryError> {
    let start = *at;
    let mut text = String::new();
    loop {
        *at += 1;
        match chars.get(*at) {
            None => return Err(QueryError::new(start, "a closing quote", "a phrase that never ends")),
            Some('\\') if chars.get(*at + 1).is_some_and(|&c| QUOTES.contains(c)) => {
                *at += 1;
                text.extend(chars.get(*at));
            }
            Some(&c) if QUOTES.contains(c) => break,
            Some(&c) => text.push(c),
        }
    }
    *at += 1;
    if !fold::is_searchable(&text) {
        return Err(QueryError::new(start, "a letter, digit or symbol between the quotes", format!("\"{text}\"")));
    }
    Ok(Token::Term(Term { kind: TermKind::Phrase, text, at: start }))
}

fn bare(chars: &[char], start: usize) -> Result<Token, QueryError> {
    let text: String = chars.iter().collect();
    match text.as_str() {
        "AND" => return Ok(Token::And),
        "OR" => return Ok(Token::Or),
        "NOT" => return Ok(Token::Not),
        _ => {}
    }
    let found = format!("`{text}`");
    let upper = text.to_ascii_uppercase();
    if matches!(upper.as_str(), "AND" | "OR" | "NOT") {
        let expected = format!("the operator in capitals ({upper}), or the word in quotes (\"{text}\")");
        return Err(QueryError::new(start, expected, found));
    }
    let proximity = text.split('/').next().unwrap_or("");
    if matches!(proximity, "NEAR" | "ONEAR") {
        let expected = format!("AND, OR or NOT (there is no operator {proximity}), or the word in quotes");
        return Err(QueryError::new(start, expected, found));
    }
    if let Some(sign @ ('-' | '+' | '!')) = chars.first().copied() {
        let expected =
            if sign == '+' { "AND instead of `+`" } else { "NOT before a word that must not stand in the text" };
        return Err(QueryError::new(start, expected, found));
    }
    if let Some(offset) = chars.iter().position(|&c| RESERVED.contains(c)) {
        let found = format!("`{}` in `{text}`", chars.get(offset).copied().unwrap_or_default());
        let expected =
            "a word without *, ?, :, ~, ^, |, brackets or braces; put it in quotes to look for it as written";
        return Err(QueryError::new(start + offset, expected, found));
    }
    let kind = match chars.first() {
        Some('@' | '＠') => TermKind::Handle,
        Some('#' | '＃') => TermKind::Hashtag,
        _ => TermKind::Word,
    };
    let name = if kind == TermKind::Word {
        text.as_str()
    } else {
        text.get(text.chars().next().map_or(0, char::len_utf8)..).unwrap_or("")
    };
    if !fold::is_searchable(name) {
        let expected = match kind {
            TermKind::Handle => "a name after @",
            TermKind::Hashtag => "a tag after #",
            _ => "a word with a letter, digit or symbol",
        };
        return Err(QueryError::new(start, expected, found));
    }
    Ok(Token::Term(Term { kind, text, at: start }))
}
