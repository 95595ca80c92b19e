"""The figures of `image_interventions`."""

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Line, median_and_range

FOLLOWED = {
    "baseline": "baseline", "anti_released": "anti-flatness, released", "released_schedule": "released, new schedule",
    "kept_schedule": "kept, new schedule",
}  # fmt: skip
CONTINUED = ("released, new schedule", "kept, new schedule")
COMPARED = (
    "anti_released", "anti_pinned", "confidence", "confidence_pinned", "pinned", "norms", "flooding", "smoothing",
)  # fmt: skip
NAMES = {"digits": "noisy digits", "glyphs": "glyphs"}


def _at(run: Run, task: str, epoch: int, column: str):
    """A row a seed, a column an arm."""
    frame = run.to_frame()
    return frame[(frame.task == task) & (frame.epoch == epoch)].pivot(index="seed", columns="arm", values=column)


def _points(run: Run, task: str, epoch: int):
    """Test accuracy against the baseline's."""
    accuracy = 100 * _at(run, task, epoch, "test_acc").astype(float)
    return accuracy.sub(accuracy.baseline, axis=0)


def _accuracy(run: Run):
    for panel, epoch in enumerate((run.config["release"], run.config["epochs"])):
        for number, task in enumerate(("digits", "glyphs")):
            points = _points(run, task, epoch)
            for row, arm in enumerate(run.config["arms"][1:]):
                if arm in points:
                    height = row + (0.22 if number else -0.22)
                    heights = np.linspace(height - 0.1, height + 0.1, len(points))
                    yield Line(panel, NAMES[task] if row == 0 else None, points[arm], heights)


def _release(run: Run):
    frame = run.to_frame()
    for number, task in enumerate(("digits", "glyphs")):
        for panel, column in ((number, "test_acc"), (number + 2, "unit_flatness_bound")):
            for arm, label in FOLLOWED.items():
                own = frame[(frame.task == task) & (frame.arm == arm)]
                if label in CONTINUED:
                    own = own[own.epoch >= 100]
                yield from median_and_range(panel, label, own.pivot(index="seed", columns="epoch", values=column))
        yield Axis(number + 2, y="log")


def _conventions(run: Run):
    frame = run.to_frame()
    rows = frame[(frame.task == "digits") & (frame.arm == "released_schedule") & (frame.seed == run.config["seeds"][0])]
    unit, plain = rows.unit_flatness_bound, rows.relative_flatness_bound
    yield Line(0, "temperature 2, unit features", rows.epoch, unit)
    yield Line(0, "temperature 1, features as they are", rows.epoch, plain)
    until, since = rows.epoch <= 100, rows.epoch >= 100
    both = np.concatenate([unit[until], plain[since]])
    yield Line(0, "what switches at the release", np.concatenate([rows.epoch[until], rows.epoch[since]]), both)
    yield Axis(0, y="log")


def _sharpness(run: Run):
    frame = run.to_frame()
    values = frame[frame.epoch == 100].groupby("arm").unit_flatness_bound.median()
    for panel, task in enumerate(("digits", "glyphs")):
        points = _points(run, task, 100)
        for row, arm in enumerate(values[list(COMPARED)].sort_values().index):
            if arm in points:
                yield Line(panel, None, points[arm], np.linspace(row - 0.2, row + 0.2, len(points)))


GRADED = {
    "encouraged": "collapse encouraged", "prevented": "collapse prevented", "sharp": "kappa pushed up, released",
    "sharp_decayed": "the same, rate decayed to 0", "long": "norms pushed up, released",
}  # fmt: skip


def _strengths(run: Run):
    frame = run.to_frame()
    frame["strength"] = [float(task.split("@")[1]) for task in frame.task]
    for panel, epoch in enumerate((run.config["release"], run.config["epochs"])):
        found = frame[frame.epoch == epoch].set_index(["strength", "seed"]).sort_index()
        accuracy = {arm: 100 * rows.test_acc.astype(float) for arm, rows in found.groupby("arm")}
        for arm, label in GRADED.items():
            own = accuracy[arm] - accuracy["baseline_decayed" if arm == "sharp_decayed" else "baseline"]
            yield Line(panel, None, own.index.get_level_values(0), own)
            middle = own.unstack("seed").median(axis=1)
            yield Line(panel, label, middle.index, middle)
        yield Axis(panel, x="log")


CONTROLLED = {
    "sharp": "kappa pushed up", "long": "norms pushed up", "unsure": "uncertainty pushed up",
    "flooded": "training loss held up",
}  # fmt: skip


def _controls(run: Run):
    frame = run.to_frame()
    frame["strength"] = [float(task.split("@")[1]) for task in frame.task]
    found = frame[frame.epoch == run.config["release"]].set_index(["strength", "seed"]).sort_index()
    accuracy = {arm: 100 * rows.test_acc.astype(float) for arm, rows in found.groupby("arm")}
    for panel, rate in enumerate(("", "_decayed")):
        for arm, label in CONTROLLED.items():
            own = accuracy[arm + rate] - accuracy["baseline" + rate]
            yield Line(panel, None, own.index.get_level_values(0), own)
            middle = own.unstack("seed").median(axis=1)
            yield Line(panel, label, middle.index, middle)
        yield Axis(panel, x="log")


PRESETS = {"image_strengths": "laptop-mnist", "image_controls": "laptop-controls"}
EXPECTED = {
    "image_controls": _controls,
    "image_strengths": _strengths,
    "image_intervention_accuracy": _accuracy,
    "image_release": _release,
    "image_conventions": _conventions,
    "image_sharpness": _sharpness,
}
