"""Tables of the chapter on interventions: each has one row an arm or network, and columns named for readers."""

import numpy as np
import pandas as pd

from ncbook.readings.interventions import ARMS, by_arm, outcomes
from ncbook.readings.words import count, spread, two_digits
from ncbook.runs import Run

_AT_RELEASE = ("baseline", "anti_released", "norms_released", "confidence", "flooding", "smoothing")
_WHEN_GENERALIZING = ("baseline", "encouraged", "prevented", "anti_released", "confidence", "flooding")


def uncollapsed(run: Run) -> pd.DataFrame:
    """A row a network that is kept from collapsing and reaches 99 % test accuracy: what it looks like then."""
    table = outcomes(run)
    there = table[(table.arm == "prevented") & np.isfinite(table.generalized)]
    return pd.DataFrame({
        "seed": there.seed, "step": there.generalized.astype(int), "test accuracy (%)": 100 * there.test_acc,
        "nearest center (%)": 100 * there.ncc_acc_test, "R": there.variance_ratio_train, "CDNV": there.cdnv_train,
    })  # fmt: skip


def at_release(run: Run) -> pd.DataFrame:
    """A row an arm: medians over the seeds at the step of the release."""
    found = outcomes(run).groupby("arm").median(numeric_only=True).loc[list(_AT_RELEASE)]
    return pd.DataFrame({
        "arm": [_name(arm) for arm in _AT_RELEASE], "training loss": found.release_train_loss,
        "κ": found.release_relative_flatness.map(two_digits), "1 - |p|²": found.release_uncertainty_train,
        "|W|²|h|²": found.release_squared_norms.map("{:,.0f}".format),
        "test accuracy (%)": (100 * found.release_test_acc).map("{:.0f}".format),
    })  # fmt: skip


def results(run: Run) -> pd.DataFrame:
    """A row an arm: how many reach 99 % test accuracy within its steps, and the test accuracy at the end."""
    steps, ends = by_arm(run, "generalized"), 100 * by_arm(run, "final_acc")
    arms = run.config["arms"]
    return pd.DataFrame({
        "arm": [ARMS[arm] for arm in arms], "steps": run.config["steps"],
        "reach 99 %": [count(np.isfinite(steps[arm])) for arm in arms],
        "test accuracy at the end (%)": [spread(ends[arm], "{:.0f}") for arm in arms],
    })  # fmt: skip


def when_generalizing(run: Run) -> pd.DataFrame:
    """A row an arm: kappa and variance ratio at the first probe with 99 % test accuracy."""
    kappas, ratios = by_arm(run, "relative_flatness"), by_arm(run, "variance_ratio_train")
    return pd.DataFrame({
        "arm": [_name(arm) for arm in _WHEN_GENERALIZING],
        "κ": [spread(kappas[arm], "{:.2g}") for arm in _WHEN_GENERALIZING],
        "R": [spread(ratios[arm], "{:.2g}") for arm in _WHEN_GENERALIZING],
    })  # fmt: skip


def _name(arm: str) -> str:
    return ARMS[arm].removesuffix(", released")
