"""The texts that all peers encode, as token ids, sorted by length and cut into batches: written to the work folder.

Texts are normalised as the product does, and none comes twice. Without a file of posts they are our own: the first half of one
post of the demo and the second half of another, so that there are as many as one likes, as long as posts are.
"""

import gzip
import json
import sys
from itertools import islice
from pathlib import Path

from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models"))
from normalise import normalise  # noqa: E402


def write(work: Path, model: Path, posts: Path | None, count: int, budget: int) -> dict:
    """Writes `batches.json` (ids), `singles.json` (each text alone) and `texts.jsonl`, in one order; says what they are."""
    settings = json.loads((model / "undertone.json").read_text())
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(settings["input"]["max_tokens"])
    texts = list(islice(dict.fromkeys(normalise(text) for text in (stream(posts) if posts else own(count))), count))
    ids = [encoding.ids for encoding in tokenizer.encode_batch([settings["input"]["prefix"] + text for text in texts])]
    order = sorted(range(len(ids)), key=lambda at: -len(ids[at]))
    batches = cut([ids[at] for at in order], budget)
    (work / "batches.json").write_text(json.dumps(batches))
    (work / "singles.json").write_text(json.dumps([[ids[at]] for at in order]))
    (work / "texts.jsonl").write_text("".join(json.dumps(texts[at]) + "\n" for at in order))
    tokens = sum(map(len, ids))
    padded = sum(len(batch) * len(batch[0]) for batch in batches)
    return {
        "texts": len(texts),
        "of": posts.name if posts else "posts of the demo, halves put together anew",
        "tokens": tokens,
        "tokens_with_padding": padded,
        "token_budget": budget,
        "batches": len(batches),
        "model": f"{settings['name']} {settings['version']}",
    }


def stream(posts: Path):
    with gzip.open(posts, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def own(count: int):
    posts = [json.loads(line).get("text", "") for line in (ROOT / "src/demo/posts.jsonl").read_text().splitlines()]
    words = [post.split() for post in posts if len(post.split()) > 3]
    # Some come out alike; twice as many as asked for leave enough.
    for at in range(2 * count):
        first, second = words[at % len(words)], words[(7 * at + at // len(words)) % len(words)]
        yield " ".join(first[: len(first) // 2] + second[len(second) // 2 :])


def cut(ids: list[list[int]], budget: int) -> list[list[list[int]]]:
    """At most `budget` tokens a batch; padding is not counted, which favours peers that pad."""
    batches, tokens = [], budget + 1
    for row in ids:
        if tokens + len(row) > budget:
            batches.append([])
            tokens = 0
        batches[-1].append(row)
        tokens += len(row)
    return batches
