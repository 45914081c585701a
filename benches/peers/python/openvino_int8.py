"""OpenVINO, int8: weights and activations quantised by NNCF's way for transformers, ranges found on the texts at hand.

Of its ways this was the fastest on AVX2 without VNNI (CPU of a token, one thread, 2026-11-27): float32 750 µs, weights alone in int8
744, with activations quantised as they come (groups of 32, 128, all) 800 to 990, this one 708.
"""

import json

import nncf
import openvino

from worker import padded

CALIBRATION = 320


def export(work):
    texts = [text for batch in json.loads((work / "batches.json").read_text()) for text in batch]
    texts = texts[:: max(1, len(texts) // CALIBRATION)]
    batches = [padded(texts[at : at + 8]) for at in range(0, len(texts), 8)]
    model = openvino.Core().read_model(work / "encoder.onnx")
    quantised = nncf.quantize(model, nncf.Dataset(batches), model_type=nncf.ModelType.TRANSFORMER, subset_size=len(batches))
    openvino.save_model(quantised, work / "openvino.xml", compress_to_fp16=False)


class Peer:
    def __init__(self, work, threads):
        properties = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1, "ENABLE_CPU_PINNING": False}
        self.request = openvino.Core().compile_model(work / "openvino.xml", "CPU", properties).create_infer_request()

    def prepare(self, batch):
        return padded(batch)

    def encode(self, prepared):
        return self.request.infer(prepared, share_inputs=True, share_outputs=True)[0]
