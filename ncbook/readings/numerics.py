"""Runs of `numerics`: one row a training, when it generalized, and the slingshots of a curve."""

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.readings.words import cell, count, span
from ncbook.runs import Run

SPEED, STUCK, FROZEN, SLINGSHOT = "speed", "stuck", "frozen", "slingshot"
# The arms of each part, in the order of the book, and how readers call them.
ARMS = {
    SPEED: {
        "baseline": "baseline",
        "grokfast": "slow gradients amplified",
        "rate": "learning rate times 3",
        "rate_held": "the same, weight decay / 3",
        "momentum": "longer momentum",
    },
    STUCK: {
        "single": "softmax, float32",
        "double": "softmax, float64",
        "stablemax": "StableMax, float64",
        "orthogonal_single": "orthogonal, float32",
        "orthogonal_double": "orthogonal, float64",
    },
    FROZEN: {
        "frozen": "no decay, float32",
        "frozen_double": "no decay, float64",
        "thawed": "weight decay, float32",
    },
    SLINGSHOT: {"single": "float32", "large_eps": "float32, large $\\epsilon$", "double": "float64"},
}
COLUMNS = {
    "train_loss_float32": Measure("training loss in float32", "cross-entropy of the training set, in float32", "nats"),
    "zero_float32": Measure(
        "zero gradients in float32", "share of training points without a gradient in the correct class's logit"
    ),
    "zero_float64": Measure(
        "zero gradients in float64", "share of training points without a gradient in the correct class's logit"
    ),
    "moved": Measure("largest change", "largest change of a parameter since the start of the part"),
}
LOOK_BACK = 10  # probes before a spike
LEARNED, RISE, GROWTH = 1e-3, 10.0, 1.02


@once_a_run
def outcomes(run: Run) -> pd.DataFrame:
    """One row a training: part, arm, seed; generalized, a moment; last, its last step; final_acc, of the test set;

    zero_float32 and zero_float64, the largest shares of points without a gradient in the correct class; spikes, how
    many, see `spikes`.
    """
    return moments.by_training(run.to_frame(), ("part", "arm", "seed"), _outcome)


def _outcome(rows: pd.DataFrame) -> dict[str, float]:
    return {
        "generalized": moments.generalized(rows),
        "last": float(rows.step.iloc[-1]),
        "final_acc": float(rows.test_acc.iloc[-1]),
        "zero_float32": float(rows.zero_float32.max()),
        "zero_float64": float(rows.zero_float64.max()),
        "spikes": len(spikes(rows.train_loss.to_numpy(), rows.head_norm.to_numpy())),
    }


def by_arm(run: Run, part: str, column: str) -> pd.DataFrame:
    """A column of `outcomes` for one part, a row a seed and a column an arm, in the order of the run."""
    table = outcomes(run)
    table = table[table.part == part]
    return table.pivot(index="seed", columns="arm", values=column)[list(dict.fromkeys(table.arm))]


def bounds(run: Run, part: str) -> pd.DataFrame:
    """Steps to 99 % test accuracy as in `by_arm`; of a training that does not get there its last step."""
    steps = by_arm(run, part, "generalized")
    return steps.where(np.isfinite(steps), by_arm(run, part, "last"))


def times(run: Run) -> pd.DataFrame:
    """`bounds` over the baseline's of the same seed; seeds whose baseline is late are left out."""
    reached = np.isfinite(by_arm(run, SPEED, "generalized").baseline)
    steps = bounds(run, SPEED)
    return steps.div(steps.baseline, axis=0)[reached]


def frozen_ends(run: Run) -> pd.DataFrame:
    """The last row of every training of the part "frozen", by arm and seed."""
    return part_of(run, FROZEN).groupby(["arm", "seed"]).last()


def part_of(run: Run, part: str) -> pd.DataFrame:
    """The history of one part."""
    frame = run.to_frame()
    return frame[frame.part == part]


def own_zero(rows: pd.DataFrame) -> pd.Series:
    """The share of zero gradients in the precision of an arm's own softmax; nan where it has none."""
    share = rows.zero_float64.where(rows.arm.str.endswith("double"), rows.zero_float32)
    return share.where(rows.arm != "stablemax")


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


def speeds(run: Run) -> pd.DataFrame:
    """A row an arm of the part "speed": seeds that generalize, and the median of `bounds`."""
    steps, least = by_arm(run, SPEED, "generalized"), bounds(run, SPEED).median()
    rows = []
    for arm, name in ARMS[SPEED].items():
        there = count(np.isfinite(steps[arm]))
        rows.append(
            {"training": name, "seeds that reach 99 %": there, "median step, at least": cell(least[arm], "{:.0f}")}
        )
    return pd.DataFrame(rows)


def still(run: Run) -> pd.DataFrame:
    """A row a training of the part "frozen", at its end: pairs without a gradient, the change, the test accuracy."""
    ends = frozen_ends(run)
    rows = [
        {
            "training": name, "last step": int(ends.loc[arm].step.max()),
            "pairs without gradient, %": f"{100 * ends.loc[arm].zero_float32.median():.0f}",
            "largest change of a weight": f"{ends.loc[arm].moved.max():.2g}",
            "best test accuracy": f"{ends.loc[arm].test_acc.max():.2f}",
        }
        for arm, name in ARMS[FROZEN].items()
    ]  # fmt: skip
    return pd.DataFrame(rows)


def without_decay(run: Run) -> pd.DataFrame:
    """A row a training of the part "stuck": seeds that generalize, and the lowest and highest test accuracy."""
    reached, final = (by_arm(run, STUCK, column) for column in ("generalized", "final_acc"))
    rows = [
        {
            "training": name, "seeds that reach 99 %": count(np.isfinite(reached[arm])),
            "test accuracy at the end": span(final[arm], "{:.3f}"),
        }
        for arm, name in ARMS[STUCK].items()
    ]  # fmt: skip
    return pd.DataFrame(rows)
