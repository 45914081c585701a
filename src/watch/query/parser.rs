//! Tokens to an expression.
//!
//! ```text
//! query   = or END
//! or      = and { "OR" and }
//! and     = not { "AND" not | "NOT" not }      a NOT b means a AND NOT b
//! not     = { "NOT" } primary
//! primary = TERM | "(" or ")"
//! ```

use super::lexer::{Token, tokens};
use super::{Expr, Query, QueryError};

/// Parentheses and NOTs within each other, at most: bounds the recursion.
const MAX_DEPTH: usize = 100;

/// Reads a query. Refused, beside what does not follow the grammar: a query that holds for a text with none of its words
/// (`NOT a`, `a OR NOT b`), since it would match nearly everything.
pub fn parse(query: &str) -> Result<Query, QueryError> {
    let mut parser = Parser { tokens: tokens(query)?, next: 0, depth: 0, mixed: false };
    let expr = parser.or()?;
    match parser.peek() {
        Token::End => {}
        Token::Close => return Err(parser.unexpected("AND, OR, NOT or the end (no parenthesis is open)")),
        Token::Term(_) | Token::Open => {
            return Err(parser.unexpected("AND, OR, NOT or the end (words that follow each other go in quotes)"));
        }
        _ => return Err(parser.unexpected("AND, OR, NOT or the end")),
    }
    if expr.holds(&mut |_| false) {
        let expected = "at least one word that must stand in the text";
        return Err(QueryError::new(0, expected, "a query that texts without any of its words satisfy"));
    }
    let mut warnings = Vec::new();
    if parser.mixed {
        warnings.push("AND and OR stand side by side without parentheses; AND and NOT bind first".to_owned());
    }
    expr.each_term(&mut |term| {
        if term.text.len() == 1 {
            warnings.push(format!("`{}` is a single letter or digit and will match a lot", term.text));
        }
    });
    Ok(Query { expr, warnings })
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
    /// An AND stands directly in an OR.
    mixed: bool,
}

impl Parser {
    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(_, token)| token)
    }

    fn take(&mut self, token: &Token) -> bool {
        let taken = self.peek() == token;
        self.next += usize::from(taken);
        taken
    }

    fn unexpected(&self, expected: &str) -> QueryError {
        let at = self.tokens.get(self.next).or(self.tokens.last()).map_or(0, |(at, _)| *at);
        QueryError::new(at, expected, self.peek().describe())
    }

    fn or(&mut self) -> Result<Expr, QueryError> {
        let (first, mut has_and) = self.and()?;
        let mut operands = vec![first];
        while self.take(&Token::Or) {
            let (operand, and) = self.and()?;
            operands.push(operand);
            has_and |= and;
        }
        self.mixed |= has_and && operands.len() > 1;
        Ok(one_or(operands, Expr::Or))
    }

    /// An operand of OR, and whether it is an AND that stands there without parentheses.
    fn and(&mut self) -> Result<(Expr, bool), QueryError> {
        let mut operands = vec![self.not()?];
        while self.take(&Token::And) || *self.peek() == Token::Not {
            operands.push(self.not()?);
        }
        let several = operands.len() > 1;
        Ok((one_or(operands, Expr::And), several))
    }

    fn not(&mut self) -> Result<Expr, QueryError> {
        if *self.peek() != Token::Not {
            return self.primary();
        }
        self.nested(|parser| {
            parser.next += 1;
            Ok(Expr::Not(Box::new(parser.not()?)))
        })
    }

    fn primary(&mut self) -> Result<Expr, QueryError> {
        match self.peek().clone() {
            Token::Term(term) => {
                self.next += 1;
                Ok(Expr::Term(term))
            }
            Token::Open => self.nested(|parser| {
                parser.next += 1;
                let inside = parser.or()?;
                if !parser.take(&Token::Close) {
                    return Err(parser.unexpected("AND, OR, NOT or `)`"));
                }
                Ok(inside)
            }),
            _ => Err(self.unexpected("a word, a \"phrase\", an @handle, a #hashtag or `(`")),
        }
    }

    fn nested(&mut self, inside: impl FnOnce(&mut Self) -> Result<Expr, QueryError>) -> Result<Expr, QueryError> {
        if self.depth == MAX_DEPTH {
            return Err(self.unexpected(&format!("at most {MAX_DEPTH} levels of parentheses and NOT")));
        }
        self.depth += 1;
        let expr = inside(self)?;
        self.depth -= 1;
        Ok(expr)
    }
}

fn one_or(mut operands: Vec<Expr>, many: impl FnOnce(Vec<Expr>) -> Expr) -> Expr {
    match operands.pop() {
        Some(only) if operands.is_empty() => only,
        last => {
            operands.extend(last);
            many(operands)
        }
    }
}
