import numpy as np
from drawings import SHAPES, Axis, Mark, rounded

COLORS, DASHES = ("class0", "class1", "text", "second"), ((), (7, 4), (2, 4), (10, 3, 2, 3))
ARMS = ("trained", "stopped", "random")
FLOOR = 1e-6


def case(run, which):
    """Where it is measured, and the four curves: nan for what is too small to be stored."""
    if which < len(ARMS):
        frame = run.to_frame()
        rows = frame[(frame.part == "scale") & (frame.arm == ARMS[which]) & (frame.seed == run.config["seeds"][0])]
        names = ("relative_flatness", "relative_flatness_bound", "train_loss", "proposition")
        return rows["scale"].to_numpy(float), [rows[name].to_numpy(float) for name in names]
    classes = run.config["classes"][which - len(ARMS)]
    names = ("exact", "bound", "cross_entropy", "proposition")
    return run.arrays["family/strengths"][::4], [run.arrays[f"family/{classes}/{name}"][::4] for name in names]


def pictures(run, state, canvases):
    canvas, at = canvases["curves"], int(state["slider"])
    places, curves = case(run, int(state["case"]))
    x = canvas.x(Axis(places[0], places[-1]))
    y = canvas.y(Axis(FLOOR, rounded(float(np.max(curves)), below=False)))
    items = [canvas.upright(x(places[at]), "accent")]
    for i, curve in enumerate(curves):
        drawn = np.maximum(curve, FLOOR)
        items.append(canvas.curve(x(places), y(drawn), COLORS[i], dash=DASHES[i]))
        items.append(Mark((x(places[at]), y(drawn[at])), COLORS[i], SHAPES[i % 3]))
    return {"curves": items}


def words(run, state):
    places, curves = case(run, int(state["case"]))
    at = int(state["slider"])
    return {"now": spelled(places[at])} | {f"value{i}": spelled(curve[at]) for i, curve in enumerate(curves)}


def spelled(value):
    """Three digits, as JavaScript writes a number."""
    if not value > 0:
        return "below 1e-300"
    rounded_ = float(f"{float(f'{value:.4g}'):.3g}")
    if rounded_ < 1e-4:
        digits, power = f"{rounded_:e}".split("e")
        return f"{float(digits):g}e{int(power)}"
    return f"{rounded_:.15g}"
