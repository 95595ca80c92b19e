"""Exercises of the chapter "How much sharpness can a network bear?"."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ncbook import experiments, readings
from ncbook.exercises._exercise import Exercise, Trial, Written
from ncbook.readings.doses import BASELINE, KAPPA, NORMS


def _outcomes() -> pd.DataFrame:
    return readings.doses.outcomes(experiments.doses.load())


def _bearable() -> float:
    """The highest dose of kappa with which more than half of the seeds generalize."""
    table = _outcomes()
    there = np.isfinite(table[table.kind == KAPPA].set_index("level").generalized).groupby(level=0).mean()
    return float(there.index[there > 0.5].max())


def _norms_share() -> float:
    """Of the accuracy that the strongest dose costs in the median, the share that its norms cost alone."""
    table = _outcomes()
    strongest = table.like.max()
    plain, sharp, large = (
        table[(table.kind == kind) & (table.like == like)].accuracy.median()
        for kind, like in ((BASELINE, 0.0), (KAPPA, strongest), (NORMS, strongest))
    )
    return float((plain - large) / (plain - sharp))


def _settled() -> float:
    """Points of test accuracy that the strongest dose of kappa gains, in the median, while the rate falls to 0."""
    table = _outcomes()
    own = table[(table.kind == KAPPA) & (table.like == table.like.max())]
    return float(100 * (own.settled - own.accuracy).median())


EXERCISES = {
    "doses/bearable": Exercise(
        _bearable,
        "take the rows of readings.doses.outcomes(run) with kappa held; for each level, in how many of the eight seeds "
        "is `generalized` finite?",
    ),
    "doses/norms-share": Exercise(
        _norms_share,
        "three medians of the column `accuracy`: of the baseline, of kappa at the strongest dose, and of the norms "
        "alone that belong to it (the column `like`)",
    ),
    "doses/settled": Exercise(
        _settled, "`settled` minus `accuracy` for each seed with kappa held at 10,000, then the median, in points"
    ),
}


def _cap(weight: Tensor, largest: float) -> Tensor:
    length = weight.norm()
    return weight * largest / length if length > largest else weight


def _rows(*lengths: float) -> Tensor:
    """A matrix [K, 5] with rows of these lengths."""
    rows = torch.randn(len(lengths), 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return rows / rows.norm(dim=1, keepdim=True) * torch.tensor(lengths, dtype=torch.float64)[:, None]


FUNCTIONS = {
    "doses/write-cap": Written(
        _cap,
        (
            Trial("a matrix of equal rows that is too long", lambda: (_rows(4, 4, 4, 4), 7.0), "its norm has to be 7"),
            Trial("a matrix that is short enough", lambda: (_rows(1, 1, 1), 7.0), "what is short enough stays"),
            Trial(
                "rows of very unequal length",
                lambda: (_rows(9, 0.5, 2), 7.0),
                "the cap is on the norm of the whole matrix: all rows are multiplied by one number",
            ),
            Trial("a matrix of zeros", lambda: (torch.zeros(3, 5), 7.0), "do not divide by a norm that may be 0"),
        ),
    ),
}
