"""Exercises of the chapter "Cascading collapse"."""

import torch

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise


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
