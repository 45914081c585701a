"""Means of weights. Where all began at the same weights, a mean is often better than each of them."""

import torch


def average(runs: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """The mean of several runs."""
    return {name: torch.stack([run[name].float() for run in runs]).mean(0) for name in runs[0]}


def mixed(start: dict[str, torch.Tensor], learnt: dict[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """A part of the way from the start to what was learnt (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models").

    What the start does not have is taken as it was learnt.
    """
    part = lambda name, tensor: torch.lerp(start[name].float(), tensor.float(), share) if name in start else tensor
    return {name: part(name, tensor) for name, tensor in learnt.items()}
