"""The figures of `margins`."""

from itertools import pairwise

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Line, Regions, Segments, median_and_range


def _moments(centers, levels):
    """Area of the points whose density is between two levels, and its means times the area, on a fine grid."""
    grid = np.arange(-3.2, 3.2, 0.01) + 0.005
    x, y = np.meshgrid(grid, grid)
    density = sum(np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * 0.5**2)) for a, b in centers)
    inside = [(low < density) & (density < high) for low, high in pairwise(levels)]
    return 1e-4 * np.array([[own.sum(), x[own].sum(), y[own].sum()] for own in inside]).T


def _lines(run: Run):
    points, labels = run.arrays["plane/points"], run.arrays["plane/labels"]
    for c in (0, 1):
        for levels in ([0.1, 0.4, 1.1], [0.4, 1.1]):
            yield Regions(0, *_moments(run.arrays["plane/centers"][c], levels))
        yield Line(0, f"class {c}", *points[labels == c].T)
    for name, (angle, offset) in zip(("H1", "H2", "H3"), run.arrays["plane/lines"], strict=True):
        cos, sin = np.cos(angle), np.sin(angle)
        yield Line(0, name, [offset * cos, offset * cos - sin], [offset * sin, offset * sin + cos])
    risks = 100 * run.to_frame().query("part == 'plane'").set_index(["seed", "family"]).risk.unstack()
    risks = risks.sort_values("H2")
    places = np.arange(1, 11)
    yield Segments(1, np.stack([places, risks.H3, places, risks.H2], 1))
    for name in ("H2", "H3"):
        yield Line(1, f"error of {name}", places, risks[name])
    yield Axis(1, y="log")


def _training(run: Run):
    rows = run.to_frame().query("part == 'training'").reset_index(drop=True)
    return rows, run.arrays["training/curves"], np.linspace(0, 1, 101)


def _curves(run: Run):
    rows, curves, shares = _training(run)
    for panel, decay in enumerate((5e-3, 0.0)):
        own = rows[(rows.family == "true labels") & (rows.weight_decay == decay) & (rows.seed == 451)]
        for index, step in own.step.sort_values().tail(6).items():
            yield Line(panel, f"step {step}", shares, curves[index])


def _against_max_margin(run: Run):
    rows, _, _ = _training(run)
    rows = rows[(rows.family == "true labels") & (rows.train_error == 0)]
    for decay in (5e-3, 5e-4, 0.0):
        own = rows[rows.weight_decay == decay].set_index(["seed", "step"])
        for panel, column, label in (
            (0, "svm_cosine", f"weight decay {decay:g}"), (0, "means_svm_cosine", None), (1, "svm_share", None),
        ):  # fmt: skip
            yield from median_and_range(panel, label, own[column].unstack())
    for panel in (0, 1):
        yield Axis(panel, x="log")


def _random_labels(run: Run):
    rows, curves, shares = _training(run)
    rows = rows[(rows.weight_decay == 5e-4) & (rows.step == 1500)]
    for family in ("true labels", "random labels"):
        own = rows[rows.family == family]
        for number, index in enumerate(own.index):
            yield Line(0, None if number else family, shares, curves[index])
        yield Line(1, family, own.area, 100 * own.test_error)


def _families(run: Run):
    frame = run.to_frame().query("part == 'families'")
    families = ("label noise", "number of images", "settings", "settings, no batch norm", "seeds")
    for panel, family in enumerate(families):
        for _, own in frame[frame.family == family].groupby("seed"):
            yield Line(panel, None, own.area, 100 * (1 - own.test_error))


def _exponents(run: Run):
    frame = run.to_frame().query("part == 'exponent'")
    names = {"simplex": "simplex ETF", "orthogonal": "orthogonal", "random": "random"}
    for panel, count in enumerate((3, 10)):
        for name, label in names.items():
            for seed in (451, 452, 453):
                own = frame[(frame.num_classes == count) & (frame.frame == name) & (frame.seed == seed)]
                sampled = own[own.method == "importance"]
                yield Line(panel, label if seed == 451 else None, sampled.sigma, sampled.exponent)
                plain = own[(own.method == "plain") & (own.errors > 0)]
                yield Line(panel, None, plain.sigma, plain.exponent)
                yield Line(panel, None, [0], sampled.limit[:1])


EXPECTED = {
    "margin_lines": _lines,
    "margin_curves": _curves,
    "head_against_max_margin": _against_max_margin,
    "random_label_margins": _random_labels,
    "margins_by_family": _families,
    "error_exponents": _exponents,
}
