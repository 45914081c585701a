"""Exports a model directory's encoder to ONNX and quantises it as ONNX Runtime's own guide for BERT says.

    python benches/peers/export.py models/default target/peers

Float32 of the stored weights, attention and layer norms fused by ONNX Runtime's transformer optimizer, then dynamic int8:
weights per output channel, activations by their range at run time.
"""

import sys
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions
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
    plain = work / "huggingface"
    to_huggingface.export(model, plain)
    bert = BertModel.from_pretrained(plain, add_pooling_layer=False, attn_implementation="eager").eval()
    ids = torch.tensor([[0, 41, 1294, 12, 4127, 2], [0, 41, 1294, 12, 2, 1]])
    mask = (ids != 1).long()
    axes = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        Encoder(bert),
        (ids, mask),
        str(work / "encoder.onnx"),
        input_names=["input_ids", "attention_mask"],
        output_names=["last_hidden_state"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "last_hidden_state": axes},
        opset_version=17,
        do_constant_folding=True,
    )
    options = FusionOptions("bert")
    config = bert.config
    fused = optimizer.optimize_model(
        str(work / "encoder.onnx"),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        optimization_options=options,
    )
    print("fused:", {name: count for name, count in fused.get_fused_operator_statistics().items() if count})
    fused.save_model_to_file(str(work / "encoder.fused.onnx"))
    quantize_dynamic(
        str(work / "encoder.fused.onnx"),
        str(work / "encoder.int8.onnx"),
        weight_type=QuantType.QInt8,
        per_channel=True,
        extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
