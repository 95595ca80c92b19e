import itertools

import numpy as np
from drawings import Axis, Box, Mark, rounded, segment

ARMS = ("plain", "no decay", "no batch norm", "linear", "half random", "all random", "wide")
COLUMNS = {  # of training and of test images; the error on test images is that of the nearest training mean
    "separation": ("nc1_train", "nc1_test"),
    "ratio": ("variance_ratio_train", "variance_ratio_test"),
    "nc1": ("nc1_train", "nc1_test"),
    "cdnv": ("cdnv_train", "cdnv_test"),
    "center": ("ncc_error_train", "ncc_error_test_train_means"),
}
CIVIDIS = np.array([[0, 32, 77], [45, 67, 110], [93, 97, 111], [147, 138, 120], [200, 184, 102], [255, 234, 70]])


def cube(run, state):
    """Logarithms [seed, step, layer] of the chosen measure."""
    frame = run.to_frame()
    frame = frame[(frame.part == "layer") & (frame.arm == state["arm"])]
    measure = next(key for key, words in MEASURE_OF.items() if state["measure:text"].startswith(words))
    name = COLUMNS[measure][state["side"] == "test"]
    values = frame.pivot(index=["seed", "step"], columns="layer", values=name).to_numpy(float)
    if measure == "separation":
        values = values * frame.num_classes.iloc[0]
    values = values.reshape(frame.seed.nunique(), -1, values.shape[1])
    return np.log10(np.maximum(values, 1e-3 if measure == "center" else 1e-12))


MEASURE_OF = {"separation": "D, ", "ratio": "variance", "nc1": "NC1", "cdnv": "CDNV", "center": "nearest"}


def shade(share):
    place = min(0.9999, max(0, share)) * (len(CIVIDIS) - 1)
    i = int(place)
    red, green, blue = np.floor(CIVIDIS[i] + (place - i) * (CIVIDIS[i + 1] - CIVIDIS[i]) + 0.5).astype(int)
    return f"#{red:02x}{green:02x}{blue:02x}"


def pictures(run, state, canvases):
    logs, at = cube(run, state), int(state["slider"])
    middle = np.median(logs, axis=0)
    return {
        "map": heat(canvases["map"], logs, middle, at),
        "profile": profile(canvases["profile"], logs, middle, at, state["side"]),
    }


def heat(canvas, logs, middle, at):
    left, top, right, bottom = 52, 26, canvas.width - 8, canvas.height - 46
    rows, layers = middle.shape
    across, down = (right - left) / layers, (bottom - top) / rows
    shares = (middle - logs.min()) / (logs.max() - logs.min())
    items = [Box(left + 1, top + at * down, right - left - 2, down, "text", hollow=True)]
    for row in range(at + 1):
        for layer in range(layers):
            box = (left + layer * across, top + row * down, across + 0.6, down + 0.6)
            items.append(Box(*box, shade(shares[row, layer])))
    return items


def profile(canvas, logs, middle, at, side):
    low, high = rounded(10 ** logs.min(), below=True), rounded(10 ** logs.max(), below=False)
    y = canvas.y(Axis(low, high if high > low else 10 * low))
    x = canvas.x(Axis(0, logs.shape[2] - 1, log=False, inset=12))

    def chain(values, color, width):
        places = [(float(x(layer)), float(y(10**value))) for layer, value in enumerate(values)]
        return [segment(a, b, color, width=width) for a, b in itertools.pairwise(places)]

    items = [line for own in logs[:, at] for line in chain(own, "faint", 1)] + chain(middle[at], side, 2.5)
    shape = {"train": "circle", "test": "square"}[side]
    return items + [Mark((x(layer), y(10**value)), side, shape) for layer, value in enumerate(middle[at])]


def words(run, state):
    frame = run.to_frame()
    return {"now": str(sorted(frame[frame.part == "layer"].step.unique())[int(state["slider"])])}
