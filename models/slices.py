"""What a model gets wrong, with counts: slices of the `val` posts by what makes them hard.

    python models/slices.py --data ../shared/data --golden target/golden-val.jsonl

Reads what golden.py wrote, and the sets for what they say of a post beside its label. Prints posts and accuracy of each slice, and of
the other posts of the same sets.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import posts
from labels import class_of, is_noise

LONG = 60
"""Tokens."""


def opposite(row: dict) -> bool:
    """Whether the post praises one thing and blames another."""
    found = {aspect["polarity"] for aspect in (row.get("aspects") or []) + (row.get("terms") or [])}
    return {"positive", "negative"} <= found


SLICES = {
    "sarcastic": lambda row, said: row["sarcastic"] if "sarcastic" in row else None,
    "praise and blame in one post": lambda row, said: opposite(row) if row.get("aspects") or row.get("terms") else None,
    "code-switching": lambda row, said: True if row.get("code_mixed") else None,
    f"more than {LONG} tokens": lambda row, said: len(said["ids"]) > LONG,
    "neutral by label": lambda row, said: row["label"] == "neutral",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--golden", type=Path, required=True)
    arguments = parser.parse_args()
    sets = {}
    right = {name: defaultdict(list) for name in SLICES}
    with arguments.golden.open(encoding="utf-8") as lines:
        for said in map(json.loads, lines):
            known = class_of(said)
            if known is None or known[0] != "sentiment" or is_noise(said):
                continue
            source = said["source"]
            if source not in sets:
                sets[source] = posts.rows(arguments.data / source / "val.jsonl.gz")
            row = sets[source][said["line"] - 1]
            probabilities = (said["target_probs"] or [said["text_probs"]])[0]
            hit = probabilities.index(max(probabilities)) == known[1]
            for name, holds in SLICES.items():
                member = holds(row, said)
                if member is not None:
                    right[name][member].append((source, hit))
    for name, halves in right.items():
        inside, outside = halves[True], halves[False]
        sources = {source for source, _ in inside}
        others = [hit for source, hit in outside if source in sources]
        told = f"; others of the same sets: {len(others):,} posts, {share(others)}" if others else ""
        print(f"{name}: {len(inside):,} posts, {share([hit for _, hit in inside])} right{told}")


def share(hits: list[bool]) -> str:
    return f"{100 * sum(hits) / len(hits):.1f} %"


if __name__ == "__main__":
    main()
