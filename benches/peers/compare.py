"""Measures Undertone's cpu engine and ONNX Runtime in turn, on the same texts, and writes every run down.

run.sh calls this. Both sides get the texts sorted by length and cut into batches of at most `--budget` tokens; tokenising and
loading are outside the clock. ONNX Runtime pads a batch to its longest text and is measured twice: one session with two
threads, and two processes with one thread and one core each. Before measuring, the two are held against each other: the mean
of the token vectors must point the same way.
"""

import argparse
import datetime
import gzip
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models"))
from normalise import normalise  # noqa: E402

PAD = 1
ROUNDS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--onnx", type=Path, required=True)
    parser.add_argument("--posts", type=Path, required=True)
    parser.add_argument("--ours", required=True, help="the binary of benches/peers/ours.rs")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--texts", type=int, default=2000)
    parser.add_argument("--budget", type=int, default=1024, help="tokens of a batch")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()

    settings = json.loads((arguments.model / "undertone.json").read_text())
    texts = unique_texts(arguments.posts, arguments.texts)
    tokenizer = Tokenizer.from_file(str(arguments.model / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(settings["input"]["max_tokens"])
    ids = [encoding.ids for encoding in tokenizer.encode_batch([settings["input"]["prefix"] + text for text in texts])]
    lines = arguments.work / "texts.jsonl"
    lines.write_text("".join(json.dumps(text) + "\n" for text in texts))
    ours = [arguments.ours, str(lines), str(arguments.budget)]
    batches = cut(ids, arguments.budget)

    contenders = {
        "undertone cpu, 2 workers": lambda: float(subprocess.run(ours, check=True, capture_output=True, text=True).stdout),
        "onnxruntime int8, 1 session x 2 threads": lambda: onnx(arguments.onnx, [batches], 2),
        "onnxruntime int8, 2 processes x 1 thread": lambda: onnx(arguments.onnx, [batches[0::2], batches[1::2]], 1),
    }
    runs = {name: [] for name in contenders}
    for number in range(ROUNDS):
        for name, measure in contenders.items():
            runs[name].append(round(measure(), 1))
            print(f"round {number + 1}: {name}: {runs[name][-1]} texts/s", file=sys.stderr)
    medians = {name: statistics.median(speeds) for name, speeds in runs.items()}
    own, *peers = medians.values()
    report = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "machine": machine(),
        "load_average_after": os.getloadavg(),
        "posts": arguments.posts.name,
        "texts": len(texts),
        "tokens": sum(map(len, ids)),
        "token_budget": arguments.budget,
        "model": f"{settings['name']} {settings['version']}",
        "onnxruntime": onnxruntime.__version__,
        "texts_per_second": runs,
        "medians": medians,
        "ratio_to_better_peer": round(own / max(peers), 2),
    }
    arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps({"medians": medians, "ratio_to_better_peer": report["ratio_to_better_peer"]}, indent=2))


def unique_texts(posts: Path, limit: int) -> list[str]:
    """The first texts of a file, normalised; repeats are left out, for Undertone would score them once only."""
    texts = {}
    with gzip.open(posts, "rt", encoding="utf-8") as lines:
        for line in lines:
            texts.setdefault(normalise(json.loads(line)["text"]))
            if len(texts) == limit:
                break
    return list(texts)


def cut(ids: list[list[int]], budget: int) -> list[list[list[int]]]:
    """Longest first, at most `budget` tokens a batch, as Undertone cuts; padding is not counted, which favours the peer."""
    batches, tokens = [], budget + 1
    for row in sorted(ids, key=len, reverse=True):
        if tokens + len(row) > budget:
            batches.append([])
            tokens = 0
        batches[-1].append(row)
        tokens += len(row)
    return batches


def onnx(model: Path, shares: list, threads: int) -> float:
    """Texts a second of one process a share, each with a session of so many threads."""
    context = multiprocessing.get_context("spawn")
    ready, queue = context.Barrier(len(shares) + 1), context.Queue()
    workers = []
    for number, batches in enumerate(shares):
        core = number if len(shares) > 1 else None
        workers.append(context.Process(target=work, args=(model, batches, threads, core, ready, queue)))
        workers[-1].start()
    ready.wait()
    start = time.perf_counter()
    for _ in shares:
        queue.get()
    taken = time.perf_counter() - start
    for worker in workers:
        worker.join()
    return sum(len(batch) for batches in shares for batch in batches) / taken


def work(model: Path, batches: list, threads: int, core: int | None, ready, queue) -> None:
    if core is not None:
        os.sched_setaffinity(0, {core})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    inputs = [padded(batch) for batch in batches]
    session.run(None, inputs[0])
    session.run(None, inputs[-1])
    ready.wait()
    for feed in inputs:
        session.run(None, feed)
    queue.put(len(inputs))


def padded(batch: list[list[int]]) -> dict:
    longest = max(map(len, batch))
    ids = np.full((len(batch), longest), PAD, dtype=np.int64)
    for row, tokens in zip(ids, batch):
        row[: len(tokens)] = tokens
    return {"input_ids": ids, "attention_mask": (np.arange(longest) < np.array([[len(row)] for row in batch])).astype(np.int64)}


def machine() -> str:
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} x {model}, {platform.system()} {platform.release()}"


if __name__ == "__main__":
    main()
