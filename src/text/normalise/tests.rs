use proptest::prelude::*;

use super::*;

fn text(source: &str) -> String {
    normalise(source, &[]).text
}

/// The span of the first `piece` in `source`.
fn span(source: &str, piece: &str) -> Span {
    let start = source.find(piece).unwrap();
    Span::new(start as u32, (start + piece.len()) as u32)
}

#[test]
fn plain_text_stays_as_it_is() {
    for plain in
        ["", "The new cups hold 300 ml, not 250.", "Kafa je odlična", "Það er gott", "Cà phê ngon quá", "コーヒー"]
    {
        assert_eq!(text(plain), plain);
    }
}

#[test]
fn links_become_http() {
    for (source, expected) in [
        ("Look https://example.com/a?b=c#d now", "Look http now"),
        ("See HTTP://EXAMPLE.COM.", "See http."),
        ("www.example.com/menu, nice", "http, nice"),
        ("menu…http://t.co/AbC", "menu…http"),
        ("(see https://example.org/wiki/Cup_(mug))", "(see http)"),
        ("pic.twitter.com/AbC t.co/x1", "http http"),
        ("is it https://example.com?", "is it http?"),
        ("新店https://example.com最高", "新店http最高"),
        ("https://medium.com/@somebody/post", "http"),
        ("http:// alone, awww.no and www. too", "http:// alone, awww.no and www. too"),
    ] {
        assert_eq!(text(source), expected, "{source}");
    }
}

#[test]
fn handles_become_user() {
    for (source, expected) in [
        ("@some_one hello", "@user hello"),
        (".@someone, look", ".@user, look"),
        ("hi @ana.bsky.social!", "hi @user!"),
        ("@ana@mastodon.example.org: yes", "@user: yes"),
        ("@brand. Thanks", "@user. Thanks"),
        ("@brand.Thanks", "@user.Thanks"),
        ("株式会社@brand様", "株式会社@user様"),
        ("write to help@brand.example or me@home", "write to help@brand.example or me@home"),
        ("@ alone, @büro and 5@3", "@ alone, @büro and 5@3"),
        ("@@twice", "@@twice"),
    ] {
        assert_eq!(text(source), expected, "{source}");
    }
}

#[test]
fn a_handle_that_matched_stays() {
    let source = "@other ask @kaffistofa or @KAFFISTOFA";
    let kept = normalise(source, &[span(source, "kaffistofa")]);
    assert_eq!(kept.text, "@user ask @kaffistofa or @user");
}

#[test]
fn entities_are_decoded_however_deep() {
    for (source, expected) in [
        ("salt &amp; pepper", "salt & pepper"),
        ("&lt;3 &quot;wow&quot; &#39;ok&#39; &#x1F600;", "<3 \"wow\" 'ok' 😀"),
        ("&amp;amp;lt;3", "<3"),
        ("AT&T & co; &nosuch; &notit; &;", "AT&T & co; &nosuch; &notit; &;"),
        ("caf&eacute;", "café"),
        ("a&nbsp;b", "a b"),
        ("&am&#8203;p;", "&"),
        ("&&#35;38;lt;", "<"),
    ] {
        assert_eq!(text(source), expected, "{source}");
    }
}

#[test]
fn characters_are_composed_and_invisible_ones_go() {
    assert_eq!(text("Cafe\u{301} tuye\u{323}\u{302}t"), "Café tuyệt");
    assert_eq!(text("\u{feff}re\u{ad}turn\u{200b}ed\u{0}\u{7}"), "returned");
    assert_eq!(text("e\u{200b}\u{301}"), "é");
    assert_eq!(text("  two \n\t lines\u{3000}\u{a0}here "), "two lines here");
}

#[test]
fn emoji_are_kept_whole() {
    for emoji in [
        "👩\u{200d}💻",
        "❤\u{fe0f}\u{200d}🔥",
        "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        "👍🏽",
        "1\u{fe0f}\u{20e3}",
        "🇮🇸",
    ] {
        assert_eq!(text(emoji), emoji);
    }
    assert_eq!(text("a\u{200d}b"), "ab");
}

#[test]
fn spans_follow_the_text_both_ways() {
    let source = "  @friend said the cafe\u{301} &amp; bar https://example.com/x is closed ";
    let normalised = normalise(source, &[]);
    assert_eq!(normalised.text, "@user said the café & bar http is closed");
    for (before, after) in [
        ("@friend", "@user"),
        ("friend", "@user"),
        ("said", "said"),
        ("cafe\u{301}", "café"),
        ("&amp;", "&"),
        ("https://example.com/x", "http"),
        ("example", "http"),
        ("closed", "closed"),
        ("cafe\u{301} &amp; bar", "café & bar"),
    ] {
        let found = normalised.from_source(span(source, before)).unwrap();
        assert_eq!(found.of(&normalised.text), after, "{before}");
    }
    for (after, before) in [
        ("@user", "@friend"),
        ("café", "cafe\u{301}"),
        ("&", "&amp;"),
        ("http", "https://example.com/x"),
        ("closed", "closed"),
    ] {
        assert_eq!(normalised.to_source(span(&normalised.text, after)).of(source), before, "{after}");
    }
    assert_eq!(normalised.from_source(Span::new(0, 2)), None, "the spaces in front are gone");
}

