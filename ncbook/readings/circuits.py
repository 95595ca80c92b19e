"""Runs of `circuits`: when a network memorizes, when its circuit is there, when it cleans up; by rule."""

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.grokking import HALF, NANDA, NOTHING, PAIR
from ncbook.readings.measures import Measure
from ncbook.runs import Run

POWER = "power"  # the third network
ADDITION = "addition"
MOMENTS = ("memorized", "formed", "onset", "half", "cleanup", "generalized")
_WINDOWS = 12  # the steepest fall is looked for over a twelfth of the training
COLUMNS = {
    "operation": Measure("operation", "which arithmetic modulo p"),
    "squared_weights": Measure("squared weights", "sum of all squared parameters, the square of weight_norm"),
    "restricted_loss": Measure(
        "restricted loss", "of test pairs: key frequencies alone, from test pairs alone", "nats"
    ),
    "restricted_acc": Measure("restricted accuracy", "of test pairs: key frequencies alone, from test pairs alone"),
    "published_loss": Measure("restricted loss as published", "of test pairs: key frequencies, from all pairs", "nats"),
    "published_acc": Measure("restricted accuracy as published", "of test pairs: key frequencies, from all pairs"),
    "control_loss": Measure("restricted loss, control", "as restricted_loss, with other frequencies", "nats"),
    "control_acc": Measure("restricted accuracy, control", "as restricted_acc, with other frequencies"),
    "averaged_loss": Measure("averaged loss", "as restricted_loss, with all frequencies", "nats"),
    "averaged_acc": Measure("averaged accuracy", "as restricted_acc, with all frequencies"),
    "excluded_loss": Measure("excluded loss", "of training pairs: without the key frequencies", "nats"),
    "control_excluded_loss": Measure("excluded loss, control", "of training pairs: without other frequencies", "nats"),
}


def phases(run: Run) -> pd.DataFrame:
    """One row for each arm and seed.

    memorized, generalized: moments; onset: the last probe from memorized and before generalized with test accuracy at
    most 0.1; half, formed: the first from memorized on with test accuracy and restricted accuracy at least 0.5;
    cleanup: the middle of the window, a twelfth of the training long and starting at least as long after memorized,
    over which the logarithm of the sum of squared weights falls most; test_then: test accuracy at memorized.
    """
    return moments.by_training(run.to_frame(), ("network", "operation", "seed"), _phases)


def _phases(rows: pd.DataFrame) -> dict[str, float]:
    memorized, generalized = moments.memorized(rows), moments.generalized(rows)
    after = rows[rows.step >= memorized]
    quiet = after[(after.test_acc <= NOTHING) & (after.step < generalized)]
    return {
        "memorized": memorized,
        "generalized": generalized,
        "onset": float(quiet.step.iloc[-1]) if len(quiet) else moments.NEVER,
        "half": moments.generalized(after, HALF),
        "formed": moments.first(after.step, after.restricted_acc >= HALF)
        if "restricted_acc" in rows
        else moments.NEVER,
        "cleanup": steepest_fall(rows, memorized),
        "test_then": float(moments.at(rows, memorized).test_acc),
    }


def steepest_fall(rows: pd.DataFrame, memorized: float) -> float:
    """Middle of the window of steepest fall of `squared_weights` (in logarithms); NEVER if it falls in none.

    The first window after memorizing is left out: there the weights that were large at the start fall too.
    """
    steps, logs = rows.step.to_numpy(dtype=float), np.log(rows.squared_weights.to_numpy(dtype=float))
    window = steepest_fall_window(steps[-1])
    starts = steps[(steps >= memorized + window) & (steps + window <= steps[-1])]
    falls = np.interp(starts, steps, logs) - np.interp(starts + window, steps, logs)
    if not len(falls) or falls.max() <= 0:
        return moments.NEVER
    return float(starts[falls.argmax()] + window / 2)


def steepest_fall_window(last: float) -> float:
    """How many steps the window of `steepest_fall` has, in a training of `last` steps."""
    return last / _WINDOWS


def steepest_fall_range(last: float, memorized: float) -> tuple[float, float]:
    """Between which steps the middle of the window of `steepest_fall` can lie, in a training of `last` steps."""
    window = steepest_fall_window(last)
    return memorized + 1.5 * window, last - window / 2


def followed(run: Run) -> pd.DataFrame:
    """The phases, by seed, of the seeds that grok, of the first network that adds."""
    found = phases(run)
    found = found[(found.operation == ADDITION) & found.network.isin([PAIR, NANDA])]
    return found[np.isfinite(found.generalized)].set_index("seed")


def rows_at(run: Run, found: pd.DataFrame, steps: pd.Series) -> pd.DataFrame:
    """The history at its own step of each seed in `found`, by seed; nan where that is NEVER."""
    rows = run.to_frame().set_index(["network", "operation", "seed", "step"])
    index = pd.MultiIndex.from_arrays([found.network, found.operation, found.index, steps])
    return rows.reindex(index).set_index(found.index)


def first_adding(run: Run) -> str:
    """The first network that adds."""
    return str(run.history["network"][run.history["operation"] == ADDITION][0])


def adding(run: Run) -> pd.DataFrame:
    """The history of the first network that adds."""
    frame = run.to_frame()
    return frame[(frame.operation == ADDITION) & (frame.network == first_adding(run))]


def arrays_of(run: Run, network: str | None = None) -> dict[str, np.ndarray]:
    """The arrays, by their last name, of a network that adds, by default the first."""
    start = f"{network or first_adding(run)}-{ADDITION}/"
    return {name.removeprefix(start): array for name, array in run.arrays.items() if name.startswith(start)}


def unevenness(run: Run, which: str, network: str | None = None) -> list[np.ndarray]:
    """Of each seed, the unevenness of the circles of its frequencies `which`, "keys" or "controls"."""
    arrays = arrays_of(run, network)
    uneven = arrays["unevenness"].astype(float)
    whole = slice(1, uneven.shape[1] + 1)  # the frequencies that have both waves
    return [own[chosen] for own, chosen in zip(uneven, arrays[which][:, whole], strict=True)]
