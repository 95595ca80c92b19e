import itertools

import numpy as np
from drawings import Word, segment, spanning

RATIOS = ["variance_ratio_train", "variance_ratio_test"]


def pictures(run, state, canvases):
    frame, canvas = rows_of(run, state), canvases["scatter"]
    stop = float(state["stop"])
    found = []
    for seed in run.config["seeds"]:
        points = [stopped(rows, state["rule"], stop)
                  for _, rows in frame[frame.seed == seed].groupby("per_class", sort=False)]  # fmt: skip
        sizes = frame[frame.seed == seed].per_class.unique()
        found.append([(n, *point) for n, point in zip(sizes, points, strict=True) if point])
    everything = [point for seed in found for point in seed]
    shown = everything or [(0, *pair) for pair in frame[RATIOS].to_numpy()]
    x, y = (lay(spanning([[each[i] for each in shown]], zero=False)) for lay, i in ((canvas.x, 1), (canvas.y, 2)))
    place = {id(each): (float(x(each[1])), float(y(each[2]))) for each in everything}
    items = [segment(place[id(a)], place[id(b)], "faint") for seed in found for a, b in itertools.pairwise(seed)]
    return {"scatter": items + [Word(str(int(each[0])), place[id(each)]) for each in everything]}


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
