//! Records of the reputation and alerts topics as the page keeps them: read with care, and cut to a size.
//!
//! Only Undertone should write to these topics. Should somebody else do so, nothing here breaks, and no link leads anywhere but
//! to the web.

use crate::reputation::alert::{self, Alert, Example};
use crate::reputation::community::Excerpt;
use crate::reputation::standing::{self, Change, Named, OpenAlert, Standing};
use crate::web::line::{clip, link};

use super::history::WINDOWS;

/// Code points of names, ids and terms.
const SHORT: usize = 200;
/// Code points of a sentence or the beginning of a post.
const LONG: usize = 600;
/// Parts of a change by topic, source or language.
const PARTS: usize = 12;
/// Alerts of an entity that are open at once: there is one of each kind.
const OPEN: usize = 10;
/// What rises, and questions.
const FEW: usize = 10;
/// Advocates.
const SOME: usize = 20;
/// Posts that wait for an answer.
const MANY: usize = 50;
/// Examples and detectors of an alert.
const EXAMPLES: usize = 5;

/// A standing, shortened; or why it is none.
pub(super) fn standing(key: Option<&[u8]>, value: &[u8]) -> Result<Standing, String> {
    let mut standing: Standing = serde_json::from_slice(value).map_err(|error| error.to_string())?;
    belongs(&standing.schema, standing::SCHEMA, key, &standing.entity)?;
    if u32::try_from(standing.at.as_second()).is_err() {
        return Err(format!("found the time {}, expected one between 1970 and 2106", standing.at));
    }
    standing.windows.retain(|name, _| WINDOWS.contains(&&**name));
    standing.windows.values_mut().for_each(|window| shorten_change(&mut window.change));
    shorten_named(&mut standing.entity);
    standing.alerts.truncate(OPEN);
    standing.alerts.iter_mut().for_each(shorten_open);
    standing.trends.truncate(FEW);
    standing.trends.iter_mut().for_each(|trend| shorten_shared(&mut trend.term, SHORT));
    let community = &mut standing.community;
    community.unanswered_posts.truncate(MANY);
    community.unanswered_posts.iter_mut().for_each(shorten_excerpt);
    community.questions.truncate(FEW);
    community.questions.iter_mut().for_each(|question| shorten_excerpt(&mut question.example));
    community.advocates.truncate(SOME);
    for advocate in &mut community.advocates {
        shorten(&mut advocate.author, SHORT);
        shorten(&mut advocate.source, SHORT);
    }
    Ok(standing)
}

/// An alert, shortened; or why it is none.
pub(super) fn alert(key: Option<&[u8]>, value: &[u8]) -> Result<Alert, String> {
    let mut alert: Alert = serde_json::from_slice(value).map_err(|error| error.to_string())?;
    belongs(&alert.schema, alert::SCHEMA, key, &alert.entity)?;
    shorten_named(&mut alert.entity);
    shorten_shared(&mut alert.id, 2 * SHORT);
    shorten_shared(&mut alert.cause, SHORT);
    shorten(&mut alert.summary, LONG);
    shorten_change(&mut alert.change);
    alert.detectors.truncate(EXAMPLES);
    alert.detectors.iter_mut().for_each(|detector| shorten_shared(detector, SHORT));
    alert.examples.truncate(EXAMPLES);
    for Example { id, source, author, url, text, .. } in &mut alert.examples {
        shorten(id, 2 * SHORT);
        shorten(source, SHORT);
        shorten(text, LONG);
        author.iter_mut().for_each(|author| shorten(author, SHORT));
        *url = url.take().filter(|url| link(url).is_some());
    }
    Ok(alert)
}

/// Whether a record has our schema and the key of its entity.
fn belongs(schema: &str, expected: &str, key: Option<&[u8]>, entity: &Named) -> Result<(), String> {
    if schema != expected {
        return Err(format!("found the schema {:?}, expected {expected:?}", clip(schema, SHORT).0));
    }
    if key != Some(entity.id.as_bytes()) {
        return Err(format!("found another key, expected the entity's id {:?}", clip(&entity.id, SHORT).0));
    }
    Ok(())
}

fn shorten(text: &mut String, limit: usize) {
    let kept = clip(text, limit).0.len();
    text.truncate(kept);
}

fn shorten_shared(text: &mut std::sync::Arc<str>, limit: usize) {
    if let (short, true) = clip(text, limit) {
        *text = short.into();
    }
}

fn shorten_named(entity: &mut Named) {
    shorten_shared(&mut entity.name, SHORT);
}

fn shorten_open(open: &mut OpenAlert) {
    shorten_shared(&mut open.id, 2 * SHORT);
    shorten_shared(&mut open.cause, SHORT);
    shorten(&mut open.summary, LONG);
}

fn shorten_change(change: &mut Change) {
    for parts in [&mut change.topics, &mut change.sources, &mut change.languages] {
        parts.truncate(PARTS);
        parts.iter_mut().for_each(|part| shorten_shared(&mut part.id, SHORT));
    }
}

fn shorten_excerpt(excerpt: &mut Excerpt) {
    shorten(&mut excerpt.id, 2 * SHORT);
    shorten(&mut excerpt.source, SHORT);
    shorten(&mut excerpt.text, LONG);
    excerpt.author.iter_mut().for_each(|author| shorten(author, SHORT));
    excerpt.url = excerpt.url.take().filter(|url| link(url).is_some());
}
