"""What the network is to learn of a batch."""

import torch
import torch.nn.functional as F

from train.examples import IGNORED, Batch
from train.network import LAYERS, SIGNALS

EXIT_WEIGHTS = {4: 0.15, 6: 0.2, 8: 0.25}
TEXT_OF_TARGETED = 0.3
"""The label of a post with a target is about the target: it says less of the text."""
SIGNAL_WEIGHTS = {"complaint": 1.0, "offensive": 0.7, "spam": 0.7, "irony": 0.3}
EMBEDDING_WEIGHT = 1.0
NEUTRAL = 1


def loss(said: dict[int, dict], batch: Batch, biases: torch.Tensor, teacher: torch.Tensor, centre: torch.Tensor) -> dict[str, torch.Tensor]:
    """The parts of the loss, each a sum over the posts that have such a label, divided by the posts of the batch.

    `biases` [sources, 3] is how each set's annotators lean; `teacher` [rows, width] are the base's unit embeddings.
    """
    full = said[LAYERS]
    parts = {}
    for depth, answers in said.items():
        weight = 1.0 if depth == LAYERS else EXIT_WEIGHTS[depth]
        name = "" if depth == LAYERS else f"@{depth}"
        own = labelled(answers, batch, biases) | {"embedding": EMBEDDING_WEIGHT * embedding(answers["embedding"], batch, teacher, centre)}
        if depth != LAYERS:
            own = {"all": sum(own.values()), "as full": agreement(answers, full, batch)}
        parts |= {key + name: weight * value for key, value in own.items()}
    return parts


def labelled(answers: dict, batch: Batch, biases: torch.Tensor) -> dict[str, torch.Tensor]:
    posts = len(batch.ids)
    targeted = torch.zeros(posts, dtype=torch.bool)
    targeted[batch.owners] = True
    weights = batch.weights * torch.where(targeted, TEXT_OF_TARGETED, 1.0)
    lean = biases[batch.sources]
    text = without_neutral(answers["text"] + lean, batch.polarity)
    parts = {"sentiment": (weights * F.cross_entropy(text, batch.sentiment, ignore_index=IGNORED, reduction="none")).sum() / posts}
    if len(batch.owners):
        toward = answers["toward"] + lean[batch.owners]
        losses = F.cross_entropy(toward, batch.toward, reduction="none")
        parts["toward"] = (batch.weights[batch.owners] * losses).sum() / posts
    for name in SIGNALS:
        if (batch.signals[name] != IGNORED).any():
            losses = F.cross_entropy(answers[name], batch.signals[name], ignore_index=IGNORED, reduction="sum")
            parts[name] = SIGNAL_WEIGHTS[name] * losses / posts
    return parts


def without_neutral(logits: torch.Tensor, polarity: torch.Tensor) -> torch.Tensor:
    """A set without neutral posts must not teach that a language has none: its rows choose between the other two."""
    barred = torch.zeros_like(logits)
    barred[:, NEUTRAL] = torch.where(polarity, -1e4, 0.0)
    return logits + barred


def embedding(vectors: torch.Tensor, batch: Batch, teacher: torch.Tensor, centre: torch.Tensor) -> torch.Tensor:
    """One less the cosine to the base's embedding, both taken from the mean embedding: raw ones all point one way."""
    known = batch.teacher >= 0
    if not known.any():
        return vectors.sum() * 0
    ours = F.normalize(vectors[known], dim=1) - centre
    cosines = F.cosine_similarity(ours, teacher[batch.teacher[known]].float() - centre, dim=1)
    return (1 - cosines).sum() / len(batch.ids)


def agreement(answers: dict, full: dict, batch: Batch) -> torch.Tensor:
    """How far an early layer's sentiment is from what the full depth says."""
    part = lambda key: F.kl_div(F.log_softmax(answers[key], 1), F.softmax(full[key].detach(), 1), reduction="sum")
    return (part("text") + (part("toward") if len(batch.owners) else 0)) / len(batch.ids)
