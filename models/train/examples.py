"""From rows to batches: which row is drawn when, how it is varied, what its tokens are.

Everything hangs on the seed and on the number of the chunk alone, so a run that was cut off goes on as if it had not been.
"""

import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer

from train.sources import Source

PREFIX = "query: "
MAX_TOKENS = 96
CHUNK = 2_560
"""Draws that are sorted by length together."""
STEP = 8
"""Lengths are padded to a multiple of this: each new shape costs oneDNN a new primitive."""
UNTOUCHED = re.compile(r"(@\w+|\bhttp\b|#\w+)")
ACCENTED = {"vi", "es", "pt", "fr", "it", "is", "tr", "sr", "de"}
IGNORED = -100


@dataclass
class Batch:
    """Tensors of some posts. Labels are `IGNORED` where a post says nothing of a head."""

    ids: torch.Tensor
    """[posts, tokens]"""
    mask: torch.Tensor
    """[posts, tokens], 1 for a token, 0 for padding."""
    sources: torch.Tensor
    """[posts]: index of the source."""
    weights: torch.Tensor
    """[posts]"""
    polarity: torch.Tensor
    """[posts], whether neutral is no choice."""
    sentiment: torch.Tensor
    """[posts]"""
    signals: dict[str, torch.Tensor]
    """[posts] each"""
    teacher: torch.Tensor
    """[posts]: row of the base's embeddings, -1 without."""
    spans: torch.Tensor
    """[targets, tokens], 1 for the tokens of the target."""
    owners: torch.Tensor
    """[targets]: the post of each target."""
    toward: torch.Tensor
    """[targets]: sentiment."""


