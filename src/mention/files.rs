//! Mentions in files, for replaying, scoring and tests: JSON lines and CSV, compressed or not.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::read::MultiGzDecoder;
use serde_json::{Map, Value};

/// One mention as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line on which it starts, from 1.
    pub number: u64,
    /// A JSON text: the line itself, or a CSV row as an object of strings.
    pub bytes: Vec<u8>,
}

/// Why a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Its name does not say what is in it.
    #[error("{file}: found an unknown kind of file, expected .jsonl, .ndjson or .csv, each with or without .gz")]
    UnknownKind {
        /// The file.
        file: String,
    },
    /// It cannot be opened.
    #[error("{file}: {error}")]
    Unopened {
        /// The file.
        file: String,
        /// What the system said.
        error: io::Error,
    },
    /// Reading failed midway.
    #[error("{file}:{line}: {error}")]
    Broken {
        /// The file.
        file: String,
        /// The line at which it failed.
        line: u64,
        /// What is wrong: damaged compression, a row with too many cells…
        error: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What is in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line; empty lines are passed over.
    JsonLines,
    /// A header row, then a mention a row; empty cells are left out.
    Csv,
}

/// The mentions of a file, one after the other.
pub struct Lines {
    file: String,
    rows: Rows,
    size: Option<u64>,
    consumed: Arc<AtomicU64>,
}

enum Rows {
    Json {
        reader: Box<dyn BufRead + Send>,
        number: u64,
    },
    Csv {
        reader: Box<csv::Reader<Box<dyn BufRead + Send>>>,
        headers: csv::StringRecord,
    },
    /// After an error there is no more.
    Over,
}

/// Opens a file; its name says how to read it (`.jsonl`, `.ndjson`, `.csv`, and the same with `.gz`).
pub fn lines(path: &Path) -> Result<Lines, FileError> {
    let file = path.display().to_string();
    let unopened = |error| FileError::Unopened { file: file.clone(), error };
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let (inner, compressed) = name.strip_suffix(".gz").map_or((name.as_str(), false), |inner| (inner, true));
    let format = match inner.rsplit('.').next() {
        Some("jsonl" | "ndjson") => Format::JsonLines,
        Some("csv") => Format::Csv,
        _ => return Err(FileError::UnknownKind { file }),
    };
    let opened = File::open(path).map_err(unopened)?;
    let size = opened.metadata().map_err(unopened)?.len();
    let consumed = Arc::new(AtomicU64::new(0));
    let counted = Counted { inner: opened, consumed: Arc::clone(&consumed) };
    let mut lines = if compressed {
        Lines::new(&file, format, MultiGzDecoder::new(BufReader::new(counted)))?
    } else {
        Lines::new(&file, format, counted)?
    };
    (lines.size, lines.consumed) = (Some(size), consumed);
    Ok(lines)
}

impl Lines {
    /// Reads from anything; `name` stands for the file in errors.
    pub fn new(name: &str, format: Format, source: impl Read + Send + 'static) -> Result<Self, FileError> {
        let reader: Box<dyn BufRead + Send> = Box::new(BufReader::with_capacity(1 << 16, source));
        let rows = match format {
            Format::JsonLines => Rows::Json { reader, number: 0 },
            Format::Csv => {
                let mut reader = csv::Reader::from_reader(reader);
                let headers = reader.headers().map_err(|error| broken(name, 1, error))?.clone();
                Rows::Csv { reader: Box::new(reader), headers }
            }
        };
        Ok(Self { file: name.to_owned(), rows, size: None, consumed: Arc::default() })
    }

    /// The size of the file on disk, in bytes; `None` if it is no file.
    pub fn size(&self) -> Option<u64> {
        self.size
    }

    /// How many of them have been read, for a progress bar.
    pub fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }

    fn read(&mut self) -> Result<Option<Line>, FileError> {
        match &mut self.rows {
            Rows::Over => Ok(None),
            Rows::Json { reader, number } => {
                let mut bytes = Vec::new();
                loop {
                    *number += 1;
                    bytes.clear();
                    let read =
                        reader.read_until(b'\n', &mut bytes).map_err(|error| broken(&self.file, *number, error))?;
                    if read == 0 {
                        return Ok(None);
                    }
                    let length = bytes.trim_ascii_end().len();
                    bytes.truncate(length);
                    if !bytes.is_empty() {
                        return Ok(Some(Line { number: *number, bytes }));
                    }
                }
            }
            Rows::Csv { reader, headers } => {
                let mut row = csv::StringRecord::new();
                let line = reader.position().line();
                if !reader.read_record(&mut row).map_err(|error| broken(&self.file, line, error))? {
                    return Ok(None);
                }
                let cells = headers.iter().zip(&row).filter(|(_, cell)| !cell.is_empty());
                let object: Map<String, Value> = cells.map(|(name, cell)| (name.to_owned(), cell.into())).collect();
                let number = row.position().map_or(line, csv::Position::line);
                Ok(Some(Line { number, bytes: Value::Object(object).to_string().into_bytes() }))
            }
        }
    }
}

