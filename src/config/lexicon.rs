//! `lexicon.toml`.

use std::ops::Range;
use std::path::Path;

use toml::de::DeValue;

use super::document::{Document, describe};
use super::error::{ConfigError, ConfigErrors};
use super::section::{Located, Section, filled, number, optional};
use crate::enrich::Lexicon;
use crate::enrich::lexicon::{Clash, Effect, MOST_SHIFT, Phrase, clashes};
use crate::model::SentimentLabel;
use crate::watch::Watchlist;
use crate::watch::phrases::is_phrase;

/// Phrases, and spellings of one, at most.
const MAX_PHRASES: usize = 10_000;
const MAX_TEXTS: usize = 100;

const SPELLING: &str = "1 to 200 characters with a letter, digit or symbol among them";
const LANGUAGE: &str = "a language code of two or three small letters, such as \"en\"";
const EFFECTS: [(&str, Effect); 4] = [
    ("negative", Effect::Fix(SentimentLabel::Negative)),
    ("neutral", Effect::Fix(SentimentLabel::Neutral)),
    ("positive", Effect::Fix(SentimentLabel::Positive)),
    ("none", Effect::Spare),
];

/// Reads and compiles a lexicon. Its entities are held against `watchlist`, where there is one; the warnings are about phrases
/// that are allowed and often not meant.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load_lexicon(path: &Path, watchlist: Option<&Watchlist>) -> Result<(Lexicon, Vec<String>), ConfigErrors> {
    read(path, Document::open(path)?, watchlist)
}

/// As [`load_lexicon`], from a text inside the program; `name` stands for the file in errors.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse_lexicon(
    name: &str,
    text: &str,
    watchlist: Option<&Watchlist>,
) -> Result<(Lexicon, Vec<String>), ConfigErrors> {
    read(Path::new(name), Document::of(name, text.to_owned()), watchlist)
}

fn read(
    path: &Path,
    document: Document,
    watchlist: Option<&Watchlist>,
) -> Result<(Lexicon, Vec<String>), ConfigErrors> {
    let (phrases, warnings) = document.read(|root| {
        let sections = root.sections("phrase");
        if sections.len() > MAX_PHRASES {
            root.document.wrong(None, "phrase", sections.len().to_string(), format!("at most {MAX_PHRASES}"));
        }
        let read: Vec<Option<Read>> = sections.iter().map(|section| phrase(section, watchlist)).collect();
        let whole = read.iter().all(Option::is_some);
        let (phrases, places): (Vec<_>, Vec<_>) =
            read.into_iter().flatten().map(|read| (read.phrase, read.places)).unzip();
        for clash in clashes(&phrases) {
            tell(root.document, clash, &phrases, &places);
        }
        whole.then_some(phrases)
    })?;
    let lexicon = Lexicon::new(phrases).map_err(|found| ConfigErrors(vec![about_file(path, found)]))?;
    Ok((lexicon, warnings))
}

fn about_file(path: &Path, found: String) -> ConfigError {
    ConfigError {
        file: path.display().to_string(),
        line: None,
        column: None,
        field: "phrase".to_owned(),
        found,
        expected: "phrases that can be compiled together".to_owned(),
        excerpt: String::new(),
    }
}

/// A phrase, and the place and field of each of its spellings.
struct Read {
    phrase: Phrase,
    places: Vec<(Range<usize>, String)>,
}

/// Notes that two spellings say two things of one place, or the same twice.
fn tell(document: &Document, clash: Clash, phrases: &[Phrase], places: &[Vec<(Range<usize>, String)>]) {
    let place = |(phrase, text): (usize, usize)| {
        let (phrase, places) = (phrases.get(phrase)?, places.get(phrase)?);
        let (at, field) = places.get(text)?;
        Some((phrase, phrase.texts.get(text)?, at, field))
    };
    let (Some((one, written, first, _)), Some((other, text, at, field))) = (place(clash.first), place(clash.second))
    else {
        return;
    };
    let (line, _) = document.position(first.start);
    let alike = if written == text { "has as well".to_owned() } else { format!("has as {written:?}") };
    let differs = if one.effect == other.effect { "" } else { " with another effect" };
    let expected = if std::ptr::eq(one, other) {
        "each spelling once: case, accents' form and hyphens make no other"
    } else {
        "each spelling once for an entity and a language; `entities` and `languages` keep phrases apart"
    };
    document.wrong(Some(at.clone()), field, format!("{text:?}, which line {line} {alike}{differs}"), expected);
}

fn phrase(section: &Section<'_>, watchlist: Option<&Watchlist>) -> Option<Read> {
    let texts = texts(section);
    let entities = entities(section, watchlist);
    let languages = list(section, "languages", LANGUAGE, language);
    let effect = effect(section);
    let note = optional(section, "note", "a text of 1 to 500 characters", |value| {
        filled(value).filter(|note| note.chars().count() <= 500)
    });
    section.refuse_unknown();
    let texts = texts?;
    let places = texts.iter().map(|(text, field)| (text.at.clone(), section.field(field))).collect();
    let plain = |list: Option<Vec<Located<String>>>| list.map(|list| list.into_iter().map(|it| it.value).collect());
    let phrase = Phrase {
        texts: texts.iter().map(|(text, _)| text.value.clone()).collect(),
        entities: plain(entities?),
        languages: plain(languages?),
        effect: effect?,
        note: note?.map(|note| note.value),
    };
    texts.iter().for_each(|(text, field)| questionable(section, &phrase, text, field, watchlist));
    Some(Read { phrase, places })
}

