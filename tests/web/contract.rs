//! docs/METRICS.md against a scrape, both ways.

use std::collections::{BTreeMap, BTreeSet};

const DOC: &str = include_str!("../../docs/METRICS.md");

/// What both the doc and a scrape say of a metric.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) help: String,
    pub(crate) labels: BTreeSet<String>,
}

/// Rows of the first table: name, type, labels, help.
pub(crate) fn documented() -> BTreeMap<String, Family> {
    let ticks = |cell: &str| cell.split(',').map(|part| part.trim().trim_matches('`').to_owned()).collect::<Vec<_>>();
    DOC.lines()
        .filter(|line| line.starts_with("| `undertone_"))
        .map(|line| {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let labels = ticks(cells[3]).into_iter().filter(|label| !label.is_empty()).collect();
            let family = Family { kind: cells[2].to_owned(), help: cells[4].to_owned(), labels };
            (cells[1].trim_matches('`').to_owned(), family)
        })
        .collect()
}

/// Families of a scrape, with the labels of their samples (`le` belongs to the format).
pub(crate) fn scraped(text: &str) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for line in text.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            families.entry(name.to_owned()).or_default().help = help.to_owned();
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' ')) {
            families.entry(name.to_owned()).or_default().kind = kind.to_owned();
        } else if let Some((sample, rest)) = line.split_once('{') {
            let base = ["_bucket", "_sum", "_count"].iter().find_map(|suffix| sample.strip_suffix(suffix));
            let name = base.filter(|base| families.contains_key(*base)).unwrap_or(sample).to_owned();
            let labels = rest.split("=\"").filter_map(|part| part.rsplit(['{', ',', '"']).next());
            let labels = labels.filter(|label| !label.is_empty() && !label.starts_with('}') && *label != "le");
            families
                .get_mut(&name)
                .unwrap_or_else(|| panic!("{name} has no type"))
                .labels
                .extend(labels.map(str::to_owned));
        }
    }
    families
}

/// Fails with the first difference.
pub(crate) fn holds(text: &str) {
    compare(scraped(text), documented());
}

/// As [`holds`], but families may have no samples yet.
pub(crate) fn holds_so_far(text: &str) {
    let mut scraped = scraped(text);
    let documented = documented();
    for (name, family) in &mut scraped {
        if family.labels.is_empty() {
            family.labels = documented.get(name).map(|family| family.labels.clone()).unwrap_or_default();
        }
    }
    compare(scraped, documented);
}

fn compare(scraped: BTreeMap<String, Family>, documented: BTreeMap<String, Family>) {
    for (name, family) in &documented {
        assert_eq!(scraped.get(name), Some(family), "{name}: the process (left) and docs/METRICS.md (right) differ");
    }
    for name in scraped.keys() {
        assert!(documented.contains_key(name), "{name} is exported, but not in docs/METRICS.md");
    }
}
