"""The figure of the closing chapter, from the histories alone: without the readings that it is drawn from."""

import numpy as np
import pandas as pd

from pictures import Axis, Line

_WORLDS = ("addition", "images", "images, random labels")
# Arms that end when the others are released, those that are ordinary, and those that are another one's second half.
_AT_RELEASE = ("norms_released", "confidence")
_NOT_SHOWN = ("baseline", "baseline_decayed", "anti_released")
_WHOLE = ("encouraged", "prevented", "flatter", "anti_kept", "pinned")


def _ratios(own, plain):
    """Spread, sharpness and points of one row beside another."""
    return (
        own.variance_ratio_train / plain.variance_ratio_train,
        own.relative_flatness / plain.relative_flatness if "relative_flatness" in own else np.nan,
        100 * (float(own.test_acc) - float(plain.test_acc)),
    )


def _of_arms(run):
    frame = run.to_frame()
    images = "task" in frame
    if not images:
        frame = frame.assign(task="", epoch=frame.step)
    for (task, _), rows in frame.groupby(["task", "seed"]):
        arms = dict(list(rows.groupby("arm")))
        for arm, own in arms.items():
            if arm in _NOT_SHOWN or arm.endswith("_schedule"):
                continue
            early = arm not in _WHOLE if images else arm in _AT_RELEASE
            held = own[own.epoch <= run.config["release"]] if early else own
            plain = arms["baseline_decayed" if arm.endswith("_decayed") else "baseline"]
            yield (_WORLDS[int(images)], f"{task} {arm}", *_ratios(held.iloc[-1], plain.iloc[-1]))


def _of_doses(run):
    frame = run.to_frame()
    frame = frame[frame.step <= run.config["steps"]]
    for _, rows in frame.groupby("seed"):
        plain = rows[rows.kind == "baseline"].iloc[-1]
        for (kind, level, like), own in rows[rows.kind != "baseline"].groupby(["kind", "level", "like"]):
            yield (_WORLDS[0], f"{kind} {level} {like}", *_ratios(own.iloc[-1], plain))


def _of_random_labels(run):
    frame = run.to_frame()
    frame = frame[frame.part.isin(["network", "batch_norm"])].assign(test_acc=lambda rows: 1 - rows.test_error)
    frame = frame.drop(columns="relative_flatness", errors="ignore")
    for (part, _, _), rows in frame.groupby(["part", "weight_decay", "seed"]):
        random, true = (rows[rows.labels == labels] for labels in ("random", "true"))
        if random.train_error.iloc[-1] == 0 and random.nc1_train.iloc[0] >= 10 * random.nc1_train.iloc[-1]:
            yield (_WORLDS[2], part, *_ratios(random.iloc[-1], true.iloc[-1]))


def _networks(runs):
    readers = {"doses": _of_doses, "implicit_bias": _of_random_labels}
    rows = [row for run in runs for row in readers.get(run.provenance["experiment"], _of_arms)(run)]
    return pd.DataFrame(rows, columns=["world", "change", "spread", "sharpness", "points"])


def _beside_the_ordinary(runs):
    found = _networks(runs)
    for panel, column in enumerate(("spread", "sharpness")):
        for world in _WORLDS:
            own = found[found.world == world].dropna(subset=[column])
            medians = own.groupby("change")[[column, "points"]].median()
            for rows, label in ((own, None), (medians, world)):
                rows = rows.sort_values([column, "points"])
                if len(rows):
                    yield Line(panel, label, rows[column], rows.points)
        yield Axis(panel, x="log")


EXPECTED = {"accuracy_beside_the_ordinary": _beside_the_ordinary}