/// The spellings, each with its field.
fn texts(section: &Section<'_>) -> Option<Vec<(Located<String>, String)>> {
    if section.has("text") && section.has("texts") {
        section.note("text");
        section.note("texts");
        let at = section.place("texts")?;
        section.wrong(&at, "texts", "`text` as well", "one of the two: `text` for one spelling, `texts` for several");
        return None;
    }
    if section.has("texts") {
        section.note("text");
        let texts = list(section, "texts", SPELLING, spelling)??;
        if texts.len() > MAX_TEXTS {
            let at = section.place("texts")?;
            section.wrong(&at, "texts", format!("{} spellings", texts.len()), format!("at most {MAX_TEXTS}"));
            return None;
        }
        return Some(texts.into_iter().enumerate().map(|(index, text)| (text, format!("texts[{index}]"))).collect());
    }
    let text = section.require("text", SPELLING, spelling);
    section.note("texts");
    Some(vec![(text?, "text".to_owned())])
}

fn spelling(value: &DeValue<'_>) -> Option<String> {
    filled(value).filter(|text| text.chars().count() <= 200 && is_phrase(text))
}

fn language(value: &DeValue<'_>) -> Option<String> {
    filled(value).filter(|code| (2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase()))
}

/// A list of texts: `None` where it is wrong, `Some(None)` where it is absent.
fn list(
    section: &Section<'_>,
    key: &'static str,
    expected: &str,
    read: impl Fn(&DeValue<'_>) -> Option<String>,
) -> Option<Option<Vec<Located<String>>>> {
    let filled = |value: &DeValue<'_>| value.as_array().is_some_and(|list| !list.is_empty());
    let many = "a list of one or more, in brackets, or no such field";
    let present = section.has(key);
    let found = section.read(key, many, |value| filled(value).then(|| value.as_array()).flatten());
    let Some(found) = found else { return (!present).then_some(None) };
    let mut items = Some(Vec::new());
    for (index, item) in found.value.iter().enumerate() {
        match (read(item.get_ref()), &mut items) {
            (Some(value), Some(items)) => items.push(Located { value, at: item.span() }),
            (Some(_), None) => {}
            (None, _) => {
                section.wrong(&item.span(), &format!("{key}[{index}]"), describe(item.get_ref()), expected);
                items = None;
            }
        }
    }
    items.map(Some)
}

fn entities(section: &Section<'_>, watchlist: Option<&Watchlist>) -> Option<Option<Vec<Located<String>>>> {
    const SHOWN: usize = 8;
    let entities = list(section, "entities", "the id of an entity, in quotes", filled)?;
    let Some(watchlist) = watchlist else { return Some(entities) };
    let mut known = true;
    for (index, id) in entities.iter().flatten().enumerate() {
        if watchlist.entities.iter().any(|entity| entity.id == id.value) {
            continue;
        }
        let all = &watchlist.entities;
        let ids: Vec<&str> = all.iter().take(SHOWN).map(|entity| entity.id.as_str()).collect();
        let more = if all.len() > SHOWN { format!(" and {} more", all.len() - SHOWN) } else { String::new() };
        let expected = format!("an entity of the watchlist: {}{more}", ids.join(", "));
        section.wrong(&id.at, &format!("entities[{index}]"), format!("{:?}", id.value), expected);
        known = false;
    }
    known.then_some(entities)
}

fn effect(section: &Section<'_>) -> Option<Effect> {
    let expected = "\"negative\", \"neutral\", \"positive\" or \"none\"";
    let fixed = section.read("effect", expected, |value| {
        let name = value.as_str()?;
        EFFECTS.into_iter().find(|(known, _)| *known == name).map(|(_, effect)| effect)
    });
    let expected = format!("a number from -{MOST_SHIFT} to {MOST_SHIFT} but 0; above 0 speaks for the entity");
    let shift = section.read("shift", &expected, |value| {
        number(value).filter(|by| (-MOST_SHIFT..=MOST_SHIFT).contains(by) && *by != 0.0).map(Effect::Shift)
    });
    match (section.has("effect"), section.has("shift")) {
        (true, false) => Some(fixed?.value),
        (false, true) => Some(shift?.value),
        (false, false) => {
            section.missing("effect", "`effect`, which fixes the label, or `shift`, which moves it");
            None
        }
        (true, true) => {
            let at = section.place("shift")?;
            section.wrong(&at, "shift", "`effect` as well", "one of the two: a fixed label cannot be shifted");
            None
        }
    }
}

/// Warns of a spelling that is likely to do something else than was meant.
fn questionable(
    section: &Section<'_>,
    phrase: &Phrase,
    text: &Located<String>,
    field: &str,
    watchlist: Option<&Watchlist>,
) {
    let warn = |message: String| section.document.warn(&text.at, &section.field(field), message);
    let Located { value: text, .. } = text;
    if text.contains('"') || [" AND ", " OR ", " NOT "].iter().any(|operator| text.contains(operator)) {
        warn("a phrase is no query: it is looked for as it is written, and other spellings go into `texts`".to_owned());
    }
    if text.chars().count() == 1 && text.is_ascii() {
        warn(format!("{text:?} is a single letter or digit and will stand in many mentions"));
    }
    let Some(watchlist) = watchlist.filter(|_| phrase.effect != Effect::Spare) else { return };
    let named = watchlist.named_in(text).into_iter().filter_map(|index| watchlist.entities.get(index as usize));
    let of_it = |id: &String| phrase.entities.as_ref().is_none_or(|ids| ids.contains(id));
    let named: Vec<&str> = named.map(|entity| &entity.id).filter(|id| of_it(id)).map(String::as_str).collect();
    if !named.is_empty() {
        let names = named.join(", ");
        warn(format!("{text:?} alone satisfies the query of {names}, so it may correct nearly every mention of it"));
    }
}
