//! Which model to use: arguments that several commands share.

use std::path::PathBuf;

use super::exit::{Exit, USAGE};
use crate::model::{ClassifierOptions, Device, Effort, EngineKind, ModelOptions, Place, Precision, SentimentLabel};

/// Which model to use, and how to run it.
#[derive(Debug, clap::Args)]
pub(super) struct ModelArgs {
    /// Model directory. Without it: $UNDERTONE_MODEL, then ../share/undertone/models/default beside the binary, then the
    /// source tree's models/default.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// What runs the model: `cpu`, `libtorch` (GPUs; only in a program that was built with it), or `off` for no model at all
    /// (no sentiment, no topics).
    #[arg(long, value_name = "ENGINE", default_value = "cpu")]
    engine: Engine,
    /// Where libtorch computes: `auto` (a GPU if there is one), `cpu`, or a GPU such as `cuda:0`.
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: Device,
    /// What libtorch computes with: `auto` (float16 on a GPU, float32 on a CPU), `float32` or `float16`.
    #[arg(long, value_name = "FLOATS", default_value = "auto")]
    precision: Precision,
    /// How deep texts are read: with `balanced` and `fast` those that are sure early leave early.
    #[arg(long, value_name = "LEVEL", default_value = "full")]
    effort: Level,
    /// What a label of a Hugging Face classifier stands for, if it does not say so itself: LABEL_0=negative. May be repeated.
    #[arg(long = "label", value_name = "LABEL=SENTIMENT", value_parser = label)]
    labels: Vec<(String, SentimentLabel)>,
}

/// A label and its sentiment.
fn label(text: &str) -> Result<(String, SentimentLabel), String> {
    let read = text.rsplit_once('=').and_then(|(label, name)| Some((label.to_owned(), SentimentLabel::named(name)?)));
    read.ok_or_else(|| format!("found {text:?}; expected such as LABEL_0=negative (or neutral, or positive)"))
}

/// The engines by the name that users write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Engine {
    /// The int8 encoder in Rust.
    Cpu,
    /// libtorch.
    Libtorch,
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

impl ModelArgs {
    /// The options, everything else at its default; `None` for no model.
    pub(super) fn options(&self) -> Result<Option<ModelOptions>, Exit> {
        let place = Place { device: self.device, precision: self.precision };
        let engine = match self.engine {
            Engine::Libtorch => EngineKind::Libtorch(place),
            Engine::Cpu | Engine::Off if place != Place::default() => {
                let message =
                    "--device and --precision are libtorch's: found another engine; expected --engine libtorch";
                return Err(Exit { message: message.into(), code: USAGE });
            }
            Engine::Cpu => EngineKind::Cpu,
            Engine::Off => return Ok(None),
        };
        let labels = self.labels.iter().cloned().collect();
        Ok(Some(ModelOptions {
            path: self.model.clone(),
            engine,
            effort: self.effort.into(),
            classifier: ClassifierOptions { labels, ..ClassifierOptions::default() },
            ..ModelOptions::default()
        }))
    }
}
