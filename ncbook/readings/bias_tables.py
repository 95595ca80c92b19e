"""Tables of the chapter on implicit bias: where each method ends."""

import numpy as np
import pandas as pd

from ncbook.readings.implicit_bias import NETWORKS, PLANES, SOLVERS, collapse_falls, ends, since_zero_error, slopes
from ncbook.readings.words import count
from ncbook.runs import Run

_SOLVED = 1e-8  # relative residual below which equations count as solved
_MATCHED = 1e-12  # loss of the 2 x 2 product below which it counts as solved
_MOVED = {"moved": "gradient descent, random start"}
_STARTS = {0.0: "convex problem"}
_NAMES = {"network": "without biases", "batch_norm": "with batch norm"}


def square(run: Run) -> pd.DataFrame:
    """A row an optimizer: seeds that solve the equations, and the median distance to the nearest solution."""
    found = [
        {
            "optimizer": (SOLVERS | _MOVED)[method],
            "solved": count(own.residual < _SOLVED),
            "distance over norm": f"{own.distance.median():.1g}",
        }
        for method, own in ends(run, "square").groupby("method", sort=False)
    ]
    return pd.DataFrame(found)


def logistic(run: Run) -> pd.DataFrame:
    """A row a dimension and method: medians of the distance, the margin over the largest, and log10 of the time."""
    found = [
        {
            "dimensions": int(dim),
            "method": PLANES[method],
            "distance": f"{own.direction_distance.median():.4f}",
            "margin over the largest": f"{own.margin_ratio.median():.3f}",
            "log10 of t": (own.log_time.median() / np.log(10)).round(),
        }
        for (dim, method), own in ends(run, "logistic").groupby(["dim", "method"], sort=False)
    ]
    return pd.DataFrame(found)


def rate(run: Run) -> pd.DataFrame:
    """One row: the median, lowest and highest slope of log distance against log log t."""
    found = slopes(run)
    return pd.DataFrame({"median": [found.median()], "lowest": [found.min()], "highest": [found.max()]}).round(2)


def completion(run: Run) -> pd.DataFrame:
    """A row a number of entries seen and a start, a column a number of factors: effective rank, and error."""
    found = [
        {
            "entries seen": int(count),
            "scale of the start": _STARTS.get(scale, f"{scale:g}"),
            "factors": "none" if method == "nuclear" else method.removeprefix("depth"),
            "effective rank": f"{own.effective_rank.median():.2f}",
            "error on the others": f"{own.unseen_error.median():.3f}",
        }
        for (count, scale, method), own in ends(run, "completion").groupby(["observed", "scale", "method"])
    ]
    return pd.DataFrame(found)


def escape(run: Run) -> pd.DataFrame:
    """A row a number of factors and sign of the determinant: medians of norm and rank, and how many are solved."""
    found = [
        {
            "factors": method.removeprefix("depth"),
            "determinant at the start": "positive" if sign > 0 else "negative",
            "norm": f"{own.frobenius_norm.median():.2f}",
            "effective rank": f"{own.effective_rank.median():.2f}",
            "solved": count(own.square_loss < _MATCHED),
        }
        for (method, sign), own in ends(run, "escape").groupby(["method", "determinant"], sort=False)
    ]
    return pd.DataFrame(found)


def networks(run: Run) -> pd.DataFrame:
    """A row a network, true labels and no weight decay: seeds whose norm and margin grow, and NC1 then and at the end.

    The margin is that of homogeneous networks, and so it is left out of the one with batch norm.
    """
    found = []
    for part in NETWORKS:
        own = since_zero_error(run, part, "true", 0.0)
        rises = own.normalized_margin_end > own.normalized_margin_then
        found.append(
            {
                "network": _NAMES[part],
                "norm grows": count(own.weight_norm_end > own.weight_norm_then),
                "margin rises": count(rises) if part == "network" else np.nan,
                "NC1": f"{own.nc1_train_then.median():.3f} to {own.nc1_train_end.median():.3f}",
            }
        )
    return pd.DataFrame(found)


def labels(run: Run) -> pd.DataFrame:
    """A row a kind of labels and weight decay, with batch norm: how many times NC1 falls, and the test error."""
    falls = collapse_falls(run).query("part == 'batch_norm'")
    found = [
        {
            "labels": kind,
            "weight decay": decay,
            "NC1 falls, times": f"{own.nc1_fall.median():.0f}",
            "test error, %": f"{100 * own.test_error.median():.0f}",
        }
        for (kind, decay), own in falls.groupby(["labels", "weight_decay"], sort=False)
    ]
    return pd.DataFrame(found)
