"""Exercises of the chapter "Contrastive learning"."""

from typing import Any

import torch
from torch import Tensor

from ncbook import experiments, readings, trainers
from ncbook.exercises._exercise import Exercise, Trial, Written
from ncbook.readings.contrastive import CE, NO_LABELS


def _ahead() -> float:
    """By how many points no labels are ahead of cross-entropy on wrong ones: median over the seeds."""
    run = experiments.contrastive.load()
    accuracies = readings.contrastive.ends(run, "unit_ncc_acc_test_end", max(run.config["noises"]))
    return float(100 * (accuracies[NO_LABELS] - accuracies[CE]).median())


EXERCISES = {
    "contrastive/uniformity": Exercise(
        lambda: readings.contrastive.simplex_uniformity(10, 10**9),
        "one pair in ten has distance 0; the others have the squared distance 2 - 2 cos, with the cosine -1/9",
    ),
    "contrastive/ahead": Exercise(
        _ahead,
        "readings.contrastive.ends(run, 'unit_ncc_acc_test_end', 0.4) has a column for each training; take the median "
        "of the differences seed by seed, in percentage points",
    ),
}


def _loss(features: Tensor, labels: Tensor, temperature: float) -> Tensor:
    outputs = trainers.Outputs(features, features, labels, features)  # it looks at features and labels alone
    return trainers.SupervisedContrastive(temperature)(outputs)


def _points(
    labels: tuple[int, ...] = (0, 0, 1, 1, 2, 2), temperature: float = 1.0, lengths: bool = False
) -> tuple[Any, ...]:
    """Features [N, 4] of length 1 or, with `lengths`, of any; labels [N]; the temperature."""
    chance = torch.Generator().manual_seed(0)
    features = torch.randn(len(labels), 4, generator=chance, dtype=torch.float64)
    unit = torch.nn.functional.normalize(features, dim=1)
    return features if lengths else unit, torch.tensor(labels), temperature


FUNCTIONS = {
    "contrastive/write-loss": Written(
        _loss,
        (
            Trial(
                "three classes of two points",
                _points,
                "a point is neither its own partner nor one of the points that it is compared with",
            ),
            Trial(
                "classes of unequal size",
                lambda: _points((0, 0, 0, 0, 1, 1)),
                "average over the partners of a point first, and then over the points",
            ),
            Trial("a lower temperature", lambda: _points(temperature=0.2), "divide the cosines by the temperature"),
            Trial("features of any length", lambda: _points(lengths=True), "scale the features to length 1 first"),
        ),
    ),
}
