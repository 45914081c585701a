//! Text as such: spans, normalisation, language, questions, fingerprints. Knows no mention and no model.

pub mod fingerprint;
pub mod language;
pub mod normalise;
pub mod question;
pub mod span;

pub use fingerprint::fingerprint;
pub use language::{Language, LanguageDetector};
pub use normalise::{Normalised, normalise};
pub use question::is_question;
pub use span::{Span, to_chars};
