//! Posts of our own, and copies of them with the edits that people and platforms make. Shared with benches/copies.rs.

use fastrand::Rng;

/// What was done to a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Edit {
    /// `RT @somebody: …`
    Reshared,
    /// Capitals, or none.
    OtherCase,
    /// Other punctuation.
    OtherPunctuation,
    /// A link at the end.
    Link,
    /// An emoji at the end.
    Emoji,
    /// A hashtag at the end.
    Hashtag,
    /// One word is another.
    ChangedWord,
    /// One word is gone.
    LostWord,
    /// Two words said before it.
    Comment,
    /// The last two words are gone.
    LostEnd,
    /// Cut to 60 to 85 % with an ellipsis.
    Truncated,
}

impl Edit {
    /// All of them.
    pub(crate) const ALL: [Self; 11] = [
        Self::Reshared,
        Self::OtherCase,
        Self::OtherPunctuation,
        Self::Link,
        Self::Emoji,
        Self::Hashtag,
        Self::ChangedWord,
        Self::LostWord,
        Self::Comment,
        Self::LostEnd,
        Self::Truncated,
    ];

    /// A copy of `text`; words are borrowed from `other`, a post in the same language.
    pub(crate) fn apply(self, text: &str, other: &str, rng: &mut Rng) -> String {
        let (mut words, gap) = words(text);
        let borrowed = borrow(other, rng);
        match self {
            Self::Reshared => return format!("RT @user{}: {text}", rng.u32(..1000)),
            Self::OtherCase if rng.bool() => return text.to_uppercase(),
            Self::OtherCase => return text.to_lowercase(),
            Self::OtherPunctuation => return format!("“{}”!!", text.trim_end_matches(['.', '!', '?', '。'])),
            Self::Link => return format!("{text} https://example.com/{:x}", rng.u32(..)),
            Self::Emoji => return format!("{text} {}", ["😡😡", "🙈", "❤️", "😂😂😂"][rng.usize(..4)]),
            Self::Hashtag => return format!("{text} #{borrowed}"),
            Self::ChangedWord => {
                let at = rng.usize(..words.len());
                words[at] = borrowed;
            }
            Self::LostWord => drop(words.remove(rng.usize(..words.len()))),
            Self::Comment => words.splice(0..0, [borrowed, borrow(other, rng)]).for_each(drop),
            Self::LostEnd => words.truncate(words.len().saturating_sub(2).max(1)),
            Self::Truncated => {
                let kept = text.chars().count() * rng.usize(60..=85) / 100;
                return format!("{}…", text.chars().take(kept).collect::<String>());
            }
        }
        words.join(gap)
    }
}

/// Words; pairs of characters of a text that puts no spaces between them.
pub(crate) fn words(text: &str) -> (Vec<String>, &'static str) {
    let spaced: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    let characters: Vec<char> = text.chars().collect();
    if spaced.len() > 1 && characters.len() < 20 * spaced.len() {
        (spaced, " ")
    } else {
        (characters.chunks(2).map(|pair| pair.iter().collect()).collect(), "")
    }
}

fn borrow(other: &str, rng: &mut Rng) -> String {
    let (words, _) = words(other);
    let word = &words[rng.usize(..words.len())];
    let letters: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
    if letters.is_empty() { "oat".into() } else { letters }
}

/// A post in a stream, and the post that it is a copy of: itself, if of none.
pub(crate) struct Post {
    /// Its text.
    pub(crate) text: String,
    /// Which of the given posts it is, or is a copy of.
    pub(crate) origin: usize,
    /// How it was made; `None` of a given post.
    pub(crate) edit: Option<Edit>,
}

