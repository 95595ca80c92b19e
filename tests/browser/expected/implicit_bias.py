import math

import numpy as np
from drawings import Axis, Line, Mark, Plane, rounded

LAST, FRAMES, FLOOR = 10000, 61, 0.001
STEPS = sorted({math.floor(LAST ** (i / (FRAMES - 1)) + 0.5) for i in range(FRAMES)})
KEPT = set(STEPS)
METHODS = {"scaled": ((), "class0"), "square": ((8, 4), "class2"), "adam": ((2, 4), "class1")}
REACH, POINTS = 3.0, 16
_known = {}


def points_of(run, state):
    """The points of the chosen set; one may have been moved since the set was chosen."""
    labels = np.where(np.arange(POINTS) % 2, -1, 1)
    points = (run.arrays["plane/signed"][int(state["set"])][:POINTS] * labels[:, None]).round(2).astype(float)
    for which, place in state["moved"].items():
        points[which] = place
    return points, labels


def descents(signed):
    """Weights at each of STEPS, by three methods."""
    key = signed.tobytes()
    if key not in _known:
        _known[key] = {"scaled": scaled(signed), "square": square(signed), "adam": adam(signed)}
    return _known[key]


def scaled(z):
    """Gradient descent on the mean logistic loss, each step divided by the loss."""
    rate, w, kept = 1 / (z**2).sum(1).max(), np.zeros(2), []
    for step in range(1, LAST + 1):
        m = z @ w
        low = m.min()
        if low > 40:  # then a point's loss and its slope are e^-m; the ratio lacks e^-low above and below
            small = np.exp(low - m)
            pull = small / small.sum()
        else:
            small = np.exp(-m)
            pull = small / (1 + small) / np.log1p(small).sum()
        w = w + rate * (pull @ z)
        if step in KEPT:
            kept.append(w)
    return np.array(kept)


def square(z):
    """Along each eigenvector of the second moments, the way to the least squares shrinks by a factor a step."""
    strengths, directions = np.linalg.eigh(z.T @ z)
    shrunk = (1 - strengths / (z**2).sum()) ** np.array(STEPS)[:, None]
    return (1 - shrunk) * (directions.T @ z.sum(0) / strengths) @ directions.T


def adam(z):
    w, mean, size, kept = np.zeros(2), np.zeros(2), np.zeros(2), []
    for step in range(1, LAST + 1):
        slope = -(np.exp(-np.logaddexp(0, z @ w)) / len(z)) @ z
        mean, size = 0.9 * mean + 0.1 * slope, 0.999 * size + 0.001 * slope**2
        w = w - 0.01 * mean / (1 - 0.9**step) / (np.sqrt(size / (1 - 0.999**step)) + 1e-8)
        if step in KEPT:
            kept.append(w)
    return np.array(kept)


def best_of(signed):
    """The unit vector of largest margin, by trying angles and then finer ones; None where no line separates."""
    middle, half = 0.0, np.pi
    for _ in range(9):
        angles = middle + half * np.linspace(-1, 1, 4001)
        margins = (signed @ np.stack([np.cos(angles), np.sin(angles)])).min(0)
        middle, half = angles[margins.argmax()], half / 100
    return np.array([np.cos(middle), np.sin(middle)]) if margins.max() > 1e-9 else None


def pictures(run, state, canvases):
    points, labels = points_of(run, state)
    signed, at, chosen = labels[:, None] * points, int(state["slider"]), int(state["point"])
    best, paths = best_of(signed), descents(signed)
    canvas = canvases["plane"]
    place = Plane(min(canvas.width, canvas.height) / (2 * REACH), canvas)

    def across(w, color, **about):
        end = 2 * REACH * np.array([-w[1], w[0]]) / np.linalg.norm(w)
        return Line(((place(-end), place(end)),), color, **about)

    items = [] if best is None else [across(best, "faint", width=9)]
    items += [across(paths[name][at], ink, dash=dash) for name, (dash, ink) in METHODS.items()]
    for i, (point, label) in enumerate(zip(points, labels, strict=True)):
        c = 0 if label > 0 else 1
        items.append(Mark(place(point), f"class{c}", ("circle", "square")[c], edge="text" if i == chosen else "back"))
    canvas = canvases["curves"]
    found = {} if best is None else {name: angles_to(best, paths[name]) for name in METHODS}
    log = state["scale"] == "log"
    highest = rounded(max(1, *(off.max() for off in found.values())) if found else 1, below=False)
    x, y = canvas.x(Axis(1, LAST)), canvas.y(Axis(FLOOR, 200) if log else Axis(0, highest, log=False))
    angles = [canvas.upright(x(STEPS[at]), "faint")]
    for name, off in found.items():
        dash, ink = METHODS[name]
        off = np.maximum(off, FLOOR) if log else off
        angles.append(canvas.curve(x(STEPS), y(off), ink, dash=dash))
        angles.append(Mark((x(STEPS[at]), y(off[at])), ink, "circle"))
    return {"plane": items, "curves": angles}


def angles_to(best, weights):
    """Degrees between a unit vector and each of the weights."""
    turn = np.arctan2(best[0] * weights[:, 1] - best[1] * weights[:, 0], weights @ best)
    return np.degrees(np.abs(turn))


def words(run, state):
    points, labels = points_of(run, state)
    signed, at = labels[:, None] * points, int(state["slider"])
    best = best_of(signed)
    told = {"now": str(STEPS[at])}
    for name, path in descents(signed).items():
        told[f"angle-{name}"] = "not defined" if best is None else f"{angles_to(best, path)[at]:.3g}°"
    return told


def add_state(run, state, history):
    """Which points have been moved, and where to, since the set was chosen."""
    moved = {}
    for control, values in history:
        if control == "set":
            moved = {}
        if control in ("across", "up"):
            moved[int(values["point"])] = (float(values["across"]), float(values["up"]))
    return {"moved": moved}
