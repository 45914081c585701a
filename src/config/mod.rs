//! Files to validated, typed settings.
//!
//! A file is read field by field ([`section`]), so that one look tells everything that is wrong with it, each with its line.

mod classifier;
mod document;
pub mod error;
mod inputs;
mod kafka;
mod lexicon;
mod load;
mod model;
mod reputation;
mod secrets;
mod section;
pub mod settings;
mod watchlist;

pub use error::{ConfigError, ConfigErrors};
pub use lexicon::{load_lexicon, parse_lexicon};
pub use settings::Settings;
pub use watchlist::{load_watchlist, parse_watchlist};

#[cfg(test)]
mod tests;
