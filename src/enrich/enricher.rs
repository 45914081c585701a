//! Records to events: decode → match → normalise → language → model → assemble.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use rayon::prelude::*;

use super::assemble::Names;
use super::prepare::Prepared;
use super::{EnrichedEvent, Lexicon};
use crate::mention::{Decoder, Record, Rejection};
use crate::model::{ModelError, Request, Scorer, Scores, Ticket};
use crate::text::LanguageDetector;
use crate::watch::Watchlist;

/// Records from which a chunk is worth spreading over the cores.
const SPREAD: usize = 16;

/// Why a chunk could not be enriched.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EnrichError {
    /// The model failed.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// What an [`Enricher`] is made of.
pub struct Parts {
    /// How to read each input topic.
    pub decoders: HashMap<Arc<str>, Decoder>,
    /// How to read any other topic: files, the demo.
    pub default_decoder: Decoder,
    /// Whom to listen for; without it every mention is scored as a text, and events carry no entity.
    pub watchlist: Option<Arc<Watchlist>>,
    /// What the user knows better than the model.
    pub lexicon: Option<Arc<Lexicon>>,
    /// Tells languages; without it the platform's hint stands.
    pub language: Option<LanguageDetector>,
    /// The model; without it events carry no sentiment, no topics and no signals but the question.
    pub scorer: Option<Scorer>,
}

/// The pure core of stage 1. Shared by all threads.
pub struct Enricher {
    pub(super) parts: Parts,
    pub(super) names: Names,
}

/// A chunk whose texts are with the model.
pub struct Pending {
    prepared: Vec<Prepared>,
    ticket: Option<Ticket>,
}

/// A chunk that the model has answered.
pub struct Scored {
    prepared: Vec<Prepared>,
    scores: Vec<Arc<Scores>>,
}

/// What became of one record, in the order of the chunk.
#[derive(Debug)]
pub struct Enriched {
    /// The record.
    pub record: Record,
    /// One event per (mention, entity).
    pub events: Vec<Arc<EnrichedEvent>>,
    /// Mentions in the record that match nothing.
    pub unmatched: u64,
    /// Why the record, or an item of it, could not be read.
    pub rejection: Option<Rejection>,
}

impl Enricher {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        let names = Names::new(&parts);
        Self { parts, names }
    }

    /// Decodes, matches, normalises, tells languages, and hands the texts to the model; does not wait for it.
    pub fn begin(&self, records: Vec<Record>) -> Pending {
        let mut prepared: Vec<Prepared> = if records.len() < SPREAD {
            records.into_iter().map(|record| self.prepare(record)).collect()
        } else {
            records.into_par_iter().with_min_len(SPREAD / 2).map(|record| self.prepare(record)).collect()
        };
        let ticket = self.parts.scorer.as_ref().map(|scorer| {
            let requests: Vec<Request> =
                prepared.iter_mut().flat_map(|p| &mut p.items).filter_map(|item| item.request.take()).collect();
            scorer.submit(requests)
        });
        Pending { prepared, ticket }
    }

    /// Waits for the model.
    pub fn wait(&self, pending: Pending) -> Result<Scored, EnrichError> {
        let scores = pending.ticket.map(Ticket::wait).transpose()?.unwrap_or_default();
        Ok(Scored { prepared: pending.prepared, scores })
    }

    /// Makes the events, one [`Enriched`] per record, in the order of the chunk. `processed_at` comes from the shell; events
    /// carry it in whole milliseconds.
    pub fn assemble(&self, scored: Scored, processed_at: Timestamp) -> Vec<Enriched> {
        let processed_at = Timestamp::from_millisecond(processed_at.as_millisecond()).unwrap_or(processed_at);
        let mut scores = scored.scores.into_iter();
        let with_scores: Vec<(Prepared, Vec<Arc<Scores>>)> = scored
            .prepared
            .into_iter()
            .map(|prepared| {
                let own = scores.by_ref().take(prepared.items.len()).collect();
                (prepared, own)
            })
            .collect();
        let make = |(prepared, scores): (Prepared, Vec<Arc<Scores>>)| self.events_of(prepared, &scores, processed_at);
        if with_scores.len() < SPREAD {
            with_scores.into_iter().map(make).collect()
        } else {
            with_scores.into_par_iter().with_min_len(SPREAD / 2).map(make).collect()
        }
    }

    /// [`Enricher::wait`] and [`Enricher::assemble`] in one.
    pub fn finish(&self, pending: Pending, processed_at: Timestamp) -> Result<Vec<Enriched>, EnrichError> {
        Ok(self.assemble(self.wait(pending)?, processed_at))
    }
}

impl Pending {
    /// Tokens that the model has to encode for it; 0 without a model.
    pub fn tokens(&self) -> usize {
        self.ticket.as_ref().map_or(0, Ticket::tokens)
    }
}
