"""When a network has memorised, when its circuit is there, when it cleans up: by rule, one row a seed."""

import numpy as np
import pandas as pd

from ncbook.runs import Run

LEARNED, HALF, NOTHING = 0.99, 0.5, 0.1  # accuracies
MOMENTS = ("memorised", "formed", "onset", "half", "cleanup", "grokked")
_ABOUT = ("network", "operation", "seed")
_WINDOWS = 12  # the steepest fall is looked for over a twelfth of the training


def phases(run: Run) -> pd.DataFrame:
    """One row for each arm and seed; steps are probed ones, nan for never.

    memorised, grokked: first with train and test accuracy at least 0.99; onset: the last one from memorised and
    before grokked with test accuracy at most 0.1; half, formed: first after memorised with test accuracy and
    restricted accuracy at least 0.5; cleanup: the middle of the window, a twelfth of the training long and starting at
    least as long after memorised, over which the logarithm of the sum of squared weights falls most; test_then: test
    accuracy at memorised.
    """
    return moments(run.to_frame())


def moments(frame: pd.DataFrame) -> pd.DataFrame:
    """The same from a run's history."""
    groups = frame.groupby(["network", "operation", "seed"], sort=False)
    return pd.DataFrame([dict(zip(_ABOUT, key, strict=True)) | _of(own) for key, own in groups])


def _of(own: pd.DataFrame) -> dict[str, float]:
    memorised, grokked = _first(own, "train_acc", LEARNED), _first(own, "test_acc", LEARNED)
    after = own[own.step >= memorised]
    quiet = after[(after.test_acc <= NOTHING) & ~(after.step >= grokked)]
    return {
        "memorised": memorised, "grokked": grokked, "onset": _last(quiet.step), "half": _first(after, "test_acc", HALF),
        "formed": _first(after, "restricted_acc", HALF), "cleanup": steepest_fall(own, memorised),
        "test_then": float(after.test_acc.iloc[0]) if len(after) else float("nan"),
    }  # fmt: skip


def _first(own: pd.DataFrame, column: str, level: float) -> float:
    reached = own.step[own[column] >= level] if column in own else own.step[:0]
    return float(reached.iloc[0]) if len(reached) else float("nan")


def _last(steps: pd.Series) -> float:
    return float(steps.iloc[-1]) if len(steps) else float("nan")


def steepest_fall(own: pd.DataFrame, memorised: float) -> float:
    """Middle of the window of steepest fall of `squared_weights` (in logarithms); nan if it falls in none.

    The first window after memorising is left out: there the weights that were large at the start fall too.
    """
    steps, logs = own.step.to_numpy(dtype=float), np.log(own.squared_weights.to_numpy(dtype=float))
    window = steps[-1] / _WINDOWS
    starts = steps[(steps >= memorised + window) & (steps + window <= steps[-1])]
    falls = np.interp(starts, steps, logs) - np.interp(starts + window, steps, logs)
    if not len(falls) or falls.max() <= 0:
        return float("nan")
    return float(starts[falls.argmax()] + window / 2)
