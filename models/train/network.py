"""The encoder and the heads, for training. Names of stored tensors are those of docs/MODEL_FORMAT.md.

Heads read the last layer, and the same heads in small read earlier layers (`EXITS`): a mention that is plain after six layers
need not run through twelve. All are trained together; an early head learns from the labels and from what the full depth says.
"""

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

WIDTH, HEADS, INNER, LAYERS = 384, 12, 1536, 12
EXITS = [4, 6, 8]
SIGNALS = {"complaint": "c", "offensive": "o", "spam": "p", "irony": "i"}
"""The heads of two classes and the letters they are stored by."""
PARTS = {
    "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
    "mixed": "attention.output.dense", "mixed_norm": "attention.output.LayerNorm",
    "inner": "intermediate.dense", "outer": "output.dense", "outer_norm": "output.LayerNorm",
}  # fmt: skip


def fast() -> torch.autocast:
    """bfloat16 where the processor has it: elsewhere it is emulated, and many times slower than float32."""
    flags = Path("/proc/cpuinfo")
    return torch.autocast("cpu", torch.bfloat16, enabled=flags.exists() and "avx512_bf16" in flags.read_text())


class Layer(nn.Module):
    """One layer of BERT."""

    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = (nn.Linear(WIDTH, WIDTH) for _ in range(3))
        self.mixed, self.mixed_norm = nn.Linear(WIDTH, WIDTH), nn.LayerNorm(WIDTH, eps=1e-12)
        self.inner, self.outer = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.outer_norm = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        posts, tokens, _ = x.shape
        by_head = lambda t: t.view(posts, tokens, HEADS, -1).transpose(1, 2)
        query, key, value = by_head(self.query(x)), by_head(self.key(x)), by_head(self.value(x))
        # Plain attention: the backward pass of the fused kernel is slow on CPUs.
        scores = query @ key.transpose(-1, -2) * (1 / math.sqrt(WIDTH // HEADS)) + bias
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).reshape(posts, tokens, WIDTH)
        x = self.mixed_norm(x + self.mixed(mixed))
        return self.outer_norm(x + self.outer(F.gelu(self.inner(x))))


class Reading(nn.Module):
    """All heads on the vectors of one layer."""

    def __init__(self):
        super().__init__()
        self.s, self.t = nn.Linear(WIDTH, 3), nn.Linear(2 * WIDTH, 3)
        self.signals = nn.ModuleDict({letter: nn.Linear(WIDTH, 2) for letter in SIGNALS.values()})
        self.embed = nn.Linear(WIDTH, WIDTH)

    def forward(self, vectors: torch.Tensor, batch) -> dict[str, torch.Tensor]:
        vectors = vectors.float()
        mean = pooled(vectors, batch.mask)
        text = self.s(mean)
        toward = text[batch.owners]
        if len(batch.owners):
            span, whole = pooled(vectors[batch.owners], batch.spans), mean[batch.owners]
            toward = toward + self.t(torch.cat([span, span - whole], dim=1))
        signals = {name: self.signals[letter](mean) for name, letter in SIGNALS.items()}
        return {"text": text, "toward": toward, "embedding": self.embed(mean)} | signals


def pooled(vectors: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The mean over the tokens that the mask has."""
    return (vectors * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)


class Network(nn.Module):
    """The whole model. Word embeddings are the base's, frozen."""

    def __init__(self, words: torch.Tensor, positions: int):
        super().__init__()
        self.register_buffer("words", words, persistent=False)
        self.positions = nn.Parameter(torch.zeros(positions, WIDTH), requires_grad=False)
        self.kind = nn.Parameter(torch.zeros(2, WIDTH), requires_grad=False)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.readings = nn.ModuleDict({str(layer): Reading() for layer in [*EXITS, LAYERS]})

    def forward(self, batch) -> dict[int, dict[str, torch.Tensor]]:
        """What each depth says."""
        said = {}
        for depth, vectors in self.depths(batch.ids, batch.mask):
            if str(depth) in self.readings:
                with torch.autocast(vectors.device.type, enabled=False):
                    said[depth] = self.readings[str(depth)](vectors, batch)
        return said

    def encode(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """The last layer's vectors, [posts, tokens, width]."""
        *_, (_, vectors) = self.depths(ids, mask)
        return vectors

    def depths(self, ids: torch.Tensor, mask: torch.Tensor):
        """Each layer's number, from 1, and its vectors."""
        x = self.norm(self.words[ids] + self.positions[: ids.shape[1]] + self.kind[0])
        bias = (1 - mask)[:, None, None, :] * -1e4
        for number, layer in enumerate(self.layers, start=1):
            x = layer(x, bias)
            yield number, x

    def stored(self) -> dict[str, torch.Tensor]:
        """The tensors by the names they are stored by."""
        return {stored: self.get_parameter(name).detach() for name, stored in names()}

    def load(self, tensors: dict[str, torch.Tensor]) -> list[str]:
        """Takes stored tensors; an exit without any begins as a copy of the last heads. Returns the names that were missing."""
        missing = []
        with torch.no_grad():
            for name, stored in names():
                head = stored.split(".", 1)
                found = tensors.get(stored)
                if found is None and head[0].startswith("exit"):
                    found = tensors.get(f"head.{head[1]}")
                if found is None:
                    missing.append(stored)
                else:
                    self.get_parameter(name).copy_(found.float())
        return missing


def names() -> list[tuple[str, str]]:
    """Our name and the stored name of every tensor."""
    pairs = [("positions", "embeddings.position_embeddings.weight"), ("kind", "embeddings.token_type_embeddings.weight")]
    modules = [("norm", "embeddings.LayerNorm")]
    for number in range(LAYERS):
        modules += [(f"layers.{number}.{ours}", f"encoder.layer.{number}.{theirs}") for ours, theirs in PARTS.items()]
    for layer in [*EXITS, LAYERS]:
        head = "head" if layer == LAYERS else f"exit{layer}"
        modules += [(f"readings.{layer}.{part}", f"{head}.{part}") for part in ["s", "t", "embed"]]
        modules += [(f"readings.{layer}.signals.{letter}", f"{head}.{letter}") for letter in SIGNALS.values()]
    return pairs + [(f"{ours}.{kind}", f"{theirs}.{kind}") for ours, theirs in modules for kind in ["weight", "bias"]]
