"""Exercises of the chapter "The terminal phase of training"."""

import torch

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise, Trial, Written


def _peak_height() -> float:
    arms = readings.double_descent.model_wise(experiments.double_descent.load())
    chosen = arms[(arms.points == arms.points.max()) & (arms.label_noise == 0)]
    return float(chosen.peak.median() / chosen["last"].median())


EXERCISES = {
    "memorization/bayes": Exercise(
        lambda: 0.3 * (10 - 1) / 10,
        "a label that is drawn anew is still the true one in one case out of K",
    ),
    "memorization/noisy-test": Exercise(
        lambda: 1 - ((1 - 0.3) * (1 - 0.02) + 0.3 / 10),
        "add up the two ways to agree with the label: it was kept and the answer is right, or it was drawn anew "
        "and happens to be what the network says, right or wrong",
    ),
    "memorization/copies": Exercise(
        lambda: 400 - 100,
        "how many equations are left once those that say the same twice are counted once?",
    ),
    "memorization/peak-height": Exercise(
        _peak_height,
        "take the rows of readings.double_descent.model_wise(run) with the most points and label noise 0, the median "
        "over seeds of the columns peak and last, and divide",
    ),
}


def _system(points: int, features: int, ridge: float) -> tuple[torch.Tensor, torch.Tensor, float]:
    """phi [points, features], targets [points, 3] and the ridge."""
    chance = torch.Generator().manual_seed(0)
    phi = torch.randn(points, features, generator=chance, dtype=torch.float64)
    return phi, torch.randn(points, 3, generator=chance, dtype=torch.float64), ridge


FUNCTIONS = {
    "memorization/write-fit": Written(
        experiments.double_descent.solve,
        (
            Trial(
                "eight points, five features and no ridge",
                lambda: _system(8, 5, 0.0),
                "where the gradient is zero, phi^T phi Theta = phi^T targets",
            ),
            Trial(
                "five points, eight features and no ridge",
                lambda: _system(5, 8, 0.0),
                "many solutions are exact: that of least norm is the pseudo-inverse of phi times the targets",
            ),
            Trial(
                "eight points, five features and a ridge of 0.1",
                lambda: _system(8, 5, 0.1),
                "the squared error is divided by N and the penalty is not: multiply both by N",
            ),
        ),
    ),
}
