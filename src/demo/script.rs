//! When each post of the script is played, and when it says it was written.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// A pause of the script is not felt longer than this one, in minutes: nights are short.
const LONGEST_PAUSE: f64 = 60.0;

/// A post that waits for its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// How long after the start it is played.
    pub after: Duration,
    /// The record's value.
    pub payload: Vec<u8>,
}

/// Lays the script out from `starts` on, over `takes`. The last post says it was written when it is played, and the others
/// as long before it as the script has them: days of event time pass in minutes, and none lies in the future.
///
/// # Errors
/// The line that is not a post, and why.
pub fn schedule(posts: &str, starts: Timestamp, takes: Duration) -> Result<Vec<Cue>, String> {
    let lines: Vec<(i64, Map<String, Value>)> = (1..).zip(posts.lines()).map(post).collect::<Result<_, _>>()?;
    // A burst is felt as a burst, but no post covers the one before it at once: pauses count by their square root.
    let felt = |(before, after): (i64, i64)| ((after - before) as f64).clamp(0.0, LONGEST_PAUSE).sqrt();
    let pauses = lines.windows(2).map(|two| felt((two[0].0, two[1].0)));
    let starts_at = std::iter::once(0.0).chain(pauses).scan(0.0, |sum, pause| {
        *sum += pause;
        Some(*sum)
    });
    let felt_at: Vec<f64> = starts_at.collect();
    let all = felt_at.last().copied().unwrap_or(0.0).max(1.0);
    let ends = starts + SignedDuration::try_from(takes).map_err(|error| error.to_string())?;
    let last = lines.last().map_or(0, |(at, _)| *at);
    let cue = |((at, mut fields), felt): ((i64, Map<String, Value>), f64)| {
        let payload = match fields.remove("raw") {
            Some(Value::String(raw)) => raw.into_bytes(),
            _ => {
                let written = ends - SignedDuration::from_mins(last - at);
                fields.insert("created_at".to_owned(), Value::String(written.to_string()));
                Value::Object(fields).to_string().into_bytes()
            }
        };
        Cue { after: takes.mul_f64(felt / all), payload }
    };
    Ok(lines.into_iter().zip(felt_at).map(cue).collect())
}

fn post((line, text): (usize, &str)) -> Result<(i64, Map<String, Value>), String> {
    let mut fields: Map<String, Value> = serde_json::from_str(text).map_err(|error| format!("line {line}: {error}"))?;
    let at = fields.remove("at").and_then(|at| at.as_i64());
    Ok((at.ok_or_else(|| format!("line {line}: expected `at`, in minutes"))?, fields))
}

#[cfg(test)]
mod tests {
    use std::collections::{HashMap, HashSet};

    use super::*;
    use crate::demo::{POSTS, WATCHLIST};
    use crate::mention::{Decoder, Origin, Reason, Record};

    const STARTS: Timestamp = Timestamp::constant(1_800_000_000, 0);
    const TAKES: Duration = Duration::from_secs(120);

    fn played() -> Vec<Cue> {
        schedule(POSTS, STARTS, TAKES).unwrap()
    }

    #[test]
    fn days_pass_in_minutes_and_nothing_is_written_in_the_future() {
        let cues = played();
        assert_eq!((cues[0].after, cues.last().unwrap().after), (Duration::ZERO, TAKES));
        assert!(cues.is_sorted_by_key(|cue| cue.after));
        let written: Vec<(Duration, Timestamp)> = cues
            .iter()
            .filter_map(|cue| Some((cue.after, serde_json::from_slice::<Value>(&cue.payload).ok()?)))
            .filter_map(|(after, value)| Some((after, value["created_at"].as_str()?.parse().ok()?)))
            .filter(|(_, written): &(_, Timestamp)| written.as_second() > 1_799_000_000)
            .collect();
        for (after, written) in &written {
            assert!(*written <= STARTS + SignedDuration::try_from(*after).unwrap(), "{written} after {after:?}");
        }
        let spans = written.last().unwrap().1.duration_since(written[0].1);
        assert!(spans > SignedDuration::from_hours(5 * 24), "{spans:?}");
        let longest = cues.windows(2).map(|two| two[1].after - two[0].after).max().unwrap();
        assert!(longest < Duration::from_secs(3), "nothing happens for {longest:?}");
    }

    #[test]
    fn every_post_can_be_read_but_those_that_are_broken_on_purpose() {
        let decoder = Decoder { mapping: None, max_record_bytes: 1 << 20 };
        let mut rejected = Vec::new();
        for cue in played() {
            let timestamp = (STARTS + SignedDuration::try_from(cue.after).unwrap()).as_millisecond();
            let record = Record {
                origin: Origin { topic: "mentions".into(), partition: 0, offset: 0 },
                key: None,
                payload: Some(cue.payload),
                headers: Vec::new(),
                timestamp: Some(timestamp),
            };
            rejected.extend(decoder.decode(&record).into_iter().filter_map(Result::err).map(|error| error.reason));
        }
        assert_eq!(rejected, [Reason::NotJson, Reason::MissingField]);
    }

    #[test]
    fn the_script_is_varied_and_hangs_together() {
        let posts: Vec<Value> = POSTS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let texts: HashSet<&str> = posts.iter().filter_map(|post| post["text"].as_str()).collect();
        assert!(texts.len() >= 150, "{}", texts.len());
        let languages: HashSet<&str> = posts.iter().filter_map(|post| post["language"].as_str()).collect();
        assert!(languages.len() >= 9, "{languages:?}");
        let mut authors: HashMap<&str, &str> = HashMap::new();
        for post in &posts {
            if let Some(parent) = post["parent_id"].as_str() {
                assert_eq!(
                    authors.get(parent).copied(),
                    post["parent_author"].as_str(),
                    "the parent of {post} comes first"
                );
            }
            if let (Some(id), Some(handle)) = (post["id"].as_str(), post["author"]["handle"].as_str()) {
                assert!(authors.insert(id, handle).is_none(), "{id} is there twice");
            }
        }
    }

    #[test]
    fn its_watchlist_is_clean() {
        let (watchlist, warnings) = crate::config::parse_watchlist("demo", WATCHLIST).unwrap();
        assert!(warnings.is_empty(), "{warnings:?}");
        assert_eq!((watchlist.entities.len(), watchlist.topics.len()), (5, 10));
    }
}
