"""From which similarity a mention has a topic: such that one ordinary post in a hundred has it.

    python models/thresholds.py --model models/default --data ../shared/data --topics deploy/topics.example.toml
    python models/thresholds.py --model models/default --data ../shared/data --topics WATCHLIST.toml --write

Ordinary posts are those of sets that were collected for something else than brands (ORDINARY); none is `measure only`.
Thresholds are fitted to one half of them, by a hash of their text, and the other half says how often a post gets a
topic in error. `--write` puts them into the watchlist, where a topic has a `threshold`; `--default` puts the threshold
of all topics together into the model's undertone.json: topics without a threshold of their own take it.

The topics of deploy/topics.example.toml are measured where sets have labels of the same meaning (LABELLED): precision and recall at
the thresholds. No label was used to fit anything. A set's labels are not made for these topics: a post may well speak
of a price and not be labelled so, which counts as an error here.
"""

import argparse
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

import posts
from build import write_json
from reference import Reference
from taxonomy import Embed, embedder, prototypes, topics

EXAMPLE = "topics.example.toml"
RATE = 0.01
"""The share of ordinary posts that get a topic in error, of each topic."""
ORDINARY = [
    "umsab", "goemotions", "tweeteval_emotion", "tweeteval_irony", "xed", "rusentitweet", "sentimix_hinglish",
    "sentimix_spanglish", "arsarcasm", "kaggle_tweet_sentiment", "tweeteval_sentiment", "doiserbia", "serbian_social",
    "icelandic_headlines", "sms_spam",
]  # fmt: skip
ORDINARY_POSTS = 120
"""Of each set, and four times as many of umsab, which is in eight languages."""
LEAST = 8
"""A topic with fewer posts in a set has no figure."""


def aspects(meaning: dict[str, str]) -> Callable[[dict], set[str]]:
    """The topics of a row whose `aspects` begin with a key."""
    mean = lambda aspect: {topic for key, topic in meaning.items() if aspect.startswith(key)}
    return lambda row: set().union(*(mean(found["aspect"]) for found in row.get("aspects") or []))


def labels(meaning: dict[str, str]) -> Callable[[dict], set[str]]:
    """The topics of a row with `labels`, a `reason` or a `label`."""
    own = lambda row: row.get("labels") or [row.get("reason") or row["label"]]
    return lambda row: {meaning[label] for label in own(row) if label in meaning}


