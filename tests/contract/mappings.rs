//! Feeds of another shape: the shipped mappings against payloads of each feed, and what a mapping may say.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use undertone::mention::{Decoded, Mapping, Reason, Rejection};

use crate::support::decode;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shipped() -> Vec<PathBuf> {
    let files = std::fs::read_dir(root().join("deploy/mappings")).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn written(decoded: &Result<Decoded, Rejection>) -> Value {
    match decoded {
        Ok(decoded) => json!({"op": decoded.op, "revision": decoded.revision, "mention": decoded.mention}),
        Err(rejection) => json!({"rejected": rejection.to_string()}),
    }
}

/// Each line of `tests/data/feeds/NAME.jsonl` is a record; `NAME.golden.jsonl` holds what has to come of it, an array a record.
/// `UPDATE_GOLDEN=1` writes the latter anew: read the difference before you commit it.
#[test]
fn shipped_mappings_read_their_feeds() {
    assert_eq!(shipped().len(), 9, "one for each feed of the manual");
    for file in shipped() {
        let mapping = Mapping::load(&file).unwrap_or_else(|error| panic!("{error}"));
        let golden = root().join(format!("tests/data/feeds/{}.golden.jsonl", mapping.name));
        let records = std::fs::read_to_string(golden.with_file_name(format!("{}.jsonl", mapping.name))).unwrap();
        let read = |record: &str| Value::from_iter(decode(record, Some(mapping.clone())).iter().map(written));
        let found: Vec<Value> = records.lines().map(read).collect();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&golden, found.iter().map(|value| format!("{value}\n")).collect::<String>()).unwrap();
        }
        let expected = std::fs::read_to_string(&golden).unwrap();
        assert_eq!(found.len(), expected.lines().count(), "{}", mapping.name);
        for (found, expected) in found.iter().zip(expected.lines()) {
            assert_eq!(found, &serde_json::from_str::<Value>(expected).unwrap(), "{}", mapping.name);
        }
    }
}

const BASE: &str = "id = '$.id'\nsource = 'forum'\ntext = '$.text'\ncreated_at = '$.at'\n";

fn through(extra: &str, record: &Value) -> Vec<Result<Decoded, Rejection>> {
    let mapping = Mapping::parse("test", &format!("{BASE}{extra}")).unwrap_or_else(|error| panic!("{error}"));
    decode(record.to_string(), Some(mapping))
}

fn one(extra: &str, record: &Value) -> Decoded {
    let mut all = through(extra, record);
    assert_eq!(all.len(), 1);
    all.remove(0).unwrap_or_else(|rejection| panic!("{rejection}"))
}

fn record() -> Value {
    json!({"id": 12, "text": "The cups leak", "at": "2026-03-01T10:00:00Z", "by": {"nick": "@ana", "n": "7"}, "tags": ["a", "b"], "type": "edit"})
}

#[test]
fn ids_may_be_numbers_and_numbers_texts() {
    let mention = one("author.followers = '$.by.n'\nauthor.id = '$.by.n'", &record()).mention;
    assert_eq!(mention.id, "12");
    assert_eq!(mention.author.unwrap().followers, Some(7));
}

#[test]
fn fallbacks_templates_prefixes_joins_and_lists() {
    let mention = one(
        "url = 'https://forum.example/{author.handle}/{id}?n={$.by.n}'
         title = { path = ['$.id', '$.text'], join = ': ' }
         language = ['$.nothing', '$.by.nothing', 'is']
         parent_id = '{$.nothing}/1'
         author.handle = { path = '$.by.nick', strip_prefix = ['u/', '@'] }
         extra.tags = { path = '$.tags[*]', all = true }
         extra.first = '$.tags[*]'
         extra.whole = '$.by'",
        &record(),
    )
    .mention;
    assert_eq!(mention.url.as_deref(), Some("https://forum.example/ana/12?n=7"));
    assert_eq!(mention.title.as_deref(), Some("12: The cups leak"));
    assert_eq!(mention.language.as_deref(), Some("is"));
    assert_eq!(mention.parent_id, None, "a template with an empty hole is nothing");
    assert_eq!(Value::from(mention.extra.unwrap()), json!({"tags": ["a", "b"], "first": "a", "whole": record()["by"]}));
}

