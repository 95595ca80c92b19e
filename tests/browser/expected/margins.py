import math

import numpy as np
from drawings import Mark, Plane, Ring, segment

from expected.bound import uniform

HALF, REACH = 3.2, 2.2
SHAPES = ("circle", "square")


def densities(run):
    return run.arrays["plane/centers"], float(run.arrays["plane/deviation"])


def fresh(run, presses):
    """1000 draws, after those that earlier presses have used up."""
    centers, deviation = densities(run)
    chance = uniform(2026)
    for _ in range(presses + 1):
        points, labels = [], []
        for _ in range(1000):
            label = 0 if next(chance) < 0.5 else 1
            center = centers[label][int(next(chance) * len(centers[label]))]
            radius, angle = deviation * math.sqrt(-2 * math.log(1 - next(chance))), 2 * math.pi * next(chance)
            points.append((center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle)))
            labels.append(label)
    return np.array(points), np.array(labels)


def add_state(run, state, history):
    """angle and offset of the line: the chosen one's, until a slider gives it another."""
    angle = offset = 0.0
    for control, values in history:
        if control in ("", "line"):
            angle, offset = map(float, run.arrays["plane/lines"][("H1", "H2", "H3").index(values["line"])].round(5))
        if control == "turn":
            angle = math.radians(float(values["turn"]))
        if control == "shift":
            offset = float(values["shift"])
    return {"angle": angle, "offset": offset}


def pictures(run, state, canvases):
    canvas = canvases["field"]
    place = Plane(canvas.width / (2 * HALF), canvas)
    angle, offset = state["angle"], state["offset"]
    normal, along = np.array([math.cos(angle), math.sin(angle)]), np.array([-math.sin(angle), math.cos(angle)])
    points, labels = run.arrays["plane/points"], run.arrays["plane/labels"]
    sides = (2 * labels - 1) * (points @ normal - offset)
    margin = sides.min()
    centers, deviation = densities(run)
    items = [Ring(place(center), size * deviation * place.scale, f"class{c}", "fill")
             for c in (0, 1) for size in (1, 2) for center in centers[c]]  # fmt: skip
    items += [Mark(place(point), f"class{c}", SHAPES[c], edge="back") for point, c in zip(points, labels, strict=True)]
    if state["show"]:
        drawn, classes = fresh(run, state["again"])
        wrong = (2 * classes - 1) * (drawn @ normal - offset) <= 0
        items += [Mark(place(point), f"class{c}", SHAPES[c], edge="text" if off else f"class{c}")
                  for point, c, off in zip(drawn, classes, wrong, strict=True)]  # fmt: skip
    else:
        items += [Mark(place(point), "text", "circle", hollow=True) for point in points[sides <= 0]]
    ends = [
        [place((offset + shift) * normal + t * along) for t in (-3 * HALF, 3 * HALF)] for shift in (0, margin, -margin)
    ]
    items.append(segment(*ends[0], "text"))
    if margin > 0:
        items += [segment(*end, "muted", dash=(5, 4)) for end in ends[1:]]
    items += [
        Mark(place(offset * normal), "accent", "circle"),
        Mark(place(offset * normal + REACH * along), "accent", "square"),
    ]
    return {"field": items}


def words(run, state):
    angle, offset = state["angle"], state["offset"]
    normal = np.array([math.cos(angle), math.sin(angle)])
    told = {}
    sets = {"training": (run.arrays["plane/points"], run.arrays["plane/labels"]), "fresh": fresh(run, state["again"])}
    for name, (points, labels) in sets.items():
        wrong = ((2 * labels - 1) * (points @ normal - offset) <= 0).sum()
        told[name] = f"{wrong} of {len(points)}"
    return told
