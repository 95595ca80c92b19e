"""What each arm came to."""

import numpy as np
import pandas as pd

from ncbook import runs


def ends(run: runs.Run) -> pd.DataFrame:
    """One row an arm (num_classes, dim, weight_decay, seed): every column of the history at its last probe.

    Added: zero_error_step, the first probed step without a training error, and fall, NC1 on the training set then
    over NC1 at the end; both nan for an arm that never gets there.
    """
    arms = run.to_frame().groupby(["num_classes", "dim", "weight_decay", "seed"], sort=False)
    rows = []
    for _, arm in arms:
        reached = arm[arm.train_error == 0]
        start = reached.iloc[0] if len(reached) else pd.Series(np.nan, index=arm.columns)
        fall = start.nc1_train / arm.nc1_train.iloc[-1]
        rows.append({**arm.iloc[-1].to_dict(), "zero_error_step": start.step, "fall": fall})
    return pd.DataFrame(rows)
