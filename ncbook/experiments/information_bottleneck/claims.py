"""What the literature says of information in networks, and the rules by which a run decides."""

import math

import numpy as np
import pandas as pd

from ncbook.claims import read
from ncbook.evidence import SIGN, Evidence
from ncbook.readings._rows import seeds
from ncbook.readings.information_bottleneck import (
    BIT,
    CLASSES,
    COMPRESSED,
    FIXED,
    clustering,
    compression,
    digits_courses,
    ends,
    label_losses,
    largest_rises,
    rows_of,
)
from ncbook.readings.moments import COLLAPSED
from ncbook.runs import Run

_KEYS = ["weight_decay", "estimator", "seed"]


def _fixed(run: Run, activation: str) -> pd.DataFrame:
    found = compression(run)
    return found[(found.estimator == FIXED) & (found.activation == activation)]


def _tanh(run: Run) -> Evidence:
    found = _fixed(run, "tanh")
    return Evidence.compared(found.seed, found.fall, ">=", BIT, "nats of fall, tanh")


def _relu(run: Run) -> Evidence:
    found = _fixed(run, "relu")
    return Evidence.compared(found.seed, found.fall, "<", BIT, "nats of fall, ReLU")


def _decayed(run: Run) -> pd.DataFrame:
    """The networks of digits with the stronger weight decay."""
    found = digits_courses(run)
    return found[found.weight_decay == max(run.config["decays"])]


def _relu_digits(run: Run) -> Evidence:
    found = _decayed(run)
    found = found[found.estimator == FIXED]
    return Evidence.compared(found.seed, found.fall, "<", BIT, "nats of fall, digits")


def _estimators(run: Run) -> Evidence:
    falls = compression(run).pivot_table(index=["estimator", "seed"], columns="activation", values="fall", sort=False)
    holds = (falls.tanh >= BIT) & (falls.relu < BIT)
    return Evidence.of(seeds(falls), holds, falls.tanh - falls.relu, "nats more with tanh")


def _two_phases(found: pd.DataFrame) -> Evidence:
    found = found[found.estimator == FIXED]
    least = found[["rise", "fall"]].min(axis=1)
    return Evidence.compared(found.seed, least, ">=", BIT, "nats of rise or of fall, the smaller")


def _phases(run: Run) -> Evidence:
    return _two_phases(compression(run))


def _phases_digits(run: Run) -> Evidence:
    return _two_phases(_decayed(run))


def _no_compression_no_harm(run: Run) -> Evidence:
    found = compression(run)
    found = found[found.estimator == FIXED]
    unit = "% test error of networks that do not compress"
    return Evidence.compared(found.seed, 100 * found.test_error, "<=", 25, unit, found.fall < BIT)


def _layers(run: Run) -> Evidence:
    """Noise would pass where each of the layers happens to be lower than the one before."""
    rises = largest_rises(run)
    unit, chance = "nats, the largest change from a layer to the next", 0.5 ** (len(run.config["hidden"]) - 1)
    return Evidence.compared(seeds(rises), rises, "<=", -COMPRESSED, unit, chance=chance)


def _labels_kept(run: Run) -> Evidence:
    lost = label_losses(run)
    return Evidence.compared(seeds(lost), lost, "<=", COMPRESSED, "nats of MI(Y; T) less than in the first layer")


def _corner(run: Run) -> Evidence:
    last = ends(run, "digits", split="train").set_index(_KEYS)
    found = _decayed(run).set_index(_KEYS)
    last, aim = last.loc[found.index], math.log(CLASSES)
    holds = (last.information <= 1.1 * aim) & (last.label_information >= 0.9 * aim)
    collapsed = found.phase_tells & (found.nc1_fall >= COLLAPSED)
    return Evidence.of(seeds(last), holds, last.information, "nats of MI(X; T); log K is 2.3", collapsed)


def _clusters(run: Run) -> Evidence:
    """Of two courses that each rise or fall throughout, one pair in two goes the same way."""
    found, unit = clustering(run, "train"), "rank correlation of MI(X; T) with NC1"
    found = found[found.weight_decay == max(run.config["decays"])]
    return Evidence.compared(found.seed, found.correlation, ">=", 0.8, unit, chance=SIGN)


def _variational(run: Run) -> Evidence:
    errors = rows_of(run, "vib").pivot_table(index="seed", columns="beta", values="test_error")
    some = [beta for beta in errors.columns if 0 < beta <= 0.01]
    gains = (errors[0.0].to_numpy()[:, None] - errors[some].to_numpy()).ravel()
    seeds, unit = np.repeat(errors.index.to_numpy(), len(some)), "percentage points fewer test errors"
    return Evidence.compared(seeds, 100 * gains, ">", 0, unit, chance=SIGN)


def _transitions(run: Run) -> Evidence:
    found = _decayed(run)
    found = found[found.estimator == FIXED]
    holds = (found.spread_end < found.spread_start) & (found.spread_end <= 2)
    collapsed = found.phase_tells & (found.nc1_fall >= COLLAPSED)
    unit = "of the last over the first critical beta, each minus 1"
    return Evidence.of(found.seed, holds, found.spread_end, unit, collapsed)


CLAIMS = read(
    __file__,
    {
        "tanh-compresses": _tanh,
        "relu-does-not-compress": _relu,
        "relu-does-not-compress-digits": _relu_digits,
        "nonlinearity-decides": _estimators,
        "two-phases": _phases,
        "two-phases-digits": _phases_digits,
        "no-compression-no-harm": _no_compression_no_harm,
        "layers-compress-progressively": _layers,
        "layers-keep-label-information": _labels_kept,
        "collapse-is-optimal-trade-off": _corner,
        "compression-is-clustering": _clusters,
        "bottleneck-helps": _variational,
        "collapse-merges-transitions": _transitions,
    },
)
