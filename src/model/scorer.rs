//! The door of the model stage.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, unbounded};

use super::Scores;
use super::batch;
use super::cache::{Key, ScoreCache};
use super::effort::Effort;
use super::engine::choice::EngineKind;
use super::input::Template;
use super::loaded::Loaded;
use super::scores::SentimentLabel;
use super::tokenizer::Tokenizer;
use super::workers::{Item, Job, Reply, Shared, Workers};
use crate::telemetry::Metrics;
use crate::text::Span;
use crate::watch::Topic;

/// How to load and run a model.
#[derive(Debug, Clone)]
pub struct ModelOptions {
    /// The model directory; `None` looks where DESIGN section 5 says (`UNDERTONE_MODEL`, beside the binary, the source tree).
    pub path: Option<PathBuf>,
    /// What runs it.
    pub engine: EngineKind,
    /// Worker threads; `None` is what suits the engine: on a CPU one per core, each pinned to it.
    pub workers: Option<usize>,
    /// Tokens of a batch; `None` is what suits the engine.
    pub batch_tokens: Option<usize>,
    /// Entries of the cache of scored texts.
    pub cache_entries: usize,
    /// Whether texts that are sure early leave early.
    pub effort: Effort,
    /// How to read the directory of a classifier.
    pub classifier: ClassifierOptions,
}

/// What the directory of a Hugging Face classifier does not say of itself.
#[derive(Debug, Clone)]
pub struct ClassifierOptions {
    /// The sentiment that labels stand for which do not say so themselves.
    pub labels: BTreeMap<String, SentimentLabel>,
    /// Tokens of a text that are read.
    pub max_tokens: usize,
    /// A sentiment whose likeliest class is less likely than this is abstained from.
    pub abstain_below: f32,
}

impl Default for ClassifierOptions {
    fn default() -> Self {
        Self { labels: BTreeMap::new(), max_tokens: 128, abstain_below: 0.0 }
    }
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self {
            path: None,
            engine: EngineKind::default(),
            workers: None,
            batch_tokens: None,
            cache_entries: 20_000,
            effort: Effort::Full,
            classifier: ClassifierOptions::default(),
        }
    }
}

/// Why a model cannot be loaded or has failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ModelError {
    /// The directory or a file of it is missing or broken: which one, what was found, what was expected.
    #[error("model {path}: {detail}")]
    Load {
        /// The file or directory.
        path: String,
        /// Found and expected.
        detail: String,
    },
    /// An engine cannot run here.
    #[error("engine {name:?}: {detail}")]
    Engine {
        /// Which one.
        name: &'static str,
        /// Found and expected.
        detail: String,
    },
    /// A worker failed on a batch.
    #[error("the model failed on a batch: {0}")]
    Failed(String),
}

/// What a model is called, and the languages it was measured on.
#[derive(Debug, Clone)]
pub struct ModelInfo {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Engine and kernel or device: `cpu (avx512-vnni)`, `libtorch (cuda:0, float16)`.
    pub engine: String,
    /// How deep texts are read.
    pub effort: Effort,
    /// How many layers it has.
    pub layers: u32,
    /// ISO 639-1 codes with a published figure.
    pub languages: Vec<String>,
    /// A sentiment whose likeliest class is less likely than this is abstained from.
    pub abstain_below: f32,
}

/// One text to score.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Request {
    /// Normalised text.
    pub text: String,
    /// ISO 639-1 code of its language: how sure the model may say it is differs by language. One that the model was not
    /// calibrated for, `und` and nothing take what holds for all.
    pub language: Cow<'static, str>,
    /// For each entity, the pieces of the normalised text that name it; an entity with no piece gets the text's sentiment.
    pub targets: Vec<Vec<Span>>,
}

/// A model that is ready to score.
pub struct Scorer {
    info: ModelInfo,
    tokenizer: Tokenizer,
    template: Template,
    batch_tokens: usize,
    pads: bool,
    shared: Arc<Shared>,
    workers: Workers,
}

