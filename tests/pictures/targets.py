"""The figures of `targets`."""

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Image, Line, Points, Span, by_seed, median_and_range

DECAY = 0.005


def _ends(run: Run, part: str):
    frame = run.to_frame().query("part == @part")
    return frame[frame.step == frame.step.max()]


def _in_space(run: Run):
    for panel, place in enumerate((0, run.config["weight_decays"].index(DECAY))):
        features = run.arrays["features"][0, place]
        yield Points(panel, None, features[:, 0], features[:, 2])


def _outside(run: Run):
    frame = run.to_frame().query("part == 'regression'")
    for panel, name in enumerate(("two numbers", "digits")):
        for decay, told in ((0.0, "no decay"), (DECAY, "decay 0.005")):
            rows = frame[(frame.dataset == name) & (frame.weight_decay == decay)]
            for column, label in (("outside_components_train", "components"), ("outside_rows_train", "rows of W")):
                yield from median_and_range(panel, f"outside of the {label}, {told}", by_seed(rows, column, "step"))
        yield Axis(panel, "log")


def _by_decay(rows, column):
    """A row a seed, and a column a decay, which stand at 0, 1, ..."""
    table = rows.pivot(index="seed", columns="weight_decay", values=column).sort_index(axis=1)
    return table.set_axis(range(table.shape[1]), axis=1)


def _predicted(run: Run):
    columns = {
        "outside_components_train": "features outside, training points",
        "outside_components_test": "features outside, new points",
        "unexplained_test": "targets not predicted, new points",
    }
    ends = _ends(run, "regression")
    for panel, name in enumerate(("two numbers", "digits", "shuffled")):
        rows = ends[ends.dataset == name]
        for column, label in columns.items():
            yield from median_and_range(panel, label, _by_decay(rows, column))
        yield Axis(panel, y="log")


def _free(run: Run):
    rows = _ends(run, "free numbers")
    covariance = np.array([[2.25, 0.75], [0.75, 1.0]])
    roots = np.sqrt(np.linalg.eigvalsh(covariance))
    strengths = np.sort(rows.regularization.unique())
    yield Line(0, "closed form", strengths, [(roots / roots.max() > each).sum() for each in strengths])
    yield Line(0, "found by descent", strengths, rows.groupby("regularization")["output_rank"].median())
    kept = rows[rows.regularization < 1]
    for column, label in (("gram_root", "root"), ("gram_closed", "root, less a constant")):
        yield from median_and_range(1, label, kept.pivot(index="seed", columns="regularization", values=column))


def _head(run: Run):
    ends = _ends(run, "regression")
    for panel, name in enumerate(("two numbers", "shuffled")):
        rows = ends[ends.dataset == name]
        for label in ("root", "covariance", "identity"):
            yield from median_and_range(panel, label, _by_decay(rows, f"gram_{label}"))


def _cosines(run: Run):
    pixels, network = run.arrays["cosines"]
    corners = np.eye(5) - 0.2
    pairs = np.array([corners[a] + corners[b] for a in range(5) for b in range(a + 1, 5)])
    sets = np.concatenate([corners, pairs])
    ideal = (sets @ corners.T) / np.linalg.norm(sets, axis=1)[:, None] / np.linalg.norm(corners[0])
    for panel, values in enumerate((pixels, network, ideal)):
        yield Image(panel, values)


def _seeds(panel: int, values, row: int):
    yield Points(panel, None, values, row + np.linspace(-0.2, 0.2, len(values)))
    yield Line(panel, None, [values.median()] * 2, [row - 0.36, row + 0.36])


def _averages(run: Run):
    frame = run.to_frame()
    networks = frame.query("part == 'labels' and dataset == 'all pairs'")
    begun = networks.query("step == 0 and arm == 'pick-all-label' and weight_decay == @DECAY")
    last = networks[networks.step == networks.step.max()]
    rows = [frame.query("part == 'pixels'"), begun]
    rows += [
        last[(last.arm == loss) & (last.weight_decay == decay)]
        for loss in ("pick-all-label", "sigmoid") for decay in (0.0, DECAY)
    ]  # fmt: skip
    for panel, column in enumerate(("average_residual_train", "nc2_angles_train")):
        for row, own in enumerate(rows):
            yield from _seeds(panel, own[column], row)
    yield Span(0, 0, 0.1)


def _unseen(run: Run):
    rows = _ends(run, "labels").query("dataset == 'without two pairs' and weight_decay == @DECAY")
    columns = ("pair_error_test", "unseen_error_test")
    every = [100 * rows[rows.arm == loss][column] for loss in ("pick-all-label", "sigmoid") for column in columns]
    for row, values in enumerate(every):
        yield from _seeds(0, values, row)


EXPECTED = {
    "features_in_space": _in_space, "shares_outside": _outside, "collapse_and_prediction": _predicted,
    "free_numbers": _free, "head_and_covariance": _head, "cosines_of_sets": _cosines, "pairs_as_averages": _averages,
    "unseen_pairs": _unseen,
}  # fmt: skip
