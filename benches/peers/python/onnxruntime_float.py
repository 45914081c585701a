"""ONNX Runtime, float32, attention, layer norms and GELU fused by its own optimizer."""

import json

import onnxruntime
from onnxruntime.transformers import optimizer
from onnxruntime.transformers.fusion_options import FusionOptions

from worker import padded


def export(work):
    config = json.loads((work / "huggingface/config.json").read_text())
    fused = optimizer.optimize_model(
        str(work / "encoder.onnx"),
        model_type="bert",
        num_heads=config["num_attention_heads"],
        hidden_size=config["hidden_size"],
        optimization_options=FusionOptions("bert"),
    )
    fused.save_model_to_file(str(work / "encoder.fused.onnx"))


class Peer:
    FILE = "encoder.fused.onnx"

    def __init__(self, work, threads):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(work / self.FILE), options, providers=["CPUExecutionProvider"])

    def prepare(self, batch):
        return padded(batch)

    def encode(self, prepared):
        return self.session.run(None, prepared)[0]
