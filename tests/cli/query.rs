//! `undertone query`, and every example of docs/QUERIES.md.

use crate::support::{project, undertone};

/// The rows of all tables of the manual with this head, as cells.
fn rows(head: &str) -> Vec<Vec<String>> {
    let manual = std::fs::read_to_string(project("docs/QUERIES.md")).unwrap();
    let mut rows = Vec::new();
    let mut inside = false;
    for line in manual.lines() {
        if line.starts_with(head) {
            inside = true;
        } else if !line.starts_with('|') {
            inside = false;
        } else if inside && !line.starts_with("|---") {
            let columns = head.matches('|').count() - 1;
            let line = line.trim_start_matches('|').trim_end().trim_end_matches('|');
            rows.push(line.splitn(columns, " | ").map(|cell| cell.trim().to_owned()).collect());
        }
    }
    rows
}

fn code(cell: &str) -> &str {
    cell.strip_prefix('`').and_then(|cell| cell.strip_suffix('`')).unwrap_or_else(|| panic!("not code: {cell}"))
}

#[test]
fn every_example_of_the_manual_finds_what_it_says() {
    let rows = rows("| query | text | found |");
    assert!(rows.len() > 40, "{} examples", rows.len());
    for row in rows {
        let (query, text) = (code(&row[0]), code(&row[1]));
        let outcome = undertone(&["query", "test", "--query", query, "--text", text], "");
        let expected = match row[2].as_str() {
            "no" => format!("1\t-\t-\t{text}\n"),
            found => format!("1\tquery\tmention\t{}\n", code(found)),
        };
        assert_eq!((outcome.code, outcome.stdout), (0, expected), "{query} on {text}: {}", outcome.stderr);
    }
}

#[test]
fn every_error_of_the_manual_is_said() {
    let rows = rows("| query | error |");
    assert!(rows.len() > 8, "{} errors", rows.len());
    for row in rows {
        let outcome = undertone(&["query", "explain", "--query", code(&row[0])], "");
        assert_eq!((outcome.code, outcome.stdout.as_str()), (64, ""), "{row:?}");
        assert!(outcome.stderr.starts_with(&format!("error: query: {}\n", row[1])), "{row:?}: {}", outcome.stderr);
    }
}

#[test]
fn a_composed_and_a_decomposed_spelling_stand_in_the_manual() {
    let spellings: Vec<String> = rows("| query | text | found |")
        .into_iter()
        .filter(|row| row[0] == "`phở`")
        .map(|row| row[1].clone())
        .collect();
    assert!(spellings.iter().any(|text| text.contains('\u{309}')), "{spellings:?}");
}

#[test]
fn explain_shows_the_tree_and_warns() {
    let outcome = undertone(&["query", "explain", "-q", "delta AND (air OR \"big lines\") NOT @river OR #x1"], "");
    let tree = "any of\n  all of\n    word delta\n    any of\n      word air\n      phrase big lines\n    not\n      handle @river\n  hashtag #x1\n";
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, tree));
    assert!(outcome.stderr.starts_with("warning: query: AND and OR stand side by side"), "{}", outcome.stderr);
}

#[test]
fn a_watchlist_is_explained_entity_by_entity() {
    let file = project("deploy/watchlist.example.toml");
    let all = undertone(&["query", "explain", "--watchlist", &file], "");
    assert_eq!(all.code, 0, "{}", all.stderr);
    assert!(all.stdout.contains("borealis-desk\nno query: accounts and spaces only\n"), "{}", all.stdout);
    let one = undertone(&["query", "explain", "--watchlist", &file, "--entity", "lumen-club"], "");
    assert_eq!(one.stdout, "lumen-club\nany of\n  phrase lumen club\n  hashtag #lumenclub\n");
    let none = undertone(&["query", "explain", "--watchlist", &file, "--entity", "nope"], "");
    assert_eq!(none.code, 64);
    assert!(none.stderr.contains("--entity: found \"nope\", expected one of lumen-air, lumen-club"), "{}", none.stderr);
}

#[test]
fn mentions_on_stdin_are_tried_and_bad_ones_told() {
    let file = project("deploy/watchlist.example.toml");
    let at = "\"created_at\":\"2026-01-05T10:00:00Z\"";
    let stdin = format!(
        "{{\"id\":\"a\",\"source\":\"x\",\"text\":\"Borealis flight\\nwas late\",{at}}}\n\n\
         {{\"id\":\"b\",\"source\":\"x\",\"text\":\"where is it?\",\"parent_author\":\"LumenAir\",{at}}}\n\
         {{\"id\":\"c\",\"source\":\"x\",\"text\":\"We are sorry\",\"author\":{{\"handle\":\"borealishelp\"}},{at}}}\n\
         {{\"id\":\"d\",\"source\":\"reddit\",\"text\":\"hello\",\"in_community\":\"lumenair\",{at}}}\n\
         {{\"id\":\"e\",\"source\":\"x\",\"text\":\"hello\",{at}}}\n\
         {{\"id\":7}}\n"
    );
    let outcome = undertone(&["query", "test", "--watchlist", &file], &stdin);
    assert_eq!(
        outcome.stdout,
        "a\tborealis\tmention\t[Borealis] [flight] was late\n\
         b\tlumen-air\treply\twhere is it?\n\
         c\tborealis-desk\town\tWe are sorry\n\
         d\tlumen-air\tcommunity\thello\n\
         e\t-\t-\thello\n"
    );
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.starts_with("stdin:7: mistyped_field at id"), "{}", outcome.stderr);
    assert!(outcome.stderr.ends_with("error: 1 of the mentions could not be read\n"), "{}", outcome.stderr);
}

#[test]
fn lines_that_are_no_text_or_have_no_end_are_told_and_the_next_is_tried() {
    let post = br#"{"id":"a","source":"x","text":"delta is late","created_at":"2026-01-05T10:00:00Z"}"#;
    let stdin = [&b"caf\xe9"[..], &vec![b'x'; 3 << 20], post].join(&b'\n');
    let outcome = undertone(&["query", "test", "-q", "delta"], stdin);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (1, "a\tquery\tmention\t[delta] is late\n"));
    let told: Vec<&str> = outcome.stderr.lines().collect();
    assert!(told[0].starts_with("stdin:1: not_utf8"), "{told:?}");
    assert!(told[1].starts_with("stdin:2: too_large"), "{told:?}");
    assert_eq!(told[2], "error: 2 of the mentions could not be read");
}

#[test]
fn a_query_or_a_watchlist_is_needed() {
    let (neither, both, orphan): (&[_], &[_], &[_]) =
        (&["query", "test"], &["query", "explain", "-q", "a", "-w", "b"], &["query", "explain", "-e", "x", "-q", "a"]);
    for args in [neither, both, orphan] {
        assert_eq!(undertone(args, "").code, 64, "{args:?}");
    }
    let missing = undertone(&["query", "explain", "-w", "/nowhere.toml"], "");
    assert_eq!(missing.code, 64);
    assert!(missing.stderr.contains("/nowhere.toml: found a file that cannot be read"), "{}", missing.stderr);
}
