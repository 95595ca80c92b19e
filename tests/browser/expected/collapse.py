import numpy as np
from drawings import SHAPES, Axis, Box, Mark, Plane, Word, arrow, segment, spanning, stick, triangle

from expected import kept

COLUMNS = {"nc1": "nc1_{}", "nc2_norms": "nc2_norms_{}", "nc2_angles": "nc2_angles_{}", "nc3": "nc3_{}",
           "nc4": {"train": "nc4_train", "test": "nc4_test_train_means"}, "error": "{}_error"}  # fmt: skip
SPLITS = (("test", "test", (6, 4)), ("train", "train", ()))


def name_of(measure, split):
    name = COLUMNS[measure]
    return name[split] if isinstance(name, dict) else name.format(split)


@kept
def values(run, network, column):
    frame = run.to_frame()
    frame = frame[(frame.network == network) & (frame.weight_decay == run.config["weight_decays"][0])]
    return frame.pivot(index="seed", columns="epoch", values=column).to_numpy(float)


def pictures(run, state, canvases):
    network, at = state["network"], int(state["slider"])
    return {
        "plane": plane(run, network, at, canvases["plane"]),
        "curves": curves(run, network, at, state["measure"], canvases["curves"]),
    }


def plane(run, network, at, canvas):
    arrays = {key: run.arrays[f"{network}/{key}"] for key in ("points", "means", "classifier", "labels", "test")}
    everything = np.concatenate([arrays[key].reshape(-1, 2) for key in ("points", "means", "classifier")])
    low, high = everything.min(0), everything.max(0)
    scale = min((canvas.width - 24) / (high - low)[0], (canvas.height - 24) / (high - low)[1])
    place = Plane(scale, canvas, tuple((low + high) / 2))
    items = [triangle(place)]
    for point, label, test in zip(arrays["points"][at], arrays["labels"], arrays["test"], strict=True):
        c = run.config["plane_classes"].index(label)
        items.append(Mark(place(point), f"class{c}", SHAPES[c], hollow=bool(test)))
    for c, label in enumerate(run.config["plane_classes"]):
        mean, row = place(arrays["means"][at, c]), place(arrays["classifier"][at, c])
        items += stick(place((0, 0)), mean, c, SHAPES[c]) + arrow(place((0, 0)), row)
        away = np.subtract(mean, place((0, 0)))
        items.append(Word(str(label), tuple(np.add(mean, 21 * away / np.linalg.norm(away)))))
    return items


def curves(run, network, at, measure, canvas):
    epochs = run.arrays[f"{network}/epoch"]
    ranges = [values(run, each, name_of(measure, split)) for each in run.config["networks"] for split, *_ in SPLITS]
    x, y = canvas.x(Axis(1, max(2, epochs[-1]), zero=True)), canvas.y(spanning(ranges, at_most=1))
    items = [canvas.upright(x(epochs[at]), "accent")]
    for split, color, dash in SPLITS:
        seeds = values(run, network, name_of(measure, split))
        middle = np.median(seeds, axis=0)
        items += [canvas.curve(x(epochs), y(own), color, dash=dash, alpha=0.45, width=0.9) for own in seeds]
        items.append(canvas.curve(x(epochs), y(middle), color, dash=dash, width=2.6))
        if np.isfinite(middle[at]):
            items.append(Mark((x(epochs[at]), y(middle[at])), color, "circle"))
    first = [epochs[list(own).index(0)] for own in values(run, network, "train_error") if 0 in own]
    if first:
        _, top, right, bottom = canvas.box
        start = float(x(np.median(first)))
        items.append(Box(start, top, right - start, bottom - top, "shade"))
        items.append(segment((start, bottom), (start, top - 20), "accent"))
    return items


def words(run, state):
    return {"now": str(run.arrays[f"{state['network']}/epoch"][int(state["slider"])])}
