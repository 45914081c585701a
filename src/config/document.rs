//! A TOML file, and what was found wrong while reading it.

use std::cell::RefCell;
use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, ConfigErrors};
use super::section::Section;

/// Syntax errors shown of one file, at most: one often causes others.
const MAX_SYNTAX_ERRORS: usize = 5;

/// The text of a file, and the errors and warnings found so far.
#[derive(Debug)]
pub(super) struct Document {
    path: PathBuf,
    source: String,
    errors: RefCell<Vec<ConfigError>>,
    warnings: RefCell<Vec<String>>,
}

impl Document {
    pub(super) fn open(path: &Path) -> Result<Self, ConfigErrors> {
        let source = std::fs::read_to_string(path).map_err(|error| {
            ConfigErrors(vec![ConfigError {
                file: path.display().to_string(),
                line: None,
                column: None,
                field: String::new(),
                found: format!("a file that cannot be read ({error})"),
                expected: "a TOML file".to_owned(),
                excerpt: String::new(),
            }])
        })?;
        Ok(Self::of(path, source))
    }

    /// A text that did not come from a file, under a name for its errors.
    pub(super) fn of(name: impl Into<PathBuf>, source: String) -> Self {
        Self { path: name.into(), source, errors: RefCell::default(), warnings: RefCell::default() }
    }

    /// Reads the file with `read`, and returns what it made of it together with warnings, or all errors.
    pub(super) fn read<T>(
        self,
        read: impl FnOnce(&Section<'_>) -> Option<T>,
    ) -> Result<(T, Vec<String>), ConfigErrors> {
        let (root, syntax) = DeTable::parse_recoverable(&self.source);
        let value = if syntax.is_empty() {
            let root = Section::root(&self, root.get_ref());
            let value = read(&root);
            root.refuse_unknown();
            value
        } else {
            for error in syntax.into_iter().take(MAX_SYNTAX_ERRORS) {
                let message = error.message().lines().collect::<Vec<_>>().join(", ");
                self.wrong(error.span(), "", format!("broken TOML ({message})"), "TOML");
            }
            None
        };
        let (name, mut errors) = (self.name(), self.errors.into_inner());
        // What this file points to comes after it.
        errors.sort_by_key(|error| (error.file != name, error.line, error.column));
        match value {
            Some(value) if errors.is_empty() => Ok((value, self.warnings.into_inner())),
            _ => Err(ConfigErrors(errors)),
        }
    }

    /// Where the file lies.
    pub(super) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new(""))
    }

    /// A path in the file, seen from where the file lies.
    pub(super) fn resolve(&self, path: &str) -> PathBuf {
        self.folder().join(path)
    }

    /// Notes an error at a place of the file.
    pub(super) fn wrong(
        &self,
        at: Option<Range<usize>>,
        field: impl Into<String>,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) {
        let position = at.map(|at| self.position(at.start));
        self.push(ConfigError {
            file: self.path.display().to_string(),
            line: position.map(|(line, _)| line),
            column: position.map(|(_, column)| column),
            field: field.into(),
            found: found.into(),
            expected: expected.into(),
            excerpt: String::new(),
        });
    }

    pub(super) fn push(&self, error: ConfigError) {
        self.errors.borrow_mut().push(error);
    }

    /// Notes what is allowed and often not meant.
    pub(super) fn warn(&self, at: &Range<usize>, field: &str, message: impl std::fmt::Display) {
        let (line, column) = self.position(at.start);
        self.warnings.borrow_mut().push(format!("{}:{line}:{column}: {field}: {message}", self.path.display()));
    }

    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Line and column, in characters, of a byte of the file; both from 1.
    pub(super) fn position(&self, byte: usize) -> (usize, usize) {
        let before = self.source.get(..byte).unwrap_or(&self.source);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or("").chars().count();
        (before.matches('\n').count() + 1, column + 1)
    }

    /// Where the character `at` of a string value lies in the file; the start of the value where it is written with escapes.
    pub(super) fn inside(&self, span: &Range<usize>, value: &str, at: usize) -> usize {
        let written = self.source.get(span.clone()).unwrap_or("");
        let offset = value.char_indices().nth(at).map_or(value.len(), |(offset, _)| offset);
        written.find(value).map_or(span.start, |start| span.start + start + offset)
    }
}

/// A value as it is shown in an error.
pub(super) fn describe(value: &DeValue<'_>) -> String {
    const SHOWN: usize = 60;
    match value {
        DeValue::String(text) if text.chars().count() > SHOWN => {
            format!("{:?}…", text.chars().take(SHOWN).collect::<String>())
        }
        DeValue::String(text) => format!("{text:?}"),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(value) => value.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}
