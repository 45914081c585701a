//! Stage 2, pure: enriched events to standing, alerts, trends and community health. Knows no Kafka and reads no clock: time is
//! the latest `created_at` of what came, or a tick where nothing comes. Same input, same output.
//!
//! A [`Book`] holds the entities of one partition. [`Book::fold`] adds an event, [`Book::tick`] lets time pass,
//! [`Book::news`] says what is to be published. Each entity adds four parts up: [`score`] (how it is spoken of, and how sure
//! that is), [`detect`] (drops and spikes), [`trends`] (what rises) and [`community`] (who is answered, and who stays).

pub mod alert;
mod blocks;
pub mod book;
mod by_name;
pub mod community;
pub mod copies;
pub mod detect;
pub mod digest;
pub mod entity;
mod hashing;
pub mod observation;
mod room;
pub mod rules;
pub mod score;
mod shared;
pub mod snapshot;
pub mod standing;
pub mod tally;
pub mod trends;
mod words;

pub use alert::Alert;
pub use book::{Book, News};
pub use digest::{Digest, Digested, side_by_side};
pub use observation::Observation;
pub use rules::Rules;
pub use snapshot::{Checkpoint, Snapshot};
pub use standing::Standing;
pub use tally::{Tallies, Tally};

#[cfg(test)]
mod tests;
