"""Runs of `contrastive`: one row a network and set of labels, at its start, in its terminal phase and at its end."""

import math

import pandas as pd

from ncbook.readings import _rows, corrupted_labels, moments
from ncbook.readings.measures import Measure
from ncbook.readings.words import spread
from ncbook.runs import Run

CE, RATES = "cross-entropy", "rate reduction"
LABELS, NO_LABELS = "contrastive with labels", "contrastive without labels"
ARMS = (CE, LABELS, NO_LABELS, RATES)
KEYS = ("arm", "label_noise", "seed")
COLUMNS: dict[str, Measure] = {
    name: corrupted_labels.COLUMNS[name]
    for name in (
        "unit_variance_ratio_train", "unit_variance_ratio_test", "unit_ncc_acc_test", "class_rank", "wrong_acc_given",
    )
} | {
    "unit_nc2_angles_train": Measure("distance to the simplex", "NC2, angles, of features of length 1, training set"),
    "alignment": Measure("alignment", "mean squared distance of two training images of one label, length 1"),
    "uniformity": Measure("uniformity", "log mean exp(-2 distance^2) of two training images, length 1", "nats"),
}  # fmt: skip
CLASSES = 10  # of digits, and of glyphs as they are drawn here
_SHOWN = {  # measures of the tables, at the last step
    "unit_variance_ratio_train": "variance ratio",
    "unit_nc2_angles_train": "distance to the simplex",
    "class_rank": "directions per class",
    "wrong_acc_given": "wrong labels memorized, %",
}
_PERCENT = ("wrong_acc_given",)
CLEAN_TABLE = ("unit_variance_ratio_train", "unit_nc2_angles_train", "class_rank")
WRONG_TABLE = ("unit_variance_ratio_train", "wrong_acc_given")


def outcomes(run: Run) -> pd.DataFrame:
    """One row an arm, label_noise and seed: `moments.over_phase` of the measures, with COLUMN_first and COLUMN_end.

    A network decides by the nearest class mean; ratio_fall is by how many times the variance ratio of its training
    features falls in its terminal phase, nan without one.
    """
    return moments.by_training(run.to_frame(), KEYS, _outcome)


def _outcome(rows: pd.DataFrame) -> dict[str, float]:
    found: dict[str, float] = moments.over_phase(rows, tuple(COLUMNS))
    for place, row in (("first", rows.iloc[0]), ("end", rows.iloc[-1])):
        found |= {f"{name}_{place}": float(row[name]) for name in COLUMNS}
    ratio = "unit_variance_ratio_train"
    return found | {"ratio_fall": found[f"{ratio}_start"] / found[f"{ratio}_end"]}


def ends(run: Run, column: str, noise: float) -> pd.DataFrame:
    """A column of `outcomes` at one label noise: a row a seed, a column an arm in the order of `ARMS`."""
    found = outcomes(run)
    return found[found.label_noise == noise].pivot(index="seed", columns="arm", values=column)[list(ARMS)]


def course(run: Run, arm: str, noise: float) -> pd.DataFrame:
    """The rows of one arm at one label noise, of all seeds."""
    return _rows.chosen(run.to_frame(), arm=arm, label_noise=noise)


def table(run: Run, noise: float, columns: tuple[str, ...]) -> pd.DataFrame:
    """A row an arm: medians over the seeds of some measures at the last step, and the test accuracy with its range."""
    found: dict[str, pd.Series] = {
        _SHOWN[name]: (100 if name in _PERCENT else 1) * ends(run, f"{name}_end", noise).median() for name in columns
    }
    accuracies = 100 * ends(run, "unit_ncc_acc_test_end", noise)
    found["test accuracy, %"] = pd.Series({arm: spread(accuracies[arm], "{:.1f}") for arm in ARMS})
    return pd.DataFrame(found).rename_axis("loss").reset_index()


def collapsed_uniformity(run: Run) -> float:
    """Uniformity in nats of as many points a class as the run trains on, each class on its corner of the simplex."""
    return simplex_uniformity(CLASSES, run.config["per_class"])


def simplex_uniformity(classes: int, per_class: int) -> float:
    """log of the mean of exp(-2 distance^2) over all pairs; corners are 2 + 2 / (classes - 1) apart, squared."""
    alike = (per_class - 1) / (classes * per_class - 1)
    return math.log(alike + (1 - alike) * math.exp(-4 * classes / (classes - 1)))
