"""How well the signals work on their `val` sets, and how often they cry wolf in a stream of mentions.

    python models/signals.py --model models/default --data ../shared/data

A post has a signal from 0.5 on, where undertone.json's thresholds were moved to. The sets in SETS trained the heads (their `train` parts), so
their figures say how well it does on more of the same. The sample is the honest one: 200 posts of `airline/stream`, a
set that trains nothing, labelled by hand (models/samples/airline-signals.tsv, whose head is the rule). An *ordinary*
mention is one that the reader called no complaint; rates are of ordinary mentions without the signal, with Wilson's 95
% interval. `--errors` names the posts of the sample that it gets wrong.
"""

import argparse
import csv
import math
from pathlib import Path

import torch

import posts
from labels import SIGNALS, class_of
from reference import Reference

YES = 0.5
SAMPLE = Path(__file__).resolve().parent / "samples" / "airline-signals.tsv"
SETS = {
    "complaint": ["complaints"],
    "offensive": ["tweeteval_offensive", "germeval2018_offensive"],
    "spam": ["sms_spam", "youtube_spam"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=int, help="posts of each set, drawn by a hash")
    parser.add_argument("--errors", action="store_true", help="name the posts of the sample that it gets wrong")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    reference = Reference(arguments.model)
    thresholds = {name: reference.settings["heads"][name]["threshold"] for name in SIGNALS}
    print("| signal | threshold | set | rows | yes | precision | recall | F1 |")
    print("|---|---|---|---|---|---|---|---|")
    for name, sets in SETS.items():
        for source in sets:
            rows = posts.rows(arguments.data / source / "val.jsonl.gz", arguments.limit)
            said = [output.signals[name] >= YES for output in scored(reference, rows)]
            print(row(name, thresholds[name], source, said, [class_of(post)[1] == 1 for post in rows]))

    sample, rows = labelled(arguments.data)
    outputs = scored(reference, rows)
    ordinary = [not labels["complaint"] for labels in sample]
    for name in SIGNALS:
        said = [output.signals[name] >= YES for output in outputs]
        print(row(name, thresholds[name], "airline/stream, by hand", said, [labels[name] for labels in sample]))
    print("\n| signal | posts | without the signal | false positives | per 1,000 | 95 % |\n|---|---|---|---|---|---|")
    for name in SIGNALS:
        said = [output.signals[name] >= YES for output in outputs]
        wrong = [yes and not labels[name] for yes, labels in zip(said, sample)]
        for posts_of, chosen in [("ordinary", ordinary), ("all 200", [True] * len(sample))]:
            among = [at for at, labels in enumerate(sample) if chosen[at] and not labels[name]]
            if name != "complaint" or posts_of == "ordinary":
                print(rate(name, posts_of, sum(wrong[at] for at in among), len(among)))
    if arguments.errors:
        print_errors(sample, outputs)


def scored(reference: Reference, rows: list[dict]) -> list:
    """What the model says of the posts, prepared as calibrate.py prepares them."""
    return reference.score([posts.prepared(row) for row in rows])


def labelled(data: Path) -> tuple[list[dict], list[dict]]:
    """The sample's labels and its posts, in its order."""
    with SAMPLE.open(encoding="utf-8") as lines:
        table = csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
        sample = [{"tweet_id": row["tweet_id"]} | {name: row[name] == "1" for name in SIGNALS} for row in table]
    stream = {row["tweet_id"]: row for row in posts.rows(data / "airline" / "stream.jsonl.gz")}
    missing = [labels["tweet_id"] for labels in sample if labels["tweet_id"] not in stream]
    if missing:
        raise SystemExit(f"{SAMPLE}, tweet_id: found {missing[0]}, expected one of airline/stream.jsonl.gz")
    return sample, [stream[labels["tweet_id"]] | {"task": "stream"} for labels in sample]


def row(name: str, threshold: float, source: str, said: list[bool], true: list[bool]) -> str:
    """A line of the table of figures, in percent."""
    hits = sum(a and b for a, b in zip(said, true))
    precision, recall = hits / max(1, sum(said)), hits / max(1, sum(true))
    f1 = 2 * hits / max(1, sum(said) + sum(true))
    shares = " | ".join(f"{100 * share:.1f}" for share in [precision, recall, f1])
    return f"| {name} | {threshold:.2f} | {source} | {len(true)} | {sum(true)} | {shares} |"


def rate(name: str, posts_of: str, wrong: int, of: int) -> str:
    """A line of the table of false positives."""
    low, high = wilson(wrong, of)
    return f"| {name} | {posts_of} | {of} | {wrong} | {1000 * wrong / of:.0f} | {1000 * low:.0f} to {1000 * high:.0f} |"


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share (J. Am. Stat. Assoc. 22, 1927)."""
    share, spread = hits / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def print_errors(sample: list[dict], outputs: list) -> None:
    for name in SIGNALS:
        for labels, output in zip(sample, outputs):
            if (output.signals[name] >= YES) != labels[name]:
                kind = "false positive" if not labels[name] else "missed"
                print(f"{name}\t{kind}\t{labels['tweet_id']}\t{output.signals[name]:.2f}")


if __name__ == "__main__":
    main()
