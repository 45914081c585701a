"""The float32 reference: the stored weights in PyTorch, with the attention mask, one text at a time or padded in batches."""

from dataclasses import dataclass, field
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

import stored


@dataclass
class Output:
    """What the heads of one depth say of one text, before the temperature."""

    ids: list[int]
    text_logits: torch.Tensor
    target_logits: list[torch.Tensor]
    signals: dict[str, float]
    embedding: torch.Tensor
    exits: dict[int, "Output"] = field(default_factory=dict)
    """The same of the earlier layers that have heads, by layer."""

    def unit_embedding(self) -> torch.Tensor:
        """The embedding as engines give it: of length one."""
        return torch.nn.functional.normalize(self.embedding, dim=0)


class Reference:
    """A model directory, loaded."""

    def __init__(self, model: Path):
        self.settings = stored.settings(model)
        tensors = stored.tensors(model)
        self._heads = {name: tensor for name, tensor in tensors.items() if name.startswith(("head.", "exit"))}
        self._exits = {found["layer"]: found["heads"] for found in self.settings.get("exits", [])}
        config = BertConfig.from_json_file(model / "config.json")
        config._attn_implementation = "sdpa"
        self._encoder = BertModel(config, add_pooling_layer=False).eval()
        encoder = {name: tensor for name, tensor in tensors.items() if name not in self._heads}
        missing, unexpected = self._encoder.load_state_dict(encoder, strict=False)
        if unexpected or any("position_ids" not in name for name in missing):
            raise ValueError(f"weights and architecture differ: missing {missing}, unexpected {unexpected}")
        self._tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(self.settings["input"]["max_tokens"])

    def score(self, rows: list[dict], batch_tokens: int = 1024, done=None) -> list[Output]:
        """Scores rows of {"text": normalised, "targets": [[[start, end] bytes]]}, in their order."""
        prefix = self.settings["input"]["prefix"]
        encodings = self._tokenizer.encode_batch([prefix + row["text"] for row in rows])
        order = sorted(range(len(rows)), key=lambda i: -len(encodings[i].ids))
        outputs = [None] * len(rows)
        while order:
            longest = len(encodings[order[0]].ids)
            batch, order = order[: max(1, batch_tokens // longest)], order[max(1, batch_tokens // longest) :]
            depths = self._encode([encodings[i].ids for i in batch])
            for at, i in enumerate(batch):
                read = lambda depth, heads: self._read(depths[depth][at, : len(encodings[i].ids)], heads, encodings[i], rows[i])
                outputs[i] = read(-1, self.settings["heads"])
                outputs[i].exits = {layer: read(layer, heads) for layer, heads in self._exits.items()}
            if done:
                done(len(batch))
        return outputs

    def _encode(self, ids: list[list[int]]) -> tuple[torch.Tensor, ...]:
        """The vectors after each layer, those of the embeddings first."""
        longest = max(map(len, ids))
        padded = torch.tensor([row + [1] * (longest - len(row)) for row in ids])
        mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
        with torch.inference_mode():
            return self._encoder(input_ids=padded, attention_mask=mask, output_hidden_states=True).hidden_states

    def _read(self, vectors: torch.Tensor, heads: dict, encoding, row: dict) -> Output:
        mean = vectors.mean(dim=0)
        text_logits = self._linear(mean, heads["sentiment"])
        targets = []
        for spans in row.get("targets", []):
            tokens = self._tokens(encoding, row["text"], spans)
            if tokens:
                span = vectors[tokens].mean(dim=0)
                shift = self._linear(torch.cat([span, span - mean]), heads["sentiment"], "target_")
                targets.append(text_logits + shift)
            else:
                targets.append(text_logits)
        signals = {name: self._signal(mean, name, heads[name]) for name in ["complaint", "offensive", "spam"]}
        return Output(encoding.ids, text_logits, targets, signals, self._linear(mean, heads["embedding"]))

    def _signal(self, mean: torch.Tensor, name: str, head: dict) -> float:
        """The probability of yes, moved so that it is a half where the softmax is at the threshold."""
        no, yes = self._linear(mean, head)
        return torch.sigmoid(yes - no - torch.logit(torch.tensor(self.settings["heads"][name]["threshold"]))).item()

    def _tokens(self, encoding, text: str, spans: list[list[int]]) -> list[int]:
        """The tokens that overlap a span. The tokenizer counts characters of prefix + text, spans count bytes of text."""
        prefix = len(self.settings["input"]["prefix"])
        raw = text.encode()
        chars = [[prefix + len(raw[:byte].decode()) for byte in span] for span in spans]
        overlaps = lambda start, end: any(start < stop and begin < end for begin, stop in chars)
        return [i for i, (start, end) in enumerate(encoding.offsets) if start < end and overlaps(start, end)]

    def _linear(self, vector: torch.Tensor, head: dict, which: str = "") -> torch.Tensor:
        bias = head[f"{which}bias"]
        return self._heads[head[f"{which}weight"]] @ vector + (self._heads[bias] if bias else 0)


def probabilities(logits: torch.Tensor, settings: dict) -> list[float]:
    """Softmax after the calibrated temperature."""
    return torch.softmax(logits / settings["calibration"]["temperature"], 0).tolist()
