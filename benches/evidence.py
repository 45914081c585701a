#!/usr/bin/env python3
"""Do the phrases that an event names move its label? Deletes them, and as many random words, and compares the fall of the label's probability.

usage: benches/evidence.py [--binary target/release/undertone] [--data ../shared/data] [--posts 60]

Takes positive and negative val posts of eight languages, 6 to 40 words each; leaves out those that the model calls neutral.
"""

import argparse
import gzip
import json
import pathlib
import random
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
SETS = {"en": "tweeteval_sentiment", "es": "umsab", "vi": "vlsp2016_sa", "sr": "serbian_social", "de": "umsab",
        "ru": "rusentitweet", "is": "icelandic_headlines", "tr": "turkish_store_reviews"}


def score(binary, texts):
    """The event of each text; None where the text could not be read."""
    mention = lambda number, text: json.dumps({"id": str(number), "source": "x", "text": text, "created_at": "2026-01-01T00:00:00Z"})
    lines = "\n".join(mention(number, text) for number, text in enumerate(texts))
    output = subprocess.run([binary, "score"], input=lines, capture_output=True, text=True).stdout
    events = {int(event["mention"]["id"]): event for event in map(json.loads, output.splitlines())}
    return [events.get(number) for number in range(len(texts))]


def without_named(text, event):
    """The text without the phrases that speak for its label, and how many words they are."""
    label = event["sentiment"]["label"]
    sign = 1 if label == "positive" else -1
    named = [phrase for phrase in event["sentiment"]["evidence"] if phrase["weight"] * sign > 0]
    gone = {at for phrase in named for at in range(phrase["start"], phrase["end"])}
    words = sum(len(text[phrase["start"]:phrase["end"]].split()) for phrase in named)
    return "".join(character for at, character in enumerate(text) if at not in gone).strip() or ".", words


def without_random(text, count, chance):
    words = text.split()
    gone = set(chance.sample(range(len(words)), min(count, len(words) - 1)))
    return " ".join(word for at, word in enumerate(words) if at not in gone)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=ROOT / "target/release/undertone", type=pathlib.Path)
    parser.add_argument("--data", default=ROOT / "../shared/data", type=pathlib.Path)
    parser.add_argument("--posts", default=60, type=int, help="of each language")
    arguments = parser.parse_args()
    chance, texts = random.Random(7), []
    for language, name in SETS.items():
        with gzip.open(arguments.data / name / "val.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [row for row in map(json.loads, lines) if row.get("lang", language)[:2] == language]
        rows = [row["text"] for row in rows if row["label"] in ("positive", "negative") and 6 <= len(row["text"].split()) <= 40]
        texts += chance.sample(rows, min(arguments.posts, len(rows)))
    cases = []
    for text, event in zip(texts, score(arguments.binary, texts)):
        if event is None or event["sentiment"]["label"] == "neutral":
            continue
        shorter, count = without_named(text, event)
        if count:
            cases.append((text, event, shorter, without_random(text, count, chance), count))
    named, other = (score(arguments.binary, [case[column] for case in cases]) for column in (2, 3))
    fall = [0.0, 0.0]
    for (_, event, *_), *after in zip(cases, named, other):
        label = event["sentiment"]["label"]
        for column, changed in enumerate(after):
            fall[column] += event["sentiment"][label] - (changed or event)["sentiment"][label]
    share = sum(case[4] / len(case[0].split()) for case in cases) / len(cases)
    print(f"{len(cases)} posts; {share:.1%} of their words are named")
    print(f"fall of the label's probability: {fall[0] / len(cases):.3f} without the named words, {fall[1] / len(cases):.3f} without random ones")
    print(f"ratio {fall[0] / fall[1]:.2f}")


if __name__ == "__main__":
    main()
