"""What figures, claims and the chapter read from a run of `cascade`."""

import numpy as np
import pandas as pd

from ncbook.runs import Run

SEPARABLE = 0.01  # a layer is separable if at most this share of the training set is nearer to a wrong class mean
SATURATED = 0.98  # the extractor ends where a linear probe has this share of the last layer's accuracy


def part(run: Run, name: str, arm: str | None = None) -> pd.DataFrame:
    """The rows of one part, "layer", "probe" or "deep", and of one arm if named."""
    frame = run.to_frame()
    return frame[(frame.part == name) & (frame.arm == arm if arm else True)].copy()


def layers(run: Run, arm: str | None = None) -> pd.DataFrame:
    """Rows of the part "layer", with the separation D = Tr(Sigma_W Sigma_B^+) = K NC1 of the training set."""
    frame = part(run, "layer", arm)
    return frame.assign(separation=frame.classes * frame.nc1_train)


def hidden(run: Run, arm: str, step: int | None = None, column: str = "ratio_train") -> pd.DataFrame:
    """A column of the hidden layers at a step, the last one if none is named: a row a seed, a column a layer."""
    frame = layers(run, arm)
    frame = frame[(frame.layer > 0) & (frame.step == (frame.step.max() if step is None else step))]
    return frame.pivot(index="seed", columns="layer", values=column)


def law(run: Run) -> pd.DataFrame:
    """How well log D falls on a line over the hidden layers: a row an arm, seed and step.

    correlation   Pearson's, of log D with the layer
    slope         of the line by least squares, in nats a layer
    least, most   smallest and largest fall of log D from one layer to the next, over the mean fall
    """
    frame = layers(run)
    frame = frame[frame.layer > 0]
    return frame.groupby(["arm", "seed", "step"], sort=False).apply(_line, include_groups=False).reset_index()


def _line(rows: pd.DataFrame) -> pd.Series:
    depth, logs = rows.layer.to_numpy(float), np.log(rows.separation.to_numpy(float))
    falls = -np.diff(logs)
    return pd.Series({
        "correlation": np.corrcoef(depth, logs)[0, 1], "slope": np.polyfit(depth, logs, 1)[0],
        "least": falls.min() / falls.mean(), "most": falls.max() / falls.mean(),
    })  # fmt: skip


def zero_error_steps(run: Run, arm: str) -> pd.Series:
    """Of each seed the first measured step without a training error, before the last one; nan if there is none."""
    frame = part(run, "layer", arm)
    early = frame[(frame.train_error == 0) & (frame.step < frame.step.max())]
    return early.groupby("seed").step.min().reindex(frame.seed.unique())


def terminal(run: Run, arm: str, column: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A column of the hidden layers at that first step and at the end: a row a seed that has one, a column a layer."""
    steps = zero_error_steps(run, arm).dropna()
    then = [hidden(run, arm, int(step), column).loc[[seed]] for seed, step in steps.items()]
    end = hidden(run, arm, None, column).loc[list(steps.index)]
    return (pd.concat(then) if then else end), end


def effective_depths(run: Run) -> pd.DataFrame:
    """First separable hidden layer at the end of training, one more than the depth if there is none.

    A row an arm and seed, with its training error.
    """
    rows = []
    for arm, frame in layers(run).groupby("arm", sort=False):
        errors = hidden(run, str(arm), None, "centre_train")
        last = frame[frame.step == frame.step.max()].groupby("seed").train_error.first()
        for seed, row in errors.iterrows():
            found = row.index[row <= SEPARABLE]
            depth = int(found[0]) if len(found) else int(row.index[-1]) + 1
            rows.append({"arm": arm, "seed": seed, "depth": depth, "train_error": float(last[seed])})
    return pd.DataFrame(rows)


def tunnels(run: Run) -> pd.DataFrame:
    """The end of training on six digits, a row a seed.

    extractor          first hidden layer whose probe for the digits trained on is saturated
    layers             how many layers come after it
    rank_then, rank    effective rank there and at the last layer
    other_then, other  accuracy of the probe for the digits held out, there and at the last layer
    untrained_fall     fall of that accuracy between the same layers before training
    """
    frame = part(run, "probe")
    frame = frame[frame.layer > 0]
    return pd.DataFrame([{"seed": seed} | _tunnel(own) for seed, own in frame.groupby("seed")])


def _tunnel(own: pd.DataFrame) -> dict[str, float]:
    before, end = (own[own.step == step].set_index("layer") for step in (0, own.step.max()))
    extractor = int(end.index[end.probe_seen >= SATURATED * end.probe_seen.iloc[-1]][0])
    return {
        "extractor": extractor, "layers": len(end) - extractor,
        "rank_then": end["rank"][extractor], "rank": end["rank"].iloc[-1],
        "other_then": end.probe_other[extractor], "other": end.probe_other.iloc[-1],
        "untrained_fall": before.probe_other[extractor] - before.probe_other.iloc[-1],
    }  # fmt: skip


def theory(run: Run) -> pd.DataFrame:
    """The theory, a row a model, number of classes and number of layers.

    best         lowest loss from a random start, over the loss of the collapsed solution
    rank         rank of the logits there;  inner_rank: smallest rank before the last matrix
    collapsed    share of random starts that end within 1e-4 of the collapsed loss
    curvature    smallest over largest eigenvalue of the Hessian at the collapsed solution; nan with ReLUs
    lowest_nudged, highest_nudged   losses after a disturbance of it, over its own
    """
    keys = ["arm", "classes", "layer"]
    frame = part(run, "deep")
    frame = frame.assign(relative=frame.loss / frame.collapsed)
    return pd.DataFrame([dict(zip(keys, key, strict=True)) | _found(own) for key, own in frame.groupby(keys)])


def _found(own: pd.DataFrame) -> dict[str, float]:
    random, nudged = (own[own.kind == kind] for kind in ("random", "nudged"))
    best = random.loc[random.relative.idxmin()]
    return {
        "best": best.relative, "rank": int(best["rank"]), "inner_rank": int(best.inner_rank),
        "collapsed": float((random.relative.sub(1).abs() < 1e-4).mean()),
        "curvature": best.curvature,
        "lowest_nudged": nudged.relative.min(), "highest_nudged": nudged.relative.max(),
    }  # fmt: skip
