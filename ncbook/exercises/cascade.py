"""Exercises of the chapter "Cascading collapse"."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ncbook import experiments, metrics, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _layers_for_a_tenth() -> float:
    """Layers that divide D by ten, by the median slope at the end."""
    lines = readings.cascade.law(experiments.cascade.load())
    lines = lines[(lines.arm == "plain") & (lines.step == lines.step.max())]
    return float(torch.log(torch.tensor(10.0, dtype=torch.float64)) / -lines.slope.median())


def _lost_in_the_tunnel() -> float:
    """Median points of accuracy for held-out digits that are lost after the extractor and not before training."""
    found = readings.cascade.tunnels(experiments.cascade.load())
    return float(100 * (found.other_then - found.other - found.untrained_fall).median())


EXERCISES = {
    "cascade/tenth": Exercise(
        _layers_for_a_tenth,
        "the slope is the change of log D, a natural logarithm, from one layer to the next; ask after how many of "
        "them log D has fallen by log 10",
    ),
    "cascade/tunnel": Exercise(
        _lost_in_the_tunnel,
        "call readings.cascade.tunnels, take other_then - other, subtract untrained_fall, and take the median over the "
        "seeds, in points",
    ),
}


def _depth(layers: Sequence[Tensor], labels: Tensor, limit: float) -> float:
    classes = int(labels.max()) + 1
    for number, features in enumerate(layers, start=1):
        means = metrics.class_means(features, labels, classes)
        if metrics.nearest_class_center_error(features, labels, means) <= limit:
            return number
    return len(layers) + 1


def _layers(wrong: Sequence[int]) -> tuple[list[Tensor], Tensor, float]:
    """Layers [20, 2] with two classes of ten points, so many of which are nearer to the other mean; limit 10 %."""
    labels = torch.arange(2).repeat_interleave(10)
    sides = (1.0 - 2.0 * labels).double()
    chance = torch.Generator().manual_seed(0)
    layers = []
    for count in wrong:
        flipped = torch.ones(20, dtype=torch.float64)
        flipped[:count] = -1
        noise = 0.01 * torch.randn(20, 2, generator=chance, dtype=torch.float64)
        layers.append(torch.stack([sides * flipped, 0 * sides], 1) + noise)
    return layers, labels, 0.1


FUNCTIONS = {
    "cascade/write-depth": Written(
        _depth,
        (
            Trial(
                "four layers, of which the third is the first good one",
                lambda: _layers((4, 3, 1, 0)),
                "layers are counted from 1, and the first one whose error is small enough ends the search",
            ),
            Trial(
                "a layer whose error is the limit itself",
                lambda: _layers((4, 2, 1, 0)),
                "an error of exactly the limit is allowed",
            ),
            Trial(
                "layers that get worse again",
                lambda: _layers((4, 1, 4, 0)),
                "ask for the first layer that is good enough, whatever comes after it",
            ),
            Trial(
                "layers none of which is good enough",
                lambda: _layers((4, 4, 3)),
                "where no layer is good enough, return one more than there are layers",
            ),
        ),
    )
}
