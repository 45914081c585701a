//! Serbian, Croatian or Bosnian, in Latin letters: one language to a statistical detector, told apart by a few words.
//!
//! Serbian is mostly ekavian (`lepo`, `gde`), Croatian and Bosnian are ijekavian (`lijepo`, `gdje`); Croatian says `tko` and
//! `točno` where the other two say `ko` and `tačno`. Marks are often left out in posts, so words are compared without them.

/// Ekavian words that have another form in Croatian and Bosnian.
const EKAVIAN: &[&str] = &[
    "bela",
    "beli",
    "belo",
    "cela",
    "cele",
    "celi",
    "celo",
    "cena",
    "cene",
    "cenu",
    "ceo",
    "covek",
    "coveka",
    "coveku",
    "deca",
    "dece",
    "deci",
    "decu",
    "deo",
    "dete",
    "devojka",
    "devojke",
    "devojku",
    "dole",
    "gde",
    "htela",
    "htele",
    "hteli",
    "hteo",
    "lep",
    "lepa",
    "lepe",
    "lepi",
    "lepo",
    "lepse",
    "lepsi",
    "lepu",
    "leto",
    "mera",
    "mere",
    "mesec",
    "meseca",
    "meseci",
    "mesta",
    "mesto",
    "mleko",
    "namera",
    "nedelja",
    "nedelje",
    "nedelju",
    "negde",
    "nigde",
    "ocena",
    "ocene",
    "osecaj",
    "osecam",
    "ovde",
    "pesma",
    "pesme",
    "pesmu",
    "pobeda",
    "pobede",
    "ponedeljak",
    "posle",
    "pre",
    "primer",
    "primera",
    "promena",
    "promene",
    "razumem",
    "rec",
    "resenje",
    "resi",
    "resim",
    "savet",
    "secam",
    "seti",
    "sledece",
    "sledeci",
    "sme",
    "smeju",
    "smem",
    "sreda",
    "sredu",
    "svet",
    "sveta",
    "svetski",
    "svetu",
    "telo",
    "umem",
    "uspeh",
    "uspela",
    "uspeli",
    "uspeo",
    "uvek",
    "vera",
    "verovatno",
    "veruje",
    "verujem",
    "vest",
    "vesti",
    "videla",
    "videli",
    "volela",
    "voleo",
    "vreme",
    "zelela",
    "zeleo",
    "zivela",
    "ziveli",
    "ziveo",
    "zvezda",
    "zvezde",
];

/// Words of Serbian and Bosnian that Croatian says otherwise.
const EASTERN: &[&str] = &[
    "avgust", "bre", "decembar", "evra", "februar", "fudbal", "hiljada", "hiljade", "hleb", "istorija", "januar",
    "juce", "kafa", "kafu", "ko", "neko", "niko", "oktobar", "opste", "sedmica", "sta", "tacno", "takodje", "uopste",
    "utakmica", "voz",
];

/// Words of Croatian that the other two say otherwise.
const WESTERN: &[&str] = &[
    "glazba",
    "glazbe",
    "hrvatska",
    "hrvatske",
    "hrvatski",
    "jucer",
    "kolovoz",
    "kruh",
    "kuna",
    "kune",
    "netko",
    "nitko",
    "nogomet",
    "ozujak",
    "prosinac",
    "rujan",
    "sijecanj",
    "srpanj",
    "studeni",
    "svatko",
    "svibanj",
    "takoder",
    "takodjer",
    "tisuca",
    "tisuce",
    "tjedan",
    "tjedna",
    "tko",
    "tocno",
    "travanj",
    "tvrtka",
    "uopce",
    "veljaca",
    "vjerojatno",
    "vlak",
];

/// Stems that only ijekavian words have.
const IJEKAVIAN: &[&str] = &[
    "bijel", "cijel", "cijen", "cjen", "covjek", "dijel", "dijet", "djec", "djel", "djevoj", "gdje", "htio", "htjel",
    "lijep", "ljepse", "ljepsi", "mjer", "mjesec", "mjest", "mlijek", "nedjelj", "ocjen", "osjec", "ovdje", "pjesm",
    "pjev", "pobjed", "posjet", "poslije", "prije", "primjer", "promjen", "razumij", "rijec", "rijek", "rjesen",
    "savjet", "sjec", "sjed", "sljedec", "smije", "smjel", "srijed", "svijet", "svjet", "tijel", "umije", "uspij",
    "uspjeh", "uspjel", "uvijek", "vidio", "vidjel", "vijest", "vjer", "vjest", "volio", "voljel", "vrijed", "vrijem",
    "zahtjev", "zelio", "zeljel", "zivio", "zivjel", "zvijezd",
];

/// Whether a code is one of the three.
pub(super) fn is_one(code: &str) -> bool {
    matches!(code, "sr" | "hr" | "bs")
}

/// Which of the three, and how sure that is among them: 1 for marks of one kind only, less for none or for both.
pub(super) fn which(words: &str, hint: Option<&'static str>) -> (&'static str, f32) {
    let (mut ekavian, mut ijekavian, mut eastern, mut western) = (0, 0, 0, 0);
    for word in words.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()) {
        let word = without_marks(word);
        ekavian += i32::from(EKAVIAN.contains(&word.as_str()));
        eastern += i32::from(EASTERN.contains(&word.as_str()));
        western += i32::from(WESTERN.contains(&word.as_str()));
        ijekavian += i32::from(IJEKAVIAN.iter().any(|stem| word.contains(stem)));
    }
    let hint = hint.filter(|hint| is_one(hint));
    match (ekavian - ijekavian, eastern - western) {
        (0, 0) => (hint.unwrap_or("sr"), 0.5),
        (1.., 0..) => ("sr", 0.95),
        (..=-1, 1..) => ("bs", 0.8),
        (..=-1, 0) => (hint.filter(|hint| *hint != "sr").unwrap_or("hr"), 0.8),
        (..=-1, ..=-1) => ("hr", 0.95),
        (0, 1..) => (hint.filter(|hint| *hint != "hr").unwrap_or("sr"), 0.8),
        (_, ..=-1) => (hint.unwrap_or("hr"), 0.8),
    }
}

/// Lower case, č and ć to c, ž to z, š to s, đ to dj.
fn without_marks(word: &str) -> String {
    let mut plain = String::with_capacity(word.len());
    for letter in word.chars().flat_map(char::to_lowercase) {
        match letter {
            'č' | 'ć' => plain.push('c'),
            'ž' => plain.push('z'),
            'š' => plain.push('s'),
            'đ' => plain.push_str("dj"),
            other => plain.push(other),
        }
    }
    plain
}
