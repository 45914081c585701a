//! What a query finds, in the scripts and spellings of real posts.

use super::query::parse;
use super::{Account, Entity, EntityKind, Match, Relation, Space, Watchlist};
use crate::mention::{Author, Mention};

pub(super) fn mention(text: &str) -> Mention {
    Mention {
        id: "1".into(),
        source: "x".into(),
        text: text.into(),
        title: None,
        url: None,
        language: None,
        created_at: jiff::Timestamp::UNIX_EPOCH,
        kind: None,
        parent_id: None,
        parent_author: None,
        thread_id: None,
        author: None,
        engagement: None,
        rating: None,
        in_community: None,
        extra: None,
    }
}

pub(super) fn entity(id: &str, query: Option<&str>) -> Entity {
    Entity {
        id: id.into(),
        name: id.into(),
        kind: EntityKind::Brand,
        group: None,
        query: query.map(Into::into),
        accounts: vec![],
        spaces: vec![],
    }
}

fn find(query: &str, mention: &Mention) -> Vec<Match> {
    let watchlist = Watchlist::new(vec![entity("e", Some(query))], vec![]).unwrap();
    watchlist.matches(mention, &mention.body(), "mentions")
}

/// The pieces of `text` that satisfy the query, or `None` where it does not hold.
fn pieces<'t>(query: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let matches = find(query, &mention(text));
    matches.into_iter().next().map(|m| m.spans.into_iter().map(|span| span.of(text)).collect())
}

#[track_caller]
fn found(query: &str, text: &str, expected: &[&str]) {
    assert_eq!(pieces(query, text).as_deref(), Some(expected), "{query} in {text}");
}

#[track_caller]
fn absent(query: &str, text: &str) {
    assert_eq!(pieces(query, text), None, "{query} in {text}");
}

#[test]
fn words_are_whole_and_case_does_not_count() {
    found("delta", "DELTA is late, Delta! delta", &["DELTA", "Delta", "delta"]);
    absent("delta", "deltas and deltoid, subdelta");
    found("delta", "Delta's gate and Delta’s crew", &["Delta", "Delta"]);
    found("delta", "_delta_ (delta) «delta» delta…", &["delta", "delta", "delta", "delta"]);
    found("delta", "Delta™ wifi", &["Delta"]);
    found("AT&T", "my at&amp;t bill, AT&T again", &["at&amp;t", "AT&T"]);
    found("C++", "I love C++!", &["C++"]);
    absent("c", "abc, cd");
    found("\"coca cola\"", "Coca-Cola, COCA  COLA", &["Coca-Cola", "COCA  COLA"]);
    found("coca-cola", "coca cola", &["coca cola"]);
    found("mcdonald's", "McDonald’s and McDonald&#39;s", &["McDonald’s", "McDonald&#39;s"]);
}

#[test]
fn phrases_keep_their_words_together() {
    found("\"delta air lines\"", "Delta Air\n  Lines again", &["Delta Air\n  Lines"]);
    absent("\"delta air lines\"", "delta, air lines");
    absent("\"delta air\"", "delta airlines");
}

#[test]
fn a_phrase_does_not_run_from_title_to_text() {
    let mut split = mention("lines are late");
    split.title = Some("Delta air".into());
    assert!(find("\"air lines\"", &split).is_empty());
    let both = find("air AND lines", &split);
    assert_eq!(both[0].spans.iter().map(|s| s.of(&split.body()).to_owned()).collect::<Vec<_>>(), ["air", "lines"]);
    split.title = Some("Air lines ".into());
    assert_eq!(find("\"air lines\"", &split).len(), 1);
}

#[test]
fn handles_and_hashtags_are_whole() {
    found("@delta", "@Delta hi .@DELTA, RT @delta: (@delta)", &["@Delta", "@DELTA", "@delta", "@delta"]);
    absent("@delta", "@deltaforce @delta_air delta #delta info@delta.com");
    found("#deltaairlines", "so #DeltaAirlines", &["#DeltaAirlines"]);
    absent("#delta", "#deltaairlines #delta_air delta");
    absent("delta", "#DeltaAirlines @deltaforce @delta_air #delta_air @my_delta");
    found("delta", "#delta @Delta", &["delta", "Delta"]);
    found("@delta_air", "@Delta_Air!", &["@Delta_Air"]);
    found("@delta", "＠ＤＥＬＴＡ我爱你 @delta가", &["＠ＤＥＬＴＡ", "@delta"]);
    absent("#小米", "#小米手机");
    absent("@小米", "@小米手机");
    found("#小米", "#小米#手机", &["#小米"]);
}

