import numpy as np
from drawings import Axis, Mark, spanning

from expected import kept, table

COLUMNS = {"nc1": "nc1_{}", "nc2_norms": "nc2_norms_{}", "nc2_angles": "nc2_angles_{}", "nc3": "nc3_{}",
           "nc4": "nc4_{}", "error": "{}_error"}  # fmt: skip
STYLES = (("text", (), "circle"), ("class1", (7, 4), "square"))


BASE = ("digits", "mlp", "ce", 0.005)


@kept
def arms_of(run):
    """All rows, and those of each arm."""
    frame = run.to_frame()
    groups = frame.groupby(["dataset", "network", "loss_name", "weight_decay"], sort=False)
    return frame, [key for key, _ in groups], [rows for _, rows in groups]


def pictures(run, state, canvases):
    (frame, _, groups), canvas = arms_of(run), canvases["curves"]
    name, at = COLUMNS[state["measure"]], int(state["slider"])
    epochs = np.sort(frame.epoch.unique())
    x = canvas.x(Axis(1, max(2, epochs[-1]), zero=True))
    y = canvas.y(spanning([frame[name.format(side)] for side in ("train", "test")], at_most=1))
    items = [canvas.upright(x(epochs[at]), "accent")]
    for which, (color, dash, shape) in zip(("first", "second-arm"), STYLES, strict=True):
        seeds = table(groups[int(state[which])], "seed", "epoch", name.format(state["images"]))
        middle = np.median(seeds, axis=0)
        items += [canvas.curve(x(epochs), y(own), color, dash=dash, alpha=0.5, width=1) for own in seeds]
        items.append(canvas.curve(x(epochs), y(middle), color, dash=dash, width=2.6))
        if np.isfinite(middle[at]):
            items.append(Mark((x(epochs[at]), y(middle[at])), color, shape))
    return {"curves": items}


def words(run, state):
    """Beside the picture; and the choice of one change agrees with the two arms that are shown."""
    frame, keys, _ = arms_of(run)
    first, second = keys[int(state["first"])], keys[int(state["second-arm"])]
    single = sum(own != base for own, base in zip(second, BASE, strict=True)) == 1
    wanted = state["second-arm"] if first == BASE and single else "own"
    assert state["change"] == wanted, f"{first} and {second}, but the change says {state['change:text']}"
    return {"now": str(np.sort(frame.epoch.unique())[int(state["slider"])])}
