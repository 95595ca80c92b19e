import numpy as np
from drawings import Axis, Mark, spanning

from expected import kept, table

COLUMNS = {"nc1": "nc1_{}", "nc2_norms": "nc2_norms_{}", "nc2_angles": "nc2_angles_{}", "nc3": "nc3_{}",
           "nc4": "nc4_{}", "error": "{}_error"}  # fmt: skip
STYLES = (("text", (), "circle"), ("second", (7, 4), "square"))


@kept
def arms_of(run):
    """All rows, and those of each arm."""
    frame = run.to_frame()
    return frame, [rows for _, rows in frame.groupby(["dataset", "network", "loss_name", "weight_decay"], sort=False)]


def pictures(run, state, canvases):
    (frame, groups), canvas = arms_of(run), canvases["curves"]
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
