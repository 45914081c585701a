//! Events for the tests of this room.

use std::sync::Arc;

use jiff::Timestamp;

use crate::enrich::EnrichedEvent;
use crate::enrich::event::{EntityRef, LanguageRef, OriginRef, SCHEMA, SentimentRef, Signals};
use crate::mention::{Mention, Op};
use crate::model::SentimentLabel;
use crate::watch::{EntityKind, Relation};

/// An event that says `text` of `entity`.
pub(super) fn event(entity: &str, text: &str, label: SentimentLabel) -> EnrichedEvent {
    let mention = Mention {
        id: "1".into(),
        source: "test".into(),
        text: text.into(),
        title: None,
        url: None,
        language: None,
        created_at: Timestamp::UNIX_EPOCH,
        kind: None,
        parent_id: None,
        parent_author: None,
        thread_id: None,
        author: None,
        engagement: None,
        rating: None,
        in_community: None,
        extra: None,
    };
    EnrichedEvent {
        schema: SCHEMA.into(),
        id: format!("test:1#{entity}"),
        op: Op::Observed,
        revision: 0,
        relation: Some(Relation::Mention),
        mention: Arc::new(mention),
        entity: Some(EntityRef {
            id: entity.into(),
            name: entity.into(),
            kind: EntityKind::Brand,
            matched: Vec::new(),
        }),
        language: LanguageRef { code: "en".into(), confidence: 0.9, measured: true },
        sentiment: Some(SentimentRef {
            label,
            score: 0.0,
            negative: 0.3,
            neutral: 0.4,
            positive: 0.3,
            abstained: false,
            evidence: Vec::new(),
            corrected: None,
        }),
        topics: Vec::new(),
        signals: Signals { complaint: Some(0.1), question: false, spam: Some(0.1), offensive: Some(0.1) },
        fingerprint: "0".repeat(16),
        truncated: false,
        model: None,
        watchlist: None,
        lexicon: None,
        origin: OriginRef { topic: "mentions".into(), partition: 0, offset: 0 },
        processed_at: Timestamp::UNIX_EPOCH,
    }
}
