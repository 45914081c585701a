//! The weights as libtorch's tensors.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rust_bert::bert::{BertConfig, BertLayer};
use tch::{Device, Tensor, nn};

use super::device::Chosen;
use crate::model::ModelError;
use crate::model::stored::{Embeddings, LayerMaps, Map, Norm, Shape, Stored};

/// Rows of the word table that are turned into floats at a time: all of a large one would be held twice.
const ROWS: usize = 4096;

/// The weights, in the place where they are computed with. All engines read the same memory.
pub(super) struct Weights {
    pub(super) shape: Shape,
    pub(super) place: Chosen,
    /// By name. A tensor may go from one thread to another but not be looked at by two, so each engine takes clones, which
    /// share what they hold.
    tensors: Mutex<BTreeMap<String, Tensor>>,
}

/// Looks up tokens and their places.
pub(super) struct Embedding {
    words: Tensor,
    /// Of each position, with the embedding of type 0 added.
    positions: Tensor,
    norm: [Tensor; 2],
    epsilon: f64,
}

impl Weights {
    /// Turns stored weights into floats and takes them to their place.
    pub(super) fn load(stored: &Stored<'_>, place: Chosen) -> Result<Self, ModelError> {
        let shape = stored.shape;
        let mut tensors = Tensors { place, named: BTreeMap::new() };
        tensors.embeddings(stored.embeddings()?, shape).map_err(|detail| stored.unfit(detail))?;
        for at in 0..shape.layers {
            tensors.layer(at, stored.layer(at)?);
        }
        Ok(Self { shape, place, tensors: Mutex::new(tensors.named) })
    }

    /// The lookup, for the calling thread.
    pub(super) fn embedding(&self) -> Result<Embedding, String> {
        Ok(Embedding {
            words: self.tensor("words")?,
            positions: self.tensor("positions")?,
            norm: [self.tensor("norm.weight")?, self.tensor("norm.bias")?],
            epsilon: f64::from(self.shape.epsilon),
        })
    }

    /// The layers, for the calling thread.
    pub(super) fn layers(&self) -> Result<Vec<BertLayer>, String> {
        let int = |size: usize| size as i64;
        let config = BertConfig {
            hidden_size: int(self.shape.hidden),
            num_attention_heads: int(self.shape.heads),
            num_hidden_layers: int(self.shape.layers),
            intermediate_size: int(self.shape.wide),
            hidden_dropout_prob: 0.0,
            attention_probs_dropout_prob: 0.0,
            ..BertConfig::default()
        };
        // What rust-bert makes up at first lies in the machine's memory, and is let go of at once.
        let store = nn::VarStore::new(Device::Cpu);
        let layers = (0..self.shape.layers).map(|at| BertLayer::new(store.root() / at, &config)).collect();
        for (name, mut variable) in store.variables() {
            tch::no_grad(|| self.tensor(&name).map(|tensor| variable.set_data(&tensor)))?;
        }
        Ok(layers)
    }

    fn tensor(&self, name: &str) -> Result<Tensor, String> {
        let tensors = self.tensors.lock().unwrap_or_else(PoisonError::into_inner);
        tensors
            .get(name)
            .map(Tensor::shallow_clone)
            .ok_or_else(|| format!("rust-bert asks for {name}, which is not there"))
    }
}

impl Embedding {
    /// The vectors of padded sequences, `[sequences, longest]`, that go into layer 0.
    pub(super) fn of(&self, ids: &Tensor) -> Tensor {
        let [width, longest] = [self.words.size()[1], ids.size()[1]];
        let words = Tensor::embedding(&self.words, ids, -1, false, false);
        let [weight, bias] = &self.norm;
        (words + self.positions.narrow(0, 0, longest)).layer_norm([width], Some(weight), Some(bias), self.epsilon, true)
    }
}

/// Tensors on their way.
struct Tensors {
    place: Chosen,
    named: BTreeMap<String, Tensor>,
}

impl Tensors {
    fn put(&mut self, name: String, values: &[f32], size: &[i64]) {
        let tensor = Tensor::from_slice(values).view(size).to_kind(self.place.kind).to_device(self.place.device);
        self.named.insert(name, tensor);
    }

    fn embeddings(&mut self, embeddings: Embeddings, shape: Shape) -> Result<(), String> {
        let width = shape.hidden as i64;
        let words = Tensor::empty([shape.vocabulary as i64, width], (self.place.kind, self.place.device));
        let mut rows = vec![0.0; ROWS.min(shape.vocabulary) * shape.hidden];
        for first in (0..shape.vocabulary).step_by(ROWS) {
            let count = ROWS.min(shape.vocabulary - first);
            let rows = &mut rows[..count * shape.hidden];
            for (id, row) in (first..).zip(rows.chunks_exact_mut(shape.hidden)) {
                embeddings.words.read(id as u32, row)?;
            }
            let rows = Tensor::from_slice(rows).view([count as i64, width]);
            words.narrow(0, first as i64, count as i64).copy_(&rows);
        }
        self.named.insert("words".into(), words);
        self.put("positions".into(), &embeddings.positions, &[-1, width]);
        self.norm("norm", &embeddings.norm);
        Ok(())
    }

    /// A layer, by the names that [`BertLayer`] gives its variables.
    fn layer(&mut self, at: usize, maps: LayerMaps) {
        for (name, map) in [
            ("attention.self.query", maps.query),
            ("attention.self.key", maps.key),
            ("attention.self.value", maps.value),
            ("attention.output.dense", maps.attention_output),
            ("intermediate.dense", maps.intermediate),
            ("output.dense", maps.output),
        ] {
            self.map(&format!("{at}.{name}"), map);
        }
        self.norm(&format!("{at}.attention.output.LayerNorm"), &maps.attention_norm);
        self.norm(&format!("{at}.output.LayerNorm"), &maps.output_norm);
    }

    fn map(&mut self, name: &str, map: Map) {
        let (weight, bias) = map.floats();
        self.put(format!("{name}.weight"), &weight, &[bias.len() as i64, -1]);
        self.put(format!("{name}.bias"), &bias, &[-1]);
    }

    fn norm(&mut self, name: &str, norm: &Norm) {
        self.put(format!("{name}.weight"), &norm.weight, &[-1]);
        self.put(format!("{name}.bias"), &norm.bias, &[-1]);
    }
}
