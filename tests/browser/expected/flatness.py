import math

import numpy as np
from drawings import NEAR, SHAPES, Axis, Line, Mark, Word, rounded

from expected import kept, spelled, stored

COLORS, DASHES = ("class0", "class1", "text", "class3"), ((), (7, 4), (2, 4), (10, 3, 2, 3))
ARMS = {  # in the order of the choices
    "random": "network on random labels, trained to the end",
    "trained": "network on true labels, trained to the end",
    "stopped": "network on true labels, stopped at zero error",
}
NETWORKS = ("relative_flatness", "relative_flatness_bound", "train_loss", "proposition")
SIMPLICES = ("exact", "bound", "cross_entropy", "proposition")
FURTHEST = 16  # the largest factor of the last layer that is shown
APART = 36  # pixels that a label of the vertical axis has for itself


@kept
def cases(run):
    """Of each choice: where it is measured, and the four curves; 0 for what is too small for a number."""
    frame = run.to_frame()
    frame = frame[(frame.part == "scale") & (frame.seed == run.config["seeds"][0]) & (frame.scale <= FURTHEST)]
    arms = [frame[frame.arm == arm].sort_values("scale") for arm in ARMS]
    found = [(rows["scale"].to_numpy(float), [rows[name].to_numpy(float) for name in NETWORKS]) for rows in arms]
    for classes in run.config["classes"]:
        curves = [run.arrays[f"family/{classes}/{name}"][::4] for name in SIMPLICES]
        found.append((run.arrays["family/strengths"][::4], curves))
    return found


def pictures(run, state, canvases):
    canvas, at, which = canvases["curves"], int(state["slider"]), int(state["case"])
    places, curves = cases(run)[which]
    low, high = floor(run, which), rounded(float(np.max(curves)), below=False)
    x, y = canvas.x(Axis(places[0], places[-1])), canvas.y(Axis(low, high))
    items = [canvas.upright(x(places[at]), "accent"), *decades(canvas, low, high, y)]
    for i, curve in enumerate(curves):
        drawn = np.maximum(curve, low)
        items.append(canvas.curve(x(places), y(drawn), COLORS[i], dash=DASHES[i]))
        items.append(Mark((x(places[at]), y(drawn[at])), COLORS[i], SHAPES[i % 3]))
    return {"curves": items + reference_line(canvas, float(y(reference(run))) if which < len(ARMS) else None)}


def floor(run, which):
    """A power of ten below all of the networks, or all of the simplices, but for proposition 5.3."""
    alike = cases(run)[: len(ARMS)] if which < len(ARMS) else cases(run)[len(ARMS) :]
    values = np.concatenate([curve for _, curves in alike for curve in curves[:3]])
    return float(f"1e{math.floor(math.log10(values[values > 0].min()))}")


def decades(canvas, low, high, y):
    """The labels of the powers of ten, of which every so many have room; another label is a problem."""
    every = math.ceil(APART / abs(float(y(10 * low)) - float(y(low))))
    powers = range(round(math.log10(low)), math.floor(math.log10(high * 1.001)) + 1)
    told = {name_of(power): float(y(float(f"1e{power}"))) for power in powers if power % every == 0}
    written = [text["text"] for text in canvas.texts if (text["align"], text["baseline"]) == ("right", "middle")]
    canvas.problems += [f"label {label!r} is not wanted" for label in written if label not in told]
    return [Word(label, (canvas.box[0] - 8, place)) for label, place in told.items()]


def name_of(power):
    if power >= -3:
        return f"{10.0**power:g}"
    return "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


@kept
def reference(run):
    """Relative flatness of the network on true labels as it was trained."""
    places, (kappa, *_) = cases(run)[list(ARMS).index("trained")]
    return float(kappa[list(places).index(1)])


def reference_line(canvas, level):
    """Its name; the line itself, in the color of the frame, is one more line across the plot and is told apart here."""
    left, _, right, bottom = canvas.box
    lines = [item.parts[0] for item in canvas.items if isinstance(item, Line) and item.color == "muted"]
    found = [a[1] for a, b in lines if a[1] == b[1] and abs(a[0] - b[0]) > 0.9 * (right - left) and a[1] != bottom]
    wanted = [] if level is None else [level]
    if len(found) != len(wanted) or any(abs(a - b) > NEAR for a, b in zip(found, wanted, strict=True)):
        canvas.problems.append(f"lines of reference at {found}, not {wanted}")
    names = [text for text in canvas.texts if text["text"].startswith("κ")]
    if len(names) != len(wanted):
        canvas.problems.append(f"{len(names)} names of a line of reference, not {len(wanted)}")
    return [Word("κ of true labels, s = 1", (right - 4, place - 4)) for place in wanted]


def add_state(run, state, history):
    """Each choice says what it shows, and opens where the last layer is as trained or relative flatness is greatest."""
    names = [*ARMS.values(), *(f"exact collapse, K = {classes}" for classes in run.config["classes"])]
    assert state["case:text"] == names[int(state["case"])]
    if history[-1][0] in ("", "case"):
        which = int(state["case"])
        start = 1 if which < len(ARMS) else peak(run, which)
        assert int(state["slider"]) == np.abs(cases(run)[which][0] - start).argmin()
    return {}


def peak(run, which):
    classes = run.config["classes"][which - len(ARMS)]
    return run.arrays["family/strengths"][run.arrays[f"family/{classes}/exact"].argmax()]


def words(run, state):
    which, at = int(state["case"]), int(state["slider"])
    places, curves = cases(run)[which]
    values = [spelled(stored(curve[at])) if curve[at] > 0 else "below 1e-300" for curve in curves]
    told = {"now": spelled(stored(places[at])), "what": "Factor s" if which < len(ARMS) else "Confidence a"}
    still = of_network(run, which, at) if which < len(ARMS) else of_simplex(run, which)
    return told | {"still-words": still} | {f"value{i}": value for i, value in enumerate(values)}


def of_network(run, which, at):
    frame = run.to_frame()
    own = frame[(frame.part == "scale") & (frame.arm == list(ARMS)[which]) & (frame.seed == run.config["seeds"][0])]
    train, test = (f"{100 * own[column].iloc[-1]:.3g}" for column in ("train_error", "test_error"))
    still = f"Training error {train} %, test error {test} %: the same for every s."
    kappa, trained = stored(cases(run)[which][1][0][at]), stored(reference(run))
    if kappa == trained:
        return still
    how = "flatter" if kappa < trained else "less flat"
    return f"{still} It is {how} than the network on true labels as trained (thin gray line)."


def of_simplex(run, which):
    still = "Collapse is exact, and no point is misclassified, at every confidence."
    return f"{still} κ peaks at {peak(run, which):.2g}."
