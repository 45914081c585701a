"""Turns a model directory into a plain Hugging Face directory: float32 of the stored weights.

    python models/to_huggingface.py models/default target/huggingface

`transformers.AutoModel` and `AutoTokenizer` load the result; the heads stand beside it in `heads.safetensors`.
"""

import json
import shutil
import sys
from pathlib import Path

from safetensors.torch import save_file

import stored

TOKENIZER = {
    "tokenizer_class": "XLMRobertaTokenizerFast",
    "model_max_length": 512,
    "bos_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "cls_token": "<s>",
    "unk_token": "<unk>",
    "pad_token": "<pad>",
    "mask_token": "<mask>",
}


def export(model: Path, out: Path) -> None:
    """Writes the directory."""
    tensors = stored.tensors(model)
    heads = {name: tensor for name, tensor in tensors.items() if name.startswith(("head.", "exit"))}
    encoder = {name: tensor for name, tensor in tensors.items() if name not in heads}
    out.mkdir(parents=True, exist_ok=True)
    save_file(encoder, out / "model.safetensors", metadata={"format": "pt"})
    save_file(heads, out / "heads.safetensors", metadata={"format": "pt"})
    for file in ["config.json", "tokenizer.json", "undertone.json"]:
        shutil.copyfile(model / file, out / file)
    (out / "tokenizer_config.json").write_text(json.dumps(TOKENIZER, indent=2) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    export(Path(sys.argv[1]), Path(sys.argv[2]))
