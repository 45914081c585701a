"""How well topics work without any training row: four sets, their labels described as a user would, against a plain
baseline.

    python models/topics.py --model models/default --data ../shared/data

The taxonomies are models/topics/*.toml: written for this measure, never fitted to the sets, whose own rows serve for
nothing but the measuring. The baseline is the base model, multilingual-e5-small, with the nearest description by
cosine; `all` takes names and examples as well, as the program does. Of each set:

- macro-F1: every post is given its nearest topic; the mean of the topics' F1;
- nearest: how often the nearest topic is one of the post's own;
- AP: posts ranked by their similarity to a topic; the mean of the topics' average precision.

Topics with fewer than five posts are left out of the means, not out of the choice. A post that has none of the topics
counts for AP only. twcs_topics, airline and uit_vsfc train nothing that ships; texts of tweet_topic_xl's `train`,
without their labels, keep the embedding near the base's.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

import posts
from baseline import Base
from reference import Reference
from taxonomy import embedder, prototypes, slug, topics

HERE = Path(__file__).resolve().parent
SETS: dict[str, tuple[list[str], Callable[[dict], list[str]]]] = {
    "airline": (["train", "val"], lambda row: [row["reason"]] if row.get("reason") not in (None, "Can't Tell") else []),
    "twcs_topics": (["train", "val"], lambda row: [label for label in row["labels"] if label != "none"]),
    "tweet_topic_xl": (["train", "val"], lambda row: row["labels"]),
    "uit_vsfc": (["val"], lambda row: [row["topic"]]),
}
"""The splits of each set, and a row's topics."""
LEAST = 5
"""A topic with fewer posts has no figure."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=HERE / "work", help="where build.py fetched the base to")
    parser.add_argument("--limit", type=int, default=800, help="posts of each set, drawn by a hash")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    base = Base(arguments.work)
    plain = lambda texts: base.embed([posts.normalise(text) for text in texts]).numpy()
    reference, known = Reference(arguments.model), {}
    ours = embedder(reference, known=known)
    described = lambda taxonomy, embed: embed([topic["description"] for topic in taxonomy])
    ways = [
        ("base, description (the baseline)", plain, plain, described), ("base, all", plain, plain, prototypes),
        ("this model, description", ours, ours, described), ("this model, all", ours, ours, prototypes),
    ]  # fmt: skip
    # Posts that leave early are compared with full depth's prototypes.
    for found in reference.settings.get("exits", []):
        ways.append((f"this model, all, left at layer {found['layer']}", embedder(reference, found["layer"], known), ours, prototypes))
    figures = {}
    print("| set | posts | way | macro-F1 | nearest | AP |\n|---|---|---|---|---|---|")
    for name in SETS:
        taxonomy, rows, truth = measured(name, arguments.data, arguments.limit)
        vectors = {embed: embed([row["text"] for row in rows]) for _, embed, _, _ in ways}
        for way, embed, of_topics, stand_for in ways:
            similarities = vectors[embed] @ stand_for(taxonomy, of_topics).T
            figures[f"{name}: {way}"] = found = judge(similarities, truth)
            shares = " | ".join(f"{100 * share:.1f}" for share in found)
            print(f"| {name} | {len(rows)} | {way} | {shares} |", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


def measured(name: str, data: Path, limit: int | None) -> tuple[list[dict], list[dict], np.ndarray]:
    """The taxonomy of a set, its posts, and which post has which topic."""
    splits, labels = SETS[name]
    taxonomy = topics(HERE / "topics" / f"{name}.toml")
    rows = [row for split in splits for row in posts.rows(data / name / f"{split}.jsonl.gz")]
    if name != "twcs_topics":
        rows = [row for row in rows if labels(row)]
    rows = posts.draw(rows, limit)
    own = [{slug(label) for label in labels(row)} for row in rows]
    unknown = set().union(*own) - {topic["id"] for topic in taxonomy}
    if unknown:
        raise SystemExit(f"models/topics/{name}.toml, id: found none for {sorted(unknown)}, expected one a label")
    return taxonomy, rows, np.array([[topic["id"] in ids for topic in taxonomy] for ids in own])


def judge(similarities: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Macro-F1, how often the nearest topic is right, and mean average precision."""
    some = truth.any(axis=1)
    nearest = np.zeros_like(truth)
    nearest[np.arange(len(truth)), similarities.argmax(axis=1)] = some
    hits = (nearest & truth).sum(axis=0)
    f1 = 2 * hits / np.maximum(1, nearest.sum(axis=0) + truth.sum(axis=0))
    enough = truth.sum(axis=0) >= LEAST
    precision = [average_precision(scores, own) for scores, own in zip(similarities.T[enough], truth.T[enough])]
    return float(f1[enough].mean()), float(hits.sum() / some.sum()), float(np.mean(precision))


def average_precision(scores: np.ndarray, own: np.ndarray) -> float:
    """The mean, over the posts of a topic, of the precision at their rank."""
    ranked = own[np.argsort(-scores, kind="stable")]
    return float((ranked.cumsum() / np.arange(1, len(ranked) + 1))[ranked].mean())


if __name__ == "__main__":
    main()
