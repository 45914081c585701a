//! The records of `undertone.reputation-state`: snapshots by entity, and one checkpoint.

use std::sync::Arc;

use super::rounds::Mark;
use crate::reputation::snapshot::CHECKPOINT;
use crate::reputation::{Checkpoint, Snapshot};

/// The key of a partition's checkpoint. Ids of entities do not begin so.
pub(super) const CHECKPOINT_KEY: &str = "#checkpoint";

/// A record that is kept.
#[derive(Debug)]
pub(super) enum Kept {
    Snapshot(Box<Snapshot>),
    Checkpoint(Checkpoint),
}

impl Kept {
    /// Reads a record; an error says why it is none.
    pub(super) fn read(key: &[u8], value: &[u8]) -> Result<Self, String> {
        if key == CHECKPOINT_KEY.as_bytes() {
            let checkpoint: Checkpoint = serde_json::from_slice(value).map_err(|error| error.to_string())?;
            return known(&checkpoint.schema, CHECKPOINT).map(|()| Self::Checkpoint(checkpoint));
        }
        let snapshot: Snapshot = serde_json::from_slice(value).map_err(|error| error.to_string())?;
        known(&snapshot.schema, crate::reputation::snapshot::SCHEMA)?;
        if key != snapshot.state.named.id.as_bytes() {
            return Err(format!("it holds entity {}", snapshot.state.named.id));
        }
        Ok(Self::Snapshot(Box::new(snapshot)))
    }
}

fn known(schema: &str, ours: &str) -> Result<(), String> {
    if schema == ours { Ok(()) } else { Err(format!("its schema is {schema:?}, and {ours:?} can be read")) }
}

/// A checkpoint as it is written.
pub(super) fn checkpoint(mark: Mark, partition: i32, partitions: i32) -> Result<Vec<u8>, serde_json::Error> {
    let Mark { offset, clock } = mark;
    serde_json::to_vec(&Checkpoint { schema: Arc::from(CHECKPOINT), partition, partitions, offset, clock })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_back_and_what_is_foreign_is_refused() {
        let written = checkpoint(Mark { offset: 7, clock: 8 }, 2, 4).unwrap();
        let Ok(Kept::Checkpoint(read)) = Kept::read(CHECKPOINT_KEY.as_bytes(), &written) else { panic!() };
        assert_eq!((read.offset, read.clock, read.partition, read.partitions), (7, 8, 2, 4));
        assert!(Kept::read(b"lumen", &written).is_err());
        let newer = String::from_utf8(written).unwrap().replace("checkpoint/1", "checkpoint/2");
        let error = Kept::read(CHECKPOINT_KEY.as_bytes(), newer.as_bytes()).unwrap_err();
        assert!(error.contains("checkpoint/2"), "{error}");
    }
}