/// A stream of the given posts, in which each is copied once with each edit within the next `spread` posts.
pub(crate) fn stream(posts: &[String], spread: usize, rng: &mut Rng) -> Vec<Post> {
    let mut placed: Vec<(f64, Post)> = Vec::new();
    let copies = (1 + Edit::ALL.len()) as f64;
    for (origin, text) in posts.iter().enumerate() {
        placed.push((origin as f64, Post { text: text.clone(), origin, edit: None }));
        for edit in Edit::ALL {
            // Somebody else's words, from a neighbour: posts of one language stand together.
            let other = &posts[(origin + 1 + rng.usize(..5)) % posts.len()];
            let at = origin as f64 + rng.f64() * spread as f64 / copies;
            placed.push((at, Post { text: edit.apply(text, other, rng), origin, edit: Some(edit) }));
        }
    }
    placed.sort_by(|a, b| a.0.total_cmp(&b.0));
    placed.into_iter().map(|(_, post)| post).collect()
}

/// Posts of our own, by language.
pub(crate) const POSTS: [(&str, &[&str]); 10] = [
    (
        "en",
        &[
            "The oat cappuccino at the new harbour branch is far too sweet, I could not finish half of it",
            "Ordered a desk lamp on Monday, it came on Friday with a broken switch and no manual in the box",
            "Has anybody else lost their saved playlists since the update went out this morning?",
            "Our ferry left forty minutes late and nobody on board could say why",
            "Big thanks to the lady at the ticket window who found my umbrella",
            "I switched banks last spring and have not regretted it for a single day",
            "The gluten free menu shrank again and now there is only one soup left on it",
            "They charged my card twice for the same pair of boots and the chat keeps hanging up",
            "Loved the concert but the queue for the cloakroom was longer than the encore",
            "My parcel sits in a depot two streets away and I may not pick it up myself",
            "The screen of this phone scratches when you look at it sideways",
            "Finally a train with working sockets, heating and a friendly conductor",
            "Is the swimming pool at the lakeside hotel open in November or only in summer",
            "Customer care answered within ten minutes and sent a new charger the same day",
        ],
    ),
    (
        "es",
        &[
            "El café del puerto subió los precios otra vez y las tazas son cada vez más pequeñas",
            "Llevo tres semanas esperando el reembolso de una lavadora que nunca llegó a mi casa",
            "Qué gusto que el conductor esperara a la señora mayor que corría hacia el autobús",
            "La aplicación se cierra sola cada vez que intento pagar con la tarjeta nueva",
            "Alguien sabe si la tienda de la plaza abre los domingos por la tarde?",
            "Me dieron la habitación con vistas al patio de las basuras y nadie pidió perdón",
            "El pan de centeno que venden ahora está más rico que el de mi abuela",
            "Cambié de compañía de teléfono y en el pueblo sigo sin cobertura ninguna",
        ],
    ),
    (
        "vi",
        &[
            "Quán mới ở bến cảng pha cà phê ngọt quá, tôi uống không hết nửa ly",
            "Tôi đặt cái đèn bàn từ thứ hai mà đến thứ sáu mới giao, lại còn hỏng công tắc",
            "Cảm ơn chị bán vé đã giữ giúp tôi cái ô để quên sáng nay",
            "Ứng dụng cứ tự thoát ra mỗi khi tôi bấm vào mục thanh toán bằng thẻ",
            "Có ai biết cửa hàng ở ngã tư có mở cửa vào chủ nhật không",
            "Phòng khách sạn nhìn ra hồ rất đẹp nhưng nước nóng chỉ chảy được năm phút",
            "Tổng đài trả lời nhanh và gửi cho tôi bộ sạc mới ngay trong ngày",
            "Chuyến phà trễ bốn mươi phút mà không ai giải thích lý do gì cả",
        ],
    ),
    (
        "sr Latin",
        &[
            "Kafa u novom lokalu na keju je preslatka, nisam mogla da popijem ni pola šolje",
            "Naručio sam stonu lampu u ponedeljak, stigla je u petak sa polomljenim prekidačem",
            "Hvala gospođi sa šaltera koja mi je sačuvala kišobran koji sam zaboravio",
            "Aplikacija se sama zatvara čim pokušam da platim novom karticom",
            "Da li neko zna radi li prodavnica kod pijace nedeljom posle podne",
            "Soba gleda na jezero, ali tople vode ima samo za prvih pet minuta",
            "Autobus je kasnio pola sata i vozač se nikome nije izvinio",
            "Promenio sam operatera i u selu i dalje nemam nikakav signal",
        ],
    ),
    (
        "sr Cyrillic",
        &[
            "Нови јеловник је краћи за три супе и ниједна није без брашна",
            "Два пута су ми наплатили исте чизме, а на телефон се нико не јавља",
            "Концерт је био диван, али је ред за гардеробу био дужи од биса",
            "Пакет ми стоји у магацину две улице даље, а не смем сам да га подигнем",
            "Коначно воз у коме раде и грејање и утичнице и љубазан кондуктер",
            "Екран овог телефона се изгребе чим га мало дуже погледаш",
        ],
    ),
    (
        "is",
        &[
            "Kaffið á nýja staðnum við höfnina er allt of sætt, ég kláraði ekki hálfan bolla",
            "Ég pantaði lampa á mánudegi og hann kom á föstudegi með brotinn rofa",
            "Takk kærlega til konunnar í miðasölunni sem fann regnhlífina mína",
            "Appið lokast alltaf þegar ég reyni að borga með nýja kortinu",
            "Veit einhver hvort búðin við torgið er opin á sunnudögum",
            "Ferjan fór fjörutíu mínútum of seint og enginn um borð vissi hvers vegna",
        ],
    ),
    (
        "de",
        &[
            "Der Hafermilchkaffee in der neuen Filiale am Hafen ist viel zu süß, ich habe die Hälfte stehen lassen",
            "Seit dem letzten Update sind alle meine gespeicherten Listen weg und niemand antwortet mir",
            "Danke an den Schaffner, der den Anschlusszug für uns alle hat warten lassen",
            "Mein Paket liegt zwei Straßen weiter im Lager und ich darf es nicht selbst abholen",
            "Zweimal dieselben Stiefel abgebucht und in der Hotline läuft nur Musik",
            "Weiß jemand, ob das Schwimmbad am See im November noch geöffnet hat",
        ],
    ),
    (
        "ru",
        &[
            "Кофе в новой кофейне на набережной слишком сладкий, я не допила и половины",
            "Заказал настольную лампу в понедельник, привезли в пятницу и со сломанной кнопкой",
            "Спасибо кассиру, которая сохранила мой зонт до самого вечера",
            "Приложение вылетает каждый раз, когда я пытаюсь оплатить новой картой",
            "Паром опоздал на сорок минут, и никто не сказал нам почему",
            "Кто знает, работает ли магазин у площади по воскресеньям",
        ],
    ),
    (
        "zh",
        &[
            "港口那家新店的燕麦咖啡实在太甜了,我连一半都没有喝完就放下了",
            "星期一订的台灯星期五才送到,开关是坏的,盒子里也没有说明书",
            "感谢售票窗口的阿姨帮我保管了忘在那里的雨伞",
            "每次用新卡付款的时候这个软件都会自己退出去",
            "渡轮晚点四十分钟,船上没有一个人能说清楚原因",
            "酒店的房间能看到湖,可是热水只有开头五分钟才有",
        ],
    ),
    (
        "th",
        &[
            "กาแฟข้าวโอ๊ตของสาขาใหม่ที่ท่าเรือหวานเกินไป กินไม่ถึงครึ่งแก้ว",
            "สั่งโคมไฟตั้งโต๊ะวันจันทร์ กว่าจะมาส่งก็วันศุกร์ แถมสวิตช์เสียอีก",
            "ขอบคุณพี่ที่ช่องขายตั๋วที่เก็บร่มไว้ให้เมื่อเช้านี้",
            "แอปปิดตัวเองทุกครั้งที่จ่ายเงินด้วยบัตรใบใหม่",
        ],
    ),
];
