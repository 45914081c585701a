//! The Grafana boards of `deploy/`, as tests read them.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// A board.
pub(crate) struct Board {
    pub(crate) name: String,
    pub(crate) json: Value,
}

/// One query of a board, and where it stands.
pub(crate) struct Query<'a> {
    pub(crate) place: String,
    pub(crate) expr: &'a str,
    /// Asked for now, not over the time of the board.
    pub(crate) is_instant: bool,
}

/// A path of the project.
pub(crate) fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// All three, by name.
pub(crate) fn boards() -> Vec<Board> {
    let files = std::fs::read_dir(root("deploy/grafana/dashboards")).unwrap().map(|file| file.unwrap().path());
    let mut boards: Vec<Board> = files
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| Board {
            name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
            json: serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap(),
        })
        .collect();
    boards.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(boards.iter().map(|board| &*board.name).collect::<Vec<_>>(), ["community", "operations", "reputation"]);
    boards
}

/// A field that must be text.
pub(crate) fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("no {field}: {value:#}"))
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

impl Board {
    /// Panels that show something: no rows.
    pub(crate) fn panels(&self) -> impl Iterator<Item = &Value> {
        list(&self.json["panels"]).iter().filter(|panel| panel["type"] != "row")
    }

    pub(crate) fn variables(&self) -> &[Value] {
        list(&self.json["templating"]["list"])
    }

    /// Of panels, and of annotations that ask Prometheus.
    pub(crate) fn queries(&self) -> impl Iterator<Item = Query<'_>> {
        let of_panels = self.panels().flat_map(|panel| {
            list(&panel["targets"]).iter().map(|target| Query {
                place: format!("{}: {} {}", self.name, text(panel, "title"), text(target, "refId")),
                expr: text(target, "expr"),
                is_instant: target["instant"] == true,
            })
        });
        let annotations = list(&self.json["annotations"]["list"]).iter().filter(|one| one.get("builtIn").is_none());
        let of_annotations = annotations.map(|one| Query {
            place: format!("{}: annotation {}", self.name, text(one, "name")),
            expr: text(one, "expr"),
            is_instant: false,
        });
        of_panels.chain(of_annotations)
    }
}
