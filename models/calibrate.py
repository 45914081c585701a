"""Fits what turns a model's numbers into decisions, and writes it into the model's undertone.json.

    python models/calibrate.py --model models/default --data ../shared/data
    python models/golden.py --data ../shared/data --limit 300 --out target/golden-val.jsonl
    python models/calibrate.py --model models/default --golden target/golden-val.jsonl

The first sets the threshold of each signal (best F1 of the signal class), to which probabilities are moved; the reference's outputs
for the `val` sets come after it. The last reads them, splits the posts in two by a hash of their text, fits on one half and prints
figures of the other:

- the temperatures that make the sentiment's probabilities honest, one for all and one for each language with posts enough;
- the bound under which a sentiment is flagged `abstained`: the least sure tenth of the posts;
- which early layers' heads are kept, and how sure a mention must be to leave there, for each level of effort.

A set counts alike whatever its size. UMSAB's `hi` is left out (its labels are noise), as are emotion sets.
"""

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import torch

import posts
import stored
from build import write_json
from confidence import Levels, Post, abstain_below, calibration_error, coverage, probabilities, read, temperatures, three_classes
from labels import class_of
from reference import Reference

SETS = {"complaint": ["complaints"], "offensive": ["tweeteval_offensive"], "spam": ["sms_spam", "youtube_spam"]}
"""What each signal's threshold is fitted to."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, default=Path("models/default"))
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", type=Path, help="the labelled sets: the signals' thresholds")
    what.add_argument("--golden", type=Path, help="what golden.py wrote: everything else")
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    settings = stored.settings(arguments.model)
    if arguments.data is not None:
        calibrate_signals(arguments.model, arguments.data, settings)
    else:
        with arguments.golden.open(encoding="utf-8") as lines:
            labelled = read([json.loads(line) for line in lines])
        calibrate_sentiment(labelled, settings)
        calibrate_exits(labelled, settings, json.loads((arguments.model / "config.json").read_text())["num_hidden_layers"])
    write_json(arguments.model / "undertone.json", settings)


def calibrate_signals(model: Path, data: Path, settings: dict) -> None:
    """All thresholds, of what the heads say before it is moved."""
    reference = Reference(model)
    for name in SETS:
        reference.settings["heads"][name]["threshold"] = 0.5
    for name in SETS:
        calibrate_signal(reference, data, name, settings)


def calibrate_sentiment(labelled: list[Post], settings: dict) -> None:
    """Temperatures and abstention."""
    settings["calibration"] = temperatures(labelled, 0)
    settings["calibration"]["abstain_below"] = abstain = abstain_below(labelled, settings["calibration"])
    held = three_classes([post for post in labelled if not post.first])
    before = {"temperature": 1.0, "languages": {}}
    print(f"temperature {settings['calibration']['temperature']}, by language {settings['calibration']['languages']}")
    print(f"expected calibration error on the other half: {calibration_error(held, 0, before):.3f} -> "
          f"{calibration_error(held, 0, settings['calibration']):.3f}; by language, of those with 100 posts:")
    by_language = defaultdict(list)
    for post in held:
        by_language[post.lang].append(post)
    errors = {lang: calibration_error(some, 0, settings["calibration"]) for lang, some in by_language.items() if len(some) >= 100}
    print("  " + ", ".join(f"{lang} {error:.3f}" for lang, error in sorted(errors.items(), key=lambda item: -item[1])))
    said = [(probabilities(post, 0, settings["calibration"])[0], post.label) for post in held]
    right = lambda some: np.mean([p.argmax() == label for p, label in some])
    flagged = [pair for pair in said if pair[0].max() < abstain]
    others = [pair for pair in said if pair[0].max() >= abstain]
    print(f"abstain below {abstain}: flags {len(flagged) / len(said):.1%}; accuracy of the flagged {right(flagged):.1%}, of the others {right(others):.1%}")
    print("surest share, bound, accuracy: " + "; ".join(f"{share:.0%} {bound:.2f} {right:.1%}" for share, bound, right in coverage(labelled, settings["calibration"])))


def calibrate_exits(labelled: list[Post], settings: dict, layers: int) -> None:
    """Which of the exits are kept, and how sure a mention must be to leave there."""
    candidates = {found["layer"]: found for found in settings.get("exits", [])}
    if not candidates:
        return
    calibrations = {0: settings["calibration"]} | {layer: temperatures(labelled, layer) for layer in candidates}
    levels = Levels(labelled, layers, calibrations)
    print(f"full depth: {levels.full[False]:.2f} on average over the sets of the other half; all leaving at")
    print("  " + ", ".join(f"layer {depth}: {levels.average(False, {depth: 0.0}):.2f}" for depth in levels.depths))
    depths, bounds = levels.choose()
    for level, chosen in bounds.items():
        left = levels.depth_of(chosen)[~levels.first]
        shares = ", ".join(f"{(left == depth).mean():.0%} at layer {depth}" for depth in depths)
        lost = levels.full[False] - levels.average(False, chosen)
        print(f"{level}: {shares}; {levels.cost(False, chosen):.2f} of the work; loses {lost:.2f} points on the other half")
    settings["exits"] = [
        candidates[depth] | {"calibration": calibrations[depth], "sure": {level: chosen[depth] for level, chosen in bounds.items()}} for depth in depths
    ]


def calibrate_signal(reference: Reference, data: Path, name: str, settings: dict) -> None:
    """The threshold of the best mean F1 over all `val` posts of a signal's sets, each half fitted and judged by the other."""
    sets = SETS[name]
    pairs = {}
    for source in sets:
        rows = posts.rows(data / source / "val.jsonl.gz")
        outputs = reference.score([posts.prepared(row) for row in rows])
        pairs[source] = {half: [] for half in [True, False]}
        for row, output in zip(rows, outputs):
            pairs[source][posts.first_half(row["text"])].append((output.signals[name], class_of(row)[1]))
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