#[test]
fn links_are_not_words() {
    absent("delta", "see https://example.com/delta-variant/delta?delta and www.delta.com/x");
    absent("http OR www OR com", "http://delta.example https://x www.delta.com");
    found("delta", "delta.com https://t.co/x delta", &["delta", "delta"]);
    found("苹果", "https://t.co/abc苹果", &["苹果"]);
}

#[test]
fn composed_and_decomposed_accents_are_one_and_other_accents_are_not() {
    let decomposed = "pho\u{31b}\u{309} ngon";
    found("phở", decomposed, &["pho\u{31b}\u{309}"]);
    found("pho\u{31b}\u{309}", "PHỞ", &["PHỞ"]);
    absent("pho", decomposed);
    absent("ph", decomposed);
    absent("pho", "phở");
    found("\"hà nội\"", "HA\u{300} NO\u{323}\u{302}I", &["HA\u{300} NO\u{323}\u{302}I"]);
    absent("\"hà nộ\"", "Hà Nội");
    found("méxico", "ME\u{301}XICO", &["ME\u{301}XICO"]);
}

#[test]
fn cyrillic_icelandic_turkish_german_greek() {
    found("београд", "у БЕОГРАД, Београд.", &["БЕОГРАД", "Београд"]);
    absent("београд", "Београду београдски");
    found("ђоковић", "ЂОКОВИЋ", &["ЂОКОВИЋ"]);
    found("đoković", "ĐOKOVIĆ i Đokovic\u{301}", &["ĐOKOVIĆ", "Đokovic\u{301}"]);
    found("þórsmörk", "Í ÞÓRSMÖRK", &["ÞÓRSMÖRK"]);
    absent("þór", "Þórsmörk þóra");
    found("ísland", "Ísland I\u{301}SLAND", &["Ísland", "I\u{301}SLAND"]);
    found("istanbul", "İSTANBUL, İstanbul, ISTANBUL, ıstanbul", &["İSTANBUL", "İstanbul", "ISTANBUL", "ıstanbul"]);
    found("strasse", "Straße STRASSE STRAẞE", &["Straße", "STRASSE", "STRAẞE"]);
    found("οδυσσεύς", "ΟΔΥΣΣΕΎΣ", &["ΟΔΥΣΣΕΎΣ"]);
}

#[test]
fn scripts_without_spaces_and_korean_particles() {
    found("小米", "我爱小米手机", &["小米"]);
    found("iphone", "我的iPhone很好", &["iPhone"]);
    found("ソニー", "ｿﾆｰの新しいソニー製品", &["ｿﾆｰ", "ソニー"]);
    found("กาแฟ", "ร้านกาแฟดี", &["กาแฟ"]);
    absent("กา", "ก่า");
    found("삼성", "삼성은 좋다", &["삼성"]);
    absent("삼성", "구삼성");
    absent("사", "사\u{11b7}성");
    found("lg", "LG전자는", &["LG"]);
}

#[test]
fn styled_and_hidden_letters_are_plain_ones() {
    found(
        "delta",
        "𝐃𝐞𝐥𝐭𝐚 ＤＥＬＴＡ de\u{200b}lta d\u{ad}elta",
        &["𝐃𝐞𝐥𝐭𝐚", "ＤＥＬＴＡ", "de\u{200b}lta", "d\u{ad}elta"],
    );
    found("🍎", "new 🍎🍎 phone", &["🍎", "🍎"]);
    found("❤", "❤\u{fe0f}", &["❤\u{fe0f}"]);
}

#[test]
fn operators() {
    found("delta AND (flight OR gate) AND NOT force", "delta gate flight", &["delta", "gate", "flight"]);
    absent("delta AND (flight OR gate) AND NOT force", "delta flight force");
    absent("delta AND (flight OR gate)", "delta");
    found("a OR b AND c", "a", &["a"]);
    found("delta NOT force", "delta", &["delta"]);
    absent("delta NOT force", "delta force");
    found("delta AND NOT (river NOT plane)", "delta river plane", &["delta", "plane"]);
    absent("delta AND NOT (river NOT plane)", "delta river");
    found("NOT NOT delta", "delta", &["delta"]);
    found("delta OR \"delta air lines\"", "Delta Air Lines", &["Delta Air Lines"]);
    found("(delta AND air) OR lines", "delta lines", &["lines"]);
}

