"""What the literature says of information in networks, and the rules by which a run decides."""

import math

import pandas as pd

from ncbook.claims import Evidence, read
from ncbook.readings.information_bottleneck import (
    FIXED,
    NOISES,
    clustering,
    compression,
    ends,
    largest_rises,
    rows_of,
    transitions,
)
from ncbook.runs import Run

BIT = math.log(2)  # one bit in nats: the least change of information that counts
_LEVEL = 0.05  # nats by which a layer may exceed the one before and still count as no higher


def _fixed(run: Run, activation: str) -> pd.DataFrame:
    found = compression(run)
    return found[(found.estimator == FIXED) & (found.activation == activation)]


def _tanh(run: Run) -> Evidence:
    falls = _fixed(run, "tanh").fall
    return Evidence.of(falls >= BIT, falls, "nats of fall, tanh")


def _relu(run: Run) -> Evidence:
    falls = _fixed(run, "relu").fall
    return Evidence.of(falls < BIT, falls, "nats of fall, ReLU")


def _estimators(run: Run) -> Evidence:
    falls = compression(run).pivot_table(index=["estimator", "seed"], columns="activation", values="fall", sort=False)
    return Evidence.of((falls.tanh >= BIT) & (falls.relu < BIT), falls.tanh - falls.relu, "nats more with tanh")


def _phases(run: Run) -> Evidence:
    found = compression(run)
    found = found[found.estimator == FIXED]
    return Evidence.of((found.rise >= BIT) & (found.fall >= BIT), found.rise, "nats of rise before the fall")


def _no_compression_no_harm(run: Run) -> Evidence:
    found = compression(run)
    found = found[(found.estimator == FIXED) & (found.fall < BIT)]
    return Evidence.of(
        found.test_error <= 0.25, 100 * found.test_error, "% test error of networks that do not compress"
    )


def _layers(run: Run) -> Evidence:
    rises = largest_rises(run)
    return Evidence.of(rises <= _LEVEL, rises, "nats, the largest rise from a layer to the next")


def _corner(run: Run) -> Evidence:
    last = ends(run, "digits", split="train", weight_decay=max(run.config["decays"]))
    last = last[last.estimator.isin(NOISES)]
    aim = math.log(10)
    holds = (last.information <= 1.1 * aim) & (last.label_information >= 0.9 * aim)
    return Evidence.of(holds, last.information, "nats of I(X; T); log K is 2.3")


def _clusters(run: Run) -> Evidence:
    found = clustering(run, "train")
    found = found[found.weight_decay == max(run.config["decays"])].correlation
    return Evidence.of(found >= 0.8, found, "rank correlation of I(X; T) with NC1")


def _variational(run: Run) -> Evidence:
    errors = rows_of(run, "vib").pivot_table(index="seed", columns="beta", values="test_error")
    some = [beta for beta in errors.columns if 0 < beta <= 0.01]
    gains = (errors[0.0].to_numpy()[:, None] - errors[some].to_numpy()).ravel()
    return Evidence.of(gains > 0, 100 * gains, "percentage points fewer test errors")


def _transitions(run: Run) -> Evidence:
    found = transitions(run)
    found = found[found.weight_decay == max(run.config["decays"])]
    holds = (found.spread_end < found.spread_then) & (found.spread_end <= 2)
    return Evidence.of(holds, found.spread_end, "of the last over the first critical beta, each minus 1")


CLAIMS = read(
    __file__,
    {
        "tanh-compresses": _tanh,
        "relu-does-not-compress": _relu,
        "nonlinearity-decides": _estimators,
        "two-phases": _phases,
        "no-compression-no-harm": _no_compression_no_harm,
        "layers-compress-progressively": _layers,
        "collapse-is-optimal-trade-off": _corner,
        "compression-is-clustering": _clusters,
        "bottleneck-helps": _variational,
        "collapse-merges-transitions": _transitions,
    },
)
