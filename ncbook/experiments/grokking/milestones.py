"""When a network has memorised, and when it has grokked: one definition for the whole book."""

import numpy as np
import pandas as pd

from ncbook.runs import Run

LEARNED = 0.99  # of the training set: memorised; of the test set: grokked


def first_step(steps: np.ndarray, values: np.ndarray, level: float = LEARNED) -> float:
    """The first of `steps` [P] at which `values` [P] are at least `level`; nan if they never are."""
    reached = np.flatnonzero(values >= level)
    return float(steps[reached[0]]) if len(reached) else float("nan")


def milestones(run: Run) -> pd.DataFrame:
    """One row for each weight decay and seed.

    memorised, grokked: first probed steps with train and test accuracy at least 0.99, nan for never; delay, their
    difference; test_then and gini_then, test accuracy and the embedding's Gini coefficient at memorised; gini_onset,
    its value at the last probe before grokking with test accuracy at most 0.1; gini_end and test_end, at the last step.
    """
    groups = run.to_frame().groupby(["weight_decay", "seed"], sort=False)
    return pd.DataFrame(
        [{"weight_decay": float(decay), "seed": int(seed)} | _moments(own) for (decay, seed), own in groups]
    )


def _moments(own: pd.DataFrame) -> dict[str, float]:
    steps = own.step.to_numpy()
    memorised = first_step(steps, own.train_acc.to_numpy())
    grokked = first_step(steps, own.test_acc.to_numpy())
    then = own[own.step == memorised]
    before = own[(own.step >= memorised) & (own.step < grokked) & (own.test_acc <= 0.1)]
    return {
        "memorised": memorised, "grokked": grokked, "delay": grokked - memorised,
        "test_then": _only(then.test_acc), "gini_then": _only(then.fourier_gini),
        "gini_onset": _only(before.fourier_gini.tail(1)), "gini_end": float(own.fourier_gini.iloc[-1]),
        "test_end": float(own.test_acc.iloc[-1]),
    }  # fmt: skip


def _only(values: pd.Series) -> float:
    return float(values.iloc[0]) if len(values) else float("nan")


def phase_table(run: Run) -> pd.DataFrame:
    """One row a cell of the phase diagram: weight_decay, fraction, seed, memorised, grokked (nan: never), test_acc."""
    axes = {name: run.config[f"phase_{name}s"] for name in ("decay", "fraction", "seed")}
    index = pd.MultiIndex.from_product(axes.values(), names=["weight_decay", "fraction", "seed"])
    columns = {name: run.arrays[f"phase/{name}"].ravel() for name in ("memorised", "grokked", "test_acc")}
    return pd.DataFrame(columns, index=index).reset_index()
