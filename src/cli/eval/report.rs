//! What `eval` prints: tables for people, one JSON object for programs.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::metrics::Confusion;
use super::task::Task;
use crate::model::ModelInfo;

/// All of it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) model: ModelReport,
    pub(super) files: Vec<FileReport>,
    /// Rows by how many layers of the model they went through.
    pub(super) by_layers: BTreeMap<u32, u64>,
    /// Scored, tokenising included, loading not.
    #[serde(serialize_with = "one_decimal")]
    pub(super) texts_per_second: f64,
}

/// Which model was measured.
#[derive(Debug, Serialize)]
pub(super) struct ModelReport {
    name: String,
    version: String,
    engine: String,
    effort: &'static str,
}

/// One file.
#[derive(Debug, Serialize)]
pub(super) struct FileReport {
    file: String,
    task: &'static str,
    pub(super) n: usize,
    /// Rows whose label is none of the task's.
    left_out: usize,
    #[serde(serialize_with = "four_decimals")]
    accuracy: f64,
    #[serde(serialize_with = "four_decimals")]
    macro_f1: f64,
    by_class: BTreeMap<&'static str, ClassReport>,
    by_language: BTreeMap<String, LanguageReport>,
}

#[derive(Debug, Serialize)]
struct ClassReport {
    #[serde(serialize_with = "four_decimals")]
    precision: f64,
    #[serde(serialize_with = "four_decimals")]
    recall: f64,
    #[serde(serialize_with = "four_decimals")]
    f1: f64,
    n: u64,
}

#[derive(Debug, Serialize)]
struct LanguageReport {
    n: u64,
    #[serde(serialize_with = "four_decimals")]
    accuracy: f64,
    #[serde(serialize_with = "four_decimals")]
    macro_f1: f64,
}

impl ModelReport {
    pub(super) fn of(info: &ModelInfo) -> Self {
        Self {
            name: info.name.clone(),
            version: info.version.clone(),
            engine: info.engine.clone(),
            effort: info.effort.name(),
        }
    }
}

impl FileReport {
    /// Sums up (true class, said class, language) of each row.
    pub(super) fn of<'a>(
        file: &str,
        task: &Task,
        left_out: usize,
        rows: impl Iterator<Item = (usize, usize, &'a str)>,
    ) -> Self {
        let classes = task.classes();
        let mut all = Confusion::new(classes.len());
        let mut languages: BTreeMap<String, Confusion> = BTreeMap::new();
        for (truth, said, language) in rows {
            all.add(truth, said);
            if !languages.contains_key(language) {
                languages.insert(language.to_owned(), Confusion::new(classes.len()));
            }
            if let Some(confusion) = languages.get_mut(language) {
                confusion.add(truth, said);
            }
        }
        let class = |class| {
            let figures = all.class(class);
            ClassReport { precision: figures.precision, recall: figures.recall, f1: figures.f1, n: figures.n }
        };
        let language =
            |one: &Confusion| LanguageReport { n: one.n(), accuracy: one.accuracy(), macro_f1: one.macro_f1() };
        Self {
            file: file.to_owned(),
            task: task.name(),
            n: all.n() as usize,
            left_out,
            accuracy: all.accuracy(),
            macro_f1: all.macro_f1(),
            by_class: classes.iter().enumerate().map(|(number, name)| (*name, class(number))).collect(),
            by_language: languages.iter().map(|(code, one)| (code.clone(), language(one))).collect(),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            write!(out, "{file}")?;
        }
        let ModelReport { name, version, engine, effort } = &self.model;
        write!(out, "{name} {version} on {engine}, effort {effort}: {:.0} texts a second", self.texts_per_second)?;
        let rows: u64 = self.by_layers.values().sum();
        for (layers, count) in &self.by_layers {
            write!(out, ", {:.1} % through {layers} layers", 100.0 * *count as f64 / rows as f64)?;
        }
        writeln!(out)
    }
}

impl fmt::Display for FileReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}, {} rows", self.file, self.task, self.n)?;
        match self.left_out {
            0 => writeln!(out)?,
            left_out => writeln!(out, " ({left_out} with other labels left out)")?,
        }
        writeln!(out, "  {:<14} accuracy  macro-F1             rows", "")?;
        let line = |out: &mut fmt::Formatter<'_>, name: &str, accuracy: f64, macro_f1: f64, n: u64| {
            writeln!(out, "  {name:<14} {:>8.1}  {:>8.1}         {n:>8}", 100.0 * accuracy, 100.0 * macro_f1)
        };
        line(out, "all", self.accuracy, self.macro_f1, self.n as u64)?;
        for (code, figures) in &self.by_language {
            line(out, code, figures.accuracy, figures.macro_f1, figures.n)?;
        }
        writeln!(out, "  {:<14} precision   recall       F1     rows", "")?;
        for (class, figures) in &self.by_class {
            let [precision, recall, f1] = [figures.precision, figures.recall, figures.f1].map(|share| 100.0 * share);
            writeln!(out, "  {class:<14} {precision:>9.1} {recall:>8.1} {f1:>8.1} {:>8}", figures.n)?;
        }
        writeln!(out)
    }
}

/// Figures are shares of a few thousand rows: more digits would only look exact.
fn four_decimals<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((value * 1e4).round() / 1e4)
}

fn one_decimal<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((value * 10.0).round() / 10.0)
}
