import math

import numpy as np
from drawings import Axis, Line, Mark, Word, segment

from expected import fixed, kept, spelled, stored

KINDS = (("class0", "circle"), ("class1", "square"), ("class2", "triangle"))
NAMES = ("frequent", "rare", "all as rare")
SIMPLEX = math.sqrt(20 / 9)  # between two of ten corners of radius 1


@kept
def table(run, source):
    """ratios; medians of the cosine and of the sides; (low, middle, high) of three accuracies, nan where none is."""
    frame = run.to_frame()
    if source.startswith("free"):
        decay = run.config["weight_strengths"][0]
        rows = few = frame[(frame.part == "free") & (frame.arm == "plain") & (frame.weight_decay == decay)]
    else:
        decay = float(source.rsplit(" ", 1)[1])
        ends = frame[(frame.part == "network") & (frame.weight_decay == decay) & (frame.step == frame.step.max())]
        rows, few = ends[ends.arm == "plain"], ends[ends.arm == "few of every class"]
    ratios = np.sort(rows.ratio.unique())
    told = {
        name: stored(rows.groupby("ratio")[name].median()) for name in ("cos_rows_rare", "apart_rare", "apart_across")
    }
    accuracies = []
    for own, column in ((rows, "frequent_acc_head"), (rows, "rare_acc_head"), (few, "rare_acc_head")):
        by = own.groupby("ratio")[column]
        accuracies.append([stored(each.reindex(ratios)) for each in (by.min(), by.median(), by.max())])
    return ratios, told, accuracies


def triangle(canvas, base, leg):
    """Two rare corners and the frequent one, in pixels."""
    scale = min(canvas.width, canvas.height) / 2.3
    corners = [(-base / 2, 0), (base / 2, 0), (0, math.sqrt(max(leg**2 - base**2 / 4, 0)))]
    return [(canvas.width / 2 + scale * x, canvas.height / 2 - scale * (y - 0.75)) for x, y in corners]


def pictures(run, state, canvases):
    ratios, told, accuracies = table(run, state["source:text"])
    at = int(state["slider"])
    assert at < len(ratios)
    own = triangle(canvases["rows"], told["apart_rare"][at], told["apart_across"][at])
    equal = triangle(canvases["rows"], SIMPLEX, SIMPLEX)
    rows = [Line((tuple(equal),), "faint", dash=(2, 4), closed=True), Line((tuple(own),), "text", closed=True)]
    rows += [Mark(corner, *KINDS[kind], edge="back") for corner, kind in zip(own, (1, 1, 0), strict=True)]
    return {"rows": rows, "accuracy": accuracy(canvases["accuracy"], accuracies, at)}


def accuracy(canvas, accuracies, at):
    if np.isnan(accuracies[0][1][at]):
        return [Word("Free features have no images.", (canvas.width / 2, canvas.height / 2))]
    y = canvas.y(Axis(0, 1, log=False))
    left, _, right, bottom = canvas.box
    items = [Word(f"{tick} %", (left - 8, float(y(tick / 100)))) for tick in range(0, 101, 20)]
    for kind, ((color, shape), values) in enumerate(zip(KINDS, accuracies, strict=True)):
        low, middle, high = (each[at] for each in values)
        x = left + (kind + 0.5) * (right - left) / 3
        items.append(Word(NAMES[kind], (x, bottom + 8)))
        if np.isfinite(middle):
            items.append(segment((x, float(y(low))), (x, float(y(high))), color))
            items.append(Mark((x, float(y(middle))), color, shape, edge="back"))
    return items


def words(run, state):
    ratios, told, accuracies = table(run, state["source:text"])
    at = int(state["slider"])
    text = f"At R = {spelled(ratios[at])} two rare rows have the cosine {fixed(told['cos_rows_rare'][at], 2)}."
    frequent, rare, few = (
        f"{fixed(100 * values[1][at], 1)} %" if np.isfinite(values[1][at]) else "" for values in accuracies
    )
    if rare:
        beside = f"; with every class as rare, {few} of the same classes." if few else "."
        text += f" Right are {frequent} of the new images of frequent classes and {rare} of rare ones{beside}"
    return {"now": spelled(ratios[at]), "words": text}
