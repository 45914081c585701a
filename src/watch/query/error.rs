//! What is wrong with a query, and where.

use std::fmt;

/// A query that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Where, in characters of the query from 0.
    pub at: usize,
    /// What was expected there, and how to mend it.
    pub expected: String,
    /// What was found.
    pub found: String,
}

impl QueryError {
    pub(super) fn new(at: usize, expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { at, expected: expected.into(), found: found.into() }
    }

    /// Line and column of the error in the query, both from 1.
    pub fn position(&self, query: &str) -> (usize, usize) {
        let before: Vec<char> = query.chars().take(self.at).collect();
        let line_start = before.iter().rposition(|&c| c == '\n').map_or(0, |newline| newline + 1);
        (before.iter().filter(|&&c| c == '\n').count() + 1, before.len() - line_start + 1)
    }

    /// The line of the query with a caret under the column.
    pub fn excerpt(&self, query: &str) -> String {
        let (line, column) = self.position(query);
        // Tabs stay tabs under the text, so that the caret stands where the terminal puts the column.
        let text = query.lines().nth(line - 1).unwrap_or("");
        let indent: String = text.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let indent = format!("{indent:<width$}", width = column - 1);
        format!("    {text}\n    {indent}^")
    }

    /// The whole message, over three lines: `NAME: column 12: expected …, found …` and the excerpt.
    pub fn render(&self, name: &str, query: &str) -> String {
        let (line, column) = self.position(query);
        let place =
            if query.contains('\n') { format!("line {line}, column {column}") } else { format!("column {column}") };
        format!("{name}: {place}: {self}\n{}", self.excerpt(query))
    }
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

impl std::error::Error for QueryError {}
