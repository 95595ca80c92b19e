import numpy as np
from drawings import Axis, Mark, Plane, Word, segment, spanning

from expected import kept, packed, spelled, stored

KINDS = (("class0", "circle"), ("class1", "square"), ("class2", "triangle"))
NAMES = ("training", "new", "targets")
COLUMNS = ("outside_components_train", "outside_components_test", "unexplained_test")
SETS = {"as they are": "two numbers", "shuffled": "shuffled"}


@kept
def shares(run, source):
    """decays, and for each kind (low, middle, high) at each of them."""
    frame = run.to_frame()
    rows = frame[(frame.part == "regression") & (frame.dataset == SETS[source]) & (frame.step == run.config["steps"])]
    found = []
    for column in COLUMNS:
        by = rows.groupby("weight_decay")[column]
        found.append([stored(each) for each in (by.min(), by.median(), by.max())])
    return np.sort(rows.weight_decay.unique()), found


def pictures(run, state, canvases):
    at, place = int(state["slider"]), list(SETS).index(state["source:text"])
    order = np.argsort(run.config["weight_decays"])
    features = run.arrays["features"][:, order][..., [0, 2]]
    canvas = canvases["features"]
    across, up = stored(1.05 * np.abs(features).max(axis=(0, 1, 2)))
    flat = Plane(min(canvas.width / (2 * across), canvas.height / (2 * up)), canvas)
    kinds = (run.arrays["targets"][place, :, 0] > 0).astype(int)
    marks = [
        Mark(flat(point), *KINDS[kind], edge="back")
        for point, kind in zip(packed(features[place])[at], kinds, strict=True)
    ]
    return {"features": marks, "shares": bars(run, canvases["shares"], state["source:text"], at)}


def bars(run, canvas, source, at):
    every = [kind for name in SETS for kind in shares(run, name)[1]]
    axis = Axis(spanning([kind[1] for kind in every]).low, spanning([kind[2] for kind in every]).high)
    y = canvas.y(axis)
    left, _, right, bottom = canvas.box
    items = []
    for kind, ((color, shape), values) in enumerate(zip(KINDS, shares(run, source)[1], strict=True)):
        low, middle, high = (each[at] for each in values)
        x = left + (kind + 0.5) * (right - left) / 3
        items += [
            Word(NAMES[kind], (x, bottom + 8)),
            segment((x, float(y(max(low, axis.low)))), (x, float(y(high))), color),
            Mark((x, float(y(middle))), color, shape, edge="back"),
        ]
    return items


def words(run, state):
    decays, found = shares(run, state["source:text"])
    at = int(state["slider"])
    train, test, left = (spelled(values[1][at]) for values in found)
    decay = spelled(decays[at])
    text = (
        f"At weight decay {decay}, {train} of the variance of the features is outside of two dimensions, "
        f"of new points {test}. Of the targets of new points {left} is not predicted."
    )
    return {"now": decay, "words": text}
