"""What weights score on the `val` splits, at every depth: the figure that a run is judged by while training goes on.

`undertone eval` gives the figures that are published: those of the shipped model in the shipped engine.
"""

from collections import defaultdict
from pathlib import Path

import torch

import posts
from confidence import macro_f1
from train.examples import PREFIX, batch, load_tokenizer, padded
from train.network import LAYERS, Network, fast

LIMIT = 300
"""Posts of a set, drawn by a hash of their text; sets in `WHOLE` are measured whole."""
WHOLE = {"umsab", "dong2014_target", "semeval_topic"}
CLASSES = {
    "sentiment": {"negative": 0, "neutral": 1, "positive": 2},
    "complaint": {"no-complaint": 0, "complaint": 1},
    "offensive": {"not-offensive": 0, "other": 0, "non-toxic": 0, "not-hate": 0, "clean": 0, "offensive": 1, "offense": 1, "toxic": 1, "hate": 1},
    "spam": {"ham": 0, "no-spam": 0, "spam": 1},
}  # fmt: skip
HEADS = {"topic_sentiment": "sentiment", "hate": "offensive", "toxicity": "offensive"}
TARGETED = {"dong2014_target", "semeval_topic"}
BATCH_TOKENS = 4_096


def measure(network: Network, tokenizer_file: Path, data: Path, limit: int | None = None) -> dict[str, dict]:
    """By `set lang` (and `set lang without the span`): the rows, and macro-F1 in percent by depth."""
    tokenizer = load_tokenizer(tokenizer_file)
    pairs = defaultdict(lambda: defaultdict(list))
    for file in posts.sets(data, "val"):
        name = file.parent.name
        drawn = posts.rows(file, limit or (None if name in WHOLE else LIMIT))
        # Serbian is written in two scripts: the same posts in the other one.
        drawn += [row | {"text": row["text_cyrl"], "script": " in Cyrillic"} for row in drawn if row.get("text_cyrl")]
        rows = [ready for row in drawn if (ready := labelled(row))]
        for row, said in zip(rows, answers(network, tokenizer, rows)):
            for depth, probabilities in said.items():
                for suffix, values in probabilities.items():
                    pairs[f"{name} {row['lang']}{row['script']}{suffix}"][depth].append((row["class"], values))
    return {key: {"rows": len(depths[LAYERS])} | {depth: macro_f1(found) for depth, found in depths.items()} for key, depths in pairs.items()}


def labelled(row: dict) -> dict | None:
    """A row with its class, or nothing if no head is about it."""
    head = HEADS.get(row["task"], row["task"])
    if head not in CLASSES or row["label"] not in CLASSES[head]:
        return None
    ready = posts.prepared(row)
    targets = [{"spans": spans, "sentiment": 0} for spans in ready["targets"]] if head == "sentiment" else []
    script = row["script"] if row.get("script") == " in Cyrillic" else ""
    return ready | {"script": script, "head": head, "class": CLASSES[head][row["label"]], "targets": targets, "weight": 1.0}


def answers(network: Network, tokenizer, rows: list[dict]):
    """For each row, by depth, what is said toward its target and, where the two differ, of the text."""
    encodings = tokenizer.encode_batch([PREFIX + row["text"] for row in rows])
    by_length = sorted(range(len(rows)), key=lambda i: len(encodings[i].ids))
    said = [None] * len(rows)
    while by_length:
        count = max(1, BATCH_TOKENS // padded(len(encodings[by_length[-1]].ids)))
        some, by_length = by_length[-count:], by_length[:-count]
        made = batch([rows[i] for i in some], [encodings[i] for i in some], defaultdict(int))
        with torch.inference_mode(), fast():
            depths = network(made)
        places = {owner: place for place, owner in enumerate(made.owners.tolist())}
        for at, i in enumerate(some):
            said[i] = {depth: of_row(rows[i], depths[depth], at, places.get(at)) for depth in depths}
    return said


def of_row(row: dict, heads: dict, at: int, target: int | None) -> dict[str, torch.Tensor]:
    if row["head"] != "sentiment":
        return {"": heads[row["head"]][at].softmax(0)}
    text = heads["text"][at].softmax(0)
    if row["source"] not in TARGETED:
        return {"": text if target is None else heads["toward"][target].softmax(0)}
    return {"": text if target is None else heads["toward"][target].softmax(0), " without the span": text}


def headline(figures: dict[str, dict], depth: int = LAYERS) -> float:
    """The mean over UMSAB's languages but Hindi, whose labels are noise."""
    found = [values[depth] for key, values in figures.items() if key.startswith("umsab ") and key != "umsab hi"]
    return sum(found) / len(found)
