"""Writes tests/model/tokenizer.jsonl: what the original `tokenizers` library makes of texts written for this file.

    python tests/model/tokenizer.py models/default/tokenizer.json > tests/model/tokenizer.jsonl
"""

import json
import sys

from tokenizers import Tokenizer

TEXTS = [
    "hello world", "Sooooooo goooood!!!!!!", "noooooooooooooooooooooooo 😭😭😭😭", "WHY IS NOBODY ANSWERING",
    "it's 3.5km, 1/2 price & 50% off: £9.99 / €10 / ¥1000 / ₿0.1", "e-mail me @user or visit http asap", "#NotHappy #día_de_playa",
    "two  spaces   three    four", " leading", "trailing ", "\ttab\there", "line\nbreak\r\nand another", "no\u00a0break\u2003em\u3000ideographic",
    "", " ", "   ", "\u200b", "a\u200bb", "a\u00adb", "\ufeffbom",
    "Llevo dos semanas esperando, ¿nadie contesta? ¡Qué vergüenza!", "Mañana por la mañana, señor Núñez",
    "Giao hàng chậm quá, gọi tổng đài không ai bắt máy", "Tie\u0302\u0301ng Vie\u0323\u0302t to\u0302\u0301t", "Đẹp quá trời luôn áaaaaa",
    "Čekam porudžbinu već mesec dana, sramota!", "Ђорђе и Љиљана иду у Њујорк, џабе", "Нова апликација ради савршеноооо",
    "Þetta er alveg frábært, mæli með því! Ægir og Örn", "Hræðileg þjónusta hjá þeim",
    "Größe, Straße, Übergröße – „unverschämt“", "L’été à Noël, où ça? Œuvre d'art", "Não há coração que aguente",
    "Perché no? È già finita…", "İstanbul'da çok güzel ışık, ğüşiöç", "شكرا على الجودة الرائعة والتوصيل السريع", "مَرْحَبًا ٱلْعَالَم ١٢٣", "لا",
    "बहुत अच्छी है, पैसा वसूल", "क्षत्रिय ज्ञान श्री", "新しいケトルはとても静かで気に入っています", "ｶﾀｶﾅ ﾊﾝｶｸ ＡＢＣ１２３", "がぎぐげご か\u3099",
    "客服态度太差了，等了一个小时都没人理", "這個東西真的很好用", "서비스가 너무 느려요 ㅠㅠㅠ", "한국어 \u1112\u1161\u11ab",
    "บริการแย่มาก รอนานสุดๆ", "Χάλια εξυπηρέτηση, δεν απαντά κανείς", "שירות נורא", "Жахливий сервіс, ї є ґ",
    "😍", "❤️", "👩‍👩‍👧", "👍🏽👎🏿", "🇮🇸🇷🇸🇻🇳", "1️⃣ 2️⃣", "text😀glued", "🫠🫨🪿", "¯\\_(ツ)_/¯", "(╯°□°)╯︵ ┻━┻",
    "ﬁne ﬂow ½ ² ™ ℃ № Ⅷ ㎏ ㍿ ①", "x² + y² ≠ z²; ∑∞√∂ ← → ⇒", "…‥· — – ‐ ‑ ― “” ‘’ «» ‹›", "Z̷̢̛a̸̡̛l̶̨g̴o̵", "e\u0301e\u0301 A\u030a o\u0308",
    "\U00013000\U00013001 \U0001F9FF \U0001D54F \U00010348", "ꙮ ᚠᚢᚦ ⵣ ߷ ꧁꧂", "\ue000\uf8ff private", "\u0378 unassigned", "a\U00013000\U00013001b",
    "▁already▁spaced", "▁", "_ __ ___", "key=value; path/to/file.txt C:\\temp", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "antidisestablishmentarianism Donaudampfschifffahrtsgesellschaft vaðlaheiðarvegavinnuverkfærageymsluskúr",
    "kkkkkkkk hahahahaha jajajajaja 5555555 wwwww", "0123456789 1,000,000.00 2024-01-31T23:59:59Z", "\u0600\u0661\u0662 \u070fabc",
]


def main() -> None:
    tokenizer = Tokenizer.from_file(sys.argv[1])
    for text in TEXTS:
        encoding = tokenizer.encode("query: " + text)
        print(json.dumps({"text": text, "ids": encoding.ids[1:-1]}, ensure_ascii=False))


if __name__ == "__main__":
    main()
