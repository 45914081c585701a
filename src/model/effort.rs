//! How deep a text is read: to the end, or to an exit where it is sure already.
//!
//! Heads read an earlier layer too. A text whose least sure answer is sure enough there leaves; the others are packed
//! anew and go on from the vectors that are there, so that no layer runs twice over a text. Whether it leaves depends
//! on the text alone, as its vectors do.

use super::ModelError;
use super::card::Card;
use super::engine::{Engine, Packed};
use super::heads::Heads;
use super::scores::Scores;
use super::stored::Shape;
use super::topics::Prototypes;
use super::weights::TensorFile;
use super::workers::Item;

/// How much work a text is worth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Effort {
    /// Every text is read to the end.
    #[default]
    Full,
    /// A text leaves early where that should cost next to nothing.
    Balanced,
    /// A text leaves early unless it is clearly doubtful.
    Fast,
}

impl Effort {
    /// All of them, from the most work to the least.
    pub const ALL: [Self; 3] = [Self::Full, Self::Balanced, Self::Fast];

    /// As users write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Balanced => "balanced",
            Self::Fast => "fast",
        }
    }

    /// The effort that a user wrote.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effort| effort.name() == name)
    }
}

/// Where texts may leave, and the end, where all do.
pub(super) struct Depths {
    exits: Vec<Depth>,
    end: Depth,
}

/// Heads at a layer.
pub(super) struct Depth {
    /// Layers that have run.
    layers: usize,
    heads: Heads,
    /// How sure the least sure answer must be for the text to leave; `None`: it leaves.
    sure: Option<f32>,
}

impl Depths {
    /// Loads the heads at the end and at the exits that `effort` uses. The others are loaded as well and let go of: a
    /// model that is broken should not first be so when somebody saves work.
    pub(super) fn load(card: &Card, shape: Shape, file: &TensorFile<'_>, effort: Effort) -> Result<Self, ModelError> {
        let hidden = shape.hidden;
        let bounds = card.bounds();
        let mut exits = Vec::with_capacity(card.exits.len());
        for exit in &card.exits {
            let heads = Heads::load(file, hidden, &exit.heads, exit.calibration.clone(), bounds)?;
            if let Some(sure) = exit.sure.at(effort) {
                exits.push(Depth { layers: exit.layer, heads, sure: Some(sure) });
            }
        }
        let heads = Heads::load(file, hidden, &card.heads.tensors(), card.calibration.temperatures(), bounds)?;
        Ok(Self { exits, end: Depth { layers: shape.layers, heads, sure: None } })
    }

    /// The heads at the end.
    pub(super) fn full(&self) -> &Heads {
        &self.end.heads
    }

    /// The numbers of layers after which a text may leave, the last of which is all.
    pub(super) fn layers(&self) -> impl Iterator<Item = usize> + '_ {
        self.all().map(|depth| depth.layers)
    }

    fn all(&self) -> impl Iterator<Item = &Depth> {
        self.exits.iter().chain([&self.end])
    }

    /// Scores a batch: each item with what is said of it, in the order in which they leave.
    pub(super) fn score<'a>(
        &self,
        engine: &mut dyn Engine,
        items: &'a [Item],
        prototypes: &Prototypes,
    ) -> Result<Vec<(&'a Item, Scores)>, String> {
        let mut batch = Packed::default();
        items.iter().for_each(|item| batch.push(&item.input.ids));
        engine.start(&batch)?;
        let mut here: Vec<&Item> = items.iter().collect();
        let mut scored = Vec::with_capacity(items.len());
        let mut run = 0;
        for Depth { layers, heads, sure } in self.all() {
            if here.is_empty() {
                break;
            }
            engine.run(run..*layers)?;
            run = *layers;
            let vectors = engine.vectors()?;
            let width = vectors.len() / batch.ids().len().max(1);
            let mut stays = Vec::with_capacity(here.len());
            for (item, range) in here.iter().zip(batch.sequences()) {
                let vectors = &vectors[range.start * width..range.end * width];
                let reading = heads.read(item, vectors);
                let leaves = sure.is_none_or(|sure| reading.sureness() >= sure);
                stays.push(!leaves);
                if leaves {
                    scored.push((*item, heads.say(&reading, item, vectors, prototypes, *layers)));
                }
            }
            if stays.contains(&false) && stays.contains(&true) {
                engine.retain(&stays)?;
                batch.retain(&stays);
            }
            let mut flags = stays.into_iter();
            here.retain(|_| flags.next().unwrap_or(false));
        }
        Ok(scored)
    }
}

#[cfg(test)]
impl Depths {
    /// One depth of heads that say nothing, for tests of what is around them.
    pub(super) fn blank(hidden: usize) -> Self {
        Self { exits: Vec::new(), end: Depth { layers: 1, heads: Heads::blank(hidden), sure: None } }
    }
}
