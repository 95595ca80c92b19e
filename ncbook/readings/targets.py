"""Runs of `targets`: networks whose targets are numbers or sets of labels, and free features beside them."""

from itertools import combinations

import numpy as np
import pandas as pd

from ncbook.readings import _rows
from ncbook.readings.measures import Measure, both_sides
from ncbook.readings.words import cell, spread, two_digits
from ncbook.runs import Run

REGRESSION, LABELS, FREE_NUMBERS, FREE_LABELS = "regression", "labels", "free numbers", "free labels"  # parts
PIXELS = "pixels"  # the part of the images themselves
COLLAPSED_SHARE = 0.1  # of the variance, outside of where collapse would have all of it
FITTED_SHARE = 0.05  # of the variance of the training targets, unexplained
TWO, DIGITS, SHUFFLED = "two numbers", "digits", "shuffled"  # data sets of regression
PICK_ALL, SIGMOID = "pick-all-label", "sigmoid"  # losses of several labels
ALL, SOME = "all pairs", "without two pairs"  # data sets of several labels
KEYS = ("part", "dataset", "arm", "weight_decay", "regularization", "seed")
COLUMNS: dict[str, Measure] = {
    **both_sides("unexplained", "unexplained variance", "share of the variance of the targets that is not predicted"),
    **both_sides("outside_components", "outside of the components",
                 "share of the variance of the features outside of as many principal components of the training set as "
                 "targets"),
    **both_sides("outside_rows", "outside of the rows of W",
                 "share of the variance of the features outside of the span of the rows of W"),
    "regularization": Measure("strength", "sqrt(lambda_W lambda_H) of free features; for numbers over the strength at "
                              "which the last direction of the targets vanishes; 0 for networks"),
    "linear_unexplained_test": Measure("linear, unexplained", "unexplained_test of linear regression"),
    "gram_root": Measure("W Wᵀ to the root of Σ", "distance of W W^T from the root of the covariance of the targets"),
    "gram_covariance": Measure("W Wᵀ to Σ", "distance of W W^T from the covariance of the targets"),
    "gram_identity": Measure("W Wᵀ to I", "distance of W W^T from the identity"),
    "above_minimum": Measure("above the minimum", "objective over its minimum, computed in another way, less 1"),
    "gram_closed": Measure("W Wᵀ to the closed form", "distance of W W^T from that of the minimum in closed form"),
    "off_simplex": Measure("off the simplex", "distance of the means of single labels from a simplex"),
    "output_rank": Measure("rank", "singular values of the centered outputs above a thousandth of those of targets"),
    "rank_minimum": Measure("rank of the minimum", "the same of the closed form"),
    **both_sides("average_residual", "not averages",
                 "share of the differences between means of pairs that averages of single means leave unexplained"),
    **both_sides("average_scale", "scale of the averages", "factor on the averages"),
    **both_sides("pair_error", "error on pairs", "share of images with two labels whose two largest logits are others"),
    "unseen_off_test": Measure(
        "unseen pairs, off the averages", "squared distance of the means of unseen pairs from what averages say, over "
        "that from the mean of the pairs that are seen"
    ),
    "unseen_error_test": Measure("error on unseen pairs", "pair_error_test of pairs that no training image had"),
}  # fmt: skip


def ends(run: Run, part: str) -> pd.DataFrame:
    """The last row of each training, or minimization, of a part."""
    return _rows.last(_rows.chosen(run.to_frame(), part=part), KEYS)


def starts(run: Run, part: str) -> pd.DataFrame:
    """The first row of each."""
    frame = _rows.chosen(run.to_frame(), part=part)
    return frame.groupby(list(KEYS), sort=False).head(1).reset_index(drop=True)


def decay_of(run: Run) -> float:
    """The weight decay with which networks are judged."""
    return float(run.config["judged_decay"])


def beside_pixels(run: Run, table: pd.DataFrame) -> pd.DataFrame:
    """Rows of networks with `pixel_residual` and `pixel_angles`, the same measures of the pixels of their images."""
    own = ends(run, PIXELS).set_index("seed")
    names = {"average_residual_train": "pixel_residual", "nc2_angles_train": "pixel_angles"}
    return table.join(own[list(names)].rename(columns=names), on="seed")


def numbers_table(run: Run) -> pd.DataFrame:
    """A row a data set of regression and weight decay: medians and ranges of shares at the last step."""
    columns = {
        "outside of components": "outside_components_train", "outside of rows": "outside_rows_train",
        "not predicted, training": "unexplained_train", "not predicted, new": "unexplained_test",
    }  # fmt: skip
    return pd.DataFrame([
        {"targets": dataset, "weight decay": cell(decay, "{:g}")}
        | {name: spread(own[column], two_digits) for name, column in columns.items()}
        for (dataset, decay), own in ends(run, REGRESSION).groupby(["dataset", "weight_decay"], sort=False)
    ])  # fmt: skip


def names_of_sets(count: int) -> list[str]:
    """The labels of each set in the order of the run's `cosines`, from 1: "1" to "5", then "1 2" and so on."""
    return [str(label + 1) for label in range(count)] + [f"{a + 1} {b + 1}" for a, b in combinations(range(count), 2)]


def ideal_cosines(count: int) -> np.ndarray:
    """[K + P, K]: what `cosines` are where single means form a simplex and pairs are averages of them."""
    simplex = (count * np.eye(count) - 1) / (count - 1)
    pairs = np.array([simplex[a] + simplex[b] for a, b in combinations(range(count), 2)])
    length = np.sqrt(2 - 2 / (count - 1))  # of the sum of two corners
    return np.concatenate([simplex, pairs / length])
