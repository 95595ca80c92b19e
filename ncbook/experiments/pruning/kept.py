"""Which points are kept: rules that look at margins, or at chance, with and without as many of each class."""

import torch
from torch import Tensor

from ncbook.readings.pruning import BALANCED, LARGEST, LARGEST_BALANCED, SMALLEST, SMALLEST_BALANCED


def kept(rule: str, margins: Tensor, labels: Tensor, count: int, seed: int) -> Tensor:
    """Rows [count], ascending, of the points that `rule` keeps of margins [N] with labels [N].

    A balanced rule keeps as many of each class. Random points of one seed are nested, and do not look at the margins.
    """
    if rule in (SMALLEST, SMALLEST_BALANCED):
        scores = margins
    elif rule in (LARGEST, LARGEST_BALANCED):
        scores = -margins
    else:
        scores = random_order(len(margins), seed).to(margins.device)
    if rule in BALANCED:
        scores = within_classes(scores, labels)
    return scores.argsort(stable=True)[:count].sort().values


def random_order(points: int, seed: int) -> Tensor:
    """[N]: the place of each point in the random order of a seed, from which the first are kept."""
    return torch.randperm(points, generator=torch.Generator().manual_seed(seed))


def within_classes(scores: Tensor, labels: Tensor) -> Tensor:
    """[N]: how many points of its own class come before each point of scores [N] and labels [N]."""
    ranks = torch.empty_like(labels)
    for label in labels.unique():
        own = (labels == label).nonzero().squeeze(1)
        ranks[own[scores[own].argsort(stable=True)]] = torch.arange(len(own), device=labels.device)
    return ranks


def overlap(first: Tensor, second: Tensor) -> float:
    """The points in both of two sets of rows, over those in at least one."""
    common = int(torch.isin(first, second).sum())
    return common / (len(first) + len(second) - common)