#[test]
fn words_are_translated_and_unknown_ones_refused() {
    let table = "op = { path = '$.type', values = { edit = 'edited' } }";
    assert_eq!(serde_json::to_value(one(table, &record()).op).unwrap(), "edited");
    let mut other = record();
    other["type"] = json!("merge");
    let rejection = through(table, &other).remove(0).unwrap_err();
    assert_eq!((rejection.reason, rejection.field.as_deref()), (Reason::InvalidValue, Some("op")));
    assert!(rejection.detail.contains("found \"merge\", expected one of edit (mapped from $.type)"), "{rejection}");
    let with_default = "op = { path = '$.type', values = { edit = 'edited' }, default = 'observed' }";
    assert_eq!(serde_json::to_value(one(with_default, &other).op).unwrap(), "observed");
}

#[test]
fn refusals_name_the_place_in_the_feed() {
    let mut nameless = record();
    nameless["id"] = Value::Null;
    let rejection = through("", &nameless).remove(0).unwrap_err();
    assert_eq!(rejection.reason, Reason::MissingField);
    assert!(rejection.detail.contains("mapped from $.id"), "{rejection}");
    let mut shapeless = record();
    shapeless["text"] = json!({"a": 1});
    let rejection = through("", &shapeless).remove(0).unwrap_err();
    assert_eq!((rejection.reason, rejection.field.as_deref()), (Reason::MistypedField, Some("text")));
}

