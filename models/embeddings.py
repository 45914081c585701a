"""What build.py does to the embedding head, so that topics can be told apart: centring and partial whitening.

The base model's embeddings all point one way: any two posts have a cosine of 0.85 to 0.97, which no user can put a
threshold into. Taking off the mean puts unrelated posts near 0. What is left still lies mostly along a few directions
that say little of what a post is about, and they drown the rest; whitening shrinks them (soft ZCA: Diera, Galke and
Scherp 2024, arXiv:2411.17538). Centring and whitening are one linear map, which is folded into the weights of the head
and of every exit (train/heads.py then fits those anew): engines need not know, and it costs nothing at run time.
"""

import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import posts
from reference import Reference
from texts import TEXTS
from train.sources import load

RIDGE = 1.0
"""What is added to each variance, in mean variances: 0 whitens wholly and lifts noise, much changes nothing."""
POSTS = 60
"""Posts of each set that the map is fitted to; four times as many of one in many languages."""
HEAD = re.compile(r"(head|exit\d+)\.embed\.weight")


def spread(model: Path, data: Path | None, unclear: bool = True) -> None:
    """Folds the map into a model directory, once: a second time whitens what is white. Without data it only centres."""
    texts = [text for text, _ in TEXTS] if data is None else training_posts(data, unclear)
    vectors = torch.stack([output.embedding for output in Reference(model).score([{"text": text} for text in texts])])
    mean = vectors.mean(dim=0)
    fold(model, mean, torch.eye(len(mean)) if data is None else whitening(vectors))


def whitening(vectors: torch.Tensor) -> torch.Tensor:
    """U (L + ridge)^(-1/2) U^T of the covariance U L U^T, scaled so that an average variance stays as it is."""
    variances, directions = torch.linalg.eigh(torch.cov(vectors.T.double()))
    level = variances.mean()
    shrink = ((variances.clamp_min(0) + RIDGE * level) / ((1 + RIDGE) * level)).rsqrt()
    return ((directions * shrink) @ directions.T).float()


def training_posts(data: Path, unclear: bool = True) -> list[str]:
    """Posts of the sets that train the weights, in all their languages."""
    texts = []
    for source in load(unclear):
        rows = posts.rows(source.rows_in(data))
        several = len({row["lang"] for row in rows}) > 4
        rows = posts.draw(rows, POSTS * (4 if several else 1))
        texts += [posts.as_read_in(posts.normalise(row["text"]), row["lang"]) for row in rows if row["lang"] not in source.skip_langs]
    return texts


def fold(model: Path, mean: torch.Tensor, turn: torch.Tensor) -> None:
    """Makes every embedding head give turn · (embedding − mean). Exits take the same map, for the same prototypes."""
    tensors = load_file(model / "encoder.safetensors")
    for name in [name for name in tensors if HEAD.fullmatch(name)]:
        bias = name.removesuffix("weight") + "bias"
        tensors[bias] = turn @ (tensors[bias] - mean)
        tensors[name] = (turn @ tensors[name]).contiguous()
    save_file(tensors, model / "encoder.safetensors")
