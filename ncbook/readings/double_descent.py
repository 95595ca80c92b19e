"""Runs of `double_descent`: the curve over the number of features, and that over time, in a few numbers each."""

from itertools import product

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.runs import Run

COLUMNS: dict[str, Measure] = {}
ARM = ("dataset", "optimizer", "label_noise", "seed")
LEAST_BUMP = 0.01  # a rise or a fall of the test error that counts, as a share of the test points
_LAST = 5  # probes whose median is the end of a training


def model_wise(run: Run, ridge: float | None = 0.0) -> pd.DataFrame:
    """One row a number of points N, seed and label noise: the curve over the number of features d in four numbers.

    Columns: points, seed, label_noise; first, the lowest test error for d < N; peak and peak_at, the highest test error
    for N/2 <= d and d/N there; last, the test error for the largest d; all at one ridge, or, for ridge=None, each at
    the ridge that is best for it on the test set.
    """
    config, errors = run.config, run.arrays["test_error"]
    errors = errors.min(3) if ridge is None else errors[:, :, :, config["ridges"].index(ridge)]
    arms = product(config["per_class"], config["seeds"], config["noises"])
    curves = errors.reshape(-1, errors.shape[-1])  # [arms, factors]
    rows = []
    for (per_class, seed, noise), curve in zip(arms, curves, strict=True):
        about = {"points": 10 * per_class, "seed": seed, "label_noise": noise}
        rows.append(about | shape(np.array(config["factors"]), curve))
    return pd.DataFrame(rows)


def shape(factors: np.ndarray, curve: np.ndarray) -> dict[str, float]:
    """The four numbers of a test error [factors] over d/N [factors], which begins below 1 and goes past 1/2."""
    upper = factors >= 0.5
    top = curve[upper].argmax()
    return {
        "first": float(curve[factors < 1].min()),
        "peak": float(curve[upper][top]),
        "peak_at": float(factors[upper][top]),
        "last": float(curve[-1]),
    }


def descents(run: Run) -> pd.DataFrame:
    """What the test error of each trained network does over time; one row a training.

    The test error is smoothed by the median of three neighboring probes. Columns: dataset, optimizer, label_noise,
    seed; zero_error_epoch, NEVER if there is none, and then the rest is not known; first, the lowest test error up to
    there; peak and peak_epoch, the highest between that lowest and twice zero_error_epoch; end, the median of the last
    five probes; bump, whether it rose to the peak and fell to the end by a percentage point each; full, whether
    moreover the end is below first; phase_start, phase_length, phase_tells: see `moments.terminal_phase`.
    """
    return moments.by_training(run.to_frame(), ARM, _descent)


def _descent(rows: pd.DataFrame) -> dict[str, float | bool]:
    zero, names = moments.zero_error(rows, "epoch"), ("first", "peak", "peak_epoch", "end")
    about = {"zero_error_epoch": zero} | moments.terminal_phase(rows, "epoch")
    if zero == moments.NEVER:
        return about | dict.fromkeys(names, np.nan) | {"bump": False, "full": False}
    epochs, test = rows.epoch.to_numpy()[1:-1], rows.test_error.to_numpy()
    smooth = np.median(np.stack([test[:-2], test[1:-1], test[2:]]), axis=0)  # of the probes `epochs`
    start = int(smooth[: max(1, int((epochs <= zero).sum()))].argmin())
    window = slice(start, max(start + 1, int((epochs <= 2 * zero).sum())))
    top = start + int(smooth[window].argmax())
    first, peak, end = float(smooth[start]), float(smooth[top]), float(np.median(test[-_LAST:]))
    bump = peak - first >= LEAST_BUMP and peak - end >= LEAST_BUMP
    values = dict(zip(names, (first, peak, float(epochs[top]), end), strict=True))
    return about | values | {"bump": bump, "full": bump and end < first}
