//! Which phrases count, and what they come to.

use proptest::prelude::*;

use super::{Effect, Lexicon, MOST_SHIFT, Phrase, clashes, corrected};
use crate::model::SentimentLabel::{Negative, Neutral, Positive};

fn phrase(text: &str, effect: Effect) -> Phrase {
    Phrase { texts: vec![text.to_owned()], entities: None, languages: None, effect, note: None }
}

fn to(phrase: Phrase, ids: &[&str]) -> Phrase {
    Phrase { entities: Some(ids.iter().map(|&id| id.to_owned()).collect()), ..phrase }
}

fn in_languages(phrase: Phrase, codes: &[&str]) -> Phrase {
    Phrase { languages: Some(codes.iter().map(|&code| code.to_owned()).collect()), ..phrase }
}

/// What a lexicon says of a text, toward `zeta`, in English.
fn says(phrases: &[Phrase], text: &str) -> Option<(Effect, Vec<String>)> {
    says_of(phrases, text, Some("zeta"), "en")
}

fn says_of(phrases: &[Phrase], text: &str, entity: Option<&str>, language: &str) -> Option<(Effect, Vec<String>)> {
    let lexicon = Lexicon::new(phrases.to_vec()).unwrap();
    let verdict = lexicon.verdict(&lexicon.find(text, 0), entity, language);
    verdict.map(|verdict| (verdict.effect, verdict.by.into_iter().map(str::to_owned).collect()))
}

