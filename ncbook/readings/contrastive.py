"""Runs of `contrastive`: one row a network and set of labels, at its start, in its terminal phase and at its end."""

import pandas as pd

from ncbook.readings import corrupted_labels, moments
from ncbook.readings.measures import Measure
from ncbook.readings.words import spread
from ncbook.runs import Run

CE, LABELS, NO_LABELS, RATES = "cross-entropy", "contrastive with labels", "contrastive without labels", "rate reduction"
ARMS = (CE, LABELS, NO_LABELS, RATES)
KEYS = ("arm", "label_noise", "seed")
COLUMNS: dict[str, Measure] = {
    name: corrupted_labels.COLUMNS[name]
    for name in (
        "unit_variance_ratio_train", "unit_variance_ratio_test", "unit_ncc_acc_test", "class_rank", "wrong_acc_given",
    )
} | {
    "unit_nc2_angles_train": Measure("distance to the simplex", "NC2, angles, of features of length 1, training set"),
    "alignment": Measure("alignment", "mean squared distance of two training images of one label, features of length 1"),
    "uniformity": Measure("uniformity", "log mean exp(-2 distance^2) of two training images, length 1", "nats"),
}  # fmt: skip
MEASURES = tuple(name for name in COLUMNS)


def outcomes(run: Run) -> pd.DataFrame:
    """One row an arm, label_noise and seed: `moments.over_phase` of the measures, with COLUMN_first and COLUMN_end.

    A network decides by the nearest class mean; ratio_fall is by how many times the variance ratio of its training
    features falls in its terminal phase, nan without one.
    """
    return moments.by_training(run.to_frame(), KEYS, _outcome)


def _outcome(rows: pd.DataFrame) -> dict[str, float]:
    found: dict[str, float] = moments.over_phase(rows, MEASURES)
    for place, row in (("first", rows.iloc[0]), ("end", rows.iloc[-1])):
        found |= {f"{name}_{place}": float(row[name]) for name in MEASURES}
    ratio = "unit_variance_ratio_train"
    return found | {"ratio_fall": found[f"{ratio}_start"] / found[f"{ratio}_end"]}


def ends(run: Run, column: str, noise: float) -> pd.DataFrame:
    """A column of `outcomes` at one label noise: a row a seed, a column an arm in the order of `ARMS`."""
    found = outcomes(run)
    return found[found.label_noise == noise].pivot(index="seed", columns="arm", values=column)[list(ARMS)]
