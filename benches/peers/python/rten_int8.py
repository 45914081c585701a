"""RTen's int8 form of the model, as its guide says: dynamic, weights by output channel, in seven bits for processors without VNNI.

Only the export is Python; rust/src/bin/rten.rs runs it.
"""

from onnxruntime.quantization import QuantType, quantize_dynamic


def export(work):
    quantize_dynamic(
        str(work / "encoder.onnx"),
        str(work / "encoder.rten.onnx"),
        op_types_to_quantize=["MatMul"],
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        extra_options={"MatMulConstBOnly": True},
    )
