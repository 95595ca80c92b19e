import numpy as np
from drawings import Axis, Mark

ARMS = [("frozen", arm) for arm in ("frozen", "frozen_double", "thawed")] + [
    ("stuck", arm) for arm in ("single", "double", "stablemax", "orthogonal_single", "orthogonal_double")
]


def rows_of(run, state):
    frame = run.to_frame()
    part, arm = ARMS[int(state["case"])]
    rows = frame[(frame.part == part) & (frame.arm == arm)]
    zero = rows["zero_float64" if arm in ("frozen_double", "double", "orthogonal_double") else "zero_float32"]
    return rows.assign(zero=np.nan if arm == "stablemax" else zero)


def pictures(run, state, canvases):
    rows, at = rows_of(run, state), int(state["slider"])
    right = [("test_acc", "test", (6, 4), "square"), ("train_acc", "train", (), "circle")]
    shown = {"right": right, "zero": [("zero", "text", (), "triangle")]}
    return {name: panel(canvases[name], rows, at, curves) for name, curves in shown.items()}


def panel(canvas, rows, at, curves):
    x, y = canvas.x(Axis(0, 1500, log=False)), canvas.y(Axis(-0.04, 1.04, log=False))
    steps = np.unique(rows.step)
    items = [canvas.upright(x(steps[at]), "accent")]
    for column, color, dash, shape in curves:
        table = rows.pivot(index="seed", columns="step", values=column).to_numpy(float)
        if np.isnan(table).all():
            continue
        middle = np.median(table, axis=0)
        items += [canvas.curve(x(steps), y(own), color, dash=dash, alpha=0.45, width=1) for own in table]
        items.append(canvas.curve(x(steps), y(middle), color, dash=dash, alpha=1, width=2.8))
        items.append(Mark((x(steps[at]), y(middle[at])), color, shape))
    return items


def words(run, state):
    return {"now": str(np.unique(rows_of(run, state).step)[int(state["slider"])])}
