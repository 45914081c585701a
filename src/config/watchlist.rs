//! `watchlist.toml`.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use toml::de::DeValue;

use super::document::Document;
use super::error::{ConfigError, ConfigErrors};
use super::section::{Located, Section, filled, number, optional};
use crate::watch::query;
use crate::watch::{Account, Entity, EntityKind, Space, Topic, Watchlist, WatchlistError};

/// Entities and topics, at most: an entity costs time series, a topic costs arithmetic for every mention.
const MAX_ENTITIES: usize = 100_000;
const MAX_TOPICS: usize = 500;

const ID: &str = "1 to 64 small letters, digits, hyphens or underscores, the first a letter or digit";
const NAME: &str = "a text of 1 to 200 characters";

/// Reads and compiles a watchlist; the warnings are about queries that are allowed and often not meant.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load_watchlist(path: &Path) -> Result<(Watchlist, Vec<String>), ConfigErrors> {
    read(path, Document::open(path)?)
}

/// As [`load_watchlist`], from a text inside the program; `name` stands for the file in errors.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse_watchlist(name: &str, text: &str) -> Result<(Watchlist, Vec<String>), ConfigErrors> {
    read(Path::new(name), Document::of(name, text.to_owned()))
}

fn read(path: &Path, document: Document) -> Result<(Watchlist, Vec<String>), ConfigErrors> {
    let ((entities, topics), warnings) = document.read(|root| {
        let mut ids = Ids::default();
        let entities: Vec<_> = root.sections("entity").into_iter().map(|section| entity(section, &mut ids)).collect();
        let mut ids = Ids::default();
        let topics: Vec<_> = root.sections("topic").into_iter().map(|section| topic(section, &mut ids)).collect();
        if entities.is_empty() && topics.is_empty() {
            root.missing("entity", "at least one [[entity]] or [[topic]]");
        }
        for (key, len, most) in [("entity", entities.len(), MAX_ENTITIES), ("topic", topics.len(), MAX_TOPICS)] {
            if len > most {
                root.document.wrong(None, key, len.to_string(), format!("at most {most}"));
            }
        }
        Some((entities.into_iter().collect::<Option<Vec<_>>>()?, topics.into_iter().collect::<Option<Vec<_>>>()?))
    })?;
    // Each query was read above; what is left to fail is the size of them all.
    let watchlist = Watchlist::new(entities, topics)
        .map_err(|errors| ConfigErrors(errors.iter().map(|error| about_file(path, error)).collect()))?;
    Ok((watchlist, warnings))
}

fn about_file(path: &Path, error: &WatchlistError) -> ConfigError {
    ConfigError {
        file: path.display().to_string(),
        line: None,
        column: None,
        field: "entity".to_owned(),
        found: error.to_string(),
        expected: "queries that can be compiled together".to_owned(),
        excerpt: String::new(),
    }
}

/// The ids so far, and the line of each.
#[derive(Default)]
struct Ids(HashMap<String, usize>);

impl Ids {
    /// Reads an id and calls the section by it.
    fn read(&mut self, section: &mut Section<'_>, of: &str) -> Option<String> {
        let id = section.require("id", ID, |value| filled(value).filter(|id| is_id(id)))?;
        let (line, _) = section.document.position(id.at.start);
        if let Some(first) = self.0.get(&id.value) {
            section.wrong(&id.at, "id", format!("{:?}, which line {first} has as well", id.value), "an id of its own");
            return None;
        }
        self.0.insert(id.value.clone(), line);
        section.rename(format!("{of}.{}", id.value));
        Some(id.value)
    }
}

fn is_id(text: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    (1..=64).contains(&text.len())
        && text.bytes().next().is_some_and(is_plain)
        && text.bytes().all(|b| is_plain(b) || b == b'-' || b == b'_')
}

fn named(value: &DeValue<'_>) -> Option<String> {
    filled(value).filter(|text| text.chars().count() <= 200)
}

