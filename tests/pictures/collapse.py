"""The figures of `collapse`."""

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Line, Points, Span, by_seed, first_zero_errors, median_and_range


def _arm(run: Run, network, decay=0.005):
    frame = run.to_frame()
    return frame[(frame.network == network) & (frame.weight_decay == decay)]


def _phase(panel, run, network, y):
    yield Span(panel, first_zero_errors(_arm(run, network)).median(), 200)
    yield Axis(panel, "log", y)


def _sides(train: str, test: str, scale: float = 1, y: str = "log"):
    def expected(run: Run):
        for panel, network in enumerate(("mlp", "convnet")):
            for label, column in (("train", train), ("test", test)):
                yield from median_and_range(panel, label, by_seed(_arm(run, network), column, scale=scale))
            yield from _phase(panel, run, network, y)

    return expected


def _frame(run: Run):
    for panel, name in enumerate(("nc2_norms", "nc2_angles")):
        for label, column in (("class means", f"{name}_train"), ("classifier rows", f"{name}_head_train")):
            yield from median_and_range(panel, label, by_seed(_arm(run, "mlp"), column))
        yield from _phase(panel, run, "mlp", "log")


def _weight_decay(run: Run):
    for panel, network in enumerate(("mlp", "convnet")):
        for decay in (0.005, 0.0005):
            rows = _arm(run, network, decay)
            yield from median_and_range(panel, f"weight decay {decay:g}", by_seed(rows, "nc1_train"))
        yield from _phase(panel, run, network, "log")


def _plane(run: Run):
    epochs, points, means, classifier, labels, test = (
        run.arrays[f"mlp/{name}"] for name in ("epoch", "points", "means", "classifier", "labels", "test")
    )
    zero = first_zero_errors(_arm(run, "mlp"))[0]  # of seed 0
    for panel, epoch in enumerate((1, zero, 200)):
        index = int(np.abs(epochs - epoch).argmin())
        angles = 2 * np.pi * np.arange(4) / 3
        yield Line(panel, None, np.cos(angles), np.sin(angles))
        for place, name in enumerate((3, 5, 8)):
            for hollow in (False, True):
                own = points[index][(labels == name) & (test == hollow)]
                yield Points(panel, None, own[:, 0], own[:, 1])
            for label, tips in ((f"mean of class {name}", means), (None, classifier)):
                yield Line(panel, label, [0, tips[index, place, 0]], [0, tips[index, place, 1]])


EXPECTED = {
    "terminal_phase": _sides("train_error", "test_error", 100, "symlog"),
    "variability": _sides("nc1_train", "nc1_test"),
    "frame": _frame,
    "duality": _sides("nc3_train", "nc3_test"),
    "decisions": _sides("nc4_train", "nc4_test_train_means", 100, "symlog"),
    "class_plane": _plane,
    "weight_decay": _weight_decay,
}
