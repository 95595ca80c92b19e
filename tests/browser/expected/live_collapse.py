"""This figure has no run of the package: it shows the run that its engine recorded, until it trains.

`found` are measurements as the engine gives them, up to the last that is shown.
"""

import base64
import json
from pathlib import Path

import numpy as np
from drawings import SHAPES, Axis, Box, Mark, Plane, Word, arrow, stick, triangle

from ncbook import explorables

EPOCHS, REACH, EDGE = 200, 1.45, 5
RANGES = {"error": (0.001, 1, True), "nc1": (1e-4, 1000, False), "angles": (0.01, 1, False),
          "nc3": (0.001, 10, False), "nc4": (0.001, 1, True)}  # fmt: skip
SIDES = (("test", "test", (6, 4)), ("train", "train", ()))
CLASSES = (3, 5, 8)


def recorded():
    """The shipped run, as the engine would give it."""
    kept = json.loads(Path(explorables.__file__).with_name("live_collapse_recorded.json").read_text())
    integers = np.frombuffer(base64.b64decode(kept["plane"]["int8"]), dtype=np.int8)
    planes = integers.reshape(len(kept["steps"]), -1) * kept["plane"]["scale"]
    return [
        {
            "epoch": epoch,
            **{side: {name: column[i] for name, column in kept[side].items()} for side in ("train", "test")},
            "plane": {"points": plane[:-12], "means": plane[-12:-6], "rows": plane[-6:]},
        }
        for i, (epoch, plane) in enumerate(zip(kept["epochs"], planes, strict=True))
    ]


def pictures(run, state, canvases):
    return drawn(recorded(), int(state["slider"]), canvases)


def drawn(found, at, canvases, earlier=()):
    curves = {name: curve(name, found, at, earlier, canvases[name]) for name in RANGES}
    return curves | {"plane": plane(found[at]["plane"], canvases["plane"])}


def curve(name, found, at, earlier, canvas):
    low, high, zero = RANGES[name]
    x, y = canvas.x(Axis(1, EPOCHS, zero=True)), canvas.y(Axis(low, high, zero=zero))

    def heights(run, side):
        values = np.array([each[side][name] for each in run])
        return y(np.where(zero & (values == 0), 0, values.clip(low, high)))

    items = shade(found, x, canvas)
    for run, width, alpha in ((earlier, 1.4, 0.4), (found, 2.4, 1)):
        epochs = [each["epoch"] for each in run]
        for side, color, dash in SIDES if epochs else ():
            items.append(canvas.curve(x(epochs), heights(run, side), color, dash=dash, width=width, alpha=alpha))
    here = float(x(found[at]["epoch"]))
    items.append(canvas.upright(here, "accent"))
    return items + [Mark((here, float(heights(found, side)[at])), color, "circle") for side, color, _ in SIDES]


def shade(found, x, canvas):
    first = next((each["epoch"] for each in found if each["train"]["error"] == 0), None)
    if first is None:
        return []
    _, top, right, bottom = canvas.box
    return [Box(float(x(first)), top, right - float(x(first)), bottom - top, "shade")]


def plane(now, canvas):
    straight = Plane(min(canvas.width, canvas.height) / (2 * REACH), canvas)

    def place(point):
        return tuple(np.clip(straight(point), EDGE, (canvas.width - EDGE, canvas.height - EDGE)))

    points = np.reshape(now["points"], (2, 3, -1, 2))
    items = [triangle(place)]
    for test, c in np.ndindex(2, 3):
        items += [Mark(place(point), f"class{c}", SHAPES[c], hollow=bool(test)) for point in points[test, c]]
    for c, (mean, row) in enumerate(
        zip(np.reshape(now["means"], (3, 2)), np.reshape(now["rows"], (3, 2)), strict=True)
    ):
        tip = np.array(place(mean))
        items += stick(place((0, 0)), place(mean), c, SHAPES[c]) + arrow(place((0, 0)), place(row))
        away = tip - place((0, 0))
        items.append(Word(str(CLASSES[c]), tuple(tip + 21 * away / np.linalg.norm(away))))
    return items


def words(run, state):
    found = recorded()
    now = found[int(state["slider"])]
    told = {"now": str(now["epoch"])}
    for side in ("train", "test"):
        told[f"{side}-nc1"] = format(float(format(now[side]["nc1"], ".3g")), "g")
    return told
