//! A score as it is kept in a snapshot. What follows from the rest is left out, and names are short: thousands of mentions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Score;
use super::authors::Settled;
use super::decay::Landmarks;
use super::entry::{Entry, Row};
use super::names::Names;
use super::open::Open;
use super::running::Running;
use super::sums::Sums;
use crate::reputation::copies::{ClusterId, Copies};

/// What is kept.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    landmarks: Landmarks,
    newest: Option<i64>,
    names: Names,
    open: Vec<Row>,
    settled: Sums,
    settled_until: Option<i64>,
    settled_authors: Vec<Settled>,
    copies: Copies,
    grown: BTreeSet<ClusterId>,
    beyond: u64,
}

impl From<Kept> for Score {
    fn from(kept: Kept) -> Self {
        let Kept { landmarks, newest, names, open, settled, settled_until, settled_authors, copies, grown, beyond } =
            kept;
        let (entries, authors): (Vec<_>, Vec<_>) = open.into_iter().map(Entry::from_row).unzip();
        let open = Open::from_entries(entries);
        let running = Running::new(&settled, settled_authors, &open, &authors, &landmarks);
        Self { landmarks, newest, names, open, settled, settled_until, copies, grown, beyond, running, look: None }
    }
}

impl From<Score> for Kept {
    fn from(score: Score) -> Self {
        let Score { landmarks, newest, names, open, settled, settled_until, copies, grown, beyond, running, look: _ } =
            score;
        let rows = open.entries().iter().zip(running.open_authors());
        let (open, settled_authors) = (rows.map(|(it, author)| it.row(author)).collect(), running.settled_authors());
        Self { landmarks, newest, names, open, settled, settled_until, settled_authors, copies, grown, beyond }
    }
}
