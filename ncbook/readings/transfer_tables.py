"""Tables of the chapter on transfer: runs of `transfer` in the words of readers."""

import pandas as pd

from ncbook.readings import transfer
from ncbook.readings.words import cell, count, spread
from ncbook.runs import Run


def longer(run: Run) -> pd.DataFrame:
    """A row a network of `since_zero_error`, medians over the seeds: what happens after the last training error."""
    table = transfer.since_zero_error(run)
    return pd.DataFrame(
        [
            {
                "trained on": arm,
                "from epoch": cell(rows.epoch.median()),
                "variance ratio": _change(rows, "ratio", 1, "{:.2g}"),
                "linear probe, %": _change(rows, "probe", 100, "{:.1f}"),
                "nearest mean, %": _change(rows, "ncc", 100, "{:.1f}"),
            }
            for arm, rows in table.groupby("arm", sort=False)
        ]
    )


def mnist(run: Run) -> pd.DataFrame:
    """A row a network of `since_memorized`, medians over the seeds: from 99 % of the training images to the end."""
    table = transfer.since_memorized(run)
    return pd.DataFrame(
        [
            {
                "trained on": arm,
                "variance ratio": _change(rows, "ratio", 1, "{:.2g}"),
                "linear probe, %": _change(rows, "probe", 100, "{:.1f}"),
                "nearest mean, %": _change(rows, "ncc", 100, "{:.1f}"),
                "clusters, %": _change(rows, "cluster", 100, "{:.1f}"),
            }
            for arm, rows in table.groupby("arm", sort=False)
        ]
    )


def against_classes(run: Run) -> pd.DataFrame:
    """A row a protocol and number of source classes, medians over the seeds at the end of training."""
    named = {transfer.PER_CLASS: "per class", transfer.TOTAL: "in all"}
    return pd.DataFrame(
        [
            {
                "equal images": named[arm],
                "source classes": count,
                "V, training": cell(rows.cdnv_train.median(), "{:.1e}"),
                "V, new images": cell(rows.cdnv_test.median(), "{:.3f}"),
                "V, target": cell(rows.cdnv_target.median(), "{:.2f}"),
                "target accuracy, %": cell(100 * rows.probe_acc_target.median(), "{:.1f}"),
            }
            for (arm, count), rows in transfer.ends(run).groupby(["arm", "num_classes"])
        ]
    )


def few(run: Run) -> pd.DataFrame:
    """A row a number of source classes, equal images of each: accuracy on the target early, at the end, and lost."""
    table = transfer.ends(run)
    table = table[table.arm == transfer.PER_CLASS]
    table = table.assign(lost=100 * (table.probe_then - table.probe_acc_target))
    return pd.DataFrame(
        [
            {
                "source classes": classes,
                "early, %": cell(100 * rows.probe_then.median(), "{:.1f}"),
                "at the end, %": cell(100 * rows.probe_acc_target.median(), "{:.1f}"),
                "points lost": spread(rows.lost, "{:.1f}"),
                "above untrained": f"{count(rows.probe_acc_target > rows.untrained)} seeds",
                "above pixels": f"{count(rows.probe_acc_target > rows.pixels)} seeds",
            }
            for classes, rows in table.groupby("num_classes")
        ]
    )


def _change(rows: pd.DataFrame, name: str, times: float, form: str) -> str:
    """Medians of NAME_then and NAME_end, as "2 to 1"."""
    then, end = (cell(times * rows[f"{name}_{when}"].median(), form) for when in ("then", "end"))
    return f"{then} to {end}"