#[test]
fn errors_point_at_the_column() {
    for (query, message) in [
        ("", "column 1: expected a word, a \"phrase\", an @handle, a #hashtag or `(`, found the end"),
        ("delta AND ", "column 11: expected a word"),
        ("delta AND OR air", "column 11: expected a word, a \"phrase\", an @handle, a #hashtag or `(`, found `OR`"),
        (
            "delta airlines",
            "column 7: expected AND, OR, NOT or the end (words that follow each other go in quotes), found `airlines`",
        ),
        ("(delta", "column 7: expected AND, OR, NOT or `)`, found the end"),
        ("delta)", "column 6: expected AND, OR, NOT or the end (no parenthesis is open), found `)`"),
        ("()", "column 2: expected a word"),
        ("\"delta", "column 1: expected a closing quote"),
        ("delta AND \"\"", "column 11: expected a letter, digit or symbol between the quotes"),
        ("\"...\"", "column 1: expected a letter, digit or symbol"),
        (
            "delta and air",
            "column 7: expected the operator in capitals (AND), or the word in quotes (\"and\"), found `and`",
        ),
        ("delta -force", "column 7: expected NOT before a word"),
        ("del*", "column 4: expected a word without *"),
        ("lang:en", "column 5: expected a word without"),
        ("delta NEAR/5 air", "column 7: expected AND, OR or NOT (there is no operator NEAR)"),
        ("@", "column 1: expected a name after @"),
        ("delta OR #", "column 10: expected a tag after #"),
        ("…", "column 1: expected a word with a letter"),
        ("NOT delta", "column 1: expected at least one word that must stand in the text"),
        ("delta OR NOT air", "column 1: expected at least one word that must stand"),
        ("ベ AND", "column 6: expected a word"),
        ("delta AND\nair lines", "line 2, column 5: expected AND, OR, NOT or the end"),
    ] {
        let message_of = |query: &str| parse(query).unwrap_err().render("query.brand", query);
        let rendered = message_of(query);
        assert!(rendered.starts_with(&format!("query.brand: {message}")), "{query}: {rendered}");
    }
    let error = parse("delta AND OR air").unwrap_err();
    assert_eq!(error.excerpt("delta AND OR air"), "    delta AND OR air\n              ^");
    assert!(parse(&"(".repeat(100_000)).is_err());
    assert!(parse(&"NOT ".repeat(100_000)).is_err());
}

#[test]
fn warnings() {
    assert_eq!(parse("a1 OR b1 AND c1").unwrap().warnings.len(), 1);
    assert_eq!(parse("a1 OR b1 NOT c1").unwrap().warnings.len(), 1);
    assert!(parse("(a1 OR b1) NOT c1").unwrap().warnings.is_empty());
    assert!(parse("a1 OR (b1 AND c1)").unwrap().warnings.is_empty());
    assert_eq!(parse("x").unwrap().warnings, ["`x` is a single letter or digit and will match a lot"]);
}

#[test]
fn a_word_shared_by_many_wakes_only_whom_it_concerns() {
    let entities =
        (0..2000).map(|i| entity(&format!("e{i}"), Some(&format!("airline AND brand{i} NOT spam")))).collect();
    let watchlist = Watchlist::new(entities, vec![]).unwrap();
    let it = mention("the best airline is brand7, or brand1999");
    let hit: Vec<u32> = watchlist.matches(&it, &it.body(), "t").iter().map(|m| m.entity).collect();
    assert_eq!(hit, [7, 1999]);
}

fn relations(mention: &Mention, topic: &str) -> Vec<(u32, Relation, usize)> {
    let account = |source: Option<&str>, handle: Option<&str>, id: Option<&str>| Account {
        source: source.map(Into::into),
        handle: handle.map(Into::into),
        id: id.map(Into::into),
    };
    let mut delta = entity("delta", Some("delta"));
    delta.accounts =
        vec![account(Some("x"), Some("@Delta"), Some("42")), account(Some("bluesky"), None, Some("did:plc:abc"))];
    delta.spaces = vec![Space { topic: Some("delta-forum".into()), source: None, community: None }];
    let mut united = entity("united", None);
    united.accounts = vec![account(None, Some("united"), None)];
    united.spaces =
        vec![Space { topic: None, source: Some("reddit".into()), community: Some("UnitedAirlines".into()) }];
    let watchlist = Watchlist::new(vec![delta, united], vec![]).unwrap();
    let found = watchlist.matches(mention, &mention.body(), topic);
    found.into_iter().map(|m| (m.entity, m.relation, m.spans.len())).collect()
}

