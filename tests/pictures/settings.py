"""The figures of `settings`."""

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Line, Points, by_seed, median_and_range

LOSSES = {
    "ce": "cross-entropy",
    "smoothed": "label smoothing",
    "focal": "focal",
    "mse": "squared error",
    "mse_rescaled": "squared error, rescaled",
}


def _arm(run: Run, dataset, network="mlp", loss="ce", decay=0.005):
    frame = run.to_frame()
    matches = (frame.dataset == dataset) & (frame.network == network) & (frame.loss_name == loss)
    return frame[matches & (frame.weight_decay == decay)]


def _across(run: Run):
    networks = {"mlp": "multilayer perceptron", "convnet": "convolutional network"}
    for panel, dataset in enumerate(("digits", "glyphs")):
        for network, name in networks.items():
            for side in ("train", "test"):
                values = by_seed(_arm(run, dataset, network), f"nc1_{side}")
                yield from median_and_range(panel, f"{side}, {name}", values)
        yield Axis(panel, "log", "log")


def _by_loss(run: Run):
    for panel, dataset in enumerate(("digits", "glyphs")):
        for loss, label in LOSSES.items():
            yield from median_and_range(panel, label, by_seed(_arm(run, dataset, loss=loss), "nc1_train"))
        yield Axis(panel, "log", "log")


def _ends(panel, run: Run, dataset, column, scale=1, shift=0.0, spread=0.0):
    """A mark a seed at the last epoch; the first row of a data set carries its name. Spread ones have a median."""
    for row, loss in enumerate(LOSSES):
        values = scale * _arm(run, dataset, loss=loss).query("epoch == 150").sort_values("seed")[column]
        heights = row + shift + np.linspace(-spread, spread, len(values))
        yield Points(panel, dataset if row == 0 else None, values, heights)
        if spread:
            yield Line(panel, None, [values.median()] * 2, [row - 0.36, row + 0.36])


def _features(run: Run):
    for panel, column in enumerate(("nc1_train", "nc2_angles_train", "nc3_train")):
        yield from _ends(panel, run, "digits", column, shift=-0.16)
        yield from _ends(panel, run, "glyphs", column, shift=0.16)
        yield Axis(panel, x="log")


def _errors(run: Run):
    for panel, dataset in enumerate(("digits", "glyphs")):
        yield from _ends(panel, run, dataset, "test_error", scale=100, spread=0.2)


def _decay(run: Run):
    for panel, network in enumerate(("mlp", "mlp_no_bn")):
        for decay in (0.005, 0.0005, 0.0):
            rows = _arm(run, "digits", network, decay=decay)
            yield from median_and_range(panel, f"weight decay {decay:g}", by_seed(rows, "nc1_train"))
        yield Axis(panel, "log", "log")


EXPECTED = {
    "collapse_across_data": _across,
    "collapse_by_loss": _by_loss,
    "features_by_loss": _features,
    "errors_by_loss": _errors,
    "decay_and_batch_norm": _decay,
}
