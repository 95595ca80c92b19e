"""Exercises of the chapter "The interventions on images"."""

import torch
from torch import Tensor

from ncbook import experiments, readings, trainers
from ncbook.exercises._exercise import Exercise, Trial, Written


def _share() -> float:
    """Median over the digits' seeds: what low confidence costs over what anti-flatness costs, at the release."""
    lost = readings.image_interventions.losses(experiments.image_interventions.load()).loc["digits"]
    return float((lost.confidence / lost.anti_released).median())


EXERCISES = {
    "images/steps": Exercise(
        lambda: 160 * 200 / 50,
        "an epoch is 200 / 50 batches",
    ),
    "images/growth": Exercise(
        lambda: 1 + 0.01 * 2 * 0.05 * 0.9 / (1 - 0.9),
        "the gradient of -lambda U ||W||^2 with respect to W is -2 lambda U W, and momentum m multiplies a constant "
        "gradient by 1 / (1 - m) in the long run",
        tolerance=0.001,
    ),
    "images/share": Exercise(
        _share,
        "readings.image_interventions.losses(run).loc['digits'] has a row per seed and a column per arm: divide the "
        "column confidence by the column anti_released and take the median",
    ),
}


def _regularizer(logits: Tensor, weight: Tensor, temperature: float) -> Tensor:
    features, labels = logits, torch.zeros(len(logits), dtype=torch.long)  # it sees neither
    return trainers.FlatnessBound(temperature, unit_features=True)(trainers.Outputs(features, logits, labels, weight))


def _batch(length: float = 1.0, temperature: float = 1.0, scale: float = 1.0) -> tuple[Tensor, Tensor, float]:
    """Logits [12, 4] times `scale`, a weight [4, 6] of norm `length`, and a temperature."""
    chance = torch.Generator().manual_seed(0)
    logits = torch.randn(12, 4, generator=chance, dtype=torch.float64)
    weight = torch.randn(4, 6, generator=chance, dtype=torch.float64)
    return scale * logits, length * weight / weight.norm(), temperature


FUNCTIONS = {
    "images/write-regularizer": Written(
        _regularizer,
        (
            Trial("a weight of norm 1", _batch, "the uncertainty is 1 minus the sum of all squared probabilities"),
            Trial("a weight of norm 20", lambda: _batch(20.0), "the norm of the weight is squared"),
            Trial("temperature 2", lambda: _batch(20.0, 2.0), "the logits are divided by the temperature first"),
            Trial(
                "logits in the thousands",
                lambda: _batch(20.0, 2.0, 1000.0),
                "torch.softmax does not overflow, where the exponential of a logit does",
            ),
        ),
    ),
}
