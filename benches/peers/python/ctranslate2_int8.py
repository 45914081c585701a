"""CTranslate2, int8: weights by output channel, activations by token, padding removed."""

import ctranslate2
import numpy as np
from ctranslate2.converters import TransformersConverter


def export(work):
    TransformersConverter(str(work / "huggingface")).convert(str(work / "ctranslate2"), quantization="int8", force=True)


class Peer:
    def __init__(self, work, threads):
        self.encoder = ctranslate2.Encoder(str(work / "ctranslate2"), device="cpu", compute_type="int8", intra_threads=threads)

    def prepare(self, batch):
        return batch

    def encode(self, prepared):
        return np.asarray(self.encoder.forward_batch(prepared).last_hidden_state)
