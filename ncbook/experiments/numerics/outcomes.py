"""From a run of `numerics` to one row a training, and to the slingshots of a curve."""

import numpy as np
import pandas as pd

from ncbook.runs import Run

THRESHOLD = 0.99  # of the test accuracy
LOOK_BACK = 10  # probes before a spike
LEARNED, RISE, GROWTH = 1e-3, 10.0, 1.02


def outcomes(run: Run) -> pd.DataFrame:
    """One row a training: part, arm, seed; generalized, the first probed step with 99 % test accuracy, nan for none;

    last, its last step; final_acc; zero_single and zero_double, the largest shares of points without a gradient in
    the correct class, in float32 and float64; spikes, see `spikes`.
    """
    groups = run.to_frame().groupby(["part", "arm", "seed"], sort=False)
    return pd.DataFrame([_row(str(part), str(arm), int(seed), rows) for (part, arm, seed), rows in groups])


def by_arm(run: Run, part: str, column: str) -> pd.DataFrame:
    """A column of `outcomes` for one part, a row a seed and a column an arm, in the order of the run."""
    table = outcomes(run)
    table = table[table.part == part]
    return table.pivot(index="seed", columns="arm", values=column)[list(dict.fromkeys(table.arm))]


def spikes(loss: np.ndarray, head_norm: np.ndarray) -> list[int]:
    """Probes at which a slingshot's spike begins, for curves [P].

    A loss of at least 0.001 and ten times the smallest of the ten probes before, which was below 0.001, while the norm
    of the last layer has grown by 2 % or more over these ten. The next one counts once the loss is back below 0.001.
    """
    found: list[int] = []
    armed = True
    for now in range(LOOK_BACK, len(loss)):
        lowest = loss[now - LOOK_BACK : now].min()
        armed = armed or bool(loss[now] < LEARNED)
        if armed and lowest < LEARNED <= loss[now] and loss[now] >= RISE * lowest:
            armed = False
            if head_norm[now] >= GROWTH * head_norm[now - LOOK_BACK]:
                found.append(now)
    return found


def _row(part: str, arm: str, seed: int, rows: pd.DataFrame) -> dict:
    reached = rows[rows.test_acc >= THRESHOLD]
    return {
        "part": part, "arm": arm, "seed": seed, "last": float(rows.step.iloc[-1]),
        "generalized": float(reached.step.iloc[0]) if len(reached) else float("nan"),
        "final_acc": float(rows.test_acc.iloc[-1]),
        "zero_single": float(rows.zero_single.max()), "zero_double": float(rows.zero_double.max()),
        "spikes": len(spikes(rows.loss.to_numpy(), rows.head_norm.to_numpy())),
    }  # fmt: skip
