import numpy as np
from drawings import SHAPES, Axis, Mark, bars, number_ring

RESTRICTED, TEST = ("class0", (2, 4)), ("test", (6, 4))
SHARES = {"train_acc": ("train", ()), "test_acc": TEST, "restricted_acc": RESTRICTED}
LOSSES = {"excluded_loss": ("class3", ()), "test_loss": TEST, "restricted_loss": RESTRICTED}


def pictures(run, state, canvases):
    place, at, wave = (int(state[name]) for name in ("seed", "slider", "wave"))
    frame = run.to_frame()
    network = frame[frame.operation == "addition"].network.iloc[0]
    arrays = {
        key: run.arrays[f"{network}-addition/{key}"] for key in ("frames", "spectrum", "keys", "circled", "circles")
    }
    frames = arrays["frames"]
    rows = frame[
        (frame.seed == run.config["seeds"][place]) & (frame.operation == "addition") & (frame.network == network)
    ]
    rows = rows.set_index("step").loc[frames]
    power = arrays["spectrum"][place, at, 1:].astype(float) ** 2
    found = {
        "spectrum": bars(canvases["spectrum"], power / power.sum(), np.flatnonzero(arrays["keys"][place])),
        "circle": number_ring(
            canvases["circle"], arrays["circles"][place, at, wave].astype(float), int(arrays["circled"][place][wave])
        ),
    }
    for name, columns, axis in (("accuracies", SHARES, Axis(0, 1, log=False)), ("losses", LOSSES, Axis(1e-8, 100))):
        canvas = canvases[name]
        x, y = canvas.x(Axis(0, frames[-1], log=False)), canvas.y(axis)
        items = [canvas.upright(x(frames[at]), "accent")]
        for (column, (color, dash)), shape in zip(columns.items(), SHAPES, strict=False):
            values = np.maximum(rows[column].to_numpy(float), 1e-8) if axis.log else rows[column].to_numpy(float)
            items.append(canvas.curve(x(frames), y(values), color, dash=dash, width=2.4))
            items.append(Mark((x(frames[at]), y(values[at])), color, shape))
        found[name] = items
    return found


def words(run, state):
    frame = run.to_frame()
    network = frame[frame.operation == "addition"].network.iloc[0]
    return {"now": str(run.arrays[f"{network}-addition/frames"][int(state["slider"])])}
