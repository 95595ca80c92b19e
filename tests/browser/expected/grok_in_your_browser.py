"""This figure has no run: `found` are the measurements of its engine up to the step that is shown."""

import numpy as np
from drawings import Axis, Box, Line, Plane, Ring, Word, rounded

STEPS, P = 3000, 29


def pictures(found, canvases):
    steps = [each["step"] for each in found]
    moments = {name: next((each["step"] for each in found if each[side]["accuracy"] >= 0.99), None)
               for name, side in (("memorized", "train"), ("grokked", "test"))}  # fmt: skip
    canvas = canvases["accuracy"]
    x, y = canvas.x(Axis(1, STEPS, zero=True)), canvas.y(Axis(0, 1, log=False))
    items = [canvas.upright(x(step), "accent") for step in moments.values() if step is not None]
    for side, color, dash in (("test", "class1", (6, 4)), ("train", "class0", ())):
        items.append(canvas.curve(x(steps), y([each[side]["accuracy"] for each in found]), color, dash=dash))
    return {
        "accuracy": items,
        "flatness": flatness(canvases["flatness"], steps, found, moments["grokked"]),
        "plane": plane(canvases["plane"], found[-1]),
        "spectrum": spectrum(canvases["spectrum"], found[-1]),
    }


def flatness(canvas, steps, found, grokked):
    values = [each["flatness"] for each in found]
    low = rounded(max(1e-8, min(0.1, *values)), below=True)
    x, y = canvas.x(Axis(1, STEPS, zero=True)), canvas.y(Axis(low, rounded(max(10, *values), below=False)))
    items = [canvas.curve(x(steps), y(np.maximum(values, low)), "text")]
    return items + ([canvas.upright(x(grokked), "accent")] if grokked is not None else [])


def plane(canvas, now):
    place = Plane(min(canvas.width, canvas.height) / (2 * 1.55), canvas)
    points = np.reshape(now["points"], (P, 2))
    order = [i * pow(now["frequency"], -1, P) % P for i in range(P)]
    items = [Ring(place((0, 0)), place.scale, "faint"),
             Line((tuple(place(points[i]) for i in order),), "accent", alpha=0.7, closed=True)]  # fmt: skip
    return items + [Word(str(i), place(points[i])) for i in range(P)]


def spectrum(canvas, now):
    shares = np.array(now["spectrum"])
    slot, floor = canvas.width / len(shares), canvas.height - 18
    unit = (floor - 4) / max(0.25, shares.max())
    return [
        Box(
            (i + 0.2) * slot,
            floor - unit * share,
            0.6 * slot,
            unit * share,
            "accent" if share == shares.max() else "faint",
        )
        for i, share in enumerate(map(float, shares))
    ]
