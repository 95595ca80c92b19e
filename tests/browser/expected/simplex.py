import numpy as np
from drawings import SHAPES, Mark, Plane, Ring, Word, arrow, segment, stick

COLUMNS = [("nc1_train", "nc1_test"), ("nc2_norms_train", "nc2_norms_test"), ("nc2_angles_train", "nc2_angles_test"),
           ("nc3_train", "nc3_test"), ("nc4_train", "nc4_test_train_means"), ("train_error", "test_error")]  # fmt: skip


def pictures(run, state, canvases):
    name, at, canvas = state["network"], int(state["slider"]), canvases["space"]
    arrays = {key: run.arrays[f"{name}/{key}"] for key in ("points", "means", "classifier", "labels", "test", "ideal")}
    flat = Plane(min(canvas.width, canvas.height) / (2 * 1.55), canvas)
    turn, tilt = (np.deg2rad(float(state[key])) for key in ("turn", "tilt"))

    def place(vector):
        if len(vector) == 2:
            return flat(vector)
        x, y, z = map(float, vector)  # about the upright axis, then towards the reader
        return flat(
            (
                x * np.cos(turn) - y * np.sin(turn),
                z * np.cos(tilt) + (x * np.sin(turn) + y * np.cos(turn)) * np.sin(tilt),
            )
        )

    items = []
    ideal = arrays["ideal"]
    items += [segment(place(a), place(b), "faint", dash=(2, 4)) for i, a in enumerate(ideal) for b in ideal[:i]]
    if not len(ideal):
        items.append(Ring(place((0, 0)), flat.scale, "faint"))
    for point, c, test in zip(arrays["points"][at], arrays["labels"], arrays["test"], strict=True):
        if state["split"] in ("both", "test" if test else "train"):
            items.append(Mark(place(point), f"class{c}", SHAPES[c], hollow=bool(test)))
    zero = place(np.zeros(arrays["means"].shape[2]))
    for c, label in enumerate(run.config["class_order"][: arrays["means"].shape[1]]):
        mean = place(arrays["means"][at, c])
        items += stick(zero, mean, c, SHAPES[c]) + arrow(zero, place(arrays["classifier"][at, c]))
        away = np.subtract(mean, zero)
        items.append(Word(str(label), tuple(np.add(mean, 22 * away / np.linalg.norm(away)))))
    return {"space": items}


def words(run, state):
    return {"now": str(run.arrays[f"{state['network']}/step"][int(state["slider"])])}
