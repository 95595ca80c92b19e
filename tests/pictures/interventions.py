"""The figures of `interventions`."""

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Line


def _at_99(rows, column):
    """`column` at the first probe of each seed with 99 % test accuracy, without seeds that never get there."""
    return rows[rows.test_acc >= 0.99].groupby("seed")[column].first()


def _spread(index, count):
    return index + (np.linspace(-0.28, 0.28, count) if count > 1 else np.zeros(count))


def _times(run: Run):
    frame = run.to_frame()
    for index, arm in enumerate(run.config["arms"]):
        rows = frame[frame.arm == arm]
        reached = _at_99(rows, "step")
        late = len(run.config["seeds"]) - len(reached)
        if len(reached):
            yield Line(0, None, reached, _spread(index, len(reached)))
        if late:
            yield Line(0, None, [rows.step.max()] * late, _spread(index, late))


_LABELS = {
    "baseline": "baseline", "prevented": "collapse prevented", "anti_released": "anti-flatness",
    "norms_released": "large norms", "confidence": "low confidence", "smoothing": "label smoothing",
}  # fmt: skip


def _own(frame, arm, column, panel):
    """A line a seed; the first names the arm."""
    label = _LABELS[arm]
    for _, own in frame[frame.arm == arm].groupby("seed"):
        yield Line(panel, label, own.step, own[column])
        label = None


def _over_steps(arm: str, *columns: str):
    def expected(run: Run):
        frame = run.to_frame()
        reached = frame[(frame.arm == arm) & (frame.test_acc >= 0.99)].groupby("seed").first()
        for panel, column in enumerate(columns):
            for name in ("baseline", arm):
                yield from _own(frame, name, column, panel)
            if arm == "prevented":
                for there in reached.itertuples():
                    yield Line(panel, None, [there.step], [getattr(there, column)])
            if not column.endswith(("test_acc", "acc_test")):
                yield Axis(panel, y="log")

    return expected


def _controls(run: Run):
    for panel, arm in enumerate(("norms_released", "confidence", "smoothing")):
        for name in ("baseline", arm):
            yield from _own(run.to_frame(), name, "test_acc", panel)


def _flatness(run: Run):
    frame = run.to_frame()
    for index, arm in enumerate(run.config["arms"]):
        values = _at_99(frame[frame.arm == arm], "relative_flatness")
        if len(values):
            yield Line(0, None, values, _spread(index, len(values)))
    yield Axis(0, x="log")


def _against_loss(run: Run):
    frame = run.to_frame()
    groups = (
        {"baseline": "baseline"},
        {"anti_released": "anti-flatness", "norms_released": "large norms", "flooding": "flooding",
         "smoothing": "label smoothing"},
    )  # fmt: skip
    for panel, arms in enumerate(groups):
        for arm, label in arms.items():
            own = frame[frame.arm == arm]
            memorized = own.groupby("seed").apply(lambda rows: rows.step[rows.train_acc >= 0.99].min())
            own = own[own.step >= own.seed.map(memorized)]
            yield Line(panel, label, own.train_loss, own.relative_flatness)
        yield Axis(panel, "log", "log")


EXPECTED = {
    "intervention_times": _times,
    "collapse_prevented": _over_steps("prevented", "test_acc", "variance_ratio_train", "ncc_acc_test"),
    "flatness_prevented": _over_steps("anti_released", "test_acc", "relative_flatness"),
    "flatness_controls": _controls,
    "kappa_when_it_generalizes": _flatness,
    "kappa_against_loss": _against_loss,
}
