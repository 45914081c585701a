"""Writes what the float32 reference says, for the engines to be held against.

    python models/golden.py --model models/default --out tests/model/golden.jsonl
    python models/golden.py --model models/default --data ../shared/data --limit 300 --out target/golden-val.jsonl
    python models/golden.py --numbers target/golden-val.jsonl --out tests/model/val.jsonl.gz

Without `--data` it scores the texts of texts.py, which were written for this project. With it, `limit` posts of every `val` set; that
file holds the posts, so it stays out of the repository. Texts in the file are already normalised. A row:

    {"text", "targets": [[[start, end], ...], ...] in bytes, "ids": token ids, "text_probs": [negative, neutral, positive],
     "target_probs": one triple a target, "complaint", "offensive", "spam", "embedding": its first 8 values,
     "full": the same before the temperature, "text_logits" and "target_logits", and the signals, "exits": likewise by layer}

and with `--data` the row's `label`, `lang`, `source`, `task`, its `line` in the set, and `keep`: the target's places in the text as it was.
`--numbers` takes the texts out of such a file, so that it may be committed: a test that has the posts puts them in again. Probabilities come after `temperature`, which undertone.json says.
"""

import argparse
import gzip
import json
import sys
import zlib
from pathlib import Path

import torch

import posts
import stored
from normalise import find
from reference import Output, Reference, probabilities
from texts import TEXTS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument("--data", type=Path, help="a folder of labelled sets; their val posts are scored")
    parser.add_argument("--limit", type=int, help="posts of each set")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--numbers", type=Path, help="a file made with --data, to be written without its texts")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    if arguments.numbers is not None:
        write_numbers(arguments.numbers, arguments.out, stored.settings(arguments.model))
        return
    torch.set_num_threads(arguments.threads)

    reference = Reference(arguments.model)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    with arguments.out.open("w", encoding="utf-8") as out:
        for name, rows in inputs(arguments):
            print(f"{name}: {len(rows)} posts", file=sys.stderr)
            for row, output in zip(rows, reference.score(rows)):
                out.write(json.dumps(row | golden(output, reference.settings), ensure_ascii=False) + "\n")


def write_numbers(source: Path, out: Path, settings: dict) -> None:
    """Writes the rows of a file without their texts, at the temperature that the model has by now; `crc` tells whether a text put in again is the same."""
    probs = lambda logits: short(probabilities(torch.tensor(logits), settings))
    short = lambda values: [round(value, 4) for value in values]
    with source.open(encoding="utf-8") as rows, gzip.GzipFile(out, "wb", mtime=0) as packed:
        for row in map(json.loads, rows):
            numbers = {key: row[key] for key in ["source", "line", "label", "keep", "targets"]}
            numbers["crc"] = zlib.crc32(row["text"].encode())
            numbers["text_probs"] = probs(row["full"]["text_logits"])
            numbers["target_probs"] = [probs(logits) for logits in row["full"]["target_logits"]]
            numbers |= {signal: round(row[signal], 4) for signal in ["complaint", "offensive", "spam"]}
            packed.write(json.dumps(numbers, separators=(",", ":")).encode() + b"\n")


def inputs(arguments):
    """The rows to score, set by set."""
    if arguments.data is None:
        yield "own texts", [{"text": text, "targets": [find(text, name) for name in names]} for text, names in TEXTS]
        return
    for file in posts.sets(arguments.data, "val"):
        yield file.parent.name, [posts.prepared(row) for row in posts.rows(file, arguments.limit)]


def golden(output: Output, settings: dict) -> dict:
    """The numbers of a row."""
    rounded = lambda values: [round(float(value), 6) for value in values]
    depth = lambda said: {
        "text_logits": rounded(said.text_logits),
        "target_logits": [rounded(logits) for logits in said.target_logits],
        **{name: round(probability, 6) for name, probability in said.signals.items()},
    }
    return {
        "ids": output.ids,
        "temperature": settings["calibration"]["temperature"],
        "text_probs": rounded(probabilities(output.text_logits, settings)),
        "target_probs": [rounded(probabilities(logits, settings)) for logits in output.target_logits],
        **{name: round(probability, 6) for name, probability in output.signals.items()},
        "embedding": rounded(output.unit_embedding()[:8]),
        "full": depth(output),
        "exits": {layer: depth(said) for layer, said in output.exits.items()},
    }


if __name__ == "__main__":
    main()
