"""Exercises of the chapter "Points that are not needed"."""

from typing import Any

import torch
from torch import Tensor

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise, Trial, Written
from ncbook.readings.pruning import RANDOM_BALANCED


def _cost() -> float:
    """Points of test accuracy that keeping a tenth costs at the last drop: median over the seeds."""
    run = experiments.pruning.load()
    going, last = readings.pruning.accuracies(run), run.config["drops"][-1]
    whole = readings.pruning.at(going, last, 1.0)[readings.pruning.ALL]
    return float((whole - readings.pruning.at(going, last, 0.1)[RANDOM_BALANCED]).median())


EXERCISES = {
    "pruning/chance": Exercise(
        lambda: readings.pruning.chance_overlap(1000, 50),
        "two sets of 50 of 1,000 have 2.5 points in common on average; how many points are then in at least one?",
        tolerance=0.02,
    ),
    "pruning/classes": Exercise(
        lambda: 10 * (1 - 0.9**10),
        "one class is missing among ten random points with probability 0.9 to the power 10; sum over the classes",
    ),
    "pruning/cost": Exercise(
        _cost,
        "readings.pruning.at(table, drop, share) has a row for each seed; take all points minus random points, "
        "balanced, seed by seed, and the median",
    ),
}


def _kept(margins: Tensor, labels: Tensor, share: float) -> Tensor:
    """Rows, ascending, of the smallest margins [N] of each class of labels [N]: that share of it, rounded."""
    rows = []
    for label in labels.unique():
        own = (labels == label).nonzero().squeeze(1)
        count = round(share * len(own))
        rows.append(own[margins[own].argsort()[:count]])
    return torch.cat(rows).sort().values


def _points(sizes: tuple[int, ...] = (20, 20, 20), share: float = 0.1, hard: bool = False) -> tuple[Any, ...]:
    """Margins [N] that are much the same in each class, labels [N] in random order, and a share.

    With `hard` the first class has the smallest margins.
    """
    chance = torch.Generator().manual_seed(0)
    labels = torch.cat([torch.full((size,), label) for label, size in enumerate(sizes)])
    margins = torch.cat([torch.arange(1.0, size + 1).double() + 0.1 * label for label, size in enumerate(sizes)])
    order = torch.randperm(len(labels), generator=chance)
    labels, margins = labels[order], margins[order]
    return margins / 100 * torch.where(hard & (labels == 0), 0.01, 1.0), labels, share


FUNCTIONS = {
    "pruning/write-kept": Written(
        _kept,
        (
            Trial("three classes that are alike", _points, "keep the smallest margins, and return row numbers"),
            Trial(
                "one class has all the smallest margins",
                lambda: _points(hard=True),
                "sort the margins within each class, not all of them together",
            ),
            Trial(
                "classes of unequal size",
                lambda: _points((40, 20, 10)),
                "keep the same share of each class, not the same number",
            ),
            Trial(
                "a share that is no whole number of points",
                lambda: _points(share=0.18),
                "round share * n to the nearest whole number",
            ),
        ),
    ),
}
