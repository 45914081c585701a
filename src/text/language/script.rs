//! The script of a text, which for many languages settles the matter.

use unicode_script::UnicodeScript as _;

/// What the letters of a text say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Script {
    /// A script that is written by one language alone, or by one above all.
    Of(&'static str),
    /// Many languages.
    Latin,
    /// Some languages.
    Cyrillic,
}

/// Latin letters count for one, others for this: brands, hashtags and loans are written in Latin letters everywhere, and a
/// letter of a script without vowels, or a sign for a syllable or a word, says more.
const OTHER_LETTERS: u32 = 3;

/// The script that most of the letters belong to; `None` without letters.
pub(super) fn dominant(text: &str) -> Option<Script> {
    use unicode_script::Script as Unicode;
    let mut counts: Vec<(Script, u32)> = Vec::new();
    let mut han = 0;
    for letter in text.chars().filter(|c| c.is_alphabetic()) {
        let (script, weight) = match letter.script() {
            Unicode::Latin => (Script::Latin, 1),
            Unicode::Cyrillic => (Script::Cyrillic, OTHER_LETTERS),
            Unicode::Han => {
                han += OTHER_LETTERS;
                continue;
            }
            Unicode::Hiragana | Unicode::Katakana => (Script::Of("ja"), OTHER_LETTERS),
            Unicode::Arabic => (Script::Of("ar"), OTHER_LETTERS),
            Unicode::Common | Unicode::Inherited => continue,
            other => match single_language(other) {
                Some(code) => (Script::Of(code), OTHER_LETTERS),
                None => continue,
            },
        };
        match counts.iter_mut().find(|(seen, _)| *seen == script) {
            Some((_, count)) => *count += weight,
            None => counts.push((script, weight)),
        }
    }
    // Japanese mixes its own syllables with Chinese signs, Chinese has no syllables.
    match counts.iter_mut().find(|(script, _)| *script == Script::Of("ja")) {
        Some((_, count)) => *count += han,
        None if han > 0 => counts.push((Script::Of("zh"), han)),
        None => {}
    }
    // The first of equals, so that the answer does not depend on anything but the text.
    let (script, _) = counts.into_iter().reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    Some(if script == Script::Of("ar") { Script::Of(arabic_letters(text)) } else { script })
}

/// Persian and Urdu have letters that Arabic has not.
fn arabic_letters(text: &str) -> &'static str {
    const URDU: [char; 5] = ['ٹ', 'ڈ', 'ڑ', 'ں', 'ے'];
    const PERSIAN: [char; 6] = ['پ', 'چ', 'ژ', 'گ', 'ک', 'ی'];
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let share = |of: &[char]| text.chars().filter(|c| of.contains(c)).count() as f32 / letters.max(1) as f32;
    if share(&URDU) >= 0.02 {
        "ur"
    } else if share(&PERSIAN) >= 0.05 {
        // One such letter is how Arabic posts spell a foreign name or a dialect's sound; Persian is full of them.
        "fa"
    } else {
        "ar"
    }
}

fn single_language(script: unicode_script::Script) -> Option<&'static str> {
    use unicode_script::Script as Unicode;
    Some(match script {
        Unicode::Armenian => "hy",
        Unicode::Bengali => "bn",
        Unicode::Devanagari => "hi",
        Unicode::Ethiopic => "am",
        Unicode::Georgian => "ka",
        Unicode::Greek => "el",
        Unicode::Gujarati => "gu",
        Unicode::Gurmukhi => "pa",
        Unicode::Hangul => "ko",
        Unicode::Hebrew => "he",
        Unicode::Kannada => "kn",
        Unicode::Khmer => "km",
        Unicode::Lao => "lo",
        Unicode::Malayalam => "ml",
        Unicode::Myanmar => "my",
        Unicode::Sinhala => "si",
        Unicode::Tamil => "ta",
        Unicode::Telugu => "te",
        Unicode::Thai => "th",
        _ => return None,
    })
}