class Draws:
    """The order of a run: each source as often as its `passes` say, scaled to the number of posts wanted."""

    def __init__(self, rows: list[dict], sources: list[Source], total: int | None, seed: int):
        self.rows, self.seed = rows, seed
        self.by_source = defaultdict(list)
        for at, row in enumerate(rows):
            self.by_source[row["source"]].append(at)
        self.numbers = {source.name: number for number, source in enumerate(sources)}
        shuffle = random.Random(f"{seed} order")
        wanted = {source.name: source.passes * len(self.by_source[source.name]) for source in sources}
        scale = total / sum(wanted.values()) if total else 1.0
        self.order = []
        for name, count in wanted.items():
            left = round(count * scale)
            while left > 0 and self.by_source[name]:
                once = shuffle.sample(self.by_source[name], len(self.by_source[name]))
                self.order += once[:left]
                left -= len(once)
        shuffle.shuffle(self.order)
        self.targeted = [at for at, row in enumerate(rows) if row.get("targets")]

    def chunks(self) -> int:
        return -(-len(self.order) // CHUNK)

    def chunk(self, number: int, tokenizer: Tokenizer, batch_tokens: int) -> Iterator[Batch]:
        """The batches of a chunk: posts of like length together, batches in any order."""
        chance = random.Random(f"{self.seed} chunk {number}")
        drawn = [self.varied(at, chance) for at in self.order[number * CHUNK : (number + 1) * CHUNK]]
        encodings = tokenizer.encode_batch([PREFIX + row["text"] for row in drawn])
        by_length = sorted(range(len(drawn)), key=lambda i: len(encodings[i].ids))
        cuts, longest, begin = [], 0, 0
        for end, at in enumerate(by_length):
            longest = padded(len(encodings[at].ids))
            if (end - begin + 1) * longest > batch_tokens and end > begin:
                cuts.append(by_length[begin:end])
                begin = end
        cuts.append(by_length[begin:])
        chance.shuffle(cuts)
        for cut in cuts:
            yield batch([drawn[i] for i in cut], [encodings[i] for i in cut], self.numbers)

    def varied(self, at: int, chance: random.Random) -> dict:
        """A row, sometimes written another way or joined with another one, as people write."""
        row = self.rows[at]
        if row.get("targets"):
            return joined(row, self.rows[chance.choice(self.targeted)], chance) if chance.random() < 0.3 else row
        text, roll = row["text"], chance.random()
        if row["lang"] in ACCENTED and roll < 0.06:
            text = without_accents(text)
        roll = chance.random()
        if roll < 0.05:
            text = text.lower()
        elif roll < 0.07:
            text = outside_marks(text, str.upper)
        elif roll < 0.10:
            text = elongated(text, chance)
        return row if text == row["text"] else row | {"text": text, "teacher": -1}


def outside_marks(text: str, change) -> str:
    """Changes a text, but not its links, handles and hashtags."""
    return "".join(piece if at % 2 else change(piece) for at, piece in enumerate(UNTOUCHED.split(text)))


def without_accents(text: str) -> str:
    """As it is typed on a keyboard without accents."""
    plain = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return plain.replace("đ", "d").replace("Đ", "D")


def elongated(text: str, chance: random.Random) -> str:
    """One vowel drawn ouuut."""
    vowels = [at for at, c in enumerate(text) if c in "aeiouyаеиоу"]
    if not vowels:
        return text
    at = chance.choice(vowels)
    return text[:at] + text[at] * chance.randint(2, 4) + text[at + 1 :]


def joined(first: dict, second: dict, chance: random.Random) -> dict:
    """Two posts in one, so that two targets stand in one text, each with its own sentiment."""
    between = chance.choice([" ", " ", ". ", " but ", " and ", ", ", " / "])
    shift = len((first["text"] + between).encode())
    moved = [target | {"spans": [[a + shift, b + shift] for a, b in target["spans"]]} for target in second["targets"]]
    both = {"text": first["text"] + between + second["text"], "targets": first["targets"] + moved, "weight": first["weight"]}
    same = first["sentiment"] == second["sentiment"]
    return both | {"source": first["source"], "lang": first["lang"]} | ({"sentiment": first["sentiment"]} if same else {})


def padded(length: int) -> int:
    return -(-length // STEP) * STEP


def batch(rows: list[dict], encodings: list, numbers: dict[str, int]) -> Batch:
    """The tensors of some rows."""
    length = padded(max(len(encoding.ids) for encoding in encodings))
    column = lambda key, other=IGNORED: torch.tensor([row.get(key, other) for row in rows])
    spans, owners, toward = [], [], []
    for at, (row, encoding) in enumerate(zip(rows, encodings)):
        for target in row.get("targets", []):
            tokens = covered(encoding, row["text"], target["spans"])
            if tokens:
                spans.append([float(token in tokens) for token in range(length)])
                owners.append(at)
                toward.append(target["sentiment"])
    return Batch(
        ids=torch.tensor([encoding.ids + [1] * (length - len(encoding.ids)) for encoding in encodings]),
        mask=torch.tensor([[1.0] * len(encoding.ids) + [0.0] * (length - len(encoding.ids)) for encoding in encodings]),
        sources=torch.tensor([numbers[row["source"]] for row in rows]),
        weights=torch.tensor([float(row["weight"]) for row in rows]),
        polarity=column("polarity", False),
        sentiment=column("sentiment"),
        signals={name: column(name) for name in ["complaint", "offensive", "spam", "irony"]},
        teacher=column("teacher", -1),
        spans=torch.tensor(spans).view(-1, length),
        owners=torch.tensor(owners, dtype=torch.long),
        toward=torch.tensor(toward, dtype=torch.long),
    )


def covered(encoding, text: str, spans: list[list[int]]) -> set[int]:
    """The tokens that overlap a span. The tokenizer counts characters of prefix + text, spans count bytes of text."""
    raw = text.encode()
    chars = [[len(PREFIX) + len(raw[:byte].decode()) for byte in span] for span in spans]
    overlaps = lambda start, end: any(start < stop and begin < end for begin, stop in chars)
    return {i for i, (start, end) in enumerate(encoding.offsets) if start < end and overlaps(start, end)}


def load_tokenizer(file) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer
