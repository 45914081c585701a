"""What weights score on the `val` splits, at every depth: the figure that a training run is judged by. From the directory `models`:

    python -m train.measure --data ../../shared/data --weights default --work work

`undertone eval` gives the figures that are published: those of the shipped model in the shipped engine.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import torch

import posts
from confidence import macro_f1
from labels import class_of
from train.examples import PREFIX, batch, load_tokenizer, padded
from train.network import EXITS, LAYERS, Network, fast
from train.run import networks

LIMIT = 300
"""Posts of a set, drawn by a hash of their text; sets in `WHOLE` are measured whole."""
WHOLE = {"umsab", "dong2014_target", "semeval_topic"}
TARGETED = {"dong2014_target", "semeval_topic"}
BATCH_TOKENS = 4_096


def measure(network: Network, tokenizer_file: Path, data: Path, limit: int | None = None) -> dict[str, dict]:
    """By `set lang` (and `set lang without the span`): the rows, and macro-F1 in percent by depth."""
    tokenizer = load_tokenizer(tokenizer_file)
    pairs = defaultdict(lambda: defaultdict(list))
    for file in posts.sets(data, "val"):
        name = file.parent.name
        drawn = posts.rows(file, limit or (None if name in WHOLE else LIMIT))
        rows = [ready for row in drawn if (ready := labelled(row))]
        for row, said in zip(rows, answers(network, tokenizer, rows)):
            for depth, probabilities in said.items():
                for suffix, values in probabilities.items():
                    pairs[f"{name} {row['lang']}{suffix}"][depth].append((row["class"], values))
    return {key: {"rows": len(depths[LAYERS])} | {depth: macro_f1(found) for depth, found in depths.items()} for key, depths in pairs.items()}


def labelled(row: dict) -> dict | None:
    """A row with its class, or nothing if no head is about it."""
    known = class_of(row)
    if known is None:
        return None
    head, label = known
    ready = posts.prepared(row)
    targets = [{"spans": spans, "sentiment": 0} for spans in ready["targets"]] if head == "sentiment" else []
    return ready | {"head": head, "class": label, "targets": targets, "weight": 1.0}


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


def report(weights: Path, work: Path, data: Path, limit: int | None = None) -> None:
    """Measures, prints a table, and leaves the figures in `measured.json`."""
    network, _, tokenizer = networks(work, weights)
    figures = measure(network, tokenizer, data, limit)
    (work / "measured.json").write_text(json.dumps(figures, indent=1) + "\n")
    depths = [*EXITS, LAYERS]
    print(f"macro-F1 on val by depth ({', '.join(map(str, depths))} layers)")
    for key, values in figures.items():
        print(f"{key:44} {values['rows']:>5}", *(f"{values[depth]:6.1f}" for depth in depths))
    print(f"{'umsab, mean of seven languages':44}      ", *(f"{headline(figures, depth):6.1f}" for depth in depths), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m train.measure", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="weights, or a model directory, whose exits that it does not keep say nothing")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("work"), help="where the base is fetched to and measured.json is written")
    parser.add_argument("--limit", type=int, help=f"posts of each set, instead of {LIMIT} and all of {', '.join(sorted(WHOLE))}")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    report(arguments.weights, arguments.work, arguments.data, arguments.limit)


if __name__ == "__main__":
    main()
