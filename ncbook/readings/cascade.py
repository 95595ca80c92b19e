"""Runs of `cascade`: collapse layer by layer, the law of separation, effective depth, and tunnels."""

import numpy as np
import pandas as pd

from ncbook.readings import moments
from ncbook.readings.measures import Measure
from ncbook.readings.once import once_a_run
from ncbook.runs import Run

# The networks, and how readers call them.
ARMS = {
    "plain": "as it is",
    "quarter decay": "a quarter of the weight decay",
    "no decay": "no weight decay",
    "no batch norm": "no batch norm",
    "linear": "no activations",
    "half random": "half of the labels random",
    "all random": "all labels random",
    "wide": "twice as wide",
    "wide, all random": "twice as wide, all labels random",
    "six digits": "six digits of ten",
}
SEPARABLE = 0.01  # a layer is separable if at most this share of the training set is nearer to a wrong class mean
STRAIGHT = -0.98  # a correlation of log D with the layer at most this is called a line
SATURATED = 0.98  # the extractor ends where a linear probe has this share of the last layer's accuracy
COLUMNS: dict[str, Measure] = {
    "probe_acc_seen": Measure("digits trained on", "test accuracy of a linear probe for the digits trained on"),
    "probe_acc_other": Measure("digits held out", "test accuracy of a linear probe for digits that it never saw"),
}


def part(run: Run, name: str, arm: str | None = None) -> pd.DataFrame:
    """The rows of one part, "layer" or "probe", and of one arm if named."""
    frame = run.to_frame()
    return frame[(frame.part == name) & (frame.arm == arm if arm else True)].copy()


def layers(run: Run, arm: str | None = None) -> pd.DataFrame:
    """Rows of the part "layer", with the separation D = Tr(Sigma_W Sigma_B^+) = K NC1 of both sets."""
    return separated(part(run, "layer", arm))


def separated(rows: pd.DataFrame) -> pd.DataFrame:
    """`rows` with the separation of both sets."""
    return rows.assign(
        separation_train=rows.num_classes * rows.nc1_train, separation_test=rows.num_classes * rows.nc1_test
    )


def hidden(run: Run, arm: str, step: int | None = None, column: str = "variance_ratio_train") -> pd.DataFrame:
    """A column of the hidden layers at a step, the last one if none is named: a row a seed, a column a layer."""
    frame = layers(run, arm)
    frame = frame[(frame.layer > 0) & (frame.step == (frame.step.max() if step is None else step))]
    return frame.pivot(index="seed", columns="layer", values=column)


def over_time(run: Run, arm: str, column: str) -> pd.DataFrame:
    """A column of all layers, the median over the seeds: a row a step, a column a layer."""
    return layers(run, arm).pivot_table(index="step", columns="layer", values=column, aggfunc="median")


@once_a_run
def law(run: Run) -> pd.DataFrame:
    """How well log D of the training set falls on a line over the hidden layers: a row an arm, seed and step.

    correlation   Pearson's, of log D with the layer
    slope         of the line by least squares, in nats a layer
    least, most   smallest and largest fall of log D from one layer to the next, over the mean fall
    """
    return lines(layers(run))


def lines(frame: pd.DataFrame) -> pd.DataFrame:
    """What `law` tells, of rows as in `separated`."""
    keys = ["arm", "seed", "step"]
    frame = frame[frame.layer > 0]
    wide = frame.pivot(index=keys, columns="layer", values="separation_train")
    wide = wide.reindex(pd.MultiIndex.from_frame(frame[keys].drop_duplicates()))
    logs, depth = np.log(wide.to_numpy(float)), wide.columns.to_numpy(float)
    falls = -np.diff(logs)
    depth, centered = depth - depth.mean(), logs - logs.mean(axis=1, keepdims=True)
    along, spread = centered @ depth, np.linalg.norm(centered, axis=1)
    table = {
        "correlation": along / spread / np.linalg.norm(depth),
        "slope": along / (depth @ depth),
        "least": falls.min(axis=1) / falls.mean(axis=1),
        "most": falls.max(axis=1) / falls.mean(axis=1),
    }
    return pd.DataFrame(table, wide.index).reset_index()


@once_a_run
def phases(run: Run) -> pd.DataFrame:
    """The terminal phase of each network, as in `moments.terminal_phase`: indexed by arm and seed."""
    frame = layers(run)
    once = frame[frame.layer == frame.layer.max()]
    return moments.by_training(once, ("arm", "seed"), moments.terminal_phase).set_index(["arm", "seed"])


def over_phase(run: Run, arm: str, column: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A column of the hidden layers at the start of the terminal phase, and at the end.

    A row a seed whose terminal phase tells, a column a layer.
    """
    found = phases(run).loc[arm]
    starts = found.phase_start[found.phase_tells]
    end = hidden(run, arm, None, column).loc[list(starts.index)]
    then = [hidden(run, arm, int(step), column).loc[[seed]] for seed, step in starts.items()]
    return (pd.concat(then) if then else end), end


def effective_depths(run: Run) -> pd.DataFrame:
    """First separable hidden layer at the end of training, one more than the depth if there is none.

    A row an arm and seed, with its training error.
    """
    frame = layers(run)
    frame = frame[(frame.layer > 0) & (frame.step == frame.step.max())]
    return moments.by_training(frame, ("arm", "seed"), _depth)


def _depth(rows: pd.DataFrame) -> dict[str, float]:
    depth = moments.first(rows.layer, rows.ncc_error_train <= SEPARABLE)
    return {"depth": int(min(depth, rows.layer.max() + 1)), "train_error": float(rows.train_error.iloc[0])}


def tunnels(run: Run) -> pd.DataFrame:
    """The end of training on six digits, a row a seed.

    extractor          first hidden layer whose probe for the digits trained on is saturated
    layers             how many layers come after it
    rank_then, rank    effective rank there and at the last layer
    other_then, other  accuracy of the probe for the digits held out, there and at the last layer
    untrained_fall     fall of that accuracy between the same layers before training
    """
    frame = part(run, "probe")
    return moments.by_training(frame[frame.layer > 0], ("seed",), _tunnel)


def _tunnel(own: pd.DataFrame) -> dict[str, float]:
    before, end = (own[own.step == step].set_index("layer") for step in (0, own.step.max()))
    extractor = int(moments.first(end.index, end.probe_acc_seen >= SATURATED * end.probe_acc_seen.iloc[-1]))
    then, last = end.loc[extractor], end.iloc[-1]
    return {
        "extractor": extractor,
        "layers": len(end) - extractor,
        "rank_then": then.effective_rank,
        "rank": last.effective_rank,
        "other_then": then.probe_acc_other,
        "other": last.probe_acc_other,
        "untrained_fall": before.probe_acc_other[extractor] - before.probe_acc_other.iloc[-1],
    }
