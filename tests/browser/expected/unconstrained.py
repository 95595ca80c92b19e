import numpy as np
from drawings import SHAPES, Axis, Mark, Plane, arrow, spanning, stick, triangle

from expected import fixed, kept, packed

FLOOR = 1e-6


def pictures(run, state, canvases):
    method, at = state["method"], int(state["slider"])
    turn = upright(run.arrays["scaled/means"][-1].astype(float))
    arrays = {key: run.arrays[f"{method}/{key}"] for key in ("points", "means", "classifier")}
    canvas = canvases["plane"]
    place = Plane((min(canvas.width, canvas.height) - 12) / (2 * 1.9), canvas)
    items = [triangle(place)]
    for point, c in zip(arrays["points"][at] @ turn, run.arrays["gd/labels"], strict=True):
        items.append(Mark(place(point), f"class{c}", SHAPES[c]))
    for c in range(3):
        items += stick(place((0, 0)), place(arrays["means"][at, c] @ turn), c, SHAPES[c])
        items += arrow(place((0, 0)), place(arrays["classifier"][at, c] @ turn))
    return {"plane": items, "curves": curves(run, method, at, state["measure"], canvases["curves"])}


def upright(means):
    """The rotation or reflection that leaves the means nearest to a triangle with one corner to the right: Kabsch."""
    target = np.array([[1, 0], [-0.5, 0.75**0.5], [-0.5, -(0.75**0.5)]])
    left, _, right = np.linalg.svd(means.T @ target)
    return left @ right


@kept
def values(run, method, measure):
    if measure == "spread":
        return spread(run, method)[None]
    frame = run.to_frame()
    setting = [*zip(run.config["flow_classes"], run.config["flow_dims"], strict=True)].index((3, 2))
    frame = frame[(frame.part == "flow") & (frame.method == method) & (frame.setting == setting)]
    shortfall = measure == "shortfall"
    column = "margin_ratio" if shortfall else measure
    found = frame.pivot(index="seed", columns="step", values=column).to_numpy(float)
    found = 1 - found if shortfall else found
    return np.where(np.isfinite(found) & (found > 0), found, np.nan)


def spread(run, method):
    """Of the pictured points: the within-class part of their mean squared length, as a length."""
    points, labels = run.arrays[f"{method}/points"].astype(float), run.arrays[f"{method}/labels"]
    parts = [points[:, labels == c].var(axis=1).sum(-1) for c in range(3)]  # classes are equally large
    return np.sqrt(np.mean(parts, axis=0))


def curves(run, method, at, measure, canvas):
    everything = [values(run, name, measure) for name in ("scaled", "gd", "adam")]
    last = max(2, *(run.arrays[f"{name}/step"][-1] for name in ("scaled", "gd", "adam")))
    x = canvas.x(Axis(1, last, zero=True))
    high = spanning(everything, zero=False).high
    low = spanning([[max(FLOOR, min(np.nanmin(each) for each in everything))]], zero=False).low
    y = canvas.y(Axis(0, 1, log=False) if measure == "spread" else Axis(low, high))
    low = 0 if measure == "spread" else low
    steps, seeds = run.arrays[f"{method}/step"], values(run, method, measure)
    items = [canvas.upright(x(steps[at]), "accent")]
    for i, own in enumerate(seeds):
        drawn = np.maximum(own, low)
        style = {"alpha": 0.5, "width": 0.9} if i else {"alpha": 1, "width": 2.6}
        items.append(canvas.curve(x(steps), y(drawn), "text", **style))
    if np.isfinite(seeds[0][at]):
        items.append(Mark((x(steps[at]), y(max(seeds[0][at], low))), "text", "circle"))
    return items


def words(run, state):
    method, at = state["method"], int(state["slider"])
    means = packed_means(run, method)[at]
    turns = np.degrees(np.arctan2(means[:, 1], means[:, 0]))
    apart = np.abs((turns - np.roll(turns, -1) + 180) % 360 - 180)
    first, second, third = (f"{fixed(angle, 0)}°" for angle in apart)
    lies = f"{float(f'{spread(run, method)[at]:.3g}'):g}".replace("e-0", "e-")
    return {
        "now": str(run.arrays[f"{method}/step"][at]),
        "words": f"Step {run.arrays[f'{method}/step'][at]}: a point lies {lies} from its class mean (root mean square; "
        f"lengths are 1), and the means stand {first}, {second} and {third} apart.",
    }


@kept
def packed_means(run, method):
    """The turned class means as the page holds them: their angles may fall on the other side of a half."""
    turn = upright(run.arrays["scaled/means"][-1].astype(float))
    return packed(run.arrays[f"{method}/means"] @ turn)