/// Requests under way.
pub struct Ticket {
    /// For each request, its score or whose score it shares.
    answers: Vec<Answer>,
    replies: Receiver<Reply>,
    batches: usize,
    tokens: usize,
}

enum Answer {
    Known(Arc<Scores>),
    /// Index of the request, the first of its like, that is being scored.
    Pending(usize),
}

impl Scorer {
    /// Loads the model, starts its workers and embeds the topics.
    pub fn load(options: &ModelOptions, topics: &[Topic], metrics: Arc<Metrics>) -> Result<Self, ModelError> {
        let Loaded { info, tokenizer, template, engine, reader } = Loaded::open(options, topics)?;
        // Every depth stands at 0 from the start.
        reader.layers().into_iter().for_each(|layers| metrics.scored(layers, 0));
        let shared = Arc::new(Shared { reader, cache: ScoreCache::new(options.cache_entries), metrics });
        let workers = Workers::start(engine.workers, &shared, &engine.make)?;
        let batch_tokens = options.batch_tokens.unwrap_or(engine.batch_tokens).max(template.max_tokens);
        Ok(Self { info, tokenizer, template, batch_tokens, pads: engine.pads, shared, workers })
    }

    /// What was loaded.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// Hands requests to the workers and returns at once; tokenising happens on the calling thread.
    pub fn submit(&self, requests: Vec<Request>) -> Ticket {
        let mut first: HashMap<Key, usize> = HashMap::with_capacity(requests.len());
        let mut answers = Vec::with_capacity(requests.len());
        let mut items = Vec::with_capacity(requests.len());
        let (mut hits, mut repeats) = (0, 0);
        for (at, request) in requests.into_iter().enumerate() {
            let key = self.shared.cache.key(&request);
            if let Some(&same) = first.get(&key) {
                repeats += 1;
                answers.push(Answer::Pending(same));
            } else if let Some(scores) = self.shared.cache.get(key) {
                hits += 1;
                answers.push(Answer::Known(scores));
            } else {
                first.insert(key, at);
                let input = self.template.input(&self.tokenizer, &request);
                items.push(Some(Item { at, key, text: request.text, language: request.language, input }));
                answers.push(Answer::Pending(at));
            }
        }
        self.shared.metrics.cache(hits, repeats, items.len() as u64);

        let lengths: Vec<usize> = items.iter().flatten().map(|item| item.input.ids.len()).collect();
        let batches = batch::cut(&lengths, self.batch_tokens, self.workers.count(), self.pads);
        let (reply, replies) = unbounded();
        for batch in &batches {
            let items = batch.iter().filter_map(|&at| items[at].take()).collect();
            self.workers.hand_over(Job { items, reply: reply.clone() });
        }
        Ticket { answers, replies, batches: batches.len(), tokens: lengths.iter().sum() }
    }

    /// Scores requests, in their order.
    pub fn score(&self, requests: Vec<Request>) -> Result<Vec<Arc<Scores>>, ModelError> {
        self.submit(requests).wait()
    }
}

impl Ticket {
    /// Tokens that were not answered from the cache: how much work this is.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Waits for the scores, one per request, in their order.
    pub fn wait(self) -> Result<Vec<Arc<Scores>>, ModelError> {
        let stopped = || ModelError::Failed("the workers have stopped".into());
        let mut scored: HashMap<usize, Arc<Scores>> = HashMap::with_capacity(self.answers.len());
        for _ in 0..self.batches {
            scored.extend(self.replies.recv().map_err(|_| stopped())??);
        }
        let answer = |answer| match answer {
            Answer::Known(scores) => Ok(scores),
            Answer::Pending(at) => scored.get(&at).cloned().ok_or_else(stopped),
        };
        self.answers.into_iter().map(answer).collect()
    }
}
