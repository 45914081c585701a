//! Ids against the original library (`tests/model/tokenizer.py`), and the places of tokens.

use std::path::Path;
use std::sync::OnceLock;

use proptest::prelude::*;
use serde::Deserialize;
use undertone::model::model_file;
use undertone::model::tokenizer::Tokenizer;

#[derive(Deserialize)]
struct Row {
    text: String,
    ids: Vec<u32>,
}

fn tokenizer() -> &'static Tokenizer {
    static TOKENIZER: OnceLock<Tokenizer> = OnceLock::new();
    TOKENIZER.get_or_init(|| Tokenizer::load(&model_file("tokenizer.json").unwrap()).unwrap())
}

fn ids(text: &str) -> Vec<u32> {
    tokenizer().tokens(text).iter().map(|token| token.id).collect()
}

fn pieces(text: &str) -> Vec<&str> {
    tokenizer().tokens(text).iter().map(|token| token.span.of(text)).collect()
}

#[test]
fn ids_are_those_of_the_original_library() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/model/tokenizer.jsonl");
    let rows = std::fs::read_to_string(file).unwrap();
    let rows: Vec<Row> = rows.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let wrong: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            let found = ids(&format!("query: {}", row.text));
            (found != row.ids).then(|| format!("{:?}\n  found    {found:?}\n  expected {:?}", row.text, row.ids))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn tokens_know_their_place_in_the_text_before_normalising() {
    assert_eq!(pieces("so quiet"), ["so", "quiet"]);
    // Full-width letters and ligatures are other characters after normalising; places stay those of the source.
    assert_eq!(pieces("ＡＢＣ ﬁne").concat(), "ＡＢＣﬁne");
    assert_eq!(pieces("Brightline 😍"), ["Bright", "line", "", "😍"]);
}

#[test]
fn special_tokens_typed_by_somebody_are_text() {
    let found = ids("a </s> <mask> <s> b");
    assert!(!found.iter().any(|id| [0, 1, 2, 250_001].contains(id)), "{found:?}");
}

proptest! {
    #[test]
    fn any_text_is_tokenised_with_places_in_order_on_character_bounds(text in "\\PC{0,60}") {
        let tokens = tokenizer().tokens(&text);
        let mut end = 0;
        for token in tokens {
            prop_assert!(token.id < 250_037);
            prop_assert!(text.get(token.span.start as usize..token.span.end as usize).is_some());
            prop_assert!(token.span.start <= token.span.end);
            // One source character may become several, cut between tokens: then they share it, so ends never fall.
            prop_assert!(token.span.end >= end);
            end = token.span.end;
        }
    }
}
