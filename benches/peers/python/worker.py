"""One process of a peer that Python runs.

    worker.py PEER WORK export                 makes what the peer needs of the model, once
    worker.py PEER WORK FILE SHARE/OF THREADS  encodes every OF-th batch of WORK/FILE from SHARE on, as often as it is told

What it is told, a line each on standard input: `check PATH` encodes all and writes the mean vector of each text, `run` encodes
all against the clock. It answers `ready` once it has loaded, then `done SECONDS`. ../protocol.rs is the same for Rust.

A peer is a module with `Peer(work, threads)`: `prepare(batch)` is outside the clock, `encode(prepared)` inside it and gives
the token vectors, texts x longest x hidden; `export(work)` where it needs a form of the model of its own.
"""

import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np

PAD = 1


def padded(batch: list[list[int]]) -> dict:
    """Ids and mask of a batch, padded to its longest text."""
    longest = max(map(len, batch))
    ids = np.full((len(batch), longest), PAD, dtype=np.int64)
    for row, tokens in zip(ids, batch):
        row[: len(tokens)] = tokens
    return {"input_ids": ids, "attention_mask": (np.arange(longest) < np.array([[len(row)] for row in batch])).astype(np.int64)}


def main(name: str, work: Path, *arguments: str) -> None:
    module = importlib.import_module(name)
    if arguments == ("export",):
        if hasattr(module, "export"):
            module.export(work)
        return
    file, share, threads = arguments
    first, of = map(int, share.split("/"))
    batches = json.loads((work / file).read_text())[first::of]
    # Whatever the libraries print must not mix with the answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    peer = module.Peer(work, int(threads))
    inputs = [peer.prepare(batch) for batch in batches]
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        what, _, path = line.strip().partition(" ")
        start = time.perf_counter()
        if what == "check":
            encoded = (np.asarray(peer.encode(prepared), dtype=np.float32) for prepared in inputs)
            means = [vectors[: len(ids)].mean(axis=0) for batch, rows in zip(batches, encoded) for ids, vectors in zip(batch, rows)]
            np.stack(means).tofile(path)
        else:
            for prepared in inputs:
                peer.encode(prepared)
        print(f"done {time.perf_counter() - start}", file=answers, flush=True)


if __name__ == "__main__":
    if len(sys.argv) not in (4, 6):
        sys.exit(__doc__)
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