#[test]
fn items_may_look_at_the_whole_record_and_fail_alone() {
    let batch = json!({"page": 3, "list": [record(), {"id": "broken"}, record()]});
    let mapping = format!("items = '$.list[*]'\n{BASE}extra.page = {{ root = '$.page' }}");
    let all = decode(batch.to_string(), Some(Mapping::parse("batch", &mapping).unwrap()));
    assert_eq!(all.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(all[0].as_ref().unwrap().mention.extra.as_ref().unwrap()["page"], json!(3));
}

#[test]
fn what_is_no_mention_is_passed_over() {
    assert_eq!(through("[only]\n'$.type' = ['create']", &record()), []);
    assert_eq!(through("[only]\n'$.type' = ['create', 'edit']\n'$.id' = '12'", &record()).len(), 1);
}

#[test]
fn a_deletion_may_take_the_time_of_its_record() {
    let gone = json!({"id": "1", "gone": true});
    let mapping = "id = '$.id'\nsource = 'x'\ntext = '$.text'\ncreated_at = ['$.at', { record_time = true }]\nop = { path = '$.gone', values = { true = 'deleted' } }";
    let decoded = decode(gone.to_string(), Some(Mapping::parse("gone", mapping).unwrap())).remove(0).unwrap();
    assert_eq!(decoded.mention.created_at.as_millisecond(), crate::support::RECORDED);
}

#[test]
fn mapped_mentions_are_held_to_the_same_rules() {
    let mut late = record();
    late["at"] = json!("2027-01-01T00:00:00Z");
    assert_eq!(through("", &late).remove(0).unwrap_err().reason, Reason::TimeOutOfRange);
    let rating = "rating.value = '$.id'\nrating.scale = 5";
    assert_eq!(through(rating, &record()).remove(0).unwrap_err().field.as_deref(), Some("rating.value"));
    for broken in ["[1]", "nonsense"] {
        let rejection = decode(broken, Some(Mapping::parse("test", BASE).unwrap())).remove(0).unwrap_err();
        assert_eq!(rejection.reason, Reason::NotJson);
    }
}

#[test]
fn a_bad_mapping_says_file_line_field_found_and_expected() {
    for (lines, message) in [
        (
            "author.nick = '$.a'",
            "feed.toml:5: author.nick: found the unknown field author.nick, expected items, only, extra or one of id,",
        ),
        ("title = '$.a['", "feed.toml:5: title: found \"$.a[\", expected a JSONPath (RFC 9535)"),
        ("\ntitle = { pth = '$.a' }", "feed.toml:6: title.pth: found the unknown key pth, expected one of path,"),
        ("title = { html = true }", "feed.toml:5: title: found no origin of the value, expected one of path,"),
        ("title = { path = '$.a', value = 'b' }", "feed.toml:5: title: found two origins of the value"),
        (
            "title = { path = '$.a', format = 'iso' }",
            "feed.toml:5: title.format: found format of title, expected it at created_at",
        ),
        ("title = { path = 5 }", "feed.toml:5: title.path: found 5, expected a string"),
        ("title = []", "feed.toml:5: title: found an array of 0, expected at least one path or value"),
        ("kind = 'tweet'", "feed.toml:5: kind: found \"tweet\", expected one of post, comment, reply, review, share"),
        (
            "op = { path = '$.a', values = { a = 'gone' } }",
            "feed.toml:5: op.values.a: found \"gone\", expected one of observed, edited, deleted",
        ),
        (
            "url = 'a/{nobody}'",
            "feed.toml:5: url: found \"a/{nobody}\", expected {} around a path or a field that the mapping fills",
        ),
        ("url = 'a/{id'", "feed.toml:5: url: found \"a/{id\", expected every { with its }"),
        ("url = '{title}'\ntitle = '{url}'", "expected fields that do not refer to each other in a circle"),
        ("title = ", "feed.toml:5: the file: found something that is not TOML"),
    ] {
        let error = Mapping::parse("feed.toml", &format!("{BASE}{lines}")).unwrap_err().to_string();
        assert!(error.starts_with("feed.toml:") && error.contains(message), "{lines}\n  {error}\n  {message}");
    }
    for (time, message) in [
        (
            "{ path = '$.at', format = 'unix' }",
            "created_at.format: found \"unix\", expected iso, seconds, milliseconds, microseconds",
        ),
        ("{ path = '$.at', format = '%Q%' }", "created_at.format: found \"%Q%\", expected a strptime pattern"),
        (
            "{ path = '$.at', timezone = 'Belgrade' }",
            "created_at.timezone: found \"Belgrade\", expected a time zone such as Europe/Belgrade",
        ),
    ] {
        let text = format!("id = '$.id'\nsource = 'x'\ntext = '$.t'\ncreated_at = {time}");
        let error = Mapping::parse("feed.toml", &text).unwrap_err().to_string();
        assert!(error.contains(message), "{error}\n  {message}");
    }
    let error = Mapping::parse("feed.toml", "id = '$.id'").unwrap_err().to_string();
    assert!(error.contains("found no source, expected id, source and created_at"), "{error}");
    assert!(Mapping::load(Path::new("no/such.toml")).unwrap_err().to_string().starts_with("no/such.toml: "));
}

#[cfg(feature = "shared-data")]
#[test]
fn the_teams_streams_are_read_whole() {
    for (name, stream, expected) in [("airline", "airline", 14_485), ("twcs", "twcs_sample", 5_000)] {
        let mapping = Mapping::load(&root().join(format!("tests/data/{name}.mapping.toml"))).unwrap();
        let file = root().join(format!("../shared/data/{stream}/stream.jsonl.gz"));
        let mut read = 0;
        for line in undertone::mention::files::lines(&file).unwrap() {
            let line = line.unwrap();
            for decoded in decode(line.bytes, Some(mapping.clone())) {
                decoded.unwrap_or_else(|rejection| panic!("{stream}, line {}: {rejection}", line.number));
                read += 1;
            }
        }
        assert_eq!(read, expected, "{stream}");
    }
}

proptest::proptest! {
    #[test]
    fn no_json_makes_a_mapping_panic(value in crate::support::any_json()) {
        for file in shipped() {
            decode(value.to_string(), Some(Mapping::load(&file).unwrap()));
        }
    }

    #[test]
    fn no_text_makes_the_parser_of_mappings_panic(text in "[a-z$.{}\\[\\]'\"=,\n ?@*:]{0,80}") {
        let _ = Mapping::parse("any", &text);
        let _ = Mapping::parse("any", &format!("{BASE}title = {text}"));
    }
}
