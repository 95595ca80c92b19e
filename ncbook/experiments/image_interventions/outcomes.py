"""From a run of `image_interventions` to one row a training: at the release, and at the end."""

import pandas as pd

from ncbook.runs import Run

_AT = ("val_acc", "train_acc", "train_loss", "kappa", "paper_kappa", "uncertainty", "head_norm", "feature_norm")


def outcomes(run: Run) -> pd.DataFrame:
    """One row a training, in the order of the run: task, arm, seed, and of each measure release_... and final_...

    The measures are those of the history; release_... is the probe at the release, before anything changes, and
    final_... the last one, of the variance ratio too.
    """
    groups = run.to_frame().groupby(["task", "arm", "seed"], sort=False)
    return pd.DataFrame([_row(run, key, rows) for key, rows in groups])


def by_arm(run: Run, column: str, task: str | None = None) -> pd.DataFrame:
    """A column of `outcomes`, a row a task and seed and a column an arm, nan where the task has not the arm.

    With `task`, only that task's rows.
    """
    table = outcomes(run)
    if task is not None:
        table = table[table.task == task]
    return table.pivot(index=["task", "seed"], columns="arm", values=column)


def _row(run: Run, key: tuple, rows: pd.DataFrame) -> dict:
    release = rows[rows.epoch == run.config["release"]].iloc[0]
    last = rows.iloc[-1]
    row = dict(zip(("task", "arm", "seed"), key, strict=True))
    row |= {f"release_{name}": release[name] for name in _AT}
    row |= {f"final_{name}": last[name] for name in (*_AT, "variance_ratio_train")}
    return row
