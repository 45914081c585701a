"""The mean of the weights of several runs: better than each, where all began at the same weights."""

import torch


def average(runs: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    return {name: torch.stack([run[name].float() for run in runs]).mean(0) for name in runs[0]}
