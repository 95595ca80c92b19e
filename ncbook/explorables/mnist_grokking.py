"""Questions to the arms of `mnist_grokking`: one measure over the share of their steps.

Each large start is trained until decay alone would have brought it to the same size, in as many steps as that takes.
"""

import pandas as pd

from ncbook import runs
from ncbook.explorables import _arms, _page
from ncbook.explorables._arms import Question
from ncbook.readings.mnist_grokking import LARGE, RATES, SIZES, STARTS, USUAL, over_share

# column -> name on the page, and whether its axis is logarithmic
_MEASURES = {
    "test_acc": ("Test accuracy", False),
    "train_acc": ("Training accuracy", False),
    "ncc_acc_test": ("Nearest-center test accuracy", False),
    "weight_norm": ("Norm of all weights", True),
    "relative_flatness": ("Relative flatness κ", True),
    "variance_ratio_train": ("Variance ratio R", True),
}


def mnist_grokking(run: runs.Run) -> _page.Explorable:
    """Up to three arms of `run`, one of `experiments.mnist_grokking`: four questions, six measures.

    Raises ValueError, naming it, for a column that the run lacks.
    """
    _page.require(run, "mnist_grokking", history=("arm", "seed", "step", *_MEASURES))
    shared = over_share(run)
    groups = dict(iter(shared.to_frame().groupby("arm", sort=False)))
    arms = {arm: _arms.arm(arm, rows, _MEASURES, "percent", None) for arm, rows in groups.items()}
    return _arms.page(shared, "Starts, compared", arms, _MEASURES, "percent", _questions(run), _told(run))


def _questions(run: runs.Run) -> dict[str, Question]:
    asked = {
        "start": ("Does a large start cost accuracy?", (USUAL, LARGE)),
        "size": ("Does a larger start cost more?", STARTS),
        "rate": ("What do rate and decay change?", RATES),
        "images": ("Do more images help?", SIZES),
    }
    ends = _ends(run)
    return {
        key: Question(text, arms, "test_acc", _answer({arm: ends[arm] for arm in arms}))
        for key, (text, arms) in asked.items()
    }


def _answer(ends: dict[str, float]) -> str:
    return f"Median test accuracy at the end: {', '.join(f'{arm} {value:.2f}' for arm, value in ends.items())}."


def _ends(run: runs.Run) -> "pd.Series[float]":
    """By arm the median test accuracy at the end."""
    last = run.to_frame().groupby(["arm", "seed"], sort=False).test_acc.last()
    return last.groupby("arm", sort=False).median()


def _told(run: runs.Run) -> str:
    """What a reader learns where no HTML is shown."""
    return " ".join(f"{arm}: test accuracy {value:.2f} at the end." for arm, value in _ends(run).items())
