//! Alerts in words.

use std::fmt::Write;

use super::HOUR;
use super::change::main_part;
use super::episode::Ending;
use super::parts::OTHER;
use crate::reputation::alert::Level;
use crate::reputation::standing::Change;

/// "Reputation of Borealis fell from 61 (57 to 65) to 38 (31 to 45) within three hours: mostly about delivery, on x, in English;
/// 84 mentions."
pub(super) fn drop(name: &str, before: Level, after: Level, lasted: i64, change: &Change) -> String {
    format!(
        "Reputation of {name} fell from {} to {} within {}{}; {}.",
        points(before),
        points(after),
        duration(lasted),
        mostly(change, 0.5, None),
        mentions(after.effective_mentions),
    )
}

/// "Borealis is mentioned 120 times an hour, where 31 is usual: mostly about …"
pub(super) fn spike(name: &str, before: Level, after: Level, change: &Change) -> String {
    format!(
        "{name} is mentioned {} times an hour, where {} is usual{}.",
        number(after.value),
        number(before.value),
        mostly(change, 0.5, None)
    )
}

/// "Mentions of Borealis about delivery rise to 40 an hour, where 3 is usual."
pub(super) fn surge(name: &str, topic: &str, before: Level, after: Level) -> String {
    format!(
        "Mentions of {name} about {topic} rise to {} an hour, where {} is usual.",
        number(after.value),
        number(before.value)
    )
}

/// How a drop ended.
pub(super) fn drop_over(name: &str, ending: Ending, worst: Level, after: Level, lasted: i64) -> String {
    let (worst, after, lasted) = (points(worst), points(after), duration(lasted));
    match ending {
        Ending::Recovered => format!("Reputation of {name} is back at {after}, {lasted} after it fell to {worst}."),
        Ending::Silence => {
            format!("Reputation of {name} fell to {worst}; {lasted} later too little is said to tell how it stands.")
        }
        Ending::Settled => {
            format!("Reputation of {name} stays at {after}: after {lasted} that counts as its usual level.")
        }
    }
}

/// How a spike or surge ended. `what` is the entity, or its topic.
pub(super) fn swell_over(what: &str, ending: Ending, worst: Level, after: Level, lasted: i64) -> String {
    let (worst, after, lasted) = (number(worst.value), number(after.value), duration(lasted));
    match ending {
        Ending::Recovered | Ending::Silence => {
            format!("Mentions of {what} are back at {after} an hour, {lasted} after they rose; at most it was {worst}.")
        }
        Ending::Settled => format!("Mentions of {what} stay at {after} an hour: after {lasted} that counts as usual."),
    }
}

fn points(level: Level) -> String {
    format!("{:.0} ({:.0} to {:.0})", level.value, level.low, level.high)
}

fn number(rate: f64) -> String {
    if rate < 9.95 { format!("{:.1}", rate) } else { format!("{rate:.0}") }
}

fn mentions(effective: f64) -> String {
    format!("{:.0} mentions", effective.max(1.0))
}

/// ": mostly about delivery, on x, in English", of what there is to say.
fn mostly(change: &Change, least: f64, but: Option<&str>) -> String {
    let mut text = String::new();
    let named = |name: &&std::sync::Arc<str>| &***name != OTHER && Some(&***name) != but;
    let mut say = |before: &str, name: &str| {
        text.push_str(if text.is_empty() { ": mostly " } else { ", " });
        let _ = write!(text, "{before} {name}");
    };
    if let Some(topic) = main_part(&change.topics, change.points, 1.0 / 3.0).filter(named) {
        say("about", topic);
    }
    if let Some(source) = main_part(&change.sources, change.points, least).filter(named) {
        say("on", source);
    }
    if let Some(code) =
        main_part(&change.languages, change.points, least).filter(named).filter(|code| &***code != "und")
    {
        say("in", language(code));
    }
    text
}

/// "an hour", "three hours", "two days".
fn duration(milliseconds: i64) -> String {
    let hours = (milliseconds as f64 / HOUR as f64).ceil().max(1.0) as usize;
    let (count, one, many) =
        if hours < 48 { (hours, "an hour", "hours") } else { (hours.div_ceil(24), "a day", "days") };
    const WORDS: [&str; 11] =
        ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    match (count, count.checked_sub(2).and_then(|index| WORDS.get(index))) {
        (1, _) => one.to_owned(),
        (_, Some(word)) => format!("{word} {many}"),
        _ => format!("{count} {many}"),
    }
}

/// The English name of a language; the code itself where it is a rare one.
fn language(code: &str) -> &str {
    match code {
        "ar" => "Arabic",
        "bg" => "Bulgarian",
        "bs" => "Bosnian",
        "ca" => "Catalan",
        "cs" => "Czech",
        "da" => "Danish",
        "de" => "German",
        "el" => "Greek",
        "en" => "English",
        "es" => "Spanish",
        "eu" => "Basque",
        "fa" => "Persian",
        "fi" => "Finnish",
        "fr" => "French",
        "he" => "Hebrew",
        "hi" => "Hindi",
        "hr" => "Croatian",
        "hu" => "Hungarian",
        "id" => "Indonesian",
        "is" => "Icelandic",
        "it" => "Italian",
        "ja" => "Japanese",
        "ko" => "Korean",
        "nl" => "Dutch",
        "no" | "nb" => "Norwegian",
        "pl" => "Polish",
        "pt" => "Portuguese",
        "ro" => "Romanian",
        "ru" => "Russian",
        "sk" => "Slovak",
        "sl" => "Slovene",
        "sr" => "Serbian",
        "sv" => "Swedish",
        "th" => "Thai",
        "tl" => "Tagalog",
        "tr" => "Turkish",
        "uk" => "Ukrainian",
        "ur" => "Urdu",
        "vi" => "Vietnamese",
        "zh" => "Chinese",
        _ => code,
    }
}
