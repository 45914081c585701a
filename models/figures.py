"""Puts what `undertone eval --json` measured into a model's undertone.json and card.

    undertone eval --json ../shared/data/*/val.jsonl.gz > target/eval.json     (only files with labels it knows)
    python models/figures.py target/eval.json models/default

`undertone.json` gets one figure a language, from the set of the table below; the card gets all of them, between its markers.
"""

import json
import sys
from pathlib import Path

from build import write_json

LANGUAGES = {
    "ar": "umsab", "bs": "jsi_bcs", "ca": "hotel_structured", "cs": "czech_facebook", "da": "danish_social", "de": "umsab",
    "en": "umsab", "es": "umsab", "eu": "hotel_structured", "fr": "umsab", "hi": "sentimix_hinglish", "hr": "jsi_bcs",
    "id": "smsa_id", "is": "icelandic_headlines", "it": "umsab", "nl": "semeval16_absa", "no": "norec_sentence", "pt": "umsab",
    "ru": "rusentitweet", "sr": "senticomments_sr", "sv": "swedish_social", "th": "wisesight_th", "tr": "turkish_store_reviews",
    "vi": "vlsp2016_sa", "zh": "chinese_reviews",
}  # fmt: skip
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
MIN_ROWS = 20
"""A language with fewer rows in a set gets no figure of its own."""


def main(report: Path, model: Path) -> None:
    measured = json.loads(report.read_text())
    sets = {Path(file["file"]).parent.name: file for file in measured["files"]}
    settings = json.loads((model / "undertone.json").read_text())
    settings["languages"] = {code: figure(sets[name], name, code) for code, name in LANGUAGES.items() if name in sets}
    write_json(model / "undertone.json", settings)

    card = (model / "MODEL_CARD.md").read_text()
    before, rest = card.split(BEGIN)
    _, after = rest.split(END)
    (model / "MODEL_CARD.md").write_text(before + BEGIN + table(sets) + END + after)


def figure(file: dict, name: str, code: str) -> dict:
    language = file["by_language"][code]
    return {"macro_f1": round(language["macro_f1"], 3), "set": name, "n": language["n"]}


def table(sets: dict) -> str:
    lines = ["| set | task | language | rows | accuracy | macro-F1 |", "|---|---|---|---|---|---|"]
    for name, file in sorted(sets.items(), key=lambda item: (item[1]["task"] != "sentiment", item[0])):
        task = file["task"]
        if task == "sentiment" and "neutral" not in file["by_class"]:
            task = "sentiment, two classes"
        for code, language in file["by_language"].items():
            if language["n"] >= MIN_ROWS:
                shares = [f"{100 * language[key]:.1f}" for key in ["accuracy", "macro_f1"]]
                lines.append(f"| {name} | {task} | {code} | {language['n']} | {shares[0]} | {shares[1]} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
