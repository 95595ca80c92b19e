import numpy as np
from drawings import Axis

from expected import kept, table

# measure's name on the page -> its column, and whether it is drawn in the logarithm
MEASURES = {
    "Test accuracy": ("test_acc", False),
    "Training accuracy": ("train_acc", False),
    "Relative flatness κ": ("relative_flatness", True),
    "Variance ratio R": ("variance_ratio_train", True),
    "Training loss": ("train_loss", True),
    "Uncertainty, mean of 1 - |p|²": ("uncertainty_train", True),
    "Nearest-center test accuracy": ("ncc_acc_test", False),
}
STYLES = (("text", ()), ("class1", (7, 4)), ("class0", (10, 3, 2, 3)))
MENUS = ("first", "second-arm", "third-arm")
RELEASED = ("released", "schedule", "confidence")  # in the names of arms for which something changes on the way


def pictures(run, state, canvases):
    return two_arms(run, state, canvases["curves"], ("arm",), "step", MEASURES, changes)


def changes(run, key):
    return run.config["release"] if any(word in key for word in RELEASED) else None


@kept
def values(run, keys, clock, name, log):
    """The times of all arms, and of each arm its own times and one measure [seed, time]."""
    frame = run.to_frame()
    found = {}
    for key, rows in frame.groupby(list(keys), sort=False):
        own = table(rows, "seed", clock, name)
        found[key] = np.sort(rows[clock].unique()), np.log10(np.maximum(own, 1e-12)) if log else own
    return np.sort(frame[clock].unique()), found


def two_arms(run, state, canvas, keys, clock, measures, change_of, log_time=False):
    """One measure of up to three arms: every seed over the whole time, and bright up to the chosen time."""
    name, log = measures[state["measure:text"]]
    times, groups = values(run, keys, clock, name, log)
    arms = [list(groups)[int(state[name])] for name in MENUS if state[name] != ""]
    everything = np.concatenate([own.ravel() for _, own in groups.values()])
    low, high = (np.floor(everything.min()), np.ceil(everything.max())) if log else (0, 1)
    high = max(high, low + 1)
    first = times[times > 0].min() if log_time else 0
    x = canvas.x(Axis(first, times[-1], log=log_time, zero=times[0] == 0))
    y = canvas.y(Axis(10**low, 10**high) if log else Axis(low, high, log=False))
    now = times[int(state["slider"])]
    items = [canvas.upright(x(now), "accent")]
    moments = {change_of(run, key[-1] if isinstance(key, tuple) else key) for key in arms} - {None}
    items += [canvas.upright(x(moment), "muted", dash=(2, 4)) for moment in moments]
    for key, (color, dash) in zip(arms, STYLES, strict=False):
        own_times, seeds = groups[key]
        for own in seeds:
            own = 10**own if log else own
            for end, alpha in ((len(own), 0.22), ((own_times <= now).sum(), 0.9)):
                items.append(canvas.curve(x(own_times[:end]), y(own[:end]), color, dash=dash, alpha=alpha))
    return {"curves": items}


def words(run, state):
    return {"now": str(np.sort(np.unique(run.history["step"]))[int(state["slider"])])}
