"""The figures of `fixed_head`."""

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Line, Points, Span, by_seed, median_and_range

EVERYWHERE = ("simplex", "random", "two pairs alike", "circle, d = 2")
ALONE = (
    "simplex, turned", "simplex after a map", "learned, d = K", "random, d = K", "two pairs equal", "learned, d = 2",
    "simplex, cornered",
)  # fmt: skip


def _ends(run: Run):
    frame = run.to_frame().query("row_length == 1")
    return frame[frame.step == frame.step.max()]


def _rows_of_heads(run: Run, panel: int, dataset: str, arms: tuple[str, ...]):
    rows = _ends(run).query("ratio == 1 and dataset == @dataset")
    errors = rows.pivot(index="seed", columns="arm", values="test_error").sort_index()
    yield Span(panel, -1, 1)
    for place, arm in enumerate(arms):
        lost = 100 * (errors[arm] - errors.learned)
        yield Points(panel, None, lost, place + np.linspace(-0.2, 0.2, len(lost)))
        yield Line(panel, None, [lost.median()] * 2, [place - 0.36, place + 0.36])


def _across(run: Run):
    for panel, dataset in enumerate(("digits", "mnist5k", "glyphs")):
        yield from _rows_of_heads(run, panel, dataset, EVERYWHERE)


def _on_digits(run: Run):
    yield from _rows_of_heads(run, 0, "digits", (*EVERYWHERE, *ALONE))
    yield Axis(0, "symlog")


def _shapes(run: Run):
    frame = run.to_frame().query("row_length == 1 and ratio == 1 and dataset == 'digits'")
    for panel, column in enumerate(("nc1_train", "nc2_angles_train")):
        for arm in ("learned", "learned, d = K", "simplex", "simplex, turned"):
            yield from median_and_range(panel, arm, by_seed(frame[frame.arm == arm], column, "step"))
        yield Axis(panel, "log", "log")


def _rare(run: Run):
    rows = _ends(run).query("dataset == 'digits'")
    columns = {"rare_cos_means_train": 1, "rare_cos_head_train": 1, "rare_error_test": 100}
    for panel, (column, scale) in enumerate(columns.items()):
        for arm in ("learned", "simplex"):
            own = scale * rows[rows.arm == arm].pivot(index="seed", columns="ratio", values=column)
            yield from median_and_range(panel, arm, own)
        yield Axis(panel, "log")


def _saved(run: Run):
    percent = 100 * run.arrays["head"] / run.arrays["total"]
    dims = run.arrays["feature_dim"]
    yield Span(0, 8, 50)
    for column, count in enumerate((10, 100, 1000)):
        for room in (True, False):
            (there,) = np.nonzero((dims >= count - 1) == room)
            if len(there) or room:
                yield Line(0, f"{count} classes" if room else None, percent[there, column], there)
    yield Axis(0, "log")


EXPECTED = {
    "heads_across_data": _across, "heads_on_digits": _on_digits, "shape_by_head": _shapes,
    "heads_with_rare_classes": _rare, "saved_parameters": _saved,
}  # fmt: skip
