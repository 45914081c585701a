//! Posts written for these tests.

use super::*;

fn detector() -> &'static LanguageDetector {
    static DETECTOR: std::sync::LazyLock<LanguageDetector> = std::sync::LazyLock::new(LanguageDetector::new);
    &DETECTOR
}

fn code(text: &str) -> &'static str {
    detector().detect(text, None).code
}

#[test]
fn tells_short_posts_apart() {
    for (expected, post) in [
        ("en", "the new kettle is so quiet, love it"),
        ("es", "la cafetera nueva hace un ruido horrible, qué decepción"),
        ("vi", "ấm mới chạy rất êm, mình thích lắm"),
        ("is", "nýi ketillinn er alveg hljóðlaus, mæli með honum"),
        ("is", "enginn svarar í símann hjá ykkur"),
        ("de", "der neue Wasserkocher ist wirklich leise"),
        ("fr", "la livraison a pris trois semaines, jamais plus"),
        ("pt", "adorei a cafeteira nova, chegou muito rápido"),
        ("it", "consegna veloce e prodotto ottimo, grazie mille"),
        ("tr", "kargo çok geç geldi, bir daha asla almam"),
        ("nl", "de levering duurde drie weken, nooit meer"),
        ("sv", "den nya vattenkokaren är jättebra, rekommenderas"),
        ("cs", "nová konvice je úplně tichá, doporučuji všem"),
        ("pl", "przesyłka przyszła bardzo szybko, polecam"),
        ("id", "pengirimannya lama sekali, saya kecewa dengan layanannya"),
    ] {
        assert_eq!(code(post), expected, "{post}");
    }
}

#[test]
fn a_script_of_its_own_settles_it() {
    for (expected, post) in [
        ("th", "กาน้ำใหม่เงียบมาก ชอบ Brightline"),
        ("el", "ο νέος βραστήρας είναι υπέροχος"),
        ("ko", "새 주전자가 정말 조용해요"),
        ("ja", "新しいケトルはとても静かです"),
        ("zh", "新水壶很安静，喜欢"),
        ("he", "הקומקום החדש שקט מאוד"),
        ("ar", "الغلاية الجديدة هادئة جدا"),
        ("fa", "کتری جدید خیلی بی‌صداست و می‌پسندم"),
        ("hi", "नई केतली बहुत शांत है"),
    ] {
        assert_eq!(code(post), expected, "{post}");
    }
}

#[test]
fn serbian_in_both_scripts_and_its_neighbours() {
    assert_eq!(code("Нова апликација ради савршено, свака част"), "sr");
    assert_eq!(code("Приложение снова не открывается, сколько можно"), "ru");
    assert_eq!(code("Доставка затримується вже третій тиждень"), "uk");
    assert_eq!(code("Uvek je lepo videti kad neko odgovori na vreme"), "sr");
    assert_eq!(code("Uvijek je lijepo vidjeti kad netko odgovori na vrijeme"), "hr");
    // No mark in it: nearest to what the platform says, and Serbian where it says nothing.
    let unmarked = "kupio sam novi telefon i super radi";
    assert_eq!(code(unmarked), "sr");
    assert_eq!(detector().detect(unmarked, Some("hr")).code, "hr");
    assert_eq!(detector().detect(unmarked, Some("bs")).code, "bs");
}

#[test]
fn a_hint_weighs_but_does_not_beat_clear_evidence() {
    let plain = "the delivery was late again and nobody answers the phone";
    for hint in ["es", "is", "vi", "nonsense", ""] {
        assert_eq!(detector().detect(plain, Some(hint)).code, "en", "{hint}");
    }
    let between = "god service og gode priser";
    assert_eq!(detector().detect(between, Some("nb-NO")).code, "no");
    assert_eq!(detector().detect(between, Some("da")).code, "da");
}

#[test]
fn what_has_no_letters_has_no_language() {
    for nothing in ["", "   ", "😡😡😡", "12:30", "http", "@user http", "@user 👍 !!!"] {
        let language = detector().detect(nothing, Some("en"));
        assert_eq!((language.code, language.confidence), ("und", 0.0), "{nothing:?}");
    }
}

#[test]
fn handles_and_links_do_not_speak() {
    assert_eq!(code("@thebestonlineshopping gracias por todo http"), "es");
}

proptest::proptest! {
    #[test]
    fn any_text_gets_a_short_code_and_a_probability(text in "\\PC{0,80}", hint in proptest::option::of("[a-z]{2}(-[A-Z]{2})?")) {
        let language = detector().detect(&text, hint.as_deref());
        proptest::prop_assert!((2..=3).contains(&language.code.len()));
        proptest::prop_assert!((0.0..=1.0).contains(&language.confidence), "{language:?}");
    }
}
