//! The second half: a scored mention to one event per entity that it concerns.

use std::sync::Arc;

use jiff::Timestamp;

use super::event::{
    CorrectedRef, EnrichedEvent, EntityRef, EvidenceRef, LexiconRef, Matched, ModelRef, OriginRef, SCHEMA,
    SentimentRef, Signals, TopicRef, WasRef, WatchlistRef,
};
use super::lexicon::{Effect, Verdict, corrected};
use super::offsets::Offsets;
use super::prepare::{Item, Prepared};
use super::{Enriched, Enricher, Parts};
use crate::mention::Record;
use crate::model::{Scorer, Scores, Sentiment, SentimentLabel};
use crate::watch::{EntityKind, Match};

/// The strings that stand in every event, made once.
pub(super) struct Names {
    schema: Arc<str>,
    entities: Vec<EntityNames>,
    topics: Vec<Arc<str>>,
    watchlist: Option<WatchlistRef>,
    lexicon: Option<LexiconRef>,
    model: Option<ModelRef>,
    /// How many layers the model has.
    layers: u32,
    /// Codes of the languages that the model was measured on.
    measured: Vec<String>,
    /// A corrected sentiment is held to the model's own bound.
    abstain_below: f32,
}

struct EntityNames {
    id: Arc<str>,
    name: Arc<str>,
    kind: EntityKind,
}

impl Names {
    pub(super) fn new(parts: &Parts) -> Self {
        let (watchlist, model) = (parts.watchlist.as_deref(), parts.scorer.as_ref().map(Scorer::info));
        Self {
            schema: SCHEMA.into(),
            entities: watchlist.map_or_else(Vec::new, |w| {
                w.entities
                    .iter()
                    .map(|e| EntityNames { id: e.id.as_str().into(), name: e.name.as_str().into(), kind: e.kind })
                    .collect()
            }),
            topics: watchlist.map_or_else(Vec::new, |w| w.topics.iter().map(|t| t.id.as_str().into()).collect()),
            watchlist: watchlist.map(|w| WatchlistRef { version: w.version.as_str().into() }),
            lexicon: parts.lexicon.as_ref().map(|l| LexiconRef { version: l.version.as_str().into() }),
            model: model.map(|m| ModelRef {
                name: m.name.as_str().into(),
                version: m.version.as_str().into(),
                layers: None,
            }),
            layers: model.map_or(0, |m| m.layers),
            measured: model.map_or_else(Vec::new, |m| m.languages.clone()),
            abstain_below: model.map_or(0.0, |m| m.abstain_below),
        }
    }

    /// Whether the model was measured on a language.
    pub(super) fn measured(&self, code: &str) -> bool {
        self.measured.iter().any(|measured| measured == code)
    }
}

impl Enricher {
    /// The events of one record; `scores` holds one entry per item, or none without a model.
    pub(super) fn events_of(&self, prepared: Prepared, scores: &[Arc<Scores>], processed_at: Timestamp) -> Enriched {
        let Prepared { record, items, unmatched, rejection } = prepared;
        let mut events = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let shared = Shared::new(self, item, scores.get(index).map(Arc::as_ref), &record);
            if self.parts.watchlist.is_none() {
                events.push(Arc::new(shared.event(None, processed_at)));
            }
            for (target, found) in item.matches.iter().enumerate() {
                events.push(Arc::new(shared.event(Some((target, found)), processed_at)));
            }
        }
        Enriched { record, events, unmatched, rejection }
    }
}

/// What all events of one mention have in common.
struct Shared<'a> {
    enricher: &'a Enricher,
    item: &'a Item,
    scores: Option<&'a Scores>,
    record: &'a Record,
    offsets: Offsets<'a>,
    topics: Vec<TopicRef>,
    fingerprint: String,
}

impl<'a> Shared<'a> {
    fn new(enricher: &'a Enricher, item: &'a Item, scores: Option<&'a Scores>, record: &'a Record) -> Self {
        let names = &enricher.names;
        let topics = scores.map_or_else(Vec::new, |scores| {
            scores
                .topics
                .iter()
                .filter_map(|(topic, score)| {
                    names
                        .topics
                        .get(usize::from(*topic))
                        .map(|id| TopicRef { id: Arc::clone(id), score: rounded(*score) })
                })
                .collect()
        });
        Self {
            enricher,
            item,
            scores,
            record,
            offsets: Offsets::new(&item.mention),
            topics,
            fingerprint: format!("{:016x}", item.fingerprint),
        }
    }

