"""Reads labelled posts: JSON lines, gzipped, with `text`, `label`, `lang`, `source`, `task` and perhaps the target's name."""

import gzip
import json
import zlib
from pathlib import Path

from normalise import as_read_in, find, normalise


def sets(data: Path, split: str) -> list[Path]:
    """All sets that have the split."""
    return sorted(data.glob(f"*/{split}.jsonl.gz"))


def rows(file: Path, limit: int | None = None) -> list[dict]:
    """The rows of a file, or `limit` of them drawn by a hash of the text, so that every run draws the same."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        drawn = [json.loads(line) | {"line": number} for number, line in enumerate(lines, start=1)]
    return drawn if limit is None or len(drawn) <= limit else draw(drawn, limit)


def draw(rows: list[dict], limit: int | None) -> list[dict]:
    """The first rows in the order of a hash of their text, which is always the same."""
    return sorted(rows, key=lambda row: zlib.crc32(row["text"].encode()))[:limit]


def first_half(text: str) -> bool:
    """Whether a post belongs to the half that things are fitted to; figures are of the other."""
    return zlib.crc32(text.encode()) % 2 == 0


def prepared(row: dict) -> dict:
    """A row as the model reads it: normalised, with the places of its target, if it has one and it is in the text."""
    name = row.get("topic") if row["task"] == "topic_sentiment" else row.get("brand") or row.get("product")
    name = name if isinstance(name, str) else None
    read = lambda text: as_read_in(normalise(text, [name] if name else []), row.get("lang", ""))
    text = read(row["text"])
    places = find(text, read(name)) if name else []
    known = {key: row[key] for key in ["label", "lang", "source", "task", "line"] if key in row}
    known["keep"] = find(row["text"], name) if name else []
    return {"text": text, "targets": [places] if places else []} | known
