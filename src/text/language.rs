//! Which language a post is written in.
//!
//! Four steps, each dearer than the one before; docs/LANGUAGES.md has the figures that led to them.
//!
//! 1. The script. Thai, Greek, Korean and others are written in a script of their own.
//! 2. Two cheap detectors. Where `whichlang` and `whatlang` agree, and the latter is not unsure, they are hardly ever wrong.
//! 3. `lingua` on the first words: it knows more languages and is the best on short texts, at some twenty times the price.
//!    What it says is weighed with how common a language is, and with the platform's hint.
//! 4. Serbian, Croatian and Bosnian in Latin letters are told apart by words in which they differ.

mod script;
mod south_slavic;
mod thorough;

use std::borrow::Cow;

use script::Script;
use thorough::Thorough;

/// A language with how sure the detector is.
#[derive(Debug, Clone, PartialEq)]
pub struct Language {
    /// ISO 639-1 code, lower case; `und` where no language could be told (emoji, a bare link, a number).
    pub code: &'static str,
    /// 0 to 1.
    pub confidence: f32,
}

/// No letter to go by.
const UNDETERMINED: Language = Language { code: "und", confidence: 0.0 };

/// How often the two cheap detectors are right where they agree: measured, see docs/LANGUAGES.md.
const AGREED: f32 = 0.99;
/// `whatlang`'s own confidence from which its agreement counts.
const AGREEMENT_FROM: f64 = 0.2;

/// Tells languages apart; built once, shared by all threads.
pub struct LanguageDetector {
    trigrams: whatlang::Detector,
    thorough: Thorough,
}

impl Default for LanguageDetector {
    fn default() -> Self {
        Self::new()
    }
}

impl LanguageDetector {
    /// Loads the detector.
    pub fn new() -> Self {
        Self { trigrams: whatlang::Detector::with_allowlist(LATIN_TRIGRAMS.to_vec()), thorough: Thorough::load() }
    }

    /// The language of a normalised text; `hint` is what the platform says (`en`, `pt-BR`…), which is weighed, not obeyed:
    /// it raises the odds of its language and decides between near relatives, but clear evidence beats it.
    pub fn detect(&self, text: &str, hint: Option<&str>) -> Language {
        let words = words(text);
        let hint = hint.and_then(known_code);
        match script::dominant(&words) {
            None => UNDETERMINED,
            Some(Script::Of(code)) => Language { code, confidence: 1.0 },
            Some(Script::Latin) => self.latin(&words, hint),
            Some(Script::Cyrillic) => self.thorough.cyrillic(&words, hint).unwrap_or(UNDETERMINED),
        }
    }

    fn latin(&self, words: &str, hint: Option<&'static str>) -> Language {
        // þ and ð stand in Icelandic only, of the languages told here; the cheap detectors do not know it.
        if words.contains(['þ', 'Þ', 'ð', 'Ð']) {
            return Language { code: "is", confidence: AGREED };
        }
        match self.agreed(words) {
            // A hint that says otherwise is worth the thorough look.
            Some(code) if hint.is_none_or(|hint| hint == code) => Language { code, confidence: AGREED },
            _ => self.thorough.latin(words, hint).unwrap_or(UNDETERMINED),
        }
    }

    fn agreed(&self, words: &str) -> Option<&'static str> {
        let code = cheap_code(whichlang::detect_language(words))?;
        let trigrams = self.trigrams.detect(words)?;
        let agree = trigram_code(trigrams.lang()) == Some(code) && trigrams.confidence() >= AGREEMENT_FROM;
        agree.then_some(code)
    }
}

/// The text without what normalisation put there and what says nothing of the language: `@user`, `http`, handles.
fn words(text: &str) -> Cow<'_, str> {
    let says_nothing = |word: &str| word.starts_with('@') || word == "http";
    if !text.split_whitespace().any(says_nothing) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.split_whitespace().filter(|word| !says_nothing(word)).collect::<Vec<_>>().join(" "))
}

/// The code of a hint in the detector's own terms: region dropped, old and national codes folded.
fn known_code(hint: &str) -> Option<&'static str> {
    let language = hint.split(['-', '_']).next().unwrap_or(hint).to_ascii_lowercase();
    let language = match language.as_str() {
        "nb" | "nn" => "no",
        "in" => "id",
        "iw" => "he",
        "sh" | "cnr" => "sr",
        "fil" => "tl",
        other => other,
    };
    thorough::CODES.into_iter().find(|code| *code == language)
}

/// The languages in Latin letters that `whatlang` chooses among: the ten it shares with `whichlang`, and those it must not
/// mistake for one of them.
const LATIN_TRIGRAMS: [whatlang::Lang; 27] = {
    use whatlang::Lang::*;
    [
        Eng, Spa, Vie, Srp, Hrv, Deu, Fra, Por, Tur, Ces, Dan, Nob, Ind, Swe, Nld, Ita, Cat, Slv, Slk, Pol, Ron, Fin,
        Hun, Est, Lav, Lit, Tgl,
    ]
};

fn cheap_code(language: whichlang::Lang) -> Option<&'static str> {
    use whichlang::Lang::*;
    Some(match language {
        Deu => "de",
        Eng => "en",
        Fra => "fr",
        Ita => "it",
        Nld => "nl",
        Por => "pt",
        Spa => "es",
        Swe => "sv",
        Tur => "tr",
        Vie => "vi",
        _ => return None,
    })
}

fn trigram_code(language: whatlang::Lang) -> Option<&'static str> {
    use whatlang::Lang::*;
    Some(match language {
        Deu => "de",
        Eng => "en",
        Fra => "fr",
        Ita => "it",
        Nld => "nl",
        Por => "pt",
        Spa => "es",
        Swe => "sv",
        Tur => "tr",
        Vie => "vi",
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
