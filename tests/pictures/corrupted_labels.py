"""The figures of `corrupted_labels`."""

import math

import numpy as np
import pandas as pd

from ncbook.runs import Run
from pictures import Axis, Band, Ellipses, Line, median_and_range

ARMS = ("cross-entropy", "same schedule", "rate reduction")


def _moments(angle: float, across: float) -> np.ndarray:
    cos, sin = math.cos(angle), math.sin(angle)
    turn = np.array([[cos, -sin], [sin, cos]])
    return turn @ np.diag([1 - across, across]) @ turn.T


def _balls(run: Run):
    radius = 0.22
    step = math.sqrt(2 / math.sqrt(3) * math.pi) * radius
    grid = np.array([(step * (i + (j % 2) / 2), step * j * math.sqrt(3) / 2)
                     for j in range(-12, 13) for i in range(-12, 13)])  # fmt: skip
    for panel, (degrees, across) in enumerate(((90, 0.03), (30, 0.03), (0, 0.0))):
        classes = [_moments(sign * math.radians(degrees) / 2, across) for sign in (-1, 1)]
        bodies = [2 * moments + radius**2 * np.eye(2) for moments in (*classes, sum(classes) / 2)]
        first, second, whole = ((grid * np.linalg.solve(body, grid.T).T).sum(1) <= 1 for body in bodies)
        for covered in (whole & ~first & ~second, first | second):
            x, y = grid[covered].T
            size = np.full(len(x), radius**2)
            yield Ellipses(panel, x, y, size, 0 * size, size)
        for body in bodies:
            yield Ellipses(panel, [0], [0], [body[0, 0]], [body[0, 1]], [body[1, 1]])


def _arrangements(run: Run):
    rates = run.to_frame().query("part == 'rates'")
    for panel, (column, own) in enumerate(
        (("dim", rates[rates.per_class == 100]), ("per_class", rates[rates.dim == 128]))
    ):
        for arm in ("orthogonal subspaces", "random", "orthogonal means", "simplex"):
            course = own[own.arm == arm].groupby(column).rate_reduction.median()
            yield Line(panel, arm, course.index, course)
        yield Axis(panel, "log", "log")


def _networks(run: Run, *parts: str) -> pd.DataFrame:
    """Accuracies in per cent by the classifier of each arm, and the wrong labels that it has memorized."""
    frame = run.to_frame()
    frame = frame[frame.part.isin(parts or ("training",))]
    rates = frame.arm.isin(["rate reduction", "rate reduction, longer"])
    return frame.assign(
        test=100 * np.where(rates, frame.subspace_acc_test, frame.test_acc),
        validation=100 * np.where(rates, frame.subspace_acc_validation, frame.validation_acc),
        memorized=100 * frame.wrong_acc_given,
    )


def _each(rows: pd.DataFrame):
    for _, own in rows.groupby(["arm", "label_noise", "seed"], sort=False):
        yield own.reset_index(drop=True)


def _accuracy(run: Run):
    nets = list(_each(_networks(run, "training", "ratios")))
    last = pd.DataFrame([own.iloc[-1] for own in nets])
    stopped = pd.DataFrame([own.iloc[int(np.argmax(own.validation))] for own in nets])
    for panel, rows in enumerate((last, stopped)):
        for arm in ARMS:
            yield from median_and_range(
                panel, arm, rows[rows.arm == arm].pivot(index="seed", columns="label_noise", values="test")
            )


def _published(run: Run):
    table = {
        "cross-entropy": [93.9, 90.9, 86.1, 79.1, 72.4, 60.3],
        "rate reduction": [94, 91.1, 89.7, 88.1, 86.6, 84.3],
    }
    for arm, values in table.items():
        yield Line(0, arm, [0, 0.1, 0.2, 0.3, 0.4, 0.5], values)
    last = pd.DataFrame([own.iloc[-1] for own in _each(_networks(run, "training", "ratios"))])
    for arm in table:
        yield from median_and_range(
            1, arm, last[last.arm == arm].pivot(index="seed", columns="label_noise", values="test")
        )


