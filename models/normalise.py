"""The normalisation of src/text/normalise, for training and measuring: what the model reads must be the same in both.

tests/data/normalise.jsonl holds both to it: `python normalise.py` checks this one, `cargo test --test contract` the other.
"""

import html
import json
import re
import sys
import unicodedata
from html.entities import html5
from pathlib import Path

ROUNDS = 8
WHITE = "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# From this code point on scripts put no spaces between words, or are no letters.
UNSPACED = "\u0e00-\U0010ffff"
EMOJI = "\u20e3\u2190-\u2bff\u3030\u303d\u3297\u3299\ufe0f\U0001f000-\U0001faff"
# What composes with the character before it and has no combining class of its own.
COMPOSING = (
    "\u09be\u09d7\u0b3e\u0b56\u0b57\u0bbe\u0bd7\u0cc2\u0cd5\u0cd6\u0d3e\u0d57\u0dcf\u0ddf\u102e\u1161-\u1175\u11a8-\u11c2"
)
ACCENTS = "".join(chr(c) for c in range(0x300, 0x1F000) if unicodedata.combining(chr(c))) + COMPOSING
# Vowel signs are letters, though not to Python.
VOWELS = "".join(chr(c) for c in range(0x900, 0xE00) if unicodedata.category(chr(c)) == "Mc")

# Serbian's two alphabets say the same letter by letter; the model reads the Latin one.
LATIN = dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš")) | {"љ": "lj", "њ": "nj", "џ": "dž"}
LATIN |= {letter.upper(): latin.capitalize() for letter, latin in LATIN.items()}

ENTITY = re.compile(r"&(#?[0-9A-Za-z]{1,31};)")
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e001f]"
    f"|(?<![{EMOJI}])\u200d|\u200d(?![{EMOJI}])"
    "|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0020-\U000e007f]+"
)
PREFIX = r"(?i:https?://|(?<![\w@.])(?:www\.|t\.co/|pic\.twitter\.com/|pic\.x\.com/))"
URL = re.compile(f'({PREFIX})[^{WHITE}<>"«»{UNSPACED}]*')
# No part of a name may be followed by more of a word.
END = rf"(?![^\W{UNSPACED}]|[{ACCENTS}{VOWELS}])"
HANDLE = re.compile(
    rf"(?<![^\W{UNSPACED}])(?<![@{VOWELS}])@[A-Za-z0-9_]++{END}"
    rf"(?:\.[a-z0-9][a-z0-9-]*+{END})*+"
    rf"(?:@[A-Za-z0-9][A-Za-z0-9-]*+{END}(?:\.[A-Za-z0-9][A-Za-z0-9-]*+{END})++)*+"
)
SPACE = re.compile(f"[{WHITE}]+")


def normalise(text: str, keep: list[str] = ()) -> str:
    """Handles that contain a name of `keep` stay; the others become `@user`."""
    for _ in range(ROUNDS):
        before = text
        text = decode_entities(text)
        if text == before:
            text = INVISIBLE.sub("", text)
        if text == before:
            text = unicodedata.normalize("NFC", text)
        if text == before:
            break
    kept = [name.casefold() for name in keep if name]
    return SPACE.sub(" ", stand_ins(text, kept)).strip(" ")


def as_read_in(text: str, language: str) -> str:
    """A normalised text as the model reads it, once its language is known."""
    if language != "sr" or any("\u0400" <= c <= "\u052f" and c not in LATIN for c in text):
        return text
    read = []
    for before, c, after in zip(" " + text, text, text[1:] + " "):
        capitals = after.isupper() or (before.isupper() and not after.islower())
        latin = LATIN.get(c, c)
        read.append(latin.upper() if capitals and c in "ЉЊЏ" else latin)
    return unicodedata.normalize("NFC", "".join(read))


def stand_ins(text: str, kept: list[str]) -> str:
    """Links and handles, from left to right; a handle inside a link is none."""
    pieces, at = [], 0
    while True:
        url, handle = URL.search(text, at), HANDLE.search(text, at)
        if not url and not handle:
            return "".join(pieces) + text[at:]
        if url and (not handle or url.start() < handle.start()):
            link = without_trailing_punctuation(url.group())
            is_link = any(c.isalnum() or c == "_" for c in link[len(url.group(1)) :])
            pieces += [text[at : url.start()], "http" if is_link else url.group()]
            at = url.start() + len(link) if is_link else url.end()
        else:
            name = handle.group()
            pieces += [text[at : handle.start()], name if any(k in name.casefold() for k in kept) else "@user"]
            at = handle.end()


def decode_entities(text: str) -> str:
    """Entities that end in `;`, followed through all their escapings."""
    if "&" not in text:
        return text
    pieces, at = [], 0
    while (start := text.find("&", at)) >= 0:
        end, meaning = start + 1, None
        while found := ENTITY.match("&" + text[end : end + 33]):
            name = found.group(1)
            decoded = html.unescape("&" + name) if name[0] == "#" else html5.get(name)
            if decoded is None or decoded == "&" + name:
                break
            end, meaning = end + len(name), decoded
            if decoded != "&":
                break
        pieces += [text[at:start], text[start:end] if meaning is None else meaning]
        at = end
    return "".join(pieces) + text[at:]


def without_trailing_punctuation(link: str) -> str:
    unopened = link.count(")") - link.count("(")
    end = len(link)
    while end and (link[end - 1] in ".,!?;:'*]}" or (link[end - 1] == ")" and unopened > 0)):
        unopened -= link[end - 1] == ")"
        end -= 1
    return link[:end]


def find(text: str, name: str) -> list[list[int]]:
    """The places of a name in a text, as half-open ranges of UTF-8 bytes; case is ignored."""
    if not name:
        return []
    places = re.finditer(re.escape(name), text, re.IGNORECASE)
    at = lambda chars: len(text[:chars].encode())
    return [[at(place.start()), at(place.end())] for place in places]


def check() -> int:
    """How many of the shared cases come out differently."""
    cases = Path(__file__).parent.parent / "tests/data/normalise.jsonl"
    wrong = 0
    for line in cases.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        found = normalise(case["source"], [case["source"][start:end] for start, end in case.get("keep", [])])
        found = as_read_in(found, case.get("language", ""))
        if found != case["normalised"]:
            wrong += 1
            print(f"{case['source']!r}: found {found!r}, expected {case['normalised']!r}", file=sys.stderr)
    return wrong


if __name__ == "__main__":
    sys.exit(1 if check() else 0)