fn by(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn a_phrase_holds_for_its_entities_and_languages_only() {
    let game = in_languages(to(phrase("war zone", Effect::Fix(Neutral)), &["zeta", "nova"]), &["en", "de"]);
    let text = "In the WAR-ZONE again";
    let said = Some((Effect::Fix(Neutral), by(&["war zone"])));
    assert_eq!(says(std::slice::from_ref(&game), text), said);
    assert_eq!(says_of(std::slice::from_ref(&game), text, Some("nova"), "de"), said);
    for (entity, language) in [(Some("acme"), "en"), (None, "en"), (Some("zeta"), "fr"), (Some("zeta"), "und")] {
        assert_eq!(says_of(std::slice::from_ref(&game), text, entity, language), None, "{entity:?} {language}");
    }
    assert_eq!(says_of(&[phrase("war zone", Effect::Fix(Neutral))], text, None, "und"), said, "of all, and of none");
}

#[test]
fn a_place_inside_a_longer_one_does_not_count() {
    let phrases = [
        phrase("war zone", Effect::Fix(Neutral)),
        phrase("war zone pass", Effect::Shift(2.0)),
        phrase("like a war zone", Effect::Spare),
    ];
    assert_eq!(says(&phrases, "the war zone pass"), Some((Effect::Shift(2.0), by(&["war zone pass"]))));
    assert_eq!(says(&phrases, "my street is like a war zone"), None, "left to the model");
    let both = says(&phrases, "the war zone, like a war zone");
    assert_eq!(both, Some((Effect::Fix(Neutral), by(&["war zone"]))), "it stands alone as well");
    // Neither lies inside the other.
    let overlapping = [phrase("dead good", Effect::Shift(1.0)), phrase("good grief", Effect::Shift(-3.0))];
    let said = says(&overlapping, "dead good grief");
    assert_eq!(said, Some((Effect::Shift(-2.0), by(&["dead good", "good grief"]))));
}

#[test]
fn a_longer_phrase_of_somebody_else_covers_nothing() {
    let phrases =
        [phrase("war zone", Effect::Fix(Neutral)), to(phrase("war zone pass", Effect::Fix(Positive)), &["nova"])];
    assert_eq!(says(&phrases, "the war zone pass"), Some((Effect::Fix(Neutral), by(&["war zone"]))));
}

#[test]
fn at_one_place_the_more_particular_phrase_holds() {
    let all = phrase("sick", Effect::Fix(Negative));
    let english = in_languages(phrase("Sick", Effect::Fix(Neutral)), &["en"]);
    let zeta = to(phrase("SICK", Effect::Fix(Positive)), &["zeta"]);
    let mut phrases = vec![all, english, zeta];
    assert_eq!(clashes(&phrases), []);
    for _ in 0..3 {
        phrases.rotate_left(1);
        assert_eq!(says(&phrases, "so sick"), Some((Effect::Fix(Positive), by(&["SICK"]))));
        let of_nova = says_of(&phrases, "so sick", Some("nova"), "en");
        assert_eq!(of_nova, Some((Effect::Fix(Neutral), by(&["Sick"]))));
        let french = says_of(&phrases, "so sick", Some("nova"), "fr");
        assert_eq!(french, Some((Effect::Fix(Negative), by(&["sick"]))));
    }
}

#[test]
fn a_fixed_label_goes_before_shifts_and_an_opinion_before_neutral() {
    let phrases = [
        phrase("war zone", Effect::Fix(Neutral)),
        phrase("goat", Effect::Fix(Positive)),
        phrase("pay to win", Effect::Fix(Negative)),
        phrase("lit", Effect::Shift(3.0)),
    ];
    assert_eq!(says(&phrases, "war zone is lit"), Some((Effect::Fix(Neutral), by(&["war zone"]))));
    assert_eq!(says(&phrases, "war zone is the goat"), Some((Effect::Fix(Positive), by(&["goat"]))));
    let first = says(&phrases, "pay to win, war zone, once the goat");
    assert_eq!(first, Some((Effect::Fix(Negative), by(&["pay to win"]))), "of two opinions the first");
}

#[test]
fn shifts_add_up_once_each_and_are_bounded() {
    let phrases =
        [phrase("lit", Effect::Shift(1.5)), phrase("fire", Effect::Shift(7.0)), phrase("mid", Effect::Shift(-1.5))];
    assert_eq!(says(&phrases, "lit lit lit"), Some((Effect::Shift(1.5), by(&["lit"]))), "however often it is said");
    assert_eq!(says(&phrases, "fire and lit"), Some((Effect::Shift(MOST_SHIFT), by(&["fire", "lit"]))));
    assert_eq!(says(&phrases, "lit or mid"), None, "they cancel each other");
}

#[test]
fn two_spellings_of_one_phrase_count_once() {
    let phrase = Phrase { texts: vec!["war zone".into(), "warzone".into()], ..phrase("", Effect::Shift(1.0)) };
    assert_eq!(
        says(&[phrase], "Warzone is a war zone"),
        Some((Effect::Shift(1.0), by(&["warzone"]))),
        "the first said"
    );
}

#[test]
fn spellings_clash_where_nothing_chooses_between_them() {
    let found = |phrases: &[Phrase]| -> Vec<((usize, usize), (usize, usize))> {
        clashes(phrases).into_iter().map(|clash| (clash.first, clash.second)).collect()
    };
    let sick = |effect| phrase("sick", effect);
    assert_eq!(found(&[sick(Effect::Shift(1.0)), sick(Effect::Fix(Neutral))]), [((0, 0), (1, 0))]);
    let twice = Phrase { texts: vec!["war zone".into(), "War-Zone".into()], ..sick(Effect::Spare) };
    assert_eq!(found(std::slice::from_ref(&twice)), [((0, 0), (0, 1))], "within one phrase");
    let apart = [to(sick(Effect::Fix(Neutral)), &["a", "b"]), to(sick(Effect::Fix(Positive)), &["c"])];
    assert_eq!(found(&apart), []);
    let meet = [to(sick(Effect::Fix(Neutral)), &["a", "b"]), to(sick(Effect::Fix(Positive)), &["b"])];
    assert_eq!(found(&meet), [((0, 0), (1, 0))]);
    let languages = [in_languages(sick(Effect::Fix(Neutral)), &["en"]), in_languages(sick(Effect::Spare), &["de"])];
    assert_eq!(found(&languages), []);
}

#[test]
fn the_version_is_that_of_what_phrases_say() {
    let version = |phrases: &[Phrase]| Lexicon::new(phrases.to_vec()).unwrap().version;
    let [one, two] = [phrase("lit", Effect::Shift(1.5)), to(phrase("mid", Effect::Fix(Negative)), &["a", "b"])];
    let both = version(&[one.clone(), two.clone()]);
    assert_eq!(version(&[two.clone(), one.clone()]), both);
    let noted = Phrase { note: Some("slang".into()), ..one.clone() };
    assert_eq!(version(&[noted, to(two.clone(), &["b", "a"])]), both);
    for other in [phrase("lit", Effect::Shift(1.6)), phrase("Lit", Effect::Shift(1.5)), in_languages(one, &["en"])] {
        assert_ne!(version(&[other, two.clone()]), both);
    }
}

const WORDS: [&str; 7] = ["war", "zone", "pass", "lit", "mid", "nuke", "dead"];

fn texts() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&WORDS[..]), 0..12).prop_map(|words| words.join(" "))
}

