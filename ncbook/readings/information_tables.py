"""Tables of the chapter on the information bottleneck."""

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from ncbook.readings.information_bottleneck import (
    ACTIVATIONS,
    BIT,
    CLASSES,
    COMPRESSED,
    CURVE,
    NOISES,
    clustering,
    collapsing,
    compression,
    ends,
    label_losses,
    largest_rises,
    layer_ends,
    rows_of,
    transitions,
)
from ncbook.readings.words import count, listed, spread
from ncbook.runs import Run

_NEAR = 0.05  # relative distance from a known value up to which an estimate counts as right
_BOUNDS = (
    ("noise, upper bound", "kernel", "information"),
    ("noise, lower bound", "kernel", "information_lower"),
    ("bins", "bins", "information"),
)


def estimators(run: Run) -> pd.DataFrame:
    """A row an estimate, a column a dimension: how many of the cases with a known truth it meets within 5 %."""
    rows = rows_of(run, "estimators")
    found = []
    for name, estimator, column in _BOUNDS:
        own = rows[rows.estimator == estimator]
        right = (own[column] / own.true_information - 1).abs() <= _NEAR
        counts = {f"d = {dim}": count(each) for dim, each in right.groupby(own.dim)}
        found.append({"estimate": name} | counts)
    return pd.DataFrame(found)


def falls(run: Run) -> pd.DataFrame:
    """A row an activation and estimator: rise and fall of MI(X; T) of the last hidden layer, and test errors."""
    found = compression(run)
    return pd.DataFrame(
        [
            {
                "network": ACTIVATIONS[activation],
                "measured with": estimator,
                "rise, nats": spread(own.rise, "{:.2f}"),
                "then fall, nats": spread(own.fall, "{:.2f}"),
                "falls by a bit or more": count(own.fall >= BIT),
                "largest test error, %": f"{100 * own.test_error.max():.1f}",
            }
            for activation, estimator, own in _pairs(found)
        ]
    )


def layers(run: Run) -> pd.DataFrame:
    """A row an activation and estimator: MI(X; T) of the layers at the end, whether each keeps less, and MI(Y; T)."""
    inputs, rises, losses = layer_ends(run), largest_rises(run), label_losses(run)
    return pd.DataFrame(
        [
            {
                "network": ACTIVATIONS[activation],
                "measured with": estimator,
                f"layers 1 to {inputs.shape[1]}, nats": listed(own.median(), "{:.2f}"),
                "every layer keeps less": count(rises.loc[activation, estimator] <= -COMPRESSED),
                "class lost, nats": f"{abs(losses.loc[activation, estimator].max()):.2f}",
            }
            for activation, estimator, own in _pairs(inputs)
        ]
    )


def _pairs(found: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """The rows of each activation and estimator."""
    for (activation, estimator), own in found.groupby(["activation", "estimator"], sort=False):
        yield activation, estimator, own


def shelf(run: Run) -> pd.DataFrame:
    """A row a weight decay and moment: at how many of the noises the median upper bound is within 5 % of log K."""
    curve = rows_of(run, "digits", estimator=CURVE)
    found = []
    for (decay, step), own in curve.groupby(["weight_decay", "step"], sort=False):
        middle = own.groupby("relative_noise").information.median()
        near = count((middle / math.log(CLASSES) - 1).abs() <= _NEAR)
        when = "after training" if step else "before training"
        found.append({"weight decay": decay, "features": when, "noises near log K": near})
    return pd.DataFrame(found)


def courses(run: Run) -> pd.DataFrame:
    """A row a weight decay, split and noise: MI(X; T) at the start, at most and at the end, and how it follows NC1."""
    ranks = pd.concat([clustering(run, split).assign(split=split) for split in ("train", "test")])
    ranks = ranks.groupby(["weight_decay", "split", "estimator"]).correlation.median()
    rows = pd.concat([collapsing(run, split) for split in ("train", "test")])
    middles = rows.groupby(["weight_decay", "split", "estimator", "step"], sort=False).information.median()
    found = []
    for key, course in middles.groupby(["weight_decay", "split", "estimator"], sort=False):
        values = pd.Series([course.iloc[0], course.max(), course.iloc[-1]])
        found.append(
            _named(key)
            | {"start, highest, end, nats": listed(values, "{:.2f}"), "rank correlation with NC1": ranks[key]}
        )
    return pd.DataFrame(found)


def _named(key: tuple[float, str, str]) -> dict[str, Any]:
    decay, split, estimator = key
    return {"weight decay": decay, "images": split, "noise": estimator.split()[0]}


def corner(run: Run) -> pd.DataFrame:
    """A row a weight decay and noise: medians at the end, of training images, of both bounds, MI(Y; T) and NC1."""
    last = ends(run, "digits", split="train")
    last = last[last.estimator.isin(NOISES)]
    return pd.DataFrame(
        [
            {
                "weight decay": decay,
                "noise": estimator.split()[0],
                "MI(X; T), nats": f"{own.information_lower.median():.2f} to {own.information.median():.2f}",
                "MI(Y; T), nats": f"{own.label_information.median():.2f}",
                "NC1": f"{own.nc1_train.median():.4f}",
            }
            for (decay, estimator), own in last.groupby(["weight_decay", "estimator"], sort=False)
        ]
    )


def strengths(run: Run) -> pd.DataFrame:
    """A row a strength of the variational bottleneck: medians of the rate, the test error and NC1."""
    return pd.DataFrame(
        [
            {
                "β": f"{beta:g}",
                "rate, nats": f"{own.rate.median():.2f}",
                "test error, %": f"{100 * own.test_error.median():.2f}",
                "NC1": f"{own.nc1_train.median():.4f}",
            }
            for beta, own in rows_of(run, "vib").groupby("beta")
        ]
    )


def critical(run: Run) -> pd.DataFrame:
    """A row a weight decay and moment: medians over the seeds of the critical betas of the digits' features."""
    moments = {"then": "first without training error", "end": "end"}
    return pd.DataFrame(
        [
            {
                "weight decay": decay,
                "moment": name,
                "last over first": f"{own[f'spread_{when}'].median():.2f}",
                "mean β − 1": f"{own[f'beta_mean_{when}'].median():.4f}",
                "NC1": f"{own[f'nc1_train_{when}'].median():.4f}",
            }
            for decay, own in transitions(run).groupby("weight_decay", sort=False)
            for when, name in moments.items()
        ]
    )