LABELLED = {
    "vi_cleanser": (["train", "val"], aspects({
        "QUALITY": "quality", "PRICE": "price", "SHIPPING": "delivery", "PACKING": "delivery"})),
    "semeval14_absa": (["train", "val"], aspects({"service": "staff", "price": "price", "ambience": "premises"})),
    "vlsp2018_hotel": (["val"], aspects({
        "SERVICE": "staff", "HOTEL#PRICES": "price", "LOCATION": "premises", "ROOMS#": "premises",
        "HOTEL#CLEAN": "premises", "HOTEL#COMFORT": "premises", "FACILITIES#CLEAN": "premises"})),
    "vlsp2018_restaurant": (["val"], aspects({
        "SERVICE": "staff", "FOOD#PRICES": "price", "RESTAURANT#PRICES": "price", "DRINKS#PRICES": "price",
        "AMBIENCE": "premises", "LOCATION": "premises"})),
    "banking77": (["val"], labels({
        "card_arrival": "delivery", "card_delivery_estimate": "delivery", "Refund_not_showing_up": "payment",
        "request_refund": "payment", "transaction_charged_twice": "payment", "extra_charge_on_statement": "payment",
        "passcode_forgotten": "account", "pin_blocked": "account"})),
    "airline": (["train", "val"], labels({
        "Late Flight": "waiting", "longlines": "waiting", "Cancelled Flight": "availability",
        "Flight Attendant Complaints": "staff", "Customer Service Issue": "service"})),
    "twcs_topics": (["train", "val"], labels({
        "Delivery": "delivery", "App": "app-and-site", "Update": "app-and-site", "Billing/Payment": "payment",
        "Refund": "payment", "Bad Support": "service", "Service Praise": "service", "Account": "account",
        "Advertisement": "advertising", "Battery": "quality", "Unresponsive/Freezing Device": "quality"})),
    "uit_visfd": (["val"], aspects({"PRICE": "price"})),
}  # fmt: skip
"""The splits of each set, and the topics of a row."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--topics", type=Path, required=True, help="a watchlist")
    parser.add_argument("--limit", type=int, default=300, help="posts of each labelled set, drawn by a hash")
    parser.add_argument("--write", action="store_true", help="put the thresholds into the watchlist")
    parser.add_argument("--default", action="store_true", help="put the threshold of all topics into undertone.json")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    reference = Reference(arguments.model)
    known = {}
    embed = embedder(reference, known=known)
    taxonomy = topics(arguments.topics)
    stands_for = prototypes(taxonomy, embed)
    similarities, first = ordinary(arguments.data, embed, stands_for)
    thresholds = np.quantile(similarities[first], 1 - RATE, axis=0).round(2)
    together = round(float(np.quantile(similarities[first], 1 - RATE)), 2)
    said = similarities[~first] >= thresholds
    some, at_one = said.any(axis=1).mean(), (similarities[~first] >= together).any(axis=1).mean()
    print(f"of {len(said)} ordinary posts of the other half {100 * some:.1f} % get a topic; "
          f"with {together} for all topics {100 * at_one:.1f} %")
    for found in reference.settings.get("exits", []):
        early, _ = ordinary(arguments.data, embedder(reference, found["layer"], known), stands_for)
        print(f"where they leave at layer {found['layer']}, {100 * (early[~first] >= thresholds).any(axis=1).mean():.1f} %")
    print("| topic | threshold | ordinary posts that get it, percent |\n|---|---|---|")
    for topic, threshold, share in zip(taxonomy, thresholds, said.mean(axis=0)):
        print(f"| {topic['id']} | {threshold:.2f} | {100 * share:.1f} |")
    if arguments.write:
        write(arguments.topics, {topic["id"]: float(threshold) for topic, threshold in zip(taxonomy, thresholds)})
    if arguments.default:
        reference.settings["topics"]["threshold"] = together
        write_json(arguments.model / "undertone.json", reference.settings)
    if arguments.topics.name == EXAMPLE:
        print("\n| set | posts | topic | labelled | precision | recall |\n|---|---|---|---|---|---|")
        for name in LABELLED:
            rows, own = labelled(name, arguments.data, arguments.limit)
            said = embed([row["text"] for row in rows]) @ stands_for.T >= thresholds
            for topic, column in zip(taxonomy, said.T):
                print_topic(name, topic["id"], column, np.array([topic["id"] in some for some in own]))


def ordinary(data: Path, embed: Embed, stands_for: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How similar ordinary posts are to each topic, and which belong to the half that is fitted."""
    texts = []
    for name in ORDINARY:
        several = name == "umsab"
        file = data / name / ("train_original.jsonl.gz" if several else "train.jsonl.gz")
        drawn = posts.rows(file, ORDINARY_POSTS * (4 if several else 1))
        texts += [row["text"] for row in drawn if row["label"] != "spam"]
    return embed(texts) @ stands_for.T, np.array([posts.first_half(text) for text in texts])


def labelled(name: str, data: Path, limit: int) -> tuple[list[dict], list[set[str]]]:
    """Posts of a labelled set, and the topics of each."""
    splits, of = LABELLED[name]
    rows = [row for split in splits for row in posts.rows(data / name / f"{split}.jsonl.gz")]
    if name == "airline":
        rows = [row for row in rows if row.get("reason") not in (None, "Can't Tell")]
    rows = posts.draw(rows, limit)
    return rows, [of(row) for row in rows]


def print_topic(name: str, topic: str, said: np.ndarray, true: np.ndarray) -> None:
    """A line of precision and recall, if the set has enough posts of the topic."""
    if true.sum() >= LEAST:
        hits = (said & true).sum()
        shares = f"{100 * hits / max(1, said.sum()):.0f} | {100 * hits / true.sum():.0f}"
        print(f"| {name} | {len(true)} | {topic} | {true.sum()} | {shares} |", flush=True)


def write(file: Path, thresholds: dict[str, float]) -> None:
    """Puts thresholds where the file has some, and leaves everything else as it is."""
    begin, *tables = re.split(r"(?m)^(?=\[\[topic\]\])", file.read_text(encoding="utf-8"))
    for at, table in enumerate(tables):
        (own,) = re.findall(r'(?m)^id = "(.+)"', table)
        tables[at] = re.sub(r"(?m)^threshold = [0-9.]+", f"threshold = {thresholds[own]:.2f}", table)
    file.write_text(begin + "".join(tables), encoding="utf-8")


if __name__ == "__main__":
    main()
