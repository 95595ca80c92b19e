"""The figures of `memorization`."""

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Line, by_seed, first_zero_errors, median_and_range


def star(panel, rows, named):
    """Where the median seed first makes no training error, on the median test error in percent."""
    table = by_seed(rows, "test_error", scale=100)
    reached = first_zero_errors(rows).median()
    epoch = min(table.columns, key=lambda each: abs(each - reached))
    return Line(panel, "zero training error" if named else None, [epoch], [np.median(table[epoch])])


def _random_labels(run: Run):
    frame = run.to_frame().query("dataset == 'digits'")
    networks = {"mlp": "multilayer perceptron", "mlp_no_bn": "perceptron without batch norm"}
    for panel, noise in enumerate((0.0, 1.0)):
        for network, name in networks.items():
            rows = frame[(frame.network == network) & (frame.label_noise == noise)]
            yield from median_and_range(panel, f"training, {name}", by_seed(rows, "train_error", scale=100))
            yield from median_and_range(panel, f"test, {name}", by_seed(rows, "test_error", scale=100))
        yield Axis(panel, x="log")


def _past_zero(run: Run):
    frame = run.to_frame().query("network == 'mlp'")
    labels = {0.0: "true labels", 0.1: "label noise 0.1", 0.2: "label noise 0.2"}
    for panel, dataset in enumerate(("digits", "glyphs")):
        for noise, label in labels.items():
            rows = frame[(frame.dataset == dataset) & (frame.label_noise == noise)]
            yield from median_and_range(panel, label, by_seed(rows, "test_error", scale=100))
            yield star(panel, rows, named=noise == 0.0)
        yield Axis(panel, x="log")


EXPECTED = {"random_labels": _random_labels, "past_zero_error": _past_zero}
