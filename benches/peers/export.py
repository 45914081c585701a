"""Turns a model directory into what peers start from: a Hugging Face directory and a float32 ONNX file of the encoder.

    python benches/peers/export.py models/default target/peers
"""

import sys
from pathlib import Path

import torch
from transformers import BertModel

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models"))
import to_huggingface  # noqa: E402


class Encoder(torch.nn.Module):
    """Ids and mask in, token vectors out: what the engines do."""

    def __init__(self, bert: BertModel):
        super().__init__()
        self.bert = bert

    def forward(self, input_ids, attention_mask):
        return self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state


def main(model: Path, work: Path) -> None:
    to_huggingface.export(model, work / "huggingface")
    bert = BertModel.from_pretrained(work / "huggingface", add_pooling_layer=False, attn_implementation="eager").eval()
    ids = torch.tensor([[0, 41, 1294, 12, 4127, 2], [0, 41, 1294, 12, 2, 1]])
    axes = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        Encoder(bert),
        (ids, (ids != 1).long()),
        str(work / "encoder.onnx"),
        input_names=["input_ids", "attention_mask"],
        output_names=["last_hidden_state"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "last_hidden_state": axes},
        opset_version=17,
        do_constant_folding=True,
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