impl Iterator for Lines {
    type Item = Result<Line, FileError>;

    fn next(&mut self) -> Option<Self::Item> {
        let read = self.read().transpose();
        if !matches!(read, Some(Ok(_))) {
            self.rows = Rows::Over;
        }
        read
    }
}

fn broken(file: &str, line: u64, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> FileError {
    FileError::Broken { file: file.to_owned(), line, error: error.into() }
}

/// Counts the bytes that pass.
struct Counted {
    inner: File,
    consumed: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.consumed.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(name: &str, content: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        (folder, path)
    }

    fn read(name: &str, content: &[u8]) -> Vec<(u64, String)> {
        let (_folder, path) = file(name, content);
        let texts = lines(&path).unwrap().map(Result::unwrap);
        texts.map(|line| (line.number, String::from_utf8(line.bytes).unwrap())).collect()
    }

    fn gzip(content: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(content).unwrap();
        packed.finish().unwrap()
    }

    #[test]
    fn json_lines_come_as_they_are_with_their_numbers() {
        let text = b"{\"a\": 1}\r\n\n{\"b\":2}  \nno json";
        let expected =
            [(1, "{\"a\": 1}"), (3, "{\"b\":2}"), (4, "no json")].map(|(number, text)| (number, text.to_owned()));
        assert_eq!(read("a.jsonl", text), expected);
        assert_eq!(read("a.JSONL.gz", &gzip(text)), expected);
        let twice: Vec<u8> = [gzip(text), gzip(b"\n5")].concat();
        assert_eq!(read("a.ndjson.gz", &twice).last(), Some(&(5, "5".to_owned())), "gzip files may be joined");
    }

    #[test]
    fn csv_rows_become_objects_of_strings() {
        let text = b"id,text,likes\n1,\"two\nlines, and a \"\"quote\"\"\",\n2,plain,7\n";
        let expected = [
            (2, r#"{"id":"1","text":"two\nlines, and a \"quote\""}"#),
            (4, r#"{"id":"2","likes":"7","text":"plain"}"#),
        ];
        assert_eq!(read("a.csv", text), expected.map(|(number, text)| (number, text.to_owned())));
    }

    #[test]
    fn what_cannot_be_read_is_said_with_file_and_line() {
        let failure = |name: &str, content: &[u8]| {
            let (_folder, path) = file(name, content);
            let error = lines(&path).and_then(|lines| lines.collect::<Result<Vec<_>, _>>()).unwrap_err();
            error.to_string().rsplit('/').next().unwrap().to_owned()
        };
        assert!(failure("a.txt", b"").starts_with("a.txt: found an unknown kind of file, expected .jsonl"));
        assert!(failure("a.jsonl.gz", b"not gzip").starts_with("a.jsonl.gz:1: "));
        let mut cut = gzip(&b"{\"a\":1}\n".repeat(10_000));
        cut.truncate(cut.len() / 2);
        assert!(failure("b.jsonl.gz", &cut).contains("b.jsonl.gz:"));
        assert!(
            failure("a.csv", b"a,b\n1,2\n1,2,3\n").starts_with("a.csv:3: "),
            "{}",
            failure("a.csv", b"a,b\n1,2\n1,2,3\n")
        );
        assert!(lines(Path::new("no/such.jsonl")).err().unwrap().to_string().starts_with("no/such.jsonl: "));
    }

    #[test]
    fn progress_reaches_the_size_of_the_file() {
        let (_folder, path) = file("a.jsonl.gz", &gzip(&b"{\"a\":1}\n".repeat(100)));
        let mut lines = lines(&path).unwrap();
        assert_eq!(lines.by_ref().count(), 100);
        assert_eq!(Some(lines.consumed()), lines.size());
    }
}
