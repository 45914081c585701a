//! `undertone query`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;

use super::exit::{Exit, FAILED, USAGE};
use super::lines::{Chunks, MAX_LINE_BYTES};
use crate::config::load_watchlist;
use crate::mention::{Decoder, Mapping, Mention};
use crate::watch::query::{Query, parse, tree};
use crate::watch::{Entity, EntityKind, Match, Relation, Watchlist};

/// Arguments of `query`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Show how queries are read, as trees.
    Explain(Queries),
    /// Try queries on mentions: one line for each match, `id ⇥ entity ⇥ relation ⇥ text` with the words that matched in
    /// square brackets; `-` for entity and relation where nothing matches.
    Test(Test),
}

/// Which queries.
#[derive(Debug, clap::Args)]
#[group(skip)]
#[command(group(clap::ArgGroup::new("which").required(true)))]
struct Queries {
    /// A query.
    #[arg(long, short, value_name = "QUERY", group = "which")]
    query: Option<String>,
    /// The queries, accounts and spaces of a watchlist.
    #[arg(long, short, value_name = "FILE", group = "which")]
    watchlist: Option<PathBuf>,
    /// Only this entity of the watchlist.
    #[arg(long, short, value_name = "ID", requires = "watchlist", conflicts_with = "query")]
    entity: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Test {
    #[command(flatten)]
    queries: Queries,
    /// A text to try; may be given several times. Without it, mentions are read from stdin, one JSON object a line.
    #[arg(long, short, value_name = "TEXT")]
    text: Vec<String>,
    /// How to read mentions of another shape.
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    map: Option<PathBuf>,
    /// The input topic the mentions are taken to come from, for spaces that are topics.
    #[arg(long, value_name = "TOPIC", default_value = "mentions")]
    topic: String,
}

pub(super) fn run(args: Args) -> anyhow::Result<()> {
    match args.command {
        Command::Explain(queries) => explain(&queries),
        Command::Test(test) => try_on_mentions(test),
    }
}

/// The name of a query that stands alone.
const ALONE: &str = "query";

fn entities(queries: &Queries) -> anyhow::Result<Vec<Entity>> {
    let Some(path) = &queries.watchlist else {
        return Ok(vec![Entity {
            id: ALONE.to_owned(),
            name: ALONE.to_owned(),
            kind: EntityKind::Brand,
            group: None,
            query: queries.query.clone(),
            accounts: vec![],
            spaces: vec![],
        }]);
    };
    let (watchlist, _) = load_watchlist(path).map_err(Exit::from)?;
    let mut entities = watchlist.entities;
    if let Some(id) = &queries.entity {
        let known: Vec<String> = entities.iter().map(|entity| entity.id.clone()).collect();
        entities.retain(|entity| entity.id == *id);
        if entities.is_empty() {
            let message = format!("--entity: found {id:?}, expected one of {}", known.join(", "));
            return Err(Exit { message, code: USAGE }.into());
        }
    }
    Ok(entities)
}

/// The query of an entity.
fn read(entity: &Entity) -> Result<Option<Query>, Exit> {
    let Some(text) = &entity.query else { return Ok(None) };
    parse(text).map(Some).map_err(|error| Exit { message: error.render(&entity.id, text), code: USAGE })
}

fn explain(queries: &Queries) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for (index, entity) in entities(queries)?.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        if queries.watchlist.is_some() {
            writeln!(out, "{}", entity.id)?;
        }
        let Some(query) = read(entity)? else {
            writeln!(out, "no query: accounts and spaces only")?;
            continue;
        };
        write!(out, "{}", tree(&query.expr))?;
        for warning in &query.warnings {
            writeln!(io::stderr(), "warning: {}: {warning}", entity.id)?;
        }
    }
    Ok(())
}

fn try_on_mentions(test: Test) -> anyhow::Result<()> {
    let entities = entities(&test.queries)?;
    entities.iter().try_for_each(|entity| read(entity).map(|_| ()))?;
    let watchlist = Watchlist::new(entities, vec![]).map_err(|errors| {
        let message = errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        Exit { message, code: USAGE }
    })?;
    let mut out = io::stdout().lock();
    if !test.text.is_empty() {
        for (number, text) in (1..).zip(&test.text) {
            let body = said(number, text);
            show(&mut out, &watchlist, &body, &test.topic)?;
        }
        return Ok(());
    }
    let load = |path: &PathBuf| Mapping::load(path).map_err(|error| Exit { message: error.to_string(), code: USAGE });
    let mapping = test.map.as_ref().map(load).transpose()?.map(Arc::new);
    let decoder = Decoder { mapping, max_record_bytes: MAX_LINE_BYTES };
    let mut refused = 0;
    let chunks = Chunks::of_stdin();
    while let Ok(chunk) = chunks.recv() {
        for record in chunk.context("stdin")? {
            for decoded in decoder.decode(&record) {
                match decoded {
                    Ok(decoded) => show(&mut out, &watchlist, &decoded.mention, &test.topic)?,
                    Err(rejection) => {
                        refused += 1;
                        writeln!(io::stderr(), "stdin:{}: {rejection}", record.origin.offset)?;
                    }
                }
            }
        }
    }
    if refused > 0 {
        let message = format!("{refused} of the mentions could not be read");
        return Err(Exit { message, code: FAILED }.into());
    }
    Ok(())
}

/// A mention of which only the text is known.
fn said(number: usize, text: &str) -> Mention {
    Mention {
        id: number.to_string(),
        source: "text".to_owned(),
        text: text.to_owned(),
        title: None,
        url: None,
        language: None,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        kind: None,
        parent_id: None,
        parent_author: None,
        thread_id: None,
        author: None,
        engagement: None,
        rating: None,
        in_community: None,
        extra: None,
    }
}

fn show(out: &mut impl Write, watchlist: &Watchlist, mention: &Mention, topic: &str) -> io::Result<()> {
    let body = mention.body();
    let matches = watchlist.matches(mention, &body, topic);
    if matches.is_empty() {
        return writeln!(out, "{}\t-\t-\t{}", mention.id, one_line(&body));
    }
    for found in matches {
        let entity = watchlist.entities.get(found.entity as usize).map_or("", |entity| entity.id.as_str());
        writeln!(out, "{}\t{entity}\t{}\t{}", mention.id, relation(found.relation), one_line(&marked(&body, &found)))?;
    }
    Ok(())
}

const fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Own => "own",
        Relation::Reply => "reply",
        Relation::Mention => "mention",
        Relation::Community => "community",
    }
}

/// The body with the words that matched in brackets.
fn marked(body: &str, found: &Match) -> String {
    let mut out = String::with_capacity(body.len() + 2 * found.spans.len());
    let mut at = 0;
    for span in &found.spans {
        out.push_str(body.get(at..span.start as usize).unwrap_or(""));
        out.push('[');
        out.push_str(span.of(body));
        out.push(']');
        at = span.end as usize;
    }
    out.push_str(body.get(at..).unwrap_or(""));
    out
}

/// Line breaks and tabs would break the table.
fn one_line(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ")
}
