//! A table of a TOML file, read field by field. What is wrong is noted, and reading goes on.

use std::cell::RefCell;
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{Document, describe};

/// A table, or the place of one that is not there, whose fields then all have their defaults.
pub(super) struct Section<'d> {
    pub(super) document: &'d Document,
    /// Where the table starts: errors about what is missing point here. `None` is the file as such.
    pub(super) at: Option<Range<usize>>,
    path: String,
    table: Option<&'d DeTable<'d>>,
    known: RefCell<Vec<&'static str>>,
}

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Located<T> {
    pub(super) value: T,
    pub(super) at: Range<usize>,
}

impl<'d> Section<'d> {
    pub(super) fn root(document: &'d Document, table: &'d DeTable<'d>) -> Self {
        Self { document, at: None, path: String::new(), table: Some(table), known: RefCell::default() }
    }

    /// The whole name of a field.
    pub(super) fn field(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Calls this table by an id in errors from now on: `entity.delta` says more than `entity[3]`.
    pub(super) fn rename(&mut self, path: String) {
        self.path = path;
    }

    /// Notes that a field is wrong.
    pub(super) fn wrong(&self, at: &Range<usize>, key: &str, found: impl Into<String>, expected: impl Into<String>) {
        self.document.wrong(Some(at.clone()), self.field(key), found, expected);
    }

    /// Notes that a field is missing.
    pub(super) fn missing(&self, key: &str, expected: impl Into<String>) {
        self.document.wrong(self.at.clone(), self.field(key), "nothing", expected);
    }

    /// Whether the file has the field, right or wrong.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.get(key).is_some())
    }

    /// Where a field stands, or else its table.
    pub(super) fn place(&self, key: &str) -> Option<Range<usize>> {
        self.table.and_then(|table| table.get(key)).map(Spanned::span).or_else(|| self.at.clone())
    }

    /// Notes that a field exists, where nothing reads it.
    pub(super) fn note(&self, key: &'static str) {
        self.known.borrow_mut().push(key);
    }

    fn get(&self, key: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.note(key);
        self.table.and_then(|table| table.get(key))
    }

    /// Reads a field; `None` where it is absent, or wrong, which is noted.
    pub(super) fn read<T>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&'d DeValue<'d>) -> Option<T>,
    ) -> Option<Located<T>> {
        let value = self.get(key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            self.wrong(&value.span(), key, describe(value.get_ref()), expected);
        }
        read.map(|read| Located { value: read, at: value.span() })
    }

    /// As [`Self::read`], and notes where it is absent.
    pub(super) fn require<T>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&'d DeValue<'d>) -> Option<T>,
    ) -> Option<Located<T>> {
        if !self.has(key) {
            self.note(key);
            self.missing(key, expected);
            return None;
        }
        self.read(key, expected, read)
    }

    /// A whole number within a range.
    pub(super) fn number<T>(&self, key: &'static str, range: RangeInclusive<T>, default: T) -> Option<T>
    where
        T: TryFrom<i64> + PartialOrd + Display,
    {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let read = |value: &DeValue<'_>| integer(value).and_then(|n| T::try_from(n).ok()).filter(|n| range.contains(n));
        self.or(key, default, |section| section.read(key, &expected, read))
    }

    /// A duration such as `"100 ms"` or `"10s"`; bounds and default in milliseconds.
    pub(super) fn duration(&self, key: &'static str, least: u64, most: u64, default: u64) -> Option<Duration> {
        let expected = format!("a duration from \"{least} ms\" to \"{} s\"", most / 1000);
        self.or(key, Duration::from_millis(default), |section| {
            section.read(key, &expected, |value| {
                let span: jiff::SignedDuration = value.as_str()?.parse().ok()?;
                let duration = Duration::try_from(span).ok()?;
                (Duration::from_millis(least)..=Duration::from_millis(most)).contains(&duration).then_some(duration)
            })
        })
    }

    /// A value, or its default where it is absent; `None` only where it is wrong.
    pub(super) fn or<T>(&self, key: &str, default: T, read: impl FnOnce(&Self) -> Option<Located<T>>) -> Option<T> {
        let absent = !self.has(key);
        let read = read(self).map(|located| located.value);
        if absent { Some(default) } else { read }
    }

    /// A table within this one.
    pub(super) fn section(&self, key: &'static str) -> Self {
        let value = self.get(key);
        let table = value.and_then(|value| value.get_ref().as_table());
        if let Some(value) = value
            && table.is_none()
        {
            self.wrong(&value.span(), key, describe(value.get_ref()), format!("a table, [{}]", self.field(key)));
        }
        let at = value.map(Spanned::span).or_else(|| self.at.clone());
        Self { document: self.document, at, path: self.field(key), table, known: RefCell::default() }
    }

    /// A list of tables within this one.
    pub(super) fn sections(&self, key: &'static str) -> Vec<Self> {
        let expected = format!("tables, each under [[{}]] or in braces", self.field(key));
        let list = self.read(key, &expected, DeValue::as_array);
        let mut sections = Vec::new();
        for (index, item) in list.iter().flat_map(|list| list.value.iter()).enumerate() {
            let path = format!("{}[{index}]", self.field(key));
            let Some(table) = item.get_ref().as_table() else {
                self.document.wrong(Some(item.span()), path, describe(item.get_ref()), expected.as_str());
                continue;
            };
            let section = Self {
                document: self.document,
                at: Some(item.span()),
                path,
                table: Some(table),
                known: RefCell::default(),
            };
            sections.push(section);
        }
        sections
    }

    /// All keys of a table whose keys are free.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'d str, Range<usize>, &'d Spanned<DeValue<'d>>)> {
        self.table
            .into_iter()
            .flat_map(|table| table.iter().map(|(key, value)| (key.get_ref().as_ref(), key.span(), value)))
    }

    /// Notes every field that nobody has asked for.
    pub(super) fn refuse_unknown(&self) {
        let known = self.known.borrow();
        for (key, at, _) in self.entries().filter(|(key, ..)| !known.contains(key)) {
            self.wrong(&at, key, "a field that does not exist", format!("one of {}", known.join(", ")));
        }
    }
}

/// A TOML integer.
pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}

/// A string that is not blank.
pub(super) fn filled(value: &DeValue<'_>) -> Option<String> {
    value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
}

/// A TOML number, whole or not; never NaN.
pub(super) fn number(value: &DeValue<'_>) -> Option<f64> {
    let number = match value {
        DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
        DeValue::Integer(_) => integer(value).map(|number| number as f64),
        _ => None,
    };
    number.filter(|number| !number.is_nan())
}

/// An optional field: `None` where it is wrong, `Some(None)` where it is absent.
pub(super) fn optional<'d, T>(
    section: &Section<'d>,
    key: &'static str,
    expected: &str,
    read: impl FnOnce(&'d DeValue<'d>) -> Option<T>,
) -> Option<Option<Located<T>>> {
    let present = section.has(key);
    let value = section.read(key, expected, read);
    (value.is_some() || !present).then_some(value)
}