fn entity(mut section: Section<'_>, ids: &mut Ids) -> Option<Entity> {
    let id = ids.read(&mut section, "entity");
    let name = section.require("name", NAME, named);
    let kind = section.require("kind", "\"brand\", \"product\", \"person\" or \"competitor\"", |value| {
        let name = value.as_str()?;
        EntityKind::ALL.into_iter().find(|kind| kind.name() == name)
    });
    let group = optional(&section, "group", ID, |value| filled(value).filter(|id| is_id(id)));
    let query = optional(&section, "query", "a query, such as \"delta AND (flight OR gate)\"", filled);
    let accounts: Option<Vec<_>> = section.sections("accounts").into_iter().map(|it| account(&it)).collect();
    let spaces: Option<Vec<_>> = section.sections("spaces").into_iter().map(|it| space(&it)).collect();
    section.refuse_unknown();
    if !["query", "accounts", "spaces"].iter().any(|key| section.has(key)) {
        section.missing("query", "a query, accounts or spaces: something to recognise the entity by");
        return None;
    }
    let query = match query? {
        Some(located) => Some(checked_query(&section, located)?),
        None => None,
    };
    Some(Entity {
        id: id?,
        name: name?.value,
        kind: kind?.value,
        group: group?.map(|group| group.value),
        query,
        accounts: accounts?,
        spaces: spaces?,
    })
}

fn checked_query(section: &Section<'_>, query: Located<String>) -> Option<String> {
    let Located { value, at } = query;
    match query::parse(&value) {
        Ok(read) => {
            read.warnings.iter().for_each(|warning| section.document.warn(&at, &section.field("query"), warning));
            Some(value)
        }
        Err(error) => {
            let (line, column) = error.position(&value);
            let place =
                if value.contains('\n') { format!("line {line}, column {column}") } else { format!("column {column}") };
            let (file_line, file_column) = section.document.position(section.document.inside(&at, &value, error.at));
            section.document.push(ConfigError {
                file: section.document.name(),
                line: Some(file_line),
                column: Some(file_column),
                field: format!("{}: {place}", section.field("query")),
                excerpt: error.excerpt(&value),
                found: error.found,
                expected: error.expected,
            });
            None
        }
    }
}

fn account(section: &Section<'_>) -> Option<Account> {
    let source = optional(section, "source", NAME, named);
    let handle = optional(section, "handle", "a handle without spaces, with or without @", |value| {
        named(value)
            .filter(|handle| !handle.contains(char::is_whitespace) && !handle.trim_start_matches('@').is_empty())
    });
    let id = optional(section, "id", "the source's id of the account, in quotes", named);
    section.refuse_unknown();
    if !section.has("handle") && !section.has("id") {
        section.missing("handle", "a handle or an id");
        return None;
    }
    Some(Account { source: value(source?), handle: value(handle?), id: value(id?) })
}

fn space(section: &Section<'_>) -> Option<Space> {
    let topic = optional(section, "topic", "the name of an input topic", |value| {
        filled(value).filter(|topic| super::inputs::is_topic(topic))
    });
    let source = optional(section, "source", NAME, named);
    let community = optional(section, "community", "the source's name of a community (in_community)", named);
    section.refuse_unknown();
    if !section.has("topic") && !section.has("community") {
        section.missing("community", "a topic or a community");
        return None;
    }
    if section.has("source") && !section.has("community") {
        section.missing("community", "a community of the source");
        return None;
    }
    Some(Space { topic: value(topic?), source: value(source?), community: value(community?) })
}

fn value<T>(located: Option<Located<T>>) -> Option<T> {
    located.map(|located| located.value)
}

fn topic(mut section: Section<'_>, ids: &mut Ids) -> Option<Topic> {
    let id = ids.read(&mut section, "topic");
    let name = section.require("name", NAME, named);
    let description = section.require("description", "a sentence that says what the topic is about", filled);
    let examples = examples(&section);
    let threshold = optional(&section, "threshold", "a number from 0 to 1", |value| {
        number(value).map(|number| number as f32).filter(|number| (0.0..=1.0).contains(number))
    });
    section.refuse_unknown();
    Some(Topic {
        id: id?,
        name: name?.value,
        description: description?.value,
        examples: examples?,
        threshold: value(threshold?),
    })
}

fn examples(section: &Section<'_>) -> Option<Vec<String>> {
    let Some(list) = optional(section, "examples", "a list of sentences in quotes", DeValue::as_array)? else {
        return Some(Vec::new());
    };
    let mut all_good = true;
    let mut examples = Vec::new();
    for (index, item) in list.value.iter().enumerate() {
        match filled(item.get_ref()) {
            Some(example) => examples.push(example),
            None => {
                let at: Range<usize> = item.span();
                let found = super::document::describe(item.get_ref());
                section.wrong(&at, &format!("examples[{index}]"), found, "a sentence in quotes");
                all_good = false;
            }
        }
    }
    all_good.then_some(examples)
}