#[test]
fn own_posts() {
    let by = |source: &str, handle: Option<&str>, id: Option<&str>| {
        let mut it = mention("fly delta");
        it.source = source.into();
        it.author = Some(Author { handle: handle.map(Into::into), id: id.map(Into::into), ..Author::default() });
        it
    };
    assert_eq!(relations(&by("x", Some("DELTA"), None), "t"), [(0, Relation::Own, 1)]);
    assert_eq!(relations(&by("x", None, Some("42")), "t"), [(0, Relation::Own, 1)]);
    assert_eq!(relations(&by("mastodon", Some("delta"), None), "t"), [(0, Relation::Mention, 1)], "another source");
    assert_eq!(
        relations(&by("mastodon", Some("@United"), None), "t"),
        [(0, Relation::Mention, 1), (1, Relation::Own, 0)]
    );
}

#[test]
fn replies_need_not_satisfy_the_query() {
    let mut it = mention("where is my bag");
    assert!(relations(&it, "t").is_empty());
    it.parent_author = Some("@delta".into());
    assert_eq!(relations(&it, "t"), [(0, Relation::Reply, 0)]);
    it.parent_author = Some("42".into());
    assert_eq!(relations(&it, "t"), [(0, Relation::Reply, 0)]);
    it.text = "delta, where is my bag".into();
    assert_eq!(relations(&it, "t"), [(0, Relation::Reply, 1)], "the words are kept");
    it.author = Some(Author { handle: Some("delta".into()), ..Author::default() });
    assert_eq!(relations(&it, "t"), [(0, Relation::Own, 1)], "own comes before reply");
}

#[test]
fn a_thread_is_known_where_its_id_names_the_account() {
    let mut it = mention("where is my bag");
    it.source = "bluesky".into();
    it.thread_id = Some("at://did:plc:abc/app.bsky.feed.post/1".into());
    assert_eq!(relations(&it, "t"), [(0, Relation::Reply, 0)]);
    it.thread_id = Some("at://did:plc:abcd/app.bsky.feed.post/1".into());
    assert!(relations(&it, "t").is_empty());
    it.source = "x".into();
    it.thread_id = Some("42".into());
    assert!(relations(&it, "t").is_empty(), "a thread's number is not an account's");
    it.parent_id = Some("42_17".into());
    assert_eq!(relations(&it, "t"), [(0, Relation::Reply, 0)]);
}

#[test]
fn spaces() {
    let mut it = mention("hello");
    assert_eq!(relations(&it, "delta-forum"), [(0, Relation::Community, 0)]);
    it.in_community = Some("unitedairlines".into());
    assert!(relations(&it, "t").is_empty(), "another source");
    it.source = "reddit".into();
    assert_eq!(relations(&it, "t"), [(1, Relation::Community, 0)]);
    it.text = "delta".into();
    assert_eq!(relations(&it, "delta-forum"), [(0, Relation::Mention, 1), (1, Relation::Community, 0)]);
}

#[test]
fn the_version_changes_with_the_content() {
    let version = |entities: Vec<Entity>| Watchlist::new(entities, vec![]).unwrap().version;
    let one = version(vec![entity("a", Some("b"))]);
    assert_eq!(one, version(vec![entity("a", Some("b"))]));
    assert_eq!(one.len(), 16);
    assert_ne!(one, version(vec![entity("a", Some("c"))]));
    let mut grouped = entity("a", Some("b"));
    grouped.group = Some("g".into());
    assert_ne!(one, version(vec![grouped]));
}

#[test]
fn all_bad_queries_are_told() {
    let errors =
        Watchlist::new(vec![entity("a", Some("(")), entity("b", Some("fine")), entity("c", Some("NOT x"))], vec![]);
    let errors: Vec<String> = errors.unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 2);
    assert!(errors[0].starts_with("query.a: column 2: expected a word"), "{}", errors[0]);
}
