import numpy as np
from drawings import Axis, Mark, segment

from expected import fixed, kept, packed, stored

RULES = [  # of the menu: what comes first, and whether as many of each class are kept
    (by, balanced) for balanced in (False, True) for by in ("smallest", "largest", "random")
]
NAMES = [
    f"{name}{', balanced' if balanced else ''}"
    for balanced in (False, True) for name in ("smallest margins", "largest margins", "random points")
]  # fmt: skip


def points_of(run):
    shares = sorted(run.config["shares"], reverse=True)
    return [round(share * len(run.arrays["labels"])) for share in shares], shares


def rows_of(run, state):
    return chosen(run, *(int(state[name]) for name in ("rule", "drop", "slider")))


@kept
def chosen(run, rule, drop, at):
    """The rows that are kept."""
    by, balanced = RULES[rule]
    labels, margins = run.arrays["labels"], packed(run.arrays["margins"])[drop]
    count = points_of(run)[0][at]
    order = np.argsort({"smallest": margins, "largest": -margins, "random": run.arrays["order"]}[by], kind="stable")
    if not balanced:
        return set(order[:count])
    return {i for label in range(10) for i in order[labels[order] == label][: count // 10]}


def ends(run, state):
    """Percent, medians: by the shares, of all points, and where points are dropped."""
    frame = run.to_frame()
    dropped = run.config["drops"][int(state["drop"])]
    going = frame[(frame.part == "kept") & (frame.course == "going on") & (frame.dropped == dropped)]
    going = going[going.step == run.config["steps"]]
    base = frame[(frame.part == "base") & (frame.arm == "first network") & (frame.epoch == dropped)]

    def median(rows):
        return 100 * (1 - rows.test_error.median())

    own = going[going.arm == NAMES[int(state["rule"])]]
    curve = [median(own[own.share == share]) for share in points_of(run)[1]]
    return stored(curve), median(going[going.arm == "all points"]), median(base)


def pictures(run, state, canvases):
    cloud, curves = canvases["cloud"], canvases["curves"]
    everything = packed(run.arrays["margins"])
    y = cloud.y(Axis(everything.min(), everything.max(), log=False))
    left, _, right, _ = cloud.box
    slot, labels = (right - left) / 10, run.arrays["labels"]
    numbers = {label: iter(range(len(labels))) for label in range(10)}
    items, rows = [], rows_of(run, state)
    for i, label in enumerate(labels):
        aside = 0.15 + 0.7 * ((next(numbers[label]) * 0.618034) % 1)
        place = (left + (label + aside) * slot, float(y(everything[int(state["drop"])][i])))
        full = Mark(place, "class0", "circle", edge="back")
        items.append(full if i in rows else Mark(place, "faint", "circle", hollow=True))
    counts, _ = points_of(run)
    accuracy, whole, stopped = ends(run, state)
    across, up = curves.x(Axis(min(counts), max(counts))), curves.y(Axis(0, 100, log=False))
    left, _, right, _ = curves.box
    at = int(state["slider"])
    told = [
        segment((left, up(whole)), (right, up(whole)), "class1", dash=(7, 4)),
        segment((left, up(stopped)), (right, up(stopped)), "class0", dash=(10, 3, 2, 3)),
        curves.curve(across(counts), up(accuracy), "text", width=2.4),
        Mark((across(counts[at]), up(accuracy[at])), "text", "circle", edge="back"),
    ]
    return {"cloud": items, "curves": told}


def words(run, state):
    count = points_of(run)[0][int(state["slider"])]
    accuracy, whole, stopped = ends(run, state)
    left = len({run.arrays["labels"][i] for i in rows_of(run, state)})
    told = (
        f"{count} of {len(run.arrays['labels'])} points are kept, of {left} of the 10 digits. After training on with "
        f"them the test accuracy is {fixed(accuracy[int(state['slider'])], 1)} %; with all points {fixed(whole, 1)} %, "
        f"stopped at the drop {fixed(stopped, 1)} %."
    )
    return {"now": str(count), "words": told}
