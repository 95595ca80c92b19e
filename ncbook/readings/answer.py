"""Networks of several results, each beside an ordinary one: how much more spread, how much sharper, how accurate."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ncbook.readings import implicit_bias
from ncbook.readings.doses import BASELINE
from ncbook.readings.image_interventions import DECAYED, UNCHANGED
from ncbook.readings.interventions import RELEASED, SCHEDULED
from ncbook.readings.measures import Measure
from ncbook.runs import Run

ARITHMETIC, IMAGES, RANDOM = "addition", "images", "images, random labels"
# The runs that the chapter reads: experiment and preset, each with its second set of seeds.
RUNS = tuple(
    (name, preset + seeds)
    for name, preset in (
        ("interventions", "laptop"),
        ("doses", "laptop"),
        ("image_interventions", "laptop"),
        ("image_interventions", "laptop-mnist"),
        ("image_interventions", "laptop-controls"),
        ("implicit_bias", "laptop"),
    )
    for seeds in ("", "-again")
)
COLUMNS: dict[str, Measure] = {}
# Arms that differ from another one by what happens after the release alone.
_TWINS = ("anti_released", "released_schedule", *SCHEDULED)


def networks(runs: Sequence[Run]) -> pd.DataFrame:
    """One row a network in whose training something was changed, beside the ordinary network of its task and seed.

    world      ARITHMETIC, IMAGES or RANDOM;  change, seed: which network it is
    spread     its variance ratio on train over the ordinary one's: 1 where it is as collapsed
    sharpness  its kappa over the ordinary one's: 1 where it is as flat, nan where kappa was not measured
    points     its test accuracy minus the ordinary one's, in percentage points

    The network is read while the change lasts, so at the release of what is released, and the ordinary one at its end.
    The runs are of interventions, doses, image_interventions and implicit_bias; ValueError names any other.
    """
    return pd.concat([_of(run) for run in runs], ignore_index=True)


def _of(run: Run) -> pd.DataFrame:
    match run.provenance["experiment"]:
        case "interventions":
            return _arithmetic(run.to_frame(), run.config["release"])
        case "doses":
            return _doses(run.to_frame(), run.config["steps"])
        case "image_interventions":
            return _images(run.to_frame(), run.config["release"])
        case "implicit_bias":
            return _random_labels(run)
        case other:
            raise ValueError(f"runs: one is of {other}, which has no ordinary network")


def _arithmetic(frame: pd.DataFrame, release: int) -> pd.DataFrame:
    frame = frame[~frame.arm.isin(_TWINS)].assign(change=frame.arm)
    held = frame[~frame.arm.isin(RELEASED) | (frame.step <= release)]
    return _beside(held, frame[frame.arm == BASELINE], ["seed"]).assign(world=ARITHMETIC)


def _doses(frame: pd.DataFrame, steps: int) -> pd.DataFrame:
    frame = frame[frame.step <= steps]
    frame = frame.assign(change=frame.kind + frame.level.map(" {:.3g}".format) + frame.like.map(" {:g}".format))
    return _beside(frame, frame[frame.kind == BASELINE], ["seed"]).assign(world=ARITHMETIC)


def _images(frame: pd.DataFrame, release: int) -> pd.DataFrame:
    frame = frame[~frame.arm.isin(_TWINS)]
    decayed = frame.arm.str.endswith(DECAYED)
    frame = frame.assign(change=frame.task + " " + frame.arm, decayed=decayed)
    held = frame[frame.arm.isin(UNCHANGED) | (frame.epoch <= release)]
    ordinary = frame[frame.arm.str.startswith(BASELINE)]
    return _beside(held, ordinary, ["task", "decayed", "seed"]).assign(world=IMAGES)


def _beside(rows: pd.DataFrame, ordinary: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The last of the rows of each change and seed, beside the last row of the ordinary network."""
    last = rows[~rows.change.isin(ordinary.change.unique())].groupby(["change", *keys], sort=False).tail(1)
    both = last.merge(ordinary.groupby(keys).tail(1), on=keys, suffixes=("", "_ordinary"))
    return both[["change", "seed"]].assign(
        spread=both.variance_ratio_train / both.variance_ratio_train_ordinary,
        sharpness=both.relative_flatness / both.relative_flatness_ordinary,
        points=100 * (both.test_acc.astype(float) - both.test_acc_ordinary.astype(float)),
    )


def _random_labels(run: Run) -> pd.DataFrame:
    """Networks that have collapsed on random labels, beside those of the same kind and decay with the true ones."""
    keys = ["part", "weight_decay", "seed"]
    ordinary = implicit_bias.collapse_falls(run)
    ordinary = ordinary[ordinary.labels == "true"]
    both = implicit_bias.collapsed(run, "random").merge(ordinary, on=keys, suffixes=("", "_ordinary"))
    return both[["seed"]].assign(
        change="random labels, " + both.part,
        spread=both.variance_ratio_train / both.variance_ratio_train_ordinary,
        sharpness=np.nan,
        points=100 * (both.test_error_ordinary.astype(float) - both.test_error.astype(float)),
        world=RANDOM,
    )