#[test]
fn spans_to_keep_may_come_in_any_order_and_overlap() {
    let source = "@aa @bb @cc";
    let keep = [Span::new(9, 10), Span::new(0, 11), Span::new(1, 2)];
    assert_eq!(normalise(source, &keep[..1]).text, "@user @user @cc");
    assert_eq!(normalise(source, &keep).text, source);
    assert_eq!(normalise(source, &[Span::new(3, 4)]).text, "@user @user @user", "touching is not overlapping");
}

/// Each of these takes minutes where time grows with the square of the length.
#[test]
fn hostile_texts_take_no_longer_than_others() {
    const TIMES: usize = 100_000;
    let began = std::time::Instant::now();
    for piece in [
        "@a ", "@a@b.c", "@a.b", "http://", "www.", "&amp;", "amp;&", "&#8203;", "?", "a?", "?!", "/?a", ")",
        "\u{301}", " ", "\u{200d}", "😀",
    ] {
        for text in
            [piece.repeat(TIMES), format!("http://x{}", piece.repeat(TIMES)), format!("a{}b", piece.repeat(TIMES))]
        {
            let keep: Vec<Span> = (0..TIMES as u32).map(|at| Span::new(3 * at + 1, 3 * at + 2)).collect();
            normalise(&text, &keep);
            crate::text::is_question(&text);
            crate::text::fingerprint(&text);
        }
    }
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}

/// Texts full of what normalisation looks for.
fn tricky() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[ -~]{0,4}",
        1 => "\\PC{0,3}",
        4 => prop::sample::select(vec![
            "@", "@a", "@user", "@a.b", "@a@b.co", ".", "_", "-", "http://", "https://x", "http", "www.", "t.co/", "&", "&amp;", "amp;", "&#35;", "#38;",
            "&lt;", "&#8203;", ";", " ", "\n", "\u{a0}", "\u{200b}", "\u{200d}", "😀", "e\u{301}", "\u{301}", "\u{37e}", "é", "漢字", "ก", "Ж", "\u{1100}",
            "\u{1161}", "\u{11a8}", "?", ")", "(", "\0",
        ]).prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn edges(text: &str) -> Vec<u32> {
    text.char_indices().map(|(at, _)| at as u32).chain([text.len() as u32]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn twice_is_once(source in tricky()) {
        let once = text(&source);
        prop_assert_eq!(text(&once), once.clone(), "{:?}", once);
    }

    #[test]
    fn nothing_unwanted_is_left(source in tricky()) {
        let out = text(&source);
        prop_assert_eq!(out.trim(), &out);
        prop_assert!(!out.contains("  ") && !out.contains(['\n', '\u{200b}', '\0']), "{:?}", out);
        prop_assert!(unicode_normalization::is_nfc(&out));
    }

    #[test]
    fn spans_land_on_characters_and_come_back(source in tricky(), a in 0usize..100, b in 0usize..100) {
        let normalised = normalise(&source, &[]);
        let from = edges(&source);
        let (a, b) = (from[a % from.len()], from[b % from.len()]);
        let wanted = Span::new(a.min(b), a.max(b));
        if let Some(found) = normalised.from_source(wanted) {
            prop_assert!(normalised.text.get(found.start as usize..found.end as usize).is_some());
            let back = normalised.to_source(found);
            prop_assert!(source.get(back.start as usize..back.end as usize).is_some());
            prop_assert!(back.overlaps(wanted));
            let again = normalised.from_source(back).unwrap();
            prop_assert!(again.start <= found.start && found.end <= again.end);
        }
    }

    #[test]
    fn every_piece_of_the_result_has_a_source(source in tricky(), a in 0usize..100, b in 0usize..100) {
        let normalised = normalise(&source, &[]);
        let to = edges(&normalised.text);
        let (a, b) = (to[a % to.len()], to[b % to.len()]);
        let piece = Span::new(a.min(b), a.max(b));
        let back = normalised.to_source(piece);
        prop_assert!(source.get(back.start as usize..back.end as usize).is_some());
        if piece.start < piece.end {
            let again = normalised.from_source(back).unwrap();
            prop_assert!(again.start <= piece.start && piece.end <= again.end);
        }
    }

    #[test]
    fn kept_handles_stay(name in "[a-z][a-z0-9_]{0,8}", before in "[a-z ]{0,5} ", after in " [a-z ]{0,5}") {
        let whole = format!("@{name}");
        let source = format!("{before}{whole}{after}");
        let out = normalise(&source, &[span(&source, &whole)]).text;
        prop_assert!(out.contains(&whole), "{:?}", out);
    }
}

#[test]
fn serbian_is_read_in_latin_letters_and_knows_where_they_came_from() {
    let source = "@zeta &amp; КОЊ: Његова чаша цури";
    let read = normalise(source, &[]).as_read_in("sr");
    assert_eq!(read.text, "@user & KONJ: Njegova čaša curi");
    for (latin, cyrillic) in [("Njegova", "Његова"), ("KONJ", "КОЊ"), ("čaša", "чаша"), ("curi", "цури")]
    {
        assert_eq!(read.to_source(span(&read.text, latin)).of(source), cyrillic);
        assert_eq!(read.from_source(span(source, cyrillic)), Some(span(&read.text, latin)));
    }
    assert_eq!(normalise("Чашка течёт", &[]).as_read_in("ru").text, "Чашка течёт");
}
