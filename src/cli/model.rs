//! Which model to use: arguments that several commands share.

use std::path::PathBuf;

use crate::model::{ClassifierOptions, Effort, EngineKind, ModelOptions, SentimentLabel};

/// Which model to use, and how to run it.
#[derive(Debug, clap::Args)]
pub(super) struct ModelArgs {
    /// Model directory. Without it: $UNDERTONE_MODEL, then ../share/undertone/models/default beside the binary, then the
    /// source tree's models/default.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// What runs the model: `cpu`, or `off` for no model at all (no sentiment, no topics).
    #[arg(long, value_name = "ENGINE", default_value = "cpu")]
    pub(super) engine: Engine,
    /// How deep texts are read: with `balanced` and `fast` those that are sure early leave early.
    #[arg(long, value_name = "LEVEL", default_value = "full")]
    effort: Level,
    /// What a label of a Hugging Face classifier stands for, if it does not say so itself: LABEL_0=negative. May be repeated.
    #[arg(long = "label", value_name = "LABEL=SENTIMENT", value_parser = label)]
    labels: Vec<(String, SentimentLabel)>,
}

/// A label and its sentiment.
fn label(text: &str) -> Result<(String, SentimentLabel), String> {
    let sentiment = |name: &str| SentimentLabel::named(name).ok_or_else(|| format!("found {name:?} after the ="));
    let found = || {
        let (label, name) = text.rsplit_once('=').ok_or("there is no =")?;
        Ok((label.to_owned(), sentiment(name)?))
    };
    found().map_err(|problem: String| format!("{problem}; expected such as LABEL_0=negative (or neutral, or positive)"))
}

/// The engines by the name that users write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Engine {
    /// The int8 encoder in Rust.
    Cpu,
    /// No model.
    Off,
}

/// The efforts by the name that users write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Level {
    /// Every text is read to the end.
    Full,
    /// A text leaves early where that should cost next to nothing.
    Balanced,
    /// A text leaves early unless it is clearly doubtful.
    Fast,
}

impl From<Level> for Effort {
    fn from(level: Level) -> Self {
        match level {
            Level::Full => Self::Full,
            Level::Balanced => Self::Balanced,
            Level::Fast => Self::Fast,
        }
    }
}

impl From<Engine> for EngineKind {
    fn from(engine: Engine) -> Self {
        match engine {
            Engine::Cpu => Self::Cpu,
            Engine::Off => Self::Off,
        }
    }
}

impl ModelArgs {
    /// The options, everything else at its default.
    pub(super) fn options(&self) -> ModelOptions {
        let labels = self.labels.iter().cloned().collect();
        ModelOptions {
            path: self.model.clone(),
            effort: self.effort.into(),
            classifier: ClassifierOptions { labels, ..ClassifierOptions::default() },
            ..ModelOptions::default()
        }
    }
}