    /// The event for the `target`-th match, or for the text at large.
    fn event(&self, matched: Option<(usize, &Match)>, processed_at: Timestamp) -> EnrichedEvent {
        let Self { enricher, item, record, .. } = self;
        let names = &enricher.names;
        let mention = &item.mention;
        let entity = matched.and_then(|(_, found)| names.entities.get(found.entity as usize).map(|e| (e, found)));
        let sentiment = self.scores.map(|scores| match matched {
            Some((target, _)) => scores.targets.get(target).unwrap_or(&scores.text),
            None => &scores.text,
        });
        let signals = self.scores.and_then(|scores| scores.signals);
        EnrichedEvent {
            schema: Arc::clone(&names.schema),
            id: event_id(&mention.source, &mention.id, entity.map_or("", |(names, _)| &names.id)),
            op: item.op,
            revision: item.revision,
            relation: matched.map(|(_, found)| found.relation),
            mention: Arc::clone(mention),
            entity: entity.map(|(names, found)| self.entity(names, found)),
            language: item.language.clone(),
            sentiment: sentiment.map(|sentiment| self.sentiment(sentiment, entity.map(|(names, _)| &*names.id))),
            topics: self.topics.clone(),
            signals: Signals {
                complaint: signals.map(|signals| rounded(signals.complaint)),
                question: item.question,
                spam: signals.map(|signals| rounded(signals.spam)),
                offensive: signals.map(|signals| rounded(signals.offensive)),
            },
            fingerprint: self.fingerprint.clone(),
            truncated: self.scores.is_some_and(|s| s.truncated),
            model: names.model.clone().map(|model| ModelRef { layers: self.early(), ..model }),
            watchlist: names.watchlist.clone(),
            lexicon: names.lexicon.clone(),
            origin: OriginRef {
                topic: Arc::clone(&record.origin.topic),
                partition: record.origin.partition,
                offset: record.origin.offset,
            },
            processed_at,
        }
    }

    /// After how many layers the text left, if not after all.
    fn early(&self) -> Option<u32> {
        self.scores.map(|scores| scores.layers).filter(|layers| *layers < self.enricher.names.layers)
    }

    fn entity(&self, names: &EntityNames, found: &Match) -> EntityRef {
        EntityRef {
            id: Arc::clone(&names.id),
            name: Arc::clone(&names.name),
            kind: names.kind,
            matched: self
                .offsets
                .chars(&found.spans)
                .into_iter()
                .map(|(field, start, end)| Matched { start, end, field })
                .collect(),
        }
    }

    fn sentiment(&self, sentiment: &Sentiment, entity: Option<&str>) -> SentimentRef {
        let said = said(sentiment.probabilities, sentiment.abstained);
        let lexicon = self.enricher.parts.lexicon.as_ref();
        let verdict = lexicon.and_then(|lexicon| lexicon.verdict(&self.item.phrases, entity, &self.item.language.code));
        let (now, corrected) = match verdict {
            None => (said, None),
            Some(verdict) => (self.corrected(sentiment, verdict.effect), Some(mark(verdict, said))),
        };
        let WasRef { label, score, negative, neutral, positive, abstained } = now;
        let evidence = &sentiment.evidence;
        let spans: Vec<_> = evidence.iter().map(|evidence| self.item.normalised.to_source(evidence.span)).collect();
        SentimentRef {
            label,
            score,
            negative,
            neutral,
            positive,
            abstained,
            corrected,
            evidence: self
                .offsets
                .chars(&spans)
                .into_iter()
                .zip(evidence)
                .map(|((field, start, end), evidence)| EvidenceRef {
                    start,
                    end,
                    field,
                    weight: rounded(evidence.weight),
                })
                .collect(),
        }
    }

    fn corrected(&self, sentiment: &Sentiment, effect: Effect) -> WasRef {
        let probabilities = corrected(sentiment.probabilities, effect);
        // A user who fixes a label is sure; after a shift the bound of the model holds.
        let surest = probabilities.iter().copied().fold(0.0, f32::max);
        said(probabilities, surest < self.enricher.names.abstain_below)
    }
}

/// A sentiment as events write it.
fn said(probabilities: [f32; 3], abstained: bool) -> WasRef {
    let [negative, neutral, positive] = probabilities.map(rounded);
    WasRef { label: label(probabilities), score: rounded(positive - negative), negative, neutral, positive, abstained }
}

fn mark(verdict: Verdict<'_>, was: WasRef) -> CorrectedRef {
    let shift = match verdict.effect {
        Effect::Shift(by) => Some(rounded(by as f32)),
        Effect::Fix(_) | Effect::Spare => None,
    };
    CorrectedRef { by: verdict.by.into_iter().map(Into::into).collect(), shift, was }
}

/// `<source>:<mention id>#<entity id>`.
fn event_id(source: &str, mention: &str, entity: &str) -> String {
    let mut id = String::with_capacity(source.len() + mention.len() + entity.len() + 2);
    for part in [source, ":", mention, "#", entity] {
        id.push_str(part);
    }
    id
}

/// The likeliest class; the earlier one on a tie.
fn label([negative, neutral, positive]: [f32; 3]) -> SentimentLabel {
    if negative >= neutral && negative >= positive {
        SentimentLabel::Negative
    } else if neutral >= positive {
        SentimentLabel::Neutral
    } else {
        SentimentLabel::Positive
    }
}

/// Four decimals: what the model means, without the noise of its last bits, and a third of the bytes.
pub(super) fn rounded(value: f32) -> f32 {
    (value * 10_000.0).round() / 10_000.0
}