def _leads(run: Run):
    nets = list(_each(_networks(run).query("label_noise == 0.4")))
    heads = [own.iloc[-1][["test_acc", "unit_ncc_acc_test", "subspace_acc_test"]] for own in nets]
    half = [np.interp(50, np.maximum.accumulate(own.memorized), own.test) for own in nets]
    table = pd.DataFrame(
        {
            "arm": [own.arm[0] for own in nets],
            "seed": [own.seed[0] for own in nets],
            "end": [own.test.iloc[-1] for own in nets],
            "stopped": [own.test[int(np.argmax(own.validation))] for own in nets],
            "best": [100 * own.max() for own in heads],
            "half": half,
        }
    ).pivot(index="seed", columns="arm")
    crossed, matched, reduced, longer = "cross-entropy", "same schedule", "rate reduction", "rate reduction, longer"
    pairs = [
        (("end", reduced), ("end", crossed)),
        (("end", reduced), ("best", crossed)),
        (("end", reduced), ("end", matched)),
        (("end", reduced), ("best", matched)),
        (("end", longer), ("end", crossed)),
        (("half", longer), ("half", matched)),
        (("stopped", reduced), ("stopped", crossed)),
        (("stopped", reduced), ("stopped", matched)),
    ]
    for row, (ahead, behind) in zip(range(8)[::-1], pairs, strict=True):
        points = table[ahead] - table[behind]
        yield Line(0, None, points, [row] * len(points))
        yield Line(0, None, [points.median()] * 2, [row - 0.36, row + 0.36])


def _memorization(run: Run):
    rows = _networks(run).query("label_noise == 0.4")
    for arm in (*ARMS, "rate reduction, longer"):
        for number, own in enumerate(_each(rows[rows.arm == arm])):
            yield Line(0, None if number else arm, own.epoch, own.memorized)
            late = own.iloc[int(np.argmax(own.test)) :]
            yield Line(1, None, late.memorized, late.test)
    yield Axis(0, x="log")


def _stopping(run: Run):
    rows = _networks(run).query("label_noise == 0.4 and seed == 481")
    for panel, arm in enumerate(("cross-entropy", "rate reduction, longer")):
        own = rows[rows.arm == arm]
        yield Line(panel, "test, true labels", own.epoch, own.test)
        yield Line(panel, "validation", own.epoch, own.validation)
        for course in (own.test, own.validation):
            yield Band(panel, own.epoch, course, course)
        yield Axis(panel, x="log")


def _dilation(run: Run):
    rows = _networks(run).query("arm == 'cross-entropy'")

    def table(noise: float, which: str) -> pd.DataFrame:
        own = rows[rows.label_noise == noise]
        return own.pivot(index="seed", columns="epoch", values=f"unit_variance_ratio_{which}")

    for noise in (0.0, 0.2, 0.4):
        yield from median_and_range(0, f"ratio {noise:g}", table(noise, "test"))
    names = {"wrong": "wrong label, by true class", "right": "right label", "train": "all, by label"}
    for which, label in names.items():
        yield from median_and_range(1, label, table(0.4, which))
    yield from (Axis(panel, "log", "log") for panel in (0, 1))


def _indicator(run: Run):
    last = pd.DataFrame([own.iloc[-1] for own in _each(_networks(run).query("label_noise == 0.4"))])
    for panel, column in enumerate(("unit_variance_ratio_train", "memorized")):
        for arm in (*ARMS, "rate reduction, longer", "label smoothing", "weight decay"):
            own = last[last.arm == arm]
            yield Line(panel, arm, own[column], own.test)
    yield Axis(0, x="log")


def _dimensions(run: Run):
    nets = [own.iloc[0] for own in _each(_networks(run))]
    for panel, noise in enumerate((0.0, 0.4)):
        for arm in ARMS:
            mine = [row for row, net in zip(run.arrays["training/by_rank"], nets, strict=True)
                    if (net.arm, net.label_noise) == (arm, noise)]  # fmt: skip
            yield from median_and_range(
                panel, arm, pd.DataFrame(100 * np.stack(mine), columns=run.arrays["training/ranks"])
            )


EXPECTED = {
    "counting_balls": _balls,
    "arrangement_rates": _arrangements,
    "published_and_here": _published,
    "accuracy_under_corruption": _accuracy,
    "lead_by_control": _leads,
    "memorization_and_accuracy": _memorization,
    "stopping_epochs": _stopping,
    "dilation_and_memorization": _dilation,
    "collapse_against_accuracy": _indicator,
    "subspace_dimensions": _dimensions,
}
