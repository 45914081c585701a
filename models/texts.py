"""Posts written for this project, in fourteen languages: what golden.py scores, and around what build.py centres embeddings."""

TEXTS = [
    # text, the names of its targets
    ("I love how quiet the new Brightline kettle is, best thing I bought this year", ["Brightline"]),
    ("Third time this month Skyair lost my bag. Never again.", ["Skyair"]),
    ("Skyair was late again, but the staff of Northfly were lovely and rebooked us at once", ["Skyair", "Northfly"]),
    ("The Brightline store on Main Street opens at nine on Saturdays", ["Brightline"]),
    ("@user can anyone tell me where to find the manual? http", []),
    ("Win a FREE phone now!!! Click http and send your number to claim your prize", []),
    ("What a bunch of complete idiots, shut up and go home", []),
    ("Me encanta la nueva cafetera de Brightline, el café sale buenísimo", ["Brightline"]),
    ("Llevo dos semanas esperando el reembolso de Skyair y nadie contesta, qué vergüenza", ["Skyair"]),
    ("La tienda abre los lunes a las diez", []),
    ("Ấm đun nước Brightline chạy rất êm, mình cực kỳ hài lòng", ["Brightline"]),
    ("Giao hàng chậm quá, gọi tổng đài Skyair không ai bắt máy, thất vọng thật sự", ["Skyair"]),
    ("cho mình hỏi shop mấy giờ đóng cửa vậy ạ", []),
    ("Nova ponuda Brightline je odlična, sve pohvale za ekipu", ["Brightline"]),
    ("Skyair opet kasni tri sata i niko ništa ne javlja, sramota", ["Skyair"]),
    ("Нова апликација ради савршено, свака част за Brightline", ["Brightline"]),
    ("Чекам поруџбину већ месец дана, најгора услуга до сада", []),
    ("Продавница у центру ради од девет до осам", []),
    ("Nýja kaffivélin frá Brightline er frábær, mæli hiklaust með henni", ["Brightline"]),
    ("Skyair týndi töskunni minni og enginn svarar í símann, hræðileg þjónusta", ["Skyair"]),
    ("Verslunin opnar klukkan tíu á laugardögum", []),
    ("Der neue Wasserkocher von Brightline ist wirklich super leise", ["Brightline"]),
    ("Seit Tagen kein Internet und die Hotline legt einfach auf. Unverschämt!", []),
    ("Le service client de Skyair est une catastrophe, je ne recommande pas", ["Skyair"]),
    ("Merci Brightline pour la livraison rapide, tout est parfait", ["Brightline"]),
    ("O aplicativo da Skyair travou de novo e perdi o meu voo", ["Skyair"]),
    ("Adorei o atendimento da Brightline, gente muito simpática", ["Brightline"]),
    ("خدمة Skyair سيئة جدا، انتظرت ساعتين ولم يرد أحد", ["Skyair"]),
    ("شكرا Brightline على الجودة الرائعة والتوصيل السريع", ["Brightline"]),
    ("Brightline की नई केतली बहुत अच्छी है, पैसा वसूल", ["Brightline"]),
    ("Skyair की उड़ान फिर से रद्द हो गई, बहुत खराब सेवा", ["Skyair"]),
    ("Brightline'ın yeni çaydanlığı harika, herkese tavsiye ederim", ["Brightline"]),
    ("Skyair bavulumu kaybetti, müşteri hizmetleri hiç yardımcı olmadı", ["Skyair"]),
    ("新しいケトルはとても静かで気に入っています", []),
    ("客服态度太差了，等了一个小时都没人理", []),
    ("Чайник отличный, но доставка ужасная", []),
    ("😍😍😍", []),
    ("Skyair 😡😡 👎", ["Skyair"]),
    ("Brightline ❤️👩‍👩‍👧 you made our day 🎉", ["Brightline"]),
    ("ok", []),
    ("?", []),
    ("Brightline Brightline Brightline", ["Brightline"]),
    ("Northfly > Skyair, and it is not even close. Skyair seats are a joke.", ["Northfly", "Skyair"]),
    ("Honestly the camera is great and the screen is bright, but the battery dies before lunch", ["camera", "battery"]),
    (
        "I booked with Northfly in March. The web page took my money twice, the chat told me to call, the line told me to "
        "write, and the letter I wrote came back. In May they paid half of it back without a word. In June I stood at the "
        "desk in person, and a very kind clerk, whose name I never learned, put everything right in ten minutes, found me a "
        "seat by the window and apologised for the whole affair. So what shall I say of them? The people are wonderful. The "
        "machinery around them is not, and nobody who works there seems to be allowed to mend it. I would fly with them "
        "again if somebody else did the booking, and I would not trust their page with a cent of my money until then.",
        ["Northfly"],
    ),
]
