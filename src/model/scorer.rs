//! The door of the model stage.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, unbounded};

use super::Scores;
use super::batch;
use super::cache::{Key, ScoreCache};
use super::directory::Directory;
use super::effort::{Depths, Effort};
use super::engine::cpu::{CpuEngine, CpuModel};
use super::engine::{Engine, Packed};
use super::heads::Heads;
use super::input::Template;
use super::tokenizer::Tokenizer;
use super::topics::Prototypes;
use super::weights::{TensorFile, read};
use super::workers::{Item, Job, MakeEngine, Reply, Shared, Workers};
use crate::telemetry::Metrics;
use crate::text::Span;
use crate::watch::Topic;

/// Which engine runs the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// The int8 encoder in Rust.
    Cpu,
    /// No model: events carry no sentiment, no topics and no signals but `question`.
    Off,
}

/// How to load and run a model.
#[derive(Debug, Clone)]
pub struct ModelOptions {
    /// The model directory; `None` looks where DESIGN section 5 says (`UNDERTONE_MODEL`, beside the binary, the source tree).
    pub path: Option<PathBuf>,
    /// Worker threads, each pinned to a core; `None` is one per core.
    pub workers: Option<usize>,
    /// Tokens of a batch.
    pub batch_tokens: usize,
    /// Entries of the cache of scored texts.
    pub cache_entries: usize,
    /// Whether texts that are sure early leave early.
    pub effort: Effort,
}

impl Default for ModelOptions {
    fn default() -> Self {
        Self { path: None, workers: None, batch_tokens: 1_024, cache_entries: 20_000, effort: Effort::Full }
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
    /// Engine and kernel: `cpu (avx512-vnni)`.
    pub engine: String,
    /// How deep texts are read.
    pub effort: Effort,
    /// How many layers it has.
    pub layers: u32,
    /// ISO 639-1 codes with a published figure.
    pub languages: Vec<String>,
    /// For those who want a yes or a no of a signal.
    pub thresholds: SignalThresholds,
    /// A sentiment whose likeliest class is less likely than this is abstained from.
    pub abstain_below: f32,
}

/// Probabilities from which the model card counts a signal as there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignalThresholds {
    /// Of a complaint.
    pub complaint: f32,
    /// Of offence.
    pub offensive: f32,
    /// Of spam.
    pub spam: f32,
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
        let directory = Directory::open(options.path.as_deref())?;
        // The vocabulary and the weights are independent, and each takes a good part of a second.
        let (tokenizer, loaded) = std::thread::scope(|scope| {
            let tokenizer = scope.spawn(|| Tokenizer::load(&directory.file("tokenizer.json")));
            let loaded = load_weights(&directory, options.effort);
            (tokenizer.join(), loaded)
        });
        let tokenizer = tokenizer.map_err(|_| ModelError::Failed("the tokenizer panicked".into()))??;
        let (model, depths) = loaded?;
        let card = &directory.card;
        let template = Template { prefix: card.input.prefix.clone(), max_tokens: card.input.max_tokens };
        let info = ModelInfo {
            name: card.name.clone(),
            version: card.version.clone(),
            engine: format!("cpu ({})", model.kernel),
            effort: options.effort,
            layers: u32::try_from(directory.architecture.num_hidden_layers).unwrap_or(u32::MAX),
            languages: card.languages.keys().cloned().collect(),
            thresholds: SignalThresholds {
                complaint: card.heads.complaint.threshold,
                offensive: card.heads.offensive.threshold,
                spam: card.heads.spam.threshold,
            },
            abstain_below: card.calibration.abstain_below,
        };
        let prototypes = embed(topics, card.topics.threshold, &model, depths.full(), &tokenizer, &template)?;
        // Every depth stands at 0 from the start.
        depths.layers().for_each(|layers| metrics.scored(layers, 0));
        let shared = Arc::new(Shared { depths, prototypes, cache: ScoreCache::new(options.cache_entries), metrics });
        let engine: Arc<MakeEngine> = Arc::new(move || Box::new(CpuEngine::new(model.clone())));
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        let workers = Workers::start(options.workers.unwrap_or_else(cores).max(1), &shared, &engine)?;
        let batch_tokens = options.batch_tokens.max(template.max_tokens);
        Ok(Self { info, tokenizer, template, batch_tokens, shared, workers })
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
        let batches = batch::cut(&lengths, self.batch_tokens, self.workers.count());
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

fn load_weights(directory: &Directory, effort: Effort) -> Result<(Arc<CpuModel>, Depths), ModelError> {
    let path = directory.file("encoder.safetensors");
    let bytes = read(&path)?;
    let file = TensorFile::parse(&path, &bytes)?;
    Ok((Arc::new(CpuModel::load(directory, &file)?), Depths::load(directory, &file, effort)?))
}

/// The prototypes of the topics: each the mean embedding of its name, description and examples.
fn embed(
    topics: &[Topic],
    threshold: f32,
    model: &Arc<CpuModel>,
    heads: &Heads,
    tokenizer: &Tokenizer,
    template: &Template,
) -> Result<Prototypes, ModelError> {
    let mut engine = CpuEngine::new(model.clone());
    let mut prototypes = Prototypes::default();
    for topic in topics {
        let sentences = [&topic.name, &topic.description].into_iter().chain(&topic.examples);
        let embeddings = sentences
            .filter(|sentence| !sentence.trim().is_empty())
            .map(|sentence| {
                let request = Request { text: sentence.clone(), ..Request::default() };
                let mut batch = Packed::default();
                batch.push(&template.input(tokenizer, &request).ids);
                engine.encode(&batch).map(|vectors| heads.embedding(vectors)).map_err(ModelError::Failed)
            })
            .collect::<Result<Vec<_>, _>>()?;
        prototypes.push(&embeddings, topic.threshold.unwrap_or(threshold));
    }
    Ok(prototypes)
}
