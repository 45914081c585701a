//! A model as it comes out of its directory, before any thread runs it.

use super::card::Card;
use super::classifier::Classifier;
use super::directory::{Directory, Kind, Tensors};
use super::effort::{Depths, Effort};
use super::engine::{self, MakeEngine, Packed};
use super::heads::Heads;
use super::input::Template;
use super::labels;
use super::reader::Reader;
use super::stored::Family;
use super::tokenizer::Tokenizer;
use super::topics::Prototypes;
use super::weights::{TensorFile, load_error};
use super::{ModelError, ModelInfo, ModelOptions, Request};
use crate::watch::Topic;

/// All that scoring needs.
pub(super) struct Loaded {
    pub(super) info: ModelInfo,
    pub(super) tokenizer: Tokenizer,
    pub(super) template: Template,
    pub(super) engine: engine::Loaded,
    pub(super) reader: Reader,
}

impl Loaded {
    /// Reads a model directory of either kind, and embeds the topics.
    pub(super) fn open(options: &ModelOptions, topics: &[Topic]) -> Result<Self, ModelError> {
        let directory = Directory::open(options.path.as_deref())?;
        match &directory.kind {
            Kind::Ours(_) if !options.classifier.labels.is_empty() => {
                let found = options.classifier.labels.keys().next().map_or("", String::as_str);
                let detail = format!(
                    "labels: found {found:?}; expected none: this model knows its labels, a classifier may not"
                );
                Err(load_error(&directory.path, detail))
            }
            Kind::Ours(card) => Self::ours(&directory, card, options, topics),
            Kind::Classifier { family, name, labels } => {
                if options.effort != Effort::Full {
                    let effort = options.effort.name();
                    let detail = format!("effort: found {effort:?}; expected \"full\": a classifier has no exits");
                    return Err(load_error(&directory.path, detail));
                }
                if !topics.is_empty() {
                    tracing::warn!(
                        topics = topics.len(),
                        "a classifier knows no topics: those of the watchlist are not told"
                    );
                }
                Self::classifier(&directory, *family, name.as_deref(), labels, options)
            }
        }
    }

    fn ours(directory: &Directory, card: &Card, options: &ModelOptions, topics: &[Topic]) -> Result<Self, ModelError> {
        let effort = options.effort;
        card.check_effort(&directory.file("undertone.json"), effort)?;
        let load = |file: &TensorFile<'_>| {
            Ok((engine::load(options, &directory.stored(file))?, Depths::load(card, directory.shape, file, effort)?))
        };
        let (tokenizer, (engine, depths)) =
            Self::weights(directory, Tokenizer::load, |tensors| load(&tensors.parse()?))?;
        let template = Template { prefix: card.input.prefix.clone(), max_tokens: card.input.max_tokens };
        let prototypes = embed(topics, card.topics.threshold, &*engine.make, depths.full(), &tokenizer, &template)?;
        let info = ModelInfo {
            name: card.name.clone(),
            version: card.version.clone(),
            engine: engine.name.clone(),
            effort,
            layers: u32::try_from(directory.shape.layers).unwrap_or(u32::MAX),
            languages: card.languages.keys().cloned().collect(),
            abstain_below: card.calibration.abstain_below,
        };
        Ok(Self { info, tokenizer, template, engine, reader: Reader::Heads(Box::new(depths), prototypes) })
    }

    fn classifier(
        directory: &Directory,
        family: Family,
        name: Option<&str>,
        labels: &[String],
        options: &ModelOptions,
    ) -> Result<Self, ModelError> {
        let shape = directory.shape;
        let config = directory.file("config.json");
        let sentiments =
            labels::sentiments(labels, &options.classifier.labels).map_err(|detail| load_error(&config, detail))?;
        let sizes = [shape.hidden, shape.layers];
        let load = |tensors: &Tensors| {
            let file = &tensors.parse()?;
            let head = Classifier::load(file, family, sizes, sentiments, options.classifier.abstain_below)?;
            // Nothing else tells one training of a model from another.
            let version = format!("{:016x}", xxhash_rust::xxh3::xxh3_64(&tensors.bytes));
            Ok((engine::load(options, &directory.stored(file))?, head, version))
        };
        let (tokenizer, (engine, head, version)) = Self::weights(directory, Tokenizer::load_any, load)?;
        let folder = || {
            directory.path.file_name().map_or_else(|| "classifier".into(), |name| name.to_string_lossy().into_owned())
        };
        let info = ModelInfo {
            name: name.filter(|name| !name.is_empty()).map_or_else(folder, str::to_owned),
            version,
            engine: engine.name.clone(),
            effort: Effort::Full,
            layers: u32::try_from(shape.layers).unwrap_or(u32::MAX),
            languages: Vec::new(),
            abstain_below: options.classifier.abstain_below,
        };
        let template =
            Template { prefix: String::new(), max_tokens: options.classifier.max_tokens.min(shape.positions) };
        Ok(Self { info, tokenizer, template, engine, reader: Reader::Classifier(Box::new(head)) })
    }

    /// The vocabulary and the weights are independent, and each takes a good part of a second.
    fn weights<T>(
        directory: &Directory,
        tokenizer: impl FnOnce(&std::path::Path) -> Result<Tokenizer, ModelError> + Send,
        load: impl FnOnce(&Tensors) -> Result<T, ModelError>,
    ) -> Result<(Tokenizer, T), ModelError> {
        let (tokenizer, loaded) = std::thread::scope(|scope| {
            let path = directory.file("tokenizer.json");
            let tokenizer = scope.spawn(move || tokenizer(&path));
            let loaded = directory.tensors().and_then(|tensors| load(&tensors));
            (tokenizer.join(), loaded)
        });
        let tokenizer = tokenizer.map_err(|_| ModelError::Failed("the tokenizer panicked".into()))??;
        Ok((tokenizer, loaded?))
    }
}

/// The prototypes of the topics: each the mean embedding of its name, description and examples.
fn embed(
    topics: &[Topic],
    threshold: f32,
    make: &MakeEngine,
    heads: &Heads,
    tokenizer: &Tokenizer,
    template: &Template,
) -> Result<Prototypes, ModelError> {
    let mut engine = make().map_err(ModelError::Failed)?;
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
