//! What families call the parts of an encoder.

/// Who named the tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum Family {
    /// BERT without a prefix: our own model directories.
    Bare,
    /// `BertForSequenceClassification`.
    Bert,
    /// `DistilBertForSequenceClassification`.
    DistilBert,
    /// `RobertaForSequenceClassification` and `XLMRobertaForSequenceClassification`. The row of the padding's id, up to which
    /// positions are not used.
    Roberta {
        /// Id of the padding.
        padding: usize,
    },
}

/// A tensor, or a pair of weight and bias, of a layer.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Query,
    Key,
    Value,
    AttentionOutput,
    AttentionNorm,
    Intermediate,
    Output,
    OutputNorm,
}

impl Family {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Bare => "",
            Self::Bert => "bert.",
            Self::DistilBert => "distilbert.",
            Self::Roberta { .. } => "roberta.",
        }
    }

    /// Rows of the table of positions before that of the first token: RoBERTa counts from the padding's id on.
    pub(super) const fn first_position(self) -> usize {
        match self {
            Self::Roberta { padding } => padding + 1,
            _ => 0,
        }
    }

    /// Whether tokens have types.
    pub(super) const fn has_types(self) -> bool {
        !matches!(self, Self::DistilBert)
    }

    pub(super) fn words(self) -> String {
        self.embedding("word_embeddings.weight")
    }

    pub(super) fn positions(self) -> String {
        self.embedding("position_embeddings.weight")
    }

    pub(super) fn types(self) -> String {
        self.embedding("token_type_embeddings.weight")
    }

    pub(super) fn embedding_norm(self) -> String {
        self.embedding("LayerNorm")
    }

    fn embedding(self, name: &str) -> String {
        format!("{}embeddings.{name}", self.prefix())
    }

    /// The name of a part of a layer, without `.weight` or `.bias`.
    pub(super) fn layer(self, layer: usize, part: Part) -> String {
        let (stack, part) = match self {
            Self::DistilBert => ("transformer", distilbert(part)),
            _ => ("encoder", bert(part)),
        };
        format!("{}{stack}.layer.{layer}.{part}", self.prefix())
    }
}

const fn bert(part: Part) -> &'static str {
    match part {
        Part::Query => "attention.self.query",
        Part::Key => "attention.self.key",
        Part::Value => "attention.self.value",
        Part::AttentionOutput => "attention.output.dense",
        Part::AttentionNorm => "attention.output.LayerNorm",
        Part::Intermediate => "intermediate.dense",
        Part::Output => "output.dense",
        Part::OutputNorm => "output.LayerNorm",
    }
}

const fn distilbert(part: Part) -> &'static str {
    match part {
        Part::Query => "attention.q_lin",
        Part::Key => "attention.k_lin",
        Part::Value => "attention.v_lin",
        Part::AttentionOutput => "attention.out_lin",
        Part::AttentionNorm => "sa_layer_norm",
        Part::Intermediate => "ffn.lin1",
        Part::Output => "ffn.lin2",
        Part::OutputNorm => "output_layer_norm",
    }
}
