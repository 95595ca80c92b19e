"""What became of each arm of `settings`: where its terminal phase began, and how far it collapsed."""

import numpy as np
import pandas as pd

from ncbook.runs import Run

ARM = ["dataset", "network", "loss", "weight_decay", "seed"]
_COMPARED = ("nc1_train", "nc1_test", "nc2_norms_train", "nc2_angles_train", "nc3_train", "nc4_train", "test_error")


def outcomes(run: Run) -> pd.DataFrame:
    """One row an arm (dataset, network, loss, weight_decay, seed), in the order of the run.

    Columns: zero_error_epoch, the first measured epoch with zero training error; for nc1_train, nc1_test,
    nc2_norms_train, nc2_angles_train, nc3_train, nc4_train and test_error, the value at that epoch with the suffix
    _then and at the end with _end; off_means_end; fall_train and fall_test, nc1 then divided by nc1 at the end. An arm
    that never reaches zero training error has nan in every column but those of the end.
    """
    rows = [_outcome(key, arm) for key, arm in run.to_frame().groupby(ARM, sort=False)]
    table = pd.DataFrame(rows)
    table["fall_train"] = table.nc1_train_then / table.nc1_train_end
    table["fall_test"] = table.nc1_test_then / table.nc1_test_end
    return table


def _outcome(key: tuple, arm: pd.DataFrame) -> dict:
    reached = arm[arm.train_error == 0]
    start = reached.iloc[0] if len(reached) else pd.Series(np.nan, index=arm.columns)
    end = arm.iloc[-1]
    row = dict(zip(ARM, key, strict=True)) | {"zero_error_epoch": start.epoch, "off_means_end": end.off_means}
    for name in _COMPARED:
        row |= {f"{name}_then": start[name], f"{name}_end": end[name]}
    return row
