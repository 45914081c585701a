//! `config.json`: which encoder it is, as `transformers` writes it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::ModelError;
use super::stored::{Family, Shape};
use super::weights::load_error;

/// What of `config.json` is read. DistilBERT has names of its own.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Architecture {
    model_type: String,
    #[serde(default)]
    architectures: Vec<String>,
    #[serde(alias = "dim")]
    hidden_size: usize,
    #[serde(alias = "n_layers")]
    num_hidden_layers: usize,
    #[serde(alias = "n_heads")]
    num_attention_heads: usize,
    #[serde(alias = "hidden_dim")]
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    #[serde(default = "usual_epsilon")]
    layer_norm_eps: f32,
    #[serde(alias = "activation")]
    hidden_act: String,
    #[serde(default)]
    position_embedding_type: Option<String>,
    #[serde(default)]
    pad_token_id: Option<usize>,
    #[serde(default, rename = "_name_or_path")]
    pub(super) name: Option<String>,
    /// The labels of a classifier by the numbers of its outputs.
    #[serde(default)]
    id2label: BTreeMap<usize, String>,
}

/// DistilBERT's, which its configuration does not tell.
const fn usual_epsilon() -> f32 {
    1e-12
}

/// Classifiers that can be read, by the name in `architectures`.
const CLASSIFIERS: [&str; 4] = [
    "BertForSequenceClassification",
    "DistilBertForSequenceClassification",
    "RobertaForSequenceClassification",
    "XLMRobertaForSequenceClassification",
];

impl Architecture {
    /// The encoder of a directory of our own, whose `config.json` is at `path`.
    pub(super) fn shape(&self, path: &Path) -> Result<Shape, ModelError> {
        expect(path, "model_type", &self.model_type, "bert")?;
        self.sizes(path, 0)
    }

    /// The encoder of a classifier, and who named its tensors.
    pub(super) fn classifier(&self, path: &Path) -> Result<(Shape, Family), ModelError> {
        let padding = self.pad_token_id.unwrap_or(1);
        let family = match self.architectures.iter().find_map(|name| CLASSIFIERS.iter().position(|known| known == name))
        {
            Some(0) => Family::Bert,
            Some(1) => Family::DistilBert,
            Some(_) => Family::Roberta { padding },
            None => {
                let expected = CLASSIFIERS.join(", ");
                let found = &self.architectures;
                return Err(load_error(
                    path,
                    format!(
                        "architectures: found {found:?}; expected one of {expected}, or a file undertone.json beside it"
                    ),
                ));
            }
        };
        let skipped = if matches!(family, Family::Roberta { .. }) { padding + 1 } else { 0 };
        Ok((self.sizes(path, skipped)?, family))
    }

    /// The labels of a classifier, in the order of its outputs: of one that names none, those that `transformers` gives it.
    pub(super) fn labels(&self) -> Vec<String> {
        if self.id2label.is_empty() {
            return vec!["LABEL_0".to_owned(), "LABEL_1".to_owned()];
        }
        self.id2label.values().cloned().collect()
    }

    fn sizes(&self, path: &Path, skipped: usize) -> Result<Shape, ModelError> {
        expect(path, "hidden_act", &self.hidden_act, "gelu")?;
        expect(
            path,
            "position_embedding_type",
            self.position_embedding_type.as_deref().unwrap_or("absolute"),
            "absolute",
        )?;
        let positions = self.max_position_embeddings.saturating_sub(skipped);
        if self.num_attention_heads == 0 || positions == 0 {
            let (heads, most) = (self.num_attention_heads, self.max_position_embeddings);
            let found = format!("num_attention_heads {heads}, max_position_embeddings {most}");
            return Err(load_error(
                path,
                format!("found {found}; expected at least 1 head and {} positions", skipped + 1),
            ));
        }
        Ok(Shape {
            hidden: self.hidden_size,
            layers: self.num_hidden_layers,
            heads: self.num_attention_heads,
            wide: self.intermediate_size,
            vocabulary: self.vocab_size,
            positions,
            epsilon: self.layer_norm_eps,
        })
    }
}

fn expect(path: &Path, field: &str, found: &str, expected: &str) -> Result<(), ModelError> {
    if found == expected {
        return Ok(());
    }
    Err(load_error(path, format!("{field}: found {found:?}; expected {expected:?}")))
}
