"""Fits what turns a model's numbers into decisions, and writes it into the model's undertone.json.

    python models/calibrate.py --model models/default --data ../shared/data --golden target/golden-val.jsonl

Reads the reference's outputs that golden.py wrote for the `val` sets, splits the posts in two by a hash of their text, fits on
one half and prints figures of the other:

- the temperature that makes the sentiment's probabilities honest (least negative log likelihood over its grid);
- the bound under which a sentiment is flagged `abstained`: the least sure tenth of the posts;
- the threshold of each signal (best F1 of the signal class).

A set counts alike whatever its size. UMSAB's `hi` is left out (its labels are noise), as are emotion sets.
"""

import argparse
import json
import zlib
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

import posts
from build import write_json
from reference import Reference

LABELS = ["negative", "neutral", "positive"]
SIGNALS = {
    "complaint": (["complaints"], {"complaint": 1, "no-complaint": 0}),
    "offensive": (["tweeteval_offensive"], {"offensive": 1, "not-offensive": 0}),
    "spam": (["sms_spam", "youtube_spam"], {"spam": 1, "ham": 0}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--golden", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    reference = Reference(arguments.model)
    settings = reference.settings
    with arguments.golden.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    calibrate_sentiment(rows, settings)
    for name in SIGNALS:
        calibrate_signal(reference, arguments.data, name, settings)
    write_json(arguments.model / "undertone.json", settings)


def first_half(text: str) -> bool:
    return zlib.crc32(text.encode()) % 2 == 0


def calibrate_sentiment(rows: list[dict], settings: dict) -> None:
    """Temperature and abstention."""
    halves = {True: defaultdict(list), False: defaultdict(list)}
    for row in rows:
        if row["task"] not in ("sentiment", "topic_sentiment") or row["label"] not in LABELS:
            continue
        if row["source"] == "umsab" and row["lang"] == "hi":
            continue
        triple = row["target_probs"][0] if row["target_probs"] else row["text_probs"]
        logits = row["temperature"] * np.log(np.maximum(triple, 1e-7))
        halves[first_half(row["text"])][row["source"]].append((logits, LABELS.index(row["label"])))
    # Sets without neutral posts say nothing about how sure to be of neutral.
    fitted, held = [{s: r for s, r in half.items() if len({label for _, label in r}) == 3} for half in halves.values()]

    grid = np.arange(0.5, 3.01, 0.05)
    temperature = min(grid, key=lambda t: log_loss(fitted, t))
    surest = np.concatenate([softmax(np.array([l for l, _ in r]) / temperature).max(axis=1) for r in fitted.values()])
    abstain = float(np.quantile(surest, 0.1))
    settings["calibration"] = {"temperature": round(float(temperature), 2), "abstain_below": round(abstain, 3)}
    print(f"temperature {temperature:.2f}: log loss on the other half {log_loss(held, 1):.4f} -> {log_loss(held, temperature):.4f}, "
          f"calibration error {calibration_error(held, 1):.3f} -> {calibration_error(held, temperature):.3f}")
    logits, labels = flat(held)
    probabilities = softmax(logits / temperature)
    right = probabilities.argmax(axis=1) == labels
    kept = probabilities.max(axis=1) >= abstain
    print(f"abstain below {abstain:.3f}: flags {1 - kept.mean():.1%}; accuracy of the flagged {right[~kept].mean():.1%}, "
          f"of the others {right[kept].mean():.1%}")


def flat(sets: dict) -> tuple[np.ndarray, np.ndarray]:
    pairs = [pair for rows in sets.values() for pair in rows]
    return np.array([logits for logits, _ in pairs]), np.array([label for _, label in pairs])


def log_loss(sets: dict, temperature: float) -> float:
    """Mean over the sets of the mean negative log likelihood."""
    means = []
    for rows in sets.values():
        logits, labels = flat({"": rows})
        means.append(-np.log(softmax(logits / temperature)[np.arange(len(labels)), labels]).mean())
    return float(np.mean(means))


def calibration_error(sets: dict, temperature: float) -> float:
    """Expected calibration error over ten bins of confidence."""
    logits, labels = flat(sets)
    probabilities = softmax(logits / temperature)
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * 10).astype(int), 9)
    gaps = [(bins == b).mean() * abs(confidence[bins == b].mean() - right[bins == b].mean()) for b in range(10) if (bins == b).any()]
    return float(sum(gaps))


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def calibrate_signal(reference: Reference, data: Path, name: str, settings: dict) -> None:
    """The threshold of the best mean F1 over all `val` posts of a signal's sets, each half fitted and judged by the other."""
    sets, classes = SIGNALS[name]
    pairs = {}
    for source in sets:
        rows = posts.rows(data / source / "val.jsonl.gz")
        outputs = reference.score([posts.prepared(row) for row in rows])
        pairs[source] = {half: [] for half in [True, False]}
        for row, output in zip(rows, outputs):
            pairs[source][first_half(row["text"])].append((output.signals[name], classes[row["label"]]))
    grid = np.arange(0.1, 0.91, 0.01)
    f1 = lambda threshold, half: np.mean([binary_f1(halves[half], threshold) for halves in pairs.values()])
    # The best of a smoothed curve: single posts make the raw one jump.
    smooth = lambda threshold: np.mean([f1(threshold + shift, True) for shift in np.arange(-0.05, 0.051, 0.01)])
    threshold = float(max(grid, key=smooth))
    settings["heads"][name]["threshold"] = round(threshold, 2)
    print(f"{name} at {threshold:.2f}: F1 on the other half {f1(threshold, False):.3f} (at 0.50: {f1(0.5, False):.3f}), sets {sets}")


def binary_f1(pairs: list, threshold: float) -> float:
    hits = sum(label for score, label in pairs if score >= threshold)
    said = sum(score >= threshold for score, _ in pairs)
    true = sum(label for _, label in pairs)
    return 2 * hits / (said + true) if said + true else 0.0


if __name__ == "__main__":
    main()
