"""The base model's own sentence embeddings of the texts that are to keep them."""

from pathlib import Path

import torch
import torch.nn.functional as F

from train.examples import PREFIX, load_tokenizer, padded
from train.network import Network, pooled, fast

MOST = 40_000
"""Texts that are embedded: more change nothing that could be measured."""


def teach(base: Network, tokenizer_file: Path, rows: list[dict], cache: Path) -> torch.Tensor:
    """Gives rows their place in the returned unit embeddings [n, width], as `teacher`."""
    wanted = [row for row in rows if row.get("embed")]
    wanted = wanted[:: max(1, len(wanted) // MOST)]
    for place, row in enumerate(wanted):
        row["teacher"] = place
    if cache.exists():
        found = torch.load(cache, weights_only=True)
        if len(found) == len(wanted):
            return found
    tokenizer = load_tokenizer(tokenizer_file)
    encodings = tokenizer.encode_batch([PREFIX + row["text"] for row in wanted])
    by_length = sorted(range(len(wanted)), key=lambda i: len(encodings[i].ids))
    embeddings = torch.zeros(len(wanted), base.words.shape[1], dtype=torch.float16)
    for begin in range(0, len(by_length), 64):
        some = by_length[begin : begin + 64]
        length = padded(len(encodings[some[-1]].ids))
        ids = torch.tensor([encodings[i].ids + [1] * (length - len(encodings[i].ids)) for i in some])
        mask = torch.tensor([[1.0] * len(encodings[i].ids) + [0.0] * (length - len(encodings[i].ids)) for i in some])
        with torch.inference_mode(), fast():
            vectors = base.encode(ids, mask)
        embeddings[some] = F.normalize(pooled(vectors.float(), mask), dim=1).half()
    torch.save(embeddings, cache)
    return embeddings
