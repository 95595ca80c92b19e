"""Exercises of the chapter "A language model"."""

from typing import Any

import torch
from torch import Tensor

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written
from ncbook.experiments.next_token import source
from ncbook.readings.next_token import WIDTH


def _best() -> float:
    """Nats: the mean entropy where half of the contexts are open and four words may follow these."""
    entropies = source.draw(200, 20, 4, 0.5, 0).entropies()
    return float(entropies.mean())


def _between() -> float:
    """Percent of the variance within words that lies between kinds, in the usual network: median over the seeds."""
    run = experiments.next_token.load()
    table = readings.next_token.varied(run, WIDTH)
    return float(100 * table[table["dim"] == run.config["width"]].between_kinds.median())


EXERCISES = {
    "next_token/best": Exercise(
        _best,
        "after an open context the chances are 12/25, 6/25, 4/25 and 3/25; their entropy, and half of it, since the "
        "other half of the contexts leaves nothing open",
    ),
    "next_token/collapsed": Exercise(
        lambda: 0.25,
        "the points of the word are at distance 1 from their mean, and the other mean is at distance 2 from it: a "
        "variance over a squared distance",
    ),
    "next_token/between": Exercise(
        _between,
        "readings.next_token.varied(run, 'width') has a row a network, with dim and between_kinds; take those of "
        "dim 32, and 100 times the median",
    ),
}


def _word_cdnv(features: Tensor, labels: Tensor) -> Tensor:
    return metrics.cdnv_pairs(features, labels).nanmean(1)


def _points(counts: tuple[int, ...] = (30, 30, 30), far: float = 1.0) -> tuple[Any, ...]:
    """Features [N, 5] and labels [N], in random order; class k is k + 1 times as wide as class 0."""
    chance = torch.Generator().manual_seed(0)
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    labels = labels[torch.randperm(len(labels), generator=chance)]
    means = 3 * torch.randn(len(counts), 5, generator=chance, dtype=torch.float64)
    noise = torch.randn(len(labels), 5, generator=chance, dtype=torch.float64)
    return far + means[labels] + (1 + labels[:, None]) * noise, labels


FUNCTIONS = {
    "next_token/write-word-cdnv": Written(
        _word_cdnv,
        (
            Trial("three classes", _points, "the mean squared distance to the own mean, over that of the two means"),
            Trial(
                "classes of unequal size",
                lambda: _points((50, 5, 20, 8)),
                "divide the sum of each class by its own number of points",
            ),
            Trial(
                "features far from 0",
                lambda: _points(far=1e6),
                "the mean of |h|^2 minus the squared mean loses its digits there: subtract the mean first",
            ),
        ),
    ),
}
