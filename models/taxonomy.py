"""Topics as users write them, and what embeddings make of them: one prototype a topic, as in src/model/topics.rs."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np

import posts
from reference import Reference

Embed = Callable[[list[str]], np.ndarray]
"""Texts as they came to unit embeddings, a row each."""


def topics(file: Path) -> list[dict]:
    """The `[[topic]]` tables of a watchlist."""
    return tomllib.loads(file.read_text(encoding="utf-8"))["topic"]


def slug(label: str) -> str:
    """The id of a topic that stands for a set's label: `diaries_&_daily_life` is `diaries-and-daily-life`."""
    return re.sub("[^a-z0-9]+", "-", label.lower().replace("&", "and")).strip("-")


def embedder(reference: Reference) -> Embed:
    """The embeddings of a model directory, remembered by their texts."""
    known = {}

    def embed(texts: list[str]) -> np.ndarray:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        outputs = reference.score([{"text": posts.normalise(text)} for text in new])
        known.update((text, output.unit_embedding().numpy()) for text, output in zip(new, outputs))
        return np.stack([known[text] for text in texts])

    return embed


def prototypes(taxonomy: list[dict], embed: Embed) -> np.ndarray:
    """A row a topic: the mean embedding of its name, description and examples, of length one."""
    rows = []
    for topic in taxonomy:
        mean = embed([topic["name"], topic["description"], *topic.get("examples", [])]).mean(axis=0)
        rows.append(mean / np.linalg.norm(mean))
    return np.stack(rows)
