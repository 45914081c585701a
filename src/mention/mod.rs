//! What comes in: the canonical mention, the Kafka record that carried it, feeds' own shapes, and what is wrong with a bad one.

pub mod body;
pub mod canonical;
mod canonical_json;
mod checks;
pub mod decode;
mod fields;
pub mod files;
pub mod mapping;
pub mod record;
pub mod rejection;
pub mod timeline;

pub use canonical::{Author, Engagement, Kind, Mention, Rating};
pub(crate) use checks::time;
pub use decode::{Decoded, Decoder, Op};
pub use mapping::{Mapping, MappingError};
pub use record::{Origin, Record};
pub use rejection::{Reason, Rejection};
pub use timeline::Timeline;
