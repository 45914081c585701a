"""The training run: a rate that rises, then falls to nothing; checkpoints that a run cut off goes on from.

One run uses one core: several runs of different seeds, side by side, make better use of a machine than one run on all its cores,
and the mean of their weights is better than each (`average.py`).
"""

import gzip
import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import torch

from train.examples import Draws, load_tokenizer
from train.loss import loss
from train.network import LAYERS, Network, fast
from train.sources import Source
from train.teach import teach

RATE, HEAD_RATE, EXIT_RATE, LEAN_RATE = 6e-5, 2e-4, 6e-4, 1e-3
LAYER_DECAY = 0.95
"""Each layer learns this much slower than the one above it."""
WARM_UP = 0.04
WEIGHT_DECAY = 0.01
BATCH_TOKENS = 2_560
UNBIASED = "umsab"
"""The set whose way of labelling the model is to have; how others lean is learned apart from it."""
SAVE_EVERY = 300.0
REPORT_EVERY = 100


@dataclass
class Run:
    """What a run needs to know."""

    rows: Path
    """What prepare.py wrote."""
    work: Path
    """Where checkpoints lie."""
    seed: int
    posts: int | None
    """How many posts are drawn; without it, as many as `passes` say."""
    minutes: float | None
    """If the machine is slow, the rate falls with the clock and the run ends after so many minutes."""
    heads_only: bool = False
    """Only the exits and the signals learn: what the last layer says of sentiment and topics stays as it is."""


def learn(run: Run, network: Network, base: Network, tokenizer_file: Path, sources: list[Source]) -> Network:
    torch.manual_seed(run.seed)
    with gzip.open(run.rows, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    teacher = teach(base, tokenizer_file, rows, run.rows.with_name("teacher.pt"))
    centre = teacher.float().mean(0)
    draws = Draws(rows, sources, run.posts, run.seed)
    if run.heads_only:
        keep_but_exits_and_signals(network)
    tokenizer = load_tokenizer(tokenizer_file)
    biases = torch.nn.Parameter(torch.zeros(len(sources), 3))
    leaning = torch.tensor([[float(source.name != UNBIASED)] for source in sources])
    optimizer = torch.optim.AdamW(groups(network) + [{"params": [biases], "lr": LEAN_RATE}], weight_decay=WEIGHT_DECAY, fused=True)
    rates = [group["lr"] for group in optimizer.param_groups]

    checkpoint = run.work / f"seed{run.seed}.pt"
    chunk, spent = 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        network.load_state_dict(state["network"], strict=False)
        optimizer.load_state_dict(state["optimizer"])
        biases.data = state["biases"]
        chunk, spent = state["chunk"], state["spent"]
        print(f"goes on from chunk {chunk} of {draws.chunks()}", flush=True)
    began, saved, steps, seen, sums = time.monotonic() - spent, time.monotonic(), 0, 0, {}
    while chunk < draws.chunks():
        for batch in draws.chunk(chunk, tokenizer, BATCH_TOKENS):
            spent = time.monotonic() - began
            done = max(chunk / draws.chunks(), spent / 60 / run.minutes if run.minutes else 0)
            for group, rate in zip(optimizer.param_groups, rates):
                group["lr"] = rate * share_of_rate(done)
            with fast():
                said = network(batch)
            parts = loss(said, batch, biases * leaning, teacher, centre)
            sum(parts.values()).backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            steps, seen = steps + 1, seen + len(batch.ids)
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + value.item()
            if steps % REPORT_EVERY == 0:
                told = " ".join(f"{name} {value / REPORT_EVERY:.3f}" for name, value in sums.items())
                print(f"{done:.1%} {seen:,} posts, {seen / (time.monotonic() - began):.0f}/s: {told}", flush=True)
                sums = {}
        chunk += 1
        if run.minutes and spent / 60 >= run.minutes:
            print(f"the time is up after chunk {chunk} of {draws.chunks()}", flush=True)
            break
        if time.monotonic() - saved > SAVE_EVERY or chunk == draws.chunks():
            state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "biases": biases.detach()}
            save(state | {"chunk": chunk, "spent": spent}, checkpoint)
            saved = time.monotonic()
    lean = ", ".join(f"{source.name} {[round(b, 2) for b in bias]}" for source, bias in zip(sources, (biases * leaning).tolist()))
    print(f"how sets lean (negative, neutral, positive): {lean}", flush=True)
    return network


def groups(network: Network) -> list[dict]:
    """Rates by depth."""
    found = [{"params": list(network.norm.parameters()), "lr": RATE * LAYER_DECAY**LAYERS}]
    for number, layer in enumerate(network.layers, start=1):
        found.append({"params": list(layer.parameters()), "lr": RATE * LAYER_DECAY ** (LAYERS - number)})
    for depth, reading in network.readings.items():
        found.append({"params": list(reading.parameters()), "lr": HEAD_RATE if int(depth) == LAYERS else EXIT_RATE})
    return found


def keep_but_exits_and_signals(network: Network) -> None:
    for name, parameter in network.named_parameters():
        learns = name.startswith("readings.") and (not name.startswith(f"readings.{LAYERS}.") or ".signals." in name)
        parameter.requires_grad_(learns)


def share_of_rate(done: float) -> float:
    """Up in a line, down in half a cosine."""
    if done < WARM_UP:
        return max(0.01, done / WARM_UP)
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (done - WARM_UP) / (1 - WARM_UP))))


def save(state: dict, file: Path) -> None:
    """All or nothing, also when the power goes."""
    written = file.with_suffix(".new")
    torch.save(state, written)
    written.replace(file)
