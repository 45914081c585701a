"""Topics as users write them, and what embeddings make of them: one prototype a topic, as in src/model/topics.rs."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np

import posts
from reference import Output, Reference

Embed = Callable[[list[str]], np.ndarray]
"""Texts as they came to unit embeddings, a row each."""


def topics(file: Path) -> list[dict]:
    """The `[[topic]]` tables of a watchlist."""
    return tomllib.loads(file.read_text(encoding="utf-8"))["topic"]


def slug(label: str) -> str:
    """The id of a topic that stands for a set's label: `diaries_&_daily_life` is `diaries-and-daily-life`."""
    return re.sub("[^a-z0-9]+", "-", label.lower().replace("&", "and")).strip("-")


def embedder(reference: Reference, layer: int | None = None, known: dict[str, Output] | None = None) -> Embed:
    """The embeddings of a model directory: full depth's, or those of posts that leave at a layer. `known` remembers what was scored."""
    known = {} if known is None else known

    def embed(texts: list[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        known.update(zip(new, reference.score([{"text": posts.normalise(text)} for text in new])))
        depth = lambda output: output if layer is None else output.exits[layer]
        return np.stack([depth(known[text]).unit_embedding().numpy() for text in texts])

    return embed


def prototypes(taxonomy: list[dict], embed: Embed) -> np.ndarray:
    """A row a topic: the mean embedding of its name, description and examples, of length one."""
    rows = []
    for topic in taxonomy:
        mean = embed([topic["name"], topic["description"], *topic.get("examples", [])]).mean(axis=0)
        rows.append(mean / np.linalg.norm(mean))
    return np.stack(rows)
