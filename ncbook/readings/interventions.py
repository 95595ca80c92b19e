"""Runs of `interventions`: one row a training, when it generalized, and what it looked like then."""

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

# The arms, in the order of the book, and how readers call them.
ARMS = {
    "baseline": "baseline",
    "encouraged": "collapse encouraged",
    "prevented": "collapse prevented",
    "anti_released": "anti-flatness, released",
    "anti_kept": "anti-flatness, kept",
    "norms_released": "large norms, released",
    "confidence": "low confidence, released",
    "flooding": "flooding",
    "smoothing": "label smoothing",
    "baseline_schedule": "baseline, new schedule",
    "kept_schedule": "anti-flatness kept, new schedule",
}
RELEASED = ("anti_released", "norms_released", "confidence")  # whose regularizers end at the release
SCHEDULED = ("baseline_schedule", "kept_schedule")  # whose learning rate changes there
CONTROLS = ("norms_released", "confidence", "flooding", "smoothing")  # of the arm anti_released
COLUMNS: dict[str, Measure] = {}
_LAST = 5  # probes whose median stands for the end
_THEN = ("relative_flatness", "variance_ratio_train", "cdnv_train", "test_acc", "ncc_acc_test")


@once_a_run
def outcomes(run: Run) -> pd.DataFrame:
    """One row a training, in the order of the run.

    memorized, generalized: moments; last: its last step. relative_flatness, variance_ratio_train, cdnv_train,
    test_acc and ncc_acc_test: at `generalized`, nan for never. final_acc, final_ratio: medians of test accuracy and
    variance ratio on train over the last five probes. release_...: loss, accuracies, flatness, uncertainty and norms at
    the step of the release, nan for an arm that ends before.
    """
    return moments.by_training(run.to_frame(), ("arm", "seed"), lambda rows: _outcome(rows, run.config["release"]))


def _outcome(rows: pd.DataFrame, release: int) -> dict[str, float]:
    generalized = moments.generalized(rows)
    then, released = moments.at(rows, generalized), moments.at(rows, release)
    row = {"memorized": moments.memorized(rows), "generalized": generalized, "last": float(rows.step.iloc[-1])}
    row |= {name: float(then[name]) for name in _THEN}
    row["final_acc"] = float(rows.test_acc.tail(_LAST).median())
    row["final_ratio"] = float(rows.variance_ratio_train.tail(_LAST).median())
    at_release = (
        "train_loss", "train_acc", "test_acc", "relative_flatness", "uncertainty_train", "head_norm", "feature_norm",
        "squared_norms",
    )  # fmt: skip
    return row | {f"release_{name}": float(released[name]) for name in at_release}


def by_arm(run: Run, column: str) -> pd.DataFrame:
    """A column of `outcomes`, a row a seed and a column an arm."""
    return outcomes(run).pivot(index="seed", columns="arm", values=column)


def delays(run: Run) -> pd.DataFrame:
    """Steps to 99 % test accuracy over the baseline's of the same seed, a row a seed and a column an arm.

    A training that does not get there enters with its last step, a lower bound. Seeds whose baseline does not are
    left out.
    """
    steps, last = by_arm(run, "generalized"), by_arm(run, "last")
    reached = np.isfinite(steps)
    return steps.where(reached, last).div(steps.baseline, axis=0)[reached.baseline]


def after_memorizing(run: Run, arm: str) -> pd.DataFrame:
    """History rows of an arm from each seed's memorizing on."""
    rows = run.to_frame()
    rows = rows[rows.arm == arm]
    return rows[(rows.train_acc >= moments.MEMORIZED).groupby(rows.seed).cummax()]


def loss_correlations(run: Run) -> pd.Series:
    """Correlation of log relative flatness with log training loss over the probes of the baseline after memorizing.

    A value a seed; nan for a seed with fewer than three such probes.
    """
    found = dict.fromkeys(run.config["seeds"], np.nan)
    for seed, rows in after_memorizing(run, "baseline").groupby("seed"):
        logs = np.log(rows[["relative_flatness", "train_loss"]].astype(float))
        found[seed] = logs.relative_flatness.corr(logs.train_loss) if len(rows) >= 3 else np.nan
    return pd.Series(found)


def change_correlations(run: Run) -> pd.DataFrame:
    """By seed of the baseline that memorizes: `correlation`, the rank correlation of the changes of log relative

    flatness and of log training loss from probe to probe after memorizing, and `points`, how many changes there are.
    """
    found = {}
    for seed, rows in after_memorizing(run, "baseline").groupby("seed"):
        changes = np.log(rows[["relative_flatness", "train_loss"]].astype(float)).diff().dropna()
        correlation = changes.relative_flatness.corr(changes.train_loss, method="spearman")
        found[seed] = {"correlation": correlation, "points": len(changes)}
    return pd.DataFrame.from_dict(found, orient="index", columns=["correlation", "points"]).dropna()


def at_step(run: Run, column: str, step: float) -> pd.DataFrame:
    """A column at one step, a row a seed and a column an arm."""
    frame = run.to_frame()
    return frame[frame.step == step].pivot(index="seed", columns="arm", values=column)


def rising(run: Run, arm: str) -> pd.Series:
    """By seed: whether test accuracy was still rising when the steps of an arm ended.

    The median of its last five probes is then above that of the five probes before.
    """
    frame = run.to_frame()
    tests = frame[frame.arm == arm].groupby("seed").test_acc
    return tests.agg(lambda own: own.tail(_LAST).median() > own.iloc[-2 * _LAST : -_LAST].median()).astype(bool)


@once_a_run
def against_baseline(run: Run) -> pd.DataFrame:
    """One row a training that generalizes: relative flatness when it does over that of the baseline of its seed,

    at_step   at the same step, nan where the baseline has none
    at_loss   where the baseline, after memorizing, has the same training loss, nan where it has none
    tighter   whether its variance ratio on train is the smaller one, at the same step
    """
    frame = run.to_frame()
    baselines = dict(list(frame[frame.arm == "baseline"].groupby("seed")))
    memorized = {seed: moments.memorized(rows) for seed, rows in baselines.items()}
    found = []
    for (arm, seed), rows in frame.groupby(["arm", "seed"], sort=False):
        step = moments.generalized(rows)
        if step == moments.NEVER or seed not in baselines:
            continue
        then, same = moments.at(rows, step), moments.at(baselines[seed], step)
        usual = baselines[seed][baselines[seed].step >= memorized[seed]]
        found.append({
            "arm": arm, "seed": seed, "at_step": then.relative_flatness / same.relative_flatness,
            "at_loss": then.relative_flatness / flatness_at_loss(usual, then.train_loss),
            "tighter": bool(then.variance_ratio_train < same.variance_ratio_train),
        })  # fmt: skip
    return pd.DataFrame(found, columns=["arm", "seed", "at_step", "at_loss", "tighter"])


def flatness_at_loss(rows: pd.DataFrame, loss: float) -> float:
    """Relative flatness of one training where its training loss is `loss`, on a line of logarithms between probes."""
    return float(np.exp(moments.at_loss(rows, np.log(rows.relative_flatness.astype(float)), loss)))
