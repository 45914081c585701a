//! Labelled posts out of a file.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde::Deserialize;

use crate::text::Span;

/// One labelled post. Fields it does not name are of no interest here.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) text: String,
    pub(super) label: String,
    pub(super) lang: Option<String>,
    pub(super) task: Option<String>,
    pub(super) topic: Option<String>,
}

/// Reads a file of JSON lines, gzipped if its name ends in `.gz`. Errors name the file, the line, and what is wrong with it.
pub(super) fn read(path: &Path) -> Result<Vec<Row>, String> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let zipped = path.extension().is_some_and(|extension| extension == "gz");
    let reader: Box<dyn Read> = if zipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut rows = Vec::new();
    for (line, at) in BufReader::new(reader).lines().zip(1..) {
        let line = line.map_err(|error| format!("{}, line {at}: {error}", path.display()))?;
        if line.trim().is_empty() {
            continue;
        }
        let row: Row = serde_json::from_str(&line).map_err(|error| {
            let expected = r#"expected an object like {"text": "…", "label": "positive"}"#;
            format!("{}, line {at}: {}; {expected}", path.display(), told(&error))
        })?;
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(format!("{}: no rows; expected one JSON object a line", path.display()));
    }
    Ok(rows)
}

/// serde counts lines within the line it was given, which would only confuse.
fn told(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(problem) => format!("{problem} (column {})", error.column()),
        None => text,
    }
}

/// Where a topic stands in a text, whatever its case.
pub(super) fn places(text: &str, topic: &str) -> Vec<Span> {
    let topic: Vec<char> = topic.trim().chars().flat_map(char::to_lowercase).collect();
    let mut places = Vec::new();
    let mut from = 0;
    while !topic.is_empty() && from < text.len() {
        match ends(&text[from..], &topic) {
            Some(length) => {
                places.push(Span::new(from as u32, (from + length) as u32));
                from += length;
            }
            None => from += text[from..].chars().next().map_or(1, char::len_utf8),
        }
    }
    places
}

/// How many bytes of the beginning of `text` are `topic`, which is in lower case.
fn ends(text: &str, topic: &[char]) -> Option<usize> {
    let mut wanted = topic.iter();
    for (at, letter) in text.char_indices() {
        for lower in letter.to_lowercase() {
            if *wanted.next()? != lower {
                return None;
            }
        }
        if wanted.len() == 0 {
            return Some(at + letter.len_utf8());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(text: &'a str, topic: &str) -> Vec<&'a str> {
        places(text, topic).into_iter().map(|span| span.of(text)).collect()
    }

    #[test]
    fn a_topic_is_found_in_any_case_and_script() {
        assert_eq!(found("Skyair and SKYAIR, not sky air", "skyair"), ["Skyair", "SKYAIR"]);
        assert_eq!(found("Волим ЈАТ, јат је добар", "Јат"), ["ЈАТ", "јат"]);
        assert_eq!(found("Ég elska ÍSFUGL", "ísfugl"), ["ÍSFUGL"]);
        assert_eq!(found("nothing here", "skyair"), Vec::<&str>::new());
        assert_eq!(found("nothing here", " "), Vec::<&str>::new());
    }

    #[test]
    fn a_letter_that_grows_in_lower_case_does_no_harm() {
        // İ becomes two characters in lower case.
        assert_eq!(found("İstanbul", "istanbul"), Vec::<&str>::new());
        assert_eq!(found("İstanbul", "İstanbul"), ["İstanbul"]);
    }
}
