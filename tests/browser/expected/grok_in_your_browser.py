"""This figure has no run of the package: it shows the run that its engine recorded, until it trains.

`found` are measurements as the engine gives them, up to the last that is shown.
"""

import json
from pathlib import Path

import numpy as np
from drawings import Axis, Box, Line, Mark, Plane, Ring, Word

from ncbook import explorables

STEPS, P = 3000, 29
SIDES = (("test", "test", (6, 4)), ("train", "train", ()))


def recorded():
    """The shipped run."""
    return json.loads(Path(explorables.__file__).with_name("live_grokking_recorded.json").read_text())["found"]


def pictures(run, state, canvases):
    return drawn(recorded(), int(state["slider"]), canvases)


def words(run, state):
    now = recorded()[int(state["slider"])]
    return {"now": str(now["step"]), "frequency": str(now["frequency"]), "decay-now": state["decay"],
            "fraction-now": state["fraction"]}  # fmt: skip


def drawn(found, at, canvases, earlier=()):
    now = found[at]
    return {
        "accuracy": accuracy(canvases["accuracy"], found, now, earlier),
        "flatness": flatness(canvases["flatness"], found, now, earlier),
        "plane": plane(canvases["plane"], now),
        "spectrum": spectrum(canvases["spectrum"], found, now),
    }


def milestones(canvas, x, found, sides):
    first = [next((each["step"] for each in found if each[side]["accuracy"] >= 0.99), None) for side in sides]
    return [canvas.upright(x(step), "faint", dash=(2, 3)) for step in first if step is not None]


def both(canvas, x, y, found, earlier, read, color, dash=()):
    """The curve of the network shown, and the faint one of that before."""
    return [
        canvas.curve(x([each["step"] for each in run]), y([read(each) for each in run]), color, dash=dash, alpha=alpha)
        for run, alpha in ((earlier, 0.4), (found, 1))
        if run
    ]


def accuracy(canvas, found, now, earlier):
    x, y = canvas.x(Axis(1, STEPS, zero=True)), canvas.y(Axis(0, 1, log=False))
    items = [*milestones(canvas, x, found, ("train", "test")), canvas.upright(x(now["step"]), "accent")]
    for side, color, dash in SIDES:
        items += both(canvas, x, y, found, earlier, lambda each, side=side: each[side]["accuracy"], color, dash)
        items.append(Mark((float(x(now["step"])), float(y(now[side]["accuracy"]))), color, "circle"))
    return items


def flatness(canvas, found, now, earlier):
    x, y = canvas.x(Axis(1, STEPS, zero=True)), canvas.y(Axis(1e-6, 1000))

    def read(each):
        return float(np.clip(each["flatness"], 1e-6, 1000))

    items = both(canvas, x, y, found, earlier, read, "text") + milestones(canvas, x, found, ("test",))
    dot = Mark((float(x(now["step"])), float(y(read(now)))), "text", "circle")
    return [*items, canvas.upright(x(now["step"]), "accent"), dot]


def plane(canvas, now):
    place = Plane(min(canvas.width, canvas.height) / (2 * 1.55), canvas)
    points = np.reshape(now["points"], (P, 2))
    order = [i * pow(now["frequency"], -1, P) % P for i in range(P)]
    items = [Ring(place((0, 0)), place.scale, "faint"),
             Line((tuple(place(points[i]) for i in order),), "accent", alpha=0.7, closed=True)]  # fmt: skip
    return items + [Word(str(i), place(points[i])) for i in range(P)]


def spectrum(canvas, found, now):
    left, top, right, bottom = canvas.box
    high = 0.5 if max(max(each["spectrum"]) for each in found) <= 0.5 else 1
    canvas.y(Axis(0, high, log=False))
    slot, unit = (right - left) / len(now["spectrum"]), (bottom - top) / high
    return [
        Box(left + (i + 0.2) * slot, bottom - unit * share, 0.6 * slot, unit * share,
            "class0" if i + 1 == now["frequency"] else "faint")
        for i, share in enumerate(map(float, now["spectrum"]))
    ]  # fmt: skip
