"""ONNX Runtime's dynamic int8, as its guide for BERT says: fused, then weights per output channel, activations by their range."""

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
        extra_options={"MatMulConstBOnly": True, "DefaultTensorType": onnx.TensorProto.FLOAT},
    )


class Peer(onnxruntime_float.Peer):
    FILE = "encoder.int8.onnx"
