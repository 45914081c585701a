//! `lingua` over the languages of one script, weighed with how common they are and with the platform's hint.

use lingua::{IsoCode639_1, Language as Known, LanguageDetectorBuilder};

use super::{Language, south_slavic};

/// Characters that are looked at: a hundred cost a third more and are right no more often (docs/LANGUAGES.md).
const LOOKED_AT: usize = 70;
/// How much likelier a language is for being the platform's hint.
const HINT: f64 = 10.0;
/// How much likelier a language of many speakers is than one of [`RARE`], before anything is read.
const COMMON: f64 = 4.0;

const LATIN: [Known; 26] = {
    use Known::*;
    [
        Basque, Bokmal, Bosnian, Catalan, Croatian, Czech, Danish, Dutch, English, Finnish, French, German, Hungarian,
        Icelandic, Indonesian, Italian, Polish, Portuguese, Romanian, Slovak, Slovene, Spanish, Swedish, Tagalog,
        Turkish, Vietnamese,
    ]
};

const CYRILLIC: [Known; 4] = [Known::Bulgarian, Known::Russian, Known::Serbian, Known::Ukrainian];

/// Languages that take posts away from their larger relatives if they start with the same odds.
const RARE: [Known; 3] = [Known::Slovak, Known::Slovene, Known::Tagalog];

/// All codes a hint can name: those of this file.
pub(super) const CODES: [&str; 31] = [
    "bg", "bs", "ca", "cs", "da", "de", "en", "es", "eu", "fi", "fr", "hr", "hu", "id", "is", "it", "ms", "nl", "no",
    "pl", "pt", "ro", "ru", "sk", "sl", "sr", "sv", "tl", "tr", "uk", "vi",
];

pub(super) struct Thorough {
    latin: lingua::LanguageDetector,
    cyrillic: lingua::LanguageDetector,
}

impl Thorough {
    pub(super) fn load() -> Self {
        let over = |languages: &[Known]| {
            LanguageDetectorBuilder::from_languages(languages).with_preloaded_language_models().build()
        };
        Self { latin: over(&LATIN), cyrillic: over(&CYRILLIC) }
    }

    /// The language of a text in Latin letters; `None` if it is too short to say anything.
    pub(super) fn latin(&self, words: &str, hint: Option<&'static str>) -> Option<Language> {
        let odds = weighed(&self.latin, beginning(words), hint);
        let best = best(&odds)?;
        if !south_slavic::is_one(best.code) {
            return Some(best);
        }
        // lingua knows Serbian in Cyrillic letters only, and calls it Croatian or Bosnian in Latin ones.
        let family: f64 = odds.iter().filter(|(code, _)| south_slavic::is_one(code)).map(|(_, odds)| odds).sum();
        let (code, certainty) = south_slavic::which(words, hint);
        Some(Language { code, confidence: (family as f32 * certainty).min(1.0) })
    }

    /// The language of a text in Cyrillic letters.
    pub(super) fn cyrillic(&self, words: &str, hint: Option<&'static str>) -> Option<Language> {
        best(&weighed(&self.cyrillic, beginning(words), hint))
    }
}

/// The probability of each language, weighed and summed to one.
fn weighed(detector: &lingua::LanguageDetector, words: &str, hint: Option<&'static str>) -> Vec<(&'static str, f64)> {
    let mut odds: Vec<(&'static str, f64)> = detector
        .compute_language_confidence_values(words)
        .into_iter()
        .map(|(language, confidence)| {
            let code = code(language);
            let common = if RARE.contains(&language) { 1.0 } else { COMMON };
            let hinted = if hint.is_some_and(|hint| hint == code || related(hint, code)) { HINT } else { 1.0 };
            (code, confidence * common * hinted)
        })
        .collect();
    let sum: f64 = odds.iter().map(|(_, odds)| odds).sum();
    odds.iter_mut().for_each(|(_, odds)| *odds /= sum.max(f64::MIN_POSITIVE));
    odds
}

fn best(odds: &[(&'static str, f64)]) -> Option<Language> {
    let (code, odds) = odds.iter().reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    (*odds > 0.0).then_some(Language { code, confidence: *odds as f32 })
}

/// A hint of one South Slavic language speaks for the family, and one of Malay for Indonesian, its nearest relative here.
fn related(hint: &str, code: &str) -> bool {
    south_slavic::is_one(hint) && south_slavic::is_one(code) || hint == "ms" && code == "id"
}

fn beginning(words: &str) -> &str {
    match words.char_indices().nth(LOOKED_AT) {
        None => words,
        Some((end, _)) => words[..end].rfind(' ').map_or(&words[..end], |space| &words[..space]),
    }
}

fn code(language: Known) -> &'static str {
    use IsoCode639_1::*;
    match language.iso_code_639_1() {
        BG => "bg",
        BS => "bs",
        CA => "ca",
        CS => "cs",
        DA => "da",
        DE => "de",
        EN => "en",
        ES => "es",
        EU => "eu",
        FI => "fi",
        FR => "fr",
        HR => "hr",
        HU => "hu",
        ID => "id",
        IS => "is",
        IT => "it",
        NB => "no",
        NL => "nl",
        PL => "pl",
        PT => "pt",
        RO => "ro",
        RU => "ru",
        SK => "sk",
        SL => "sl",
        SR => "sr",
        SV => "sv",
        TL => "tl",
        TR => "tr",
        UK => "uk",
        VI => "vi",
    }
}
