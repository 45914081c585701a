"""ONNX Runtime's dynamic int8, as its guide for BERT says: fused, then weights per output channel, activations by their range.

On processors without VNNI its kernel adds two products in 16 bits, which overflow with weights of eight bits: the mean vectors of
some texts then have a cosine of 0.85 with float32. Its guide's answer is weights of seven bits, which take the same time.
"""

from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

import onnxruntime_float


def export(work):
    if not (work / "encoder.fused.onnx").exists():
        onnxruntime_float.export(work)
    quantize_dynamic(
        str(work / "encoder.fused.onnx"),
        str(work / "encoder.int8.onnx"),
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range="vnni" not in Path("/proc/cpuinfo").read_text(),
        extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
    )


class Peer(onnxruntime_float.Peer):
    FILE = "encoder.int8.onnx"
