//! Paths into JSON.

use serde_json::Value;
use serde_json_path::JsonPath;

/// A JSONPath (RFC 9535).
#[derive(Debug, Clone)]
pub(super) struct Path {
    written: String,
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    /// `$.a.b[0]`: names and indices only. Walking these is ten times as fast as a query, and nearly all paths are of this kind.
    Steps(Vec<Step>),
    /// Anything else.
    Query(Box<JsonPath>),
}

#[derive(Debug, Clone)]
enum Step {
    Name(String),
    Index(usize),
}

impl Path {
    /// Compiles a path; the error says what is wrong with it.
    pub(super) fn parse(written: &str) -> Result<Self, String> {
        let query = JsonPath::parse(written).map_err(|error| error.to_string())?;
        let way = steps(written).map_or_else(|| Way::Query(Box::new(query)), Way::Steps);
        Ok(Self { written: written.to_owned(), way })
    }

    /// As it was written.
    pub(super) fn written(&self) -> &str {
        &self.written
    }

    /// What it leads to, in order.
    pub(super) fn nodes<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match &self.way {
            Way::Steps(steps) => walk(steps, value).into_iter().collect(),
            Way::Query(query) => query.query(value).all(),
        }
    }

    /// The first thing it leads to for which `wanted` is true.
    pub(super) fn first<'v>(&self, value: &'v Value, wanted: impl Fn(&Value) -> bool) -> Option<&'v Value> {
        match &self.way {
            Way::Steps(steps) => walk(steps, value).filter(|node| wanted(node)),
            Way::Query(query) => query.query(value).all().into_iter().find(|node| wanted(node)),
        }
    }
}

fn walk<'v>(steps: &[Step], value: &'v Value) -> Option<&'v Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Step::Name(name) => value.as_object()?.get(name),
        Step::Index(index) => value.as_array()?.get(*index),
    })
}

/// The steps of a path that has only names and indices. The path is known to be valid.
fn steps(written: &str) -> Option<Vec<Step>> {
    let mut rest = written.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(tail) = rest.strip_prefix('.') {
            let end = tail.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(tail.len());
            if end == 0 {
                return None;
            }
            steps.push(Step::Name(tail[..end].to_owned()));
            rest = &tail[end..];
        } else {
            let (inner, tail) = rest.strip_prefix('[')?.split_once(']')?;
            steps.push(Step::Index(inner.parse().ok()?));
            rest = tail;
        }
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_paths_and_queries_agree() {
        let value =
            json!({"a": {"b": [10, {"c": "x"}]}, "list": [{"k": 1, "v": "one"}, {"k": 2, "v": "two"}], "want": 2});
        for (written, expected) in [
            ("$.a.b[0]", vec![json!(10)]),
            ("$.a.b[1].c", vec![json!("x")]),
            ("$['a']['b'][0]", vec![json!(10)]),
            ("$.a.nothing", vec![]),
            ("$.list[*].v", vec![json!("one"), json!("two")]),
            ("$.list[?@.k == $.want].v", vec![json!("two")]),
        ] {
            let path = Path::parse(written).unwrap();
            assert_eq!(path.nodes(&value), expected.iter().collect::<Vec<_>>(), "{written}");
            assert_eq!(JsonPath::parse(written).unwrap().query(&value).all(), path.nodes(&value), "{written}");
        }
        assert!(Path::parse("$.a[").is_err());
    }
}
