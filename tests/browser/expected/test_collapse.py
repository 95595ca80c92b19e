import numpy as np
import pandas as pd
from drawings import Axis, Mark, rounded

RATIOS = ["variance_ratio_train", "variance_ratio_test"]


def pictures(run, state, canvases):
    frame, stop = rows_of(run, state), float(state["stop"])
    found = [
        (size, seed, *point)
        for (size, seed), rows in frame.groupby(["per_class", "seed"], sort=False)
        if (point := stopped(rows, state["rule"], stop))
    ]
    wide = pd.DataFrame(found, columns=["size", "seed", "train", "new"]).pivot(index="seed", columns="size")
    whole = whole_decay(run, float(state["decay"]))
    return {
        name: panel(canvases[name], wide[name], run.config["sizes"], whole, *style)
        for name, style in {"train": ("train", (), "circle"), "new": ("test", (6, 4), "square")}.items()
    }


def panel(canvas, wide, sizes, whole, color, dash, shape):
    """The curves of one ratio: `wide` has a row a seed and a column a size, those that are there."""
    table = wide.reindex(columns=sizes).to_numpy(float)
    low, high = rounded(whole.min(), below=True), rounded(whole.max(), below=False)
    x, y = canvas.x(Axis(sizes[0] / 1.3, sizes[-1] * 1.3)), canvas.y(Axis(low, high))
    middle = pd.DataFrame(table).median().to_numpy()
    items = [canvas.curve(x(sizes), y(own), color, dash=dash, alpha=0.5, width=1) for own in table]
    items.append(canvas.curve(x(sizes), y(middle), color, dash=dash, width=2.6))
    return items + [
        Mark((x(size), y(value)), color, shape) for size, value in zip(sizes, middle, strict=True) if np.isfinite(value)
    ]


def whole_decay(run, decay):
    """Both ratios at every step of every training with a weight decay: what the axis has to hold."""
    frame = run.to_frame()
    return frame[(frame.weight_decay == decay) & (frame.step > 0)][RATIOS].to_numpy(float)


def words(run, state):
    return {"clock": {"steps": "Step", "epochs": "Epoch", "loss": "Training loss"}[state["rule"]]}


def rows_of(run, state):
    """The rows of the chosen weight decay and difficulty, without the untrained networks."""
    frame = run.to_frame()
    chosen = (frame.weight_decay == float(state["decay"])) & (frame.difficulty == float(state["difficulty"]))
    return frame[chosen & (frame.step > 0)]


def stopped(rows, rule, stop):
    """Both ratios where a training stops; None where it never gets there."""
    if rule != "loss":
        clock = rows["epoch" if rule == "epochs" else "step"].to_numpy()
        before = np.flatnonzero(clock <= stop)
        if clock[-1] < stop or not len(before):
            return None
        return tuple(rows.iloc[before[-1]][RATIOS])
    loss = rows.train_loss.to_numpy(float)
    there = np.flatnonzero(np.array([float(f"{value:.4g}") for value in loss]) <= stop)
    if not len(there):
        return None
    i = int(there[0])
    if i == 0:
        return tuple(rows.iloc[0][RATIOS])
    share = np.log(loss[i - 1] / stop) / np.log(loss[i - 1] / loss[i])
    return tuple(rows[name].iloc[i - 1] + share * (rows[name].iloc[i] - rows[name].iloc[i - 1]) for name in RATIOS)


def stops(run, rule, state):
    """The values that the slider runs over."""
    frame = rows_of(run, state)
    if rule == "steps":
        return sorted(frame.step[frame.step >= 1].unique())
    if rule == "epochs":
        last = run.to_frame().groupby("per_class").epoch.max().min()
        return sorted(frame.epoch[(frame.epoch >= 1) & (frame.epoch <= last)].unique())
    steps = [float(f"{digit}e{power}") for power in range(0, -12, -1) for digit in (1, 0.3)]
    return [value for value in steps if value >= frame.train_loss.min() * (1 - 1e-4)]


def add_state(run, state, history):
    """Where the slider stands is a stop, which depends on the rule."""
    return {"stop": stops(run, state["rule"], state)[int(state["slider"])]}
