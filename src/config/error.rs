//! What is wrong with a configuration: which file, line and field, what was found, what was expected.

use std::fmt;

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, as it was named.
    pub file: String,
    /// The line, from 1; `None` where it is about the file as such.
    pub line: Option<usize>,
    /// The column in characters, from 1, where it is known.
    pub column: Option<usize>,
    /// The field (`limits.chunk_records`, `input[0].topic`, `entity.delta.query`); empty where it is about the file as such.
    /// List items are counted from 0 where they have no id.
    pub field: String,
    /// What was found. Never a secret.
    pub found: String,
    /// What was expected.
    pub expected: String,
    /// The text in question with a caret, where that helps; empty otherwise.
    pub excerpt: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file)?;
        for place in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{place}")?;
        }
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        write!(f, ": found {}, expected {}", self.found, self.expected)?;
        if !self.excerpt.is_empty() {
            write!(f, "\n{}", self.excerpt)?;
        }
        Ok(())
    }
}

/// Everything that is wrong, in the order of files and lines. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for error in &self.0 {
            writeln!(f, "{error}")?;
        }
        match self.0.len() {
            1 => write!(f, "1 error"),
            n => write!(f, "{n} errors"),
        }
    }
}

impl std::error::Error for ConfigErrors {}

/// A configuration that is wrong is told on stderr and ends the process with code 64.
impl From<ConfigErrors> for crate::cli::exit::Exit {
    fn from(errors: ConfigErrors) -> Self {
        Self { message: format!("the configuration is wrong\n{errors}"), code: crate::cli::exit::USAGE }
    }
}
