"""The figures of `reliability`."""

import pandas as pd

from ncbook.runs import Run
from pictures import Axis, Line, median_and_range


def _rows(run: Run, **values) -> pd.DataFrame:
    frame = run.to_frame()
    for name, value in values.items():
        frame = frame[frame[name] == value]
    return frame


def _over(rows, column, clock, scale=1):
    return scale * rows.pivot(index="seed", columns=clock, values=column)


def _detection(run: Run):
    for panel, column in enumerate(("nc1_train", "auroc_neco", "nc5")):
        for decay in run.config["weight_decays"]:
            rows = _rows(run, part="training", arm="plain", weight_decay=decay)
            yield from median_and_range(panel, f"decay {decay:g}", _over(rows[rows.step > 0], column, "step"))
    for panel, scale in enumerate(("log", "linear", "linear")):
        yield Axis(panel, "log", scale)


def _hit(run: Run, arm: str, change: str) -> pd.DataFrame:
    rows = _rows(run, part="attack", arm=arm)
    return rows[(rows.perturbation == change) | (rows.perturbation == "none")]


def _attack(run: Run):
    strong = max(run.config["weight_decays"])
    for label, arm, change in (
        ("attack", "falling rate", "attack"),
        ("noise", "falling rate", "noise"),
        ("robust", "robust", "attack"),
    ):
        rows = _hit(run, arm, change)
        rows = rows[rows.weight_decay == strong]
        yield from median_and_range(0, label, 100 - _over(rows, "hit_error_test", "radius", 100))
        yield from median_and_range(1, label, _over(rows, "nc1_hit", "radius"))
    for decay in run.config["weight_decays"]:
        rows = _hit(run, "falling rate", "attack")
        rows = rows[(rows.weight_decay == decay) & (rows.radius >= 0.2)]
        yield from median_and_range(2, f"decay {decay:g}", _over(rows, "to_corner", "radius"))
    yield Axis(1, "linear", "log")


def _confidence(run: Run):
    for decay in run.config["weight_decays"]:
        label, rows = f"decay {decay:g}", _rows(run, part="scaling", weight_decay=decay)
        rows = rows.astype({"confidence_test": float, "test_error": float})
        over = _over(rows, "confidence_test", "scale", 100) - (100 - _over(rows, "test_error", "scale", 100))
        yield from median_and_range(0, label, over)
        yield from median_and_range(1, label, _over(rows, "ece_test", "scale", 100))
        ends = _rows(run, part="training", arm="plain", weight_decay=decay, step=run.config["steps"])
        yield Line(2, label, ends.nc1_train, ends.temperature)
    for panel, (x, y) in enumerate((("log", "linear"), ("log", "linear"), ("log", "linear"))):
        yield Axis(panel, x, y)


EXPECTED = {
    "detection_over_training": _detection,
    "under_attack": _attack,
    "confidence_and_collapse": _confidence,
}
