"""Labelled posts of many sets, made alike: one row says what each head is to learn from one text.

A row is `{"text", "lang", "source", "weight"}` and what is known of it: `sentiment` (0 negative, 1 neutral, 2 positive), `polarity`
(its set has no neutral), `targets` (`[{"spans": [[start, end]], "sentiment"}]`, in bytes of the normalised text), `offensive`, `spam`,
`complaint`, `irony` (0 or 1), `embed`.

Rows that could make a figure lie are dropped: those equal to a `val` row of any set, or near it (`near.py`). So are those
that teach nothing: texts that a set labels both ways, and repeats.
"""

import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path

import posts
from normalise import as_read_in, find, normalise
from train.near import Near, plain
from train.sources import Source

CLASSES = {"negative": 0, "neutral": 1, "positive": 2}


def prepare(data: Path, sources: list[Source], out: Path, limit: int | None = None) -> None:
    """Reads the sources, drops what must not train, writes what is left, and prints the counts."""
    held = Near(text for file in posts.sets(data, "val") for text in texts(file))
    print(f"{len(held):,} texts stand in some val split; a row that equals one, or is near it, does not train")
    kept, total = [], Counter()
    print(f"{'set':24} {'rows':>7} {'unlabelled':>10} {'= val':>6} {'near val':>8} {'both ways':>9} {'repeats':>7} {'left':>7}")
    for source in sources:
        counts, rows = cleaned(source, data, held, limit)
        kept += rows
        total += counts
        print_counts(source.name, counts)
    print_counts("all", total)
    out.parent.mkdir(parents=True, exist_ok=True)
    with gzip.open(out, "wt", encoding="utf-8", compresslevel=3) as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in kept)


def texts(file: Path) -> list[str]:
    """Every text of a file, transliterations included."""
    return [row[key] for row in posts.rows(file) for key in ("text", "text_cyrl") if row.get(key)]


def cleaned(source: Source, data: Path, held: Near, limit: int | None) -> tuple[Counter, list[dict]]:
    """The rows of a source that may train it, and how many were dropped for what."""
    counts = Counter()
    by_text = defaultdict(list)
    for row in posts.rows(source.rows_in(data), limit):
        counts["rows"] += 1
        made = row_of(source, row)
        if made is None:
            counts["unlabelled"] += 1
            continue
        near = held.holds(row["text"])
        if near:
            counts[near] += 1
            continue
        by_text[plain(made["text"])].append(made)
    kept = []
    for same in by_text.values():
        if len({json.dumps(row.get("sentiment", row.get(source.head))) for row in same}) > 1 and not source.target:
            counts["both ways"] += len(same)
            continue
        # One text may speak of several targets: each row stays.
        distinct = {json.dumps(row.get("targets")): row for row in same}
        counts["repeats"] += len(same) - len(distinct)
        kept += distinct.values()
    counts["left"] = len(kept)
    return counts, kept


def print_counts(name: str, counts: Counter) -> None:
    columns = [("rows", 7), ("unlabelled", 10), ("equal", 6), ("near", 8), ("both ways", 9), ("repeats", 7), ("left", 7)]
    print(f"{name:24}", *(f"{counts[key]:>{width},}" for key, width in columns))


def row_of(source: Source, row: dict) -> dict | None:
    """What a labelled post teaches; nothing, if its label is none of its head's."""
    if row.get("lang") in source.skip_langs:
        return None
    names = target_names(source, row)
    read = lambda text: as_read_in(normalise(text, list(names)), row["lang"])
    text = read(row["text"])
    made = {"text": text, "lang": row["lang"], "source": source.name, "weight": weight(source, row)}
    if source.embed:
        made["embed"] = True
    if source.ironic and isinstance(row.get(source.ironic), bool):
        made["irony"] = int(row[source.ironic])
    if source.head == "none":
        return made
    label = row.get(source.label)
    if source.head != "sentiment":
        known = {name: 1 for name in source.yes} | {name: 0 for name in source.no}
        return made | {source.head: known[label]} if label in known else None
    if label not in CLASSES or (source.polarity and label == "neutral"):
        return None
    made["sentiment"] = CLASSES[label]
    if source.polarity:
        made["polarity"] = True
    targets = [{"spans": find(text, read(name)), "sentiment": sentiment} for name, sentiment in names.items()]
    targets = [target for target in targets if target["spans"]]
    if targets:
        made["targets"] = targets
    return made


def target_names(source: Source, row: dict) -> dict[str, int]:
    """Whom the row is about, and what it feels toward each."""
    if source.target == "terms":
        terms = {}
        for term in row.get("terms") or []:
            terms.setdefault(term["term"], set()).add(term["polarity"])
        # A term with two polarities, or one called `conflict`, teaches nothing.
        return {name: CLASSES[p] for name, found in terms.items() if len(found) == 1 and (p := next(iter(found))) in CLASSES}
    name = row.get(source.target) if source.target else None
    return {name: CLASSES[row["label"]]} if isinstance(name, str) and row["label"] in CLASSES else {}


def weight(source: Source, row: dict) -> float:
    """How much a row counts: less where its annotators disagreed."""
    sure = row.get(source.confidence) if source.confidence else None
    return max(0.2, min(1.0, float(sure))) if isinstance(sure, (int, float)) else 1.0
