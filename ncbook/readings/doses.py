"""Runs of `doses`: one row a training, how late it generalized, and what was left of its test accuracy."""

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.readings.words import cell, count, spread, two_digits
from ncbook.runs import Run

BASELINE, KAPPA, NORMS, LOSS, CONFIDENCE, COLLAPSE = "baseline", "kappa", "norms", "loss", "uncertainty", "spread"
# What is held up, in the order of the book, and how readers call it.
KINDS = {
    BASELINE: "nothing held",
    KAPPA: "sharpness κ",
    NORMS: "norms alone",
    LOSS: "training loss alone",
    CONFIDENCE: "uncertainty, small head",
    COLLAPSE: "spread within classes R",
}
KEYS = ("kind", "level", "like", "seed")
COLUMNS: dict[str, Measure] = {
    "kind": Measure("what is held", "the quantity that is held up"),
    "level": Measure("level", "below which it is pushed up again"),
    "like": Measure("dose of κ", "whose norms, loss or uncertainty the level is; 0 for none"),
}
MEDIANS = ("relative_flatness", "squared_norms", "train_loss", "variance_ratio_train")


@once_a_run
def outcomes(run: Run) -> pd.DataFrame:
    """One row a training, in the order of the run, with the columns `KEYS` and

    generalized         moment, NEVER unless it is within the steps at the full learning rate
    accuracy            test accuracy at the last of these;  settled: at the end, when the rate has fallen to 0
    MEDIANS             each the median over the second half of these steps
    """
    steps, frame = run.config["steps"], run.to_frame()
    full = frame[frame.step <= steps]
    keys = list(KEYS)
    table = pd.DataFrame({
        "generalized": full[full.test_acc >= moments.GENERALIZED].groupby(keys).step.min(),
        "accuracy": full.groupby(keys).tail(1).set_index(keys).test_acc,
        "settled": frame.groupby(keys).tail(1).set_index(keys).test_acc,
    }, dtype=float)  # fmt: skip
    table = table.join(full[full.step >= steps / 2].groupby(keys)[list(MEDIANS)].median())
    first = pd.MultiIndex.from_frame(frame[keys].drop_duplicates())
    return table.fillna({"generalized": moments.NEVER}).reindex(first).reset_index()


@once_a_run
def against_baseline(run: Run) -> pd.DataFrame:
    """`outcomes` without the baseline, and of the baseline of the same seed:

    baseline        its step of generalizing;  baseline_accuracy, baseline_settled: its accuracies
    times           steps to generalize over the baseline's; where there are none, a lower bound: all steps over them
    reached         whether there are, and `times` is not only a lower bound
    """
    table = outcomes(run)
    own = table[table.kind == BASELINE].set_index("seed")
    table = table[table.kind != BASELINE].reset_index(drop=True)
    for name, column in (
        ("baseline", "generalized"),
        ("baseline_accuracy", "accuracy"),
        ("baseline_settled", "settled"),
    ):
        table[name] = table.seed.map(own[column])
    table["reached"] = np.isfinite(table.generalized)
    taken = table.generalized.where(table.reached, run.config["steps"])
    table["times"] = (taken / table.baseline).where(np.isfinite(table.baseline))
    return table


def beside(run: Run, column: str) -> pd.DataFrame:
    """A column of `against_baseline` by (like, seed), a column a kind: kappa and what comes with it at each dose."""
    table = against_baseline(run)
    matched: pd.DataFrame = table[table.like > 0].pivot(index=["like", "seed"], columns="kind", values=column)
    return matched


def explained(run: Run) -> pd.Series:
    """By seed: the share of the variance of log kappa, over all trainings, that log norms and log loss explain.

    Least squares with an intercept, over `outcomes`. nan for a seed with too few trainings to tell.
    """
    return pd.Series({seed: _explained(rows) for seed, rows in outcomes(run).groupby("seed")}, dtype=float)


def _explained(rows: pd.DataFrame) -> float:
    kappa, *factors = np.log10(rows[["relative_flatness", "squared_norms", "train_loss"]].to_numpy(dtype=float)).T
    design = np.column_stack([np.ones(len(kappa)), *factors])
    if len(design) <= design.shape[1]:
        return float("nan")
    fitted = design @ np.linalg.lstsq(design, kappa, rcond=None)[0]
    return float(1 - (kappa - fitted).var() / kappa.var())


def levels(run: Run) -> pd.DataFrame:
    """A table: a row a quantity that is held, with its levels."""
    table = outcomes(run)
    held = table[table.kind != BASELINE].groupby("kind", sort=False)["level"]
    return pd.DataFrame({
        "what is held up": [KINDS[kind] for kind, _ in held],
        "levels": [", ".join(f"{level:,g}" for level in own.unique()) for _, own in held],
    })  # fmt: skip


def delays(run: Run) -> pd.DataFrame:
    """A table: a row a dose of kappa, the median delay with it and with each control, and how many generalize."""
    table = against_baseline(run)
    doses = [float(dose) for dose in table.level[table.kind == KAPPA].unique()]
    told = {
        KINDS[kind]: [_delay(table, kind, like=dose) for dose in doses] for kind in (KAPPA, NORMS, LOSS, CONFIDENCE)
    }
    return pd.DataFrame({"dose": [f"{dose:,g}" for dose in doses]} | told)


def spread_delays(run: Run) -> pd.DataFrame:
    """A table: a row a level of the spread within classes, the median delay with it, and how many generalize."""
    table = against_baseline(run)
    least = [float(level) for level in table.level[table.kind == COLLAPSE].unique()]
    delay = [_delay(table, COLLAPSE, level=level) for level in least]
    return pd.DataFrame({"least R": [f"{level:g}" for level in least], "delay (how many generalize)": delay})


def _delay(table: pd.DataFrame, kind: str, **where: float) -> str:
    """ "1.57 (7 of 8)" of the trainings with `kind` held at a level, or like a dose; empty where there are none."""
    ((column, value),) = where.items()
    rows = table[(table.kind == kind) & (table[column] == value)]
    return f"{cell(rows.times.median(), '{:.2f}')} ({count(rows.reached)})" if len(rows) else ""


def settled(run: Run) -> pd.DataFrame:
    """A table: a row a dose of kappa, test accuracy with the learning rate at its full height and at 0, in percent."""
    table = outcomes(run)
    held = 100 * table[table.kind == KAPPA].set_index("level")[["accuracy", "settled"]]
    told = held.groupby(level=0).agg(lambda values: spread(values, "{:.1f}"))
    columns = {"accuracy": "full learning rate (%)", "settled": "learning rate 0 (%)"}
    return told.rename(columns=columns).assign(dose=[f"{dose:,g}" for dose in told.index])[["dose", *columns.values()]]


def borne(run: Run) -> pd.DataFrame:
    """A table: a row a seed, kappa of the baseline and of the sharpest training with kappa held up that generalizes."""
    table = outcomes(run)
    there = table[np.isfinite(table.generalized)]
    plain = there[there.kind == BASELINE].set_index("seed").relative_flatness
    sharpest = there[there.kind == KAPPA].groupby("seed").relative_flatness.max()
    found = pd.DataFrame({"κ, nothing held": plain, "κ of the sharpest": sharpest, "times as sharp": sharpest / plain})
    return found.dropna().map(two_digits)
