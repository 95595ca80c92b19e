"""The figures of `simplex`."""

from itertools import combinations

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Line, Points, Regions, by_seed, first_zero_errors, median_and_range

THREE, FOUR, FLAT = (3, 2), (4, 3), (4, 2)  # K and d
DIGITS = (3, 5, 8, 9)
PROPERTIES = ("nc1_train", "nc2_angles_train", "nc3_train")


def _rows(run: Run, size, dim):
    frame = run.to_frame()
    return frame[(frame.num_classes == size) & (frame.dim == dim) & (frame.weight_decay == 0.005)]


def _arrays(run: Run, size, dim):
    prefix = f"k{size}-d{dim}-wd0.005/"
    return {name.removeprefix(prefix): array for name, array in run.arrays.items() if name.startswith(prefix)}


def _curves(panel, run: Run, column, settings):
    """settings: label -> K and d."""
    for label, setting in settings.items():
        yield from median_and_range(panel, label, by_seed(_rows(run, *setting), column, "step"))
    yield Axis(panel, "log", "log")


def _variability(run: Run):
    for panel, setting in enumerate((THREE, FOUR)):
        for side in ("train", "test"):
            yield from median_and_range(panel, side, by_seed(_rows(run, *setting), f"nc1_{side}", "step"))
        yield Axis(panel, "log", "log")


def _geometry(run: Run):
    for panel, column in enumerate(("nc2_norms_train", "nc2_angles_train", "nc3_train")):
        yield from _curves(panel, run, column, {"K = 3, d = 2": THREE, "K = 4, d = 3": FOUR})


def _reduced(run: Run):
    settings = {"map to d = 9": (10, 9), "map to d = 64": (10, 64), "no map": (10, 128)}
    for panel, column in enumerate(PROPERTIES):
        yield from _curves(panel, run, column, settings)


def _shown(run: Run, setting):
    """Three probes: an early one, the first without a training error, the last."""
    steps = _arrays(run, *setting)["step"]
    zero = first_zero_errors(_rows(run, *setting), "step")[0]  # of seed 0
    return [int(np.abs(steps - step).argmin()) for step in (zero / 4, zero, 2000)]


def _points(panel, arrays, index, size, flat):
    points = flat(arrays["points"][index].astype(float))
    for label in range(size):
        for hollow in (False, True):
            own = points[(arrays["labels"] == label) & (arrays["test"] == hollow)]
            yield Points(panel, None, own[:, 0], own[:, 1])


def _frame(panel, arrays, index, size, flat):
    """Points, means, rows of the classifier, and the simplex or the circle of its radius."""
    yield from _points(panel, arrays, index, size, flat)
    for name, mean, row in zip(DIGITS, flat(arrays["means"][index]), flat(arrays["classifier"][index]), strict=False):
        yield Line(panel, f"mean of class {name}", [0, mean[0]], [0, mean[1]])
        yield Line(panel, None, [0, row[0]], [0, row[1]])
    if len(arrays["ideal"]):
        for ends in combinations(flat(arrays["ideal"]), 2):
            yield Line(panel, None, *np.array(ends).T)
    else:
        turn = np.linspace(0, 2 * np.pi, 200)
        yield Line(panel, None, np.cos(turn), np.sin(turn))


def _from_the_side(vectors):
    turn = np.array([[np.cos(0.3), np.sin(0.3), 0], [-np.sin(0.3), np.cos(0.3), 0], [0, 0, 1]])
    x, y, z = (vectors @ turn).T
    return np.stack([x, np.cos(0.25) * z + np.sin(0.25) * y], axis=1)


def _snapshots(setting, flat=lambda vectors: vectors):
    def expected(run: Run):
        for panel, index in enumerate(_shown(run, setting)):
            yield from _frame(panel, _arrays(run, *setting), index, setting[0], flat)

    return expected


def _regions(panel, masks, grid):
    """masks [layers, n, n]: which points of the grid [n, n, 2] over a square of side 3.5 lie in each."""
    moments = 3.5**2 * (masks[..., None] * grid).mean(axis=(1, 2))
    return Regions(panel, 3.5**2 * masks.mean(axis=(1, 2)), *moments.T)


def _decisions(run: Run):
    arrays = _arrays(run, *THREE)
    side = np.linspace(-1.75, 1.75, 700)
    x, y = np.meshgrid(side, side)
    grid = np.stack([x, y], axis=-1)
    for panel, index in enumerate(_shown(run, THREE)):
        scores = grid @ arrays["classifier"][index].T + arrays["offsets"][index]
        distances = ((grid[:, :, None] - arrays["means"][index]) ** 2).sum(axis=-1)
        says, nearest = scores.argmax(axis=-1), distances.argmin(axis=-1)
        yield _regions(panel, np.stack([says == label for label in range(3)]), grid)
        yield _regions(panel, (says != nearest)[None], grid)
        yield from _points(panel, arrays, index, 3, lambda vectors: vectors)


def _cosines(run: Run):
    settings = (THREE, FOUR, FLAT, (10, 9), (10, 64), (10, 128))
    for place, (size, dim) in enumerate(settings):
        cosines = _arrays(run, size, dim)["cosines"]  # [seeds, pairs]
        spread = place + np.linspace(-0.25, 0.25, cosines.size).reshape(cosines.shape)
        for seed in range(len(cosines)):
            yield Line(0, None, spread[seed], cosines[seed])
        yield Line(0, None, [place - 0.4, place + 0.4], [-1 / (size - 1)] * 2)


def _too_few(run: Run):
    yield from _frame(0, _arrays(run, *FLAT), -1, 4, lambda vectors: vectors)
    for panel, column in enumerate(PROPERTIES[:2], 1):
        yield from _curves(panel, run, column, {"d = 3": FOUR, "d = 2": FLAT})


EXPECTED = {
    "simplex_variability": _variability,
    "simplex_geometry": _geometry,
    "simplex_in_the_plane": _snapshots(THREE),
    "simplex_in_space": _snapshots(FOUR, _from_the_side),
    "simplex_decisions": _decisions,
    "simplex_cosines": _cosines,
    "simplex_too_few_dimensions": _too_few,
    "simplex_reduced_features": _reduced,
}
