"""The embedding heads of the early exits, in closed form, of a model directory. From the directory `models`:

    python -m train.heads --data ../../shared/data --model default

A mention that leaves early is compared with topics whose prototypes full depth made, at thresholds that were set at full depth. So an
exit's head is to say what full depth says of the same text, and to be as sure of it: the linear map from the mean of the exit's token
vectors that comes nearest to full depth's embeddings (least squares), then stretched so that its embeddings vary as full depth's do. What
least squares cannot know it leaves at the mean, and all posts would look more alike, and more like every topic, than they do at full depth.

`python -m train` takes this step after build.py. Nothing else in the directory changes.
"""

import argparse
import gzip
import json
from collections import defaultdict
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file

import base
import posts
import stored
from train.examples import PREFIX, load_tokenizer, padded
from train.network import LAYERS, Network, fast, pooled
from train.prepare import prepare
from train.sources import load

TEXTS = 450
"""Texts of each set and language that are fitted: all of them count, however large their sets."""
HELD = 10
"""One text in so many is not fitted: it says how near the fit comes."""
RIDGE, FLOOR = 0.01, 0.1
"""What is added to each variance, in mean variances: of the vectors that are fitted, and of the embeddings that are stretched. Directions
in which texts hardly differ would take any weight without."""
BATCH = 64

Map = tuple[torch.Tensor, torch.Tensor]
"""Weight and bias."""


def fit_exits(model: Path, texts: list[str]) -> dict[int, float]:
    """Gives the exits of a model directory their heads. Returns by layer the mean cosine to full depth's embeddings, on texts not fitted."""
    tensors = load_file(model / "encoder.safetensors")
    layers = [found["layer"] for found in stored.settings(model).get("exits", [])]
    vectors = means(model, texts, [*layers, LAYERS])
    wanted = F.normalize(vectors[LAYERS] @ tensors["head.embed.weight"].T + tensors["head.embed.bias"], dim=1)
    held = torch.arange(len(texts)) % HELD == 0
    near = {}
    for layer in layers:
        weight, bias = exit_map(vectors[layer][~held], wanted[~held])
        tensors |= {f"exit{layer}.embed.weight": weight.contiguous(), f"exit{layer}.embed.bias": bias}
        near[layer] = F.cosine_similarity(vectors[layer][held] @ weight.T + bias, wanted[held]).mean().item()
    save_file(tensors, model / "encoder.safetensors")
    return near


def exit_map(given: torch.Tensor, wanted: torch.Tensor) -> Map:
    """The map from vectors of an exit to embeddings that are near those wanted, and vary as they do."""
    weight, bias = least_squares(given, wanted)
    said = given @ weight.T + bias
    stretch = (power(said, -0.5).T @ power(wanted, 0.5)).T.float()
    return stretch @ weight, stretch @ (bias - said.mean(0)) + wanted.mean(0)


def least_squares(given: torch.Tensor, wanted: torch.Tensor) -> Map:
    """The linear map that comes nearest to what is wanted, with a ridge."""
    x, y = given.double(), wanted.double()
    spread, aim = x - x.mean(0), y - y.mean(0)
    covariance = spread.T @ spread / len(x)
    ridge = RIDGE * covariance.diagonal().mean() * torch.eye(len(covariance), dtype=x.dtype)
    weight = torch.linalg.solve(covariance + ridge, spread.T @ aim / len(x)).T
    return weight.float(), (y.mean(0) - weight @ x.mean(0)).float()


def power(vectors: torch.Tensor, exponent: float) -> torch.Tensor:
    """A power of the covariance of vectors, each variance raised by a share of the mean one."""
    variances, directions = torch.linalg.eigh(torch.cov(vectors.T.double()))
    return (directions * (variances.clamp_min(0) + FLOOR * variances.mean()) ** exponent) @ directions.T


def means(model: Path, texts: list[str], layers: list[int]) -> dict[int, torch.Tensor]:
    """The means of the token vectors after some layers, a row each text."""
    tensors = stored.tensors(model)
    network = Network(tensors[base.WORDS], len(tensors["embeddings.position_embeddings.weight"]))
    network.load(tensors)
    encodings = load_tokenizer(model / "tokenizer.json").encode_batch([PREFIX + text for text in texts])
    found = {layer: torch.zeros(len(texts), network.words.shape[1]) for layer in layers}
    by_length = sorted(range(len(texts)), key=lambda i: len(encodings[i].ids))
    for begin in range(0, len(by_length), BATCH):
        some = by_length[begin : begin + BATCH]
        length = padded(len(encodings[some[-1]].ids))
        ids = torch.tensor([encodings[i].ids + [1] * (length - len(encodings[i].ids)) for i in some])
        mask = torch.tensor([[1.0] * len(encodings[i].ids) + [0.0] * (length - len(encodings[i].ids)) for i in some])
        with torch.inference_mode(), fast():
            for layer, vectors in network.depths(ids, mask):
                if layer in found:
                    found[layer][some] = pooled(vectors.float(), mask)
    return found


def drawn(rows: Path) -> list[str]:
    """Texts of each set and language, drawn by a hash."""
    by_kind = defaultdict(list)
    with gzip.open(rows, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            by_kind[row["source"], row["lang"]].append(row)
    return list(dict.fromkeys(row["text"] for found in by_kind.values() for row in posts.draw(found, TEXTS)))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m train.heads", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="the model directory")
    parser.add_argument("--data", type=Path, required=True, help="labelled sets, as sources.toml names them")
    parser.add_argument("--work", type=Path, default=Path("work"), help="where the rows lie, or are written to")
    parser.add_argument("--no-unclear", action="store_true", help="only sets whose licence allows training")
    parser.add_argument("--limit", type=int, help="rows of each set")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    rows = arguments.work / "rows.jsonl.gz"
    if not rows.exists():
        prepare(arguments.data, load(not arguments.no_unclear), rows, arguments.limit)
    texts = drawn(rows)
    near = fit_exits(arguments.model, texts)
    told = ", ".join(f"layer {layer} {cosine:.3f}" for layer, cosine in near.items())
    fitted = len(texts) - -(-len(texts) // HELD)
    print(f"embeddings of the exits fitted to {fitted:,} texts; cosine to full depth's on those held back: {told}", flush=True)


if __name__ == "__main__":
    main()