fn effects() -> impl Strategy<Value = Effect> {
    prop_oneof![
        prop::sample::select(vec![Negative, Neutral, Positive]).prop_map(Effect::Fix),
        (-800i32..=800).prop_map(|by| Effect::Shift(f64::from(by) / 100.0)),
        Just(Effect::Spare),
    ]
}

/// Phrases of one to three words, none of which clash.
fn lexicons() -> impl Strategy<Value = Vec<Phrase>> {
    let some = |names: &[&'static str]| prop::option::of(prop::sample::subsequence(names.to_vec(), 1..=names.len()));
    let owned = |names: Option<Vec<&str>>| names.map(|names| names.into_iter().map(str::to_owned).collect());
    let phrase = (
        prop::collection::vec(prop::sample::select(&WORDS[..]), 1..4),
        some(&["zeta", "nova"]),
        some(&["en"]),
        effects(),
    );
    let phrase = phrase.prop_map(move |(words, entities, languages, effect)| Phrase {
        entities: owned(entities),
        languages: owned(languages),
        ..phrase_of(&words, effect)
    });
    prop::collection::vec(phrase, 0..8).prop_map(|mut phrases| {
        while let Some(clash) = clashes(&phrases).first() {
            phrases.remove(clash.second.0);
        }
        phrases
    })
}

fn phrase_of(words: &[&str], effect: Effect) -> Phrase {
    phrase(&words.join(" "), effect)
}

fn probabilities() -> impl Strategy<Value = [f32; 3]> {
    [0.001f32..1.0, 0.001f32..1.0, 0.001f32..1.0].prop_map(|weights| {
        let sum: f32 = weights.iter().sum();
        weights.map(|weight| weight / sum)
    })
}

fn score([negative, _, positive]: [f32; 3]) -> f32 {
    positive - negative
}

fn log_odds([negative, _, positive]: [f32; 3]) -> f64 {
    (f64::from(positive) / f64::from(negative)).ln()
}

proptest! {
    #[test]
    fn the_order_of_the_file_does_not_matter(
        (phrases, shuffled) in lexicons().prop_flat_map(|phrases| (Just(phrases.clone()), Just(phrases).prop_shuffle())),
        text in texts(),
    ) {
        prop_assert_eq!(says(&phrases, &text), says(&shuffled, &text));
    }

    #[test]
    fn a_phrase_that_is_not_said_changes_nothing(phrases in lexicons(), text in texts(), effect in effects()) {
        let before = says(&phrases, &text);
        let mut more = phrases;
        more.extend([phrase("never said", effect), to(phrase("war", effect), &["somebody else"])]);
        prop_assert_eq!(says(&more, &text), before);
    }

    /// Held against a reader that looks at every pair of places.
    #[test]
    fn what_counts_is_what_lies_in_nothing_longer(phrases in lexicons(), text in texts()) {
        let words: Vec<&str> = text.split(' ').collect();
        // Where each phrase stands, in words; places of one phrase that overlap are joined, as the words that satisfy a query are.
        let mut places: Vec<(usize, usize, &Phrase)> = Vec::new();
        for phrase in phrases.iter().filter(|phrase| phrase.holds(Some("zeta"), "en")) {
            let wanted: Vec<&str> = phrase.texts[0].split(' ').collect();
            let mut own: Vec<(usize, usize, &Phrase)> = Vec::new();
            for (at, _) in words.windows(wanted.len()).enumerate().filter(|(_, window)| *window == wanted) {
                match own.last_mut() {
                    Some((_, end, _)) if at < *end => *end = at + wanted.len(),
                    _ => own.push((at, at + wanted.len(), phrase)),
                }
            }
            places.extend(own);
        }
        let inside = |&(start, end, phrase): &(usize, usize, &Phrase)| places.iter().any(|&(from, to, other)| {
            let longer = to - from > end - start;
            from <= start && end <= to && (longer || (to - from == end - start && other.particularity() > phrase.particularity()))
        });
        let counting: Vec<_> = places.iter().filter(|place| !inside(place)).collect();
        let fixed = |label| counting.iter().any(|(_, _, phrase)| phrase.effect == Effect::Fix(label));
        match says(&phrases, &text) {
            None => prop_assert!(![Negative, Neutral, Positive].into_iter().any(fixed)),
            Some((Effect::Fix(Neutral), _)) => prop_assert!(fixed(Neutral) && !fixed(Negative) && !fixed(Positive)),
            Some((Effect::Fix(label), by)) => {
                prop_assert!(fixed(label));
                prop_assert!(by.iter().all(|name| counting.iter().any(|(_, _, phrase)| phrase.texts[0] == *name)));
            }
            Some((Effect::Shift(shift), by)) => {
                prop_assert!(![Negative, Neutral, Positive].into_iter().any(fixed));
                let mut shifts: Vec<(&str, f64)> = Vec::new();
                for (_, _, phrase) in &counting {
                    if let Effect::Shift(by) = phrase.effect && shifts.iter().all(|(name, _)| *name != phrase.texts[0]) {
                        shifts.push((&phrase.texts[0], by));
                    }
                }
                let sum: f64 = shifts.iter().map(|(_, by)| by).sum();
                prop_assert!((sum.clamp(-MOST_SHIFT, MOST_SHIFT) - shift).abs() < 1e-9);
                prop_assert!(by.iter().all(|name| shifts.iter().any(|(other, by)| name == other && *by != 0.0)));
            }
            Some((Effect::Spare, _)) => prop_assert!(false, "it does nothing"),
        }
    }

    #[test]
    fn a_shift_moves_the_log_odds_by_as_much(before in probabilities(), by in -8.0f64..8.0) {
        let after = corrected(before, Effect::Shift(by));
        prop_assert!((after.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        prop_assert!((log_odds(after) - log_odds(before) - by).abs() < 1e-3, "{after:?}");
        let back = corrected(after, Effect::Shift(-by));
        prop_assert!(back.iter().zip(before).all(|(back, before)| (back - before).abs() < 1e-3), "{back:?}");
    }

    #[test]
    fn a_larger_shift_never_lowers_the_score(before in probabilities(), one in -8.0f64..8.0, other in -8.0f64..8.0) {
        let [less, more] = [one.min(other), one.max(other)].map(|by| score(corrected(before, Effect::Shift(by))));
        prop_assert!(less <= more + 1e-6);
    }

    #[test]
    fn a_fixed_label_is_certain(before in probabilities()) {
        prop_assert_eq!(corrected(before, Effect::Fix(Negative)), [1.0, 0.0, 0.0]);
        prop_assert_eq!(corrected(before, Effect::Fix(Neutral)), [0.0, 1.0, 0.0]);
        prop_assert_eq!(corrected(before, Effect::Fix(Positive)), [0.0, 0.0, 1.0]);
        prop_assert_eq!(corrected(before, Effect::Spare), before);
    }
}
