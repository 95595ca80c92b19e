"""From a run of `interventions` to one row a training: when it generalized, and what it looked like then."""

import pandas as pd

from ncbook.runs import Run

THRESHOLD = 0.99  # of the accuracies
_LAST = 5  # probes whose median stands for the end


def outcomes(run: Run) -> pd.DataFrame:
    """One row a training, in the order of the run.

    memorised, generalized: first probed step with 99 % accuracy on train and on test, nan where there is none; last:
    its last step. kappa, variance_ratio and centre_acc: on the first such test probe, nan where there is none.
    final_acc, final_ratio: medians of test accuracy and variance ratio on train over the last five probes.
    release_...: loss, test accuracy, kappa, 1 - ||p||^2 and norms at the step of the release.
    """
    return pd.DataFrame(
        [
            _row(run, str(arm), int(seed), rows)
            for (arm, seed), rows in run.to_frame().groupby(["arm", "seed"], sort=False)
        ]
    )


def by_arm(run: Run, column: str) -> pd.DataFrame:
    """A column of `outcomes`, a row a seed and a column an arm."""
    return outcomes(run).pivot(index="seed", columns="arm", values=column)


def _row(run: Run, arm: str, seed: int, rows: pd.DataFrame) -> dict:
    released = rows[rows.step >= run.config["release"]]
    return {
        "arm": arm, "seed": seed, "memorised": _first(rows, "train_acc", "step"),
        "generalized": _first(rows, "test_acc", "step"), "last": rows.step.iloc[-1],
        "kappa": _first(rows, "test_acc", "kappa"),
        "variance_ratio": _first(rows, "test_acc", "variance_ratio_train"),
        "centre_acc": _first(rows, "test_acc", "test_centre_acc"),
        "final_acc": rows.test_acc.tail(_LAST).median(),
        "final_ratio": rows.variance_ratio_train.tail(_LAST).median(),
    } | _at_release(released)  # fmt: skip


def _first(rows: pd.DataFrame, accuracy: str, column: str) -> float:
    """`column` at the first probe where `accuracy` is at the threshold."""
    reached = rows[rows[accuracy] >= THRESHOLD]
    return float(reached[column].iloc[0]) if len(reached) else float("nan")


def _at_release(rows: pd.DataFrame) -> dict[str, float]:
    """nan for an arm that ends before."""
    names = ("train_loss", "train_acc", "test_acc", "kappa", "uncertainty", "head_norm", "feature_norm")
    return {f"release_{name}": float(rows[name].iloc[0]) if len(rows) else float("nan") for name in names}
