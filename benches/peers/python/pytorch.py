"""PyTorch, float32, scaled dot product attention. One text at a time it is also the reference that all are held to."""

import torch
from transformers import BertModel

from worker import padded


class Peer:
    def __init__(self, work, threads):
        torch.set_num_threads(threads)
        self.bert = BertModel.from_pretrained(work / "huggingface", add_pooling_layer=False, attn_implementation="sdpa").eval()

    def prepare(self, batch):
        return {name: torch.from_numpy(array) for name, array in padded(batch).items()}

    def encode(self, prepared):
        with torch.inference_mode():
            return self.bert(**prepared).last_hidden_state.numpy()
