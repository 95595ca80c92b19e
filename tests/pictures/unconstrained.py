"""The figures of `unconstrained`."""

import numpy as np

from ncbook.runs import Run
from pictures import Axis, Line, median_and_range

FLOOR = 1e-15


def _minimum(run: Run):
    frame = run.to_frame()
    for panel, loss in enumerate(("cross_entropy", "square")):
        for setting in range(3):
            for method in ("gd", "lbfgs"):
                own = frame[(frame.part == "descent") & (frame.loss_name == loss) & (frame.method == method)]
                own = own[(own.setting == setting) & (own.step > 0)]
                table = own.set_index(["seed", "scale", "step"]).excess.clip(lower=FLOOR).unstack()
                yield from median_and_range(panel, None, table)
        yield Axis(panel, "log", "log")


def _threshold(run: Run):
    frame, strengths = run.to_frame(), np.linspace(0.1, 1.6, 200)
    gaps = {"cross_entropy": np.log(np.maximum(4 / strengths - 3, 1)), "square": np.maximum(1 - strengths, 0)}
    for panel, (loss, gap) in enumerate(gaps.items()):  # K = 4, n = 10
        yield Line(panel, "closed form", strengths, gap * 30**0.5)
        found = frame[(frame.part == "threshold") & (frame.loss_name == loss)]
        yield Line(panel, "reached", found.scale, found.product_norm)


def _saddles(run: Run):
    saddles = run.to_frame().query("part == 'saddle' and step > 0")
    for panel, nudge in enumerate((0.0, 1e-6)):
        for rank, name in enumerate(("rank 0 (origin)", "rank 1", "rank 2")):
            own = saddles[(saddles.setting == rank) & (saddles.scale == nudge)]
            yield from median_and_range(panel, name, own.set_index(["seed", "step"]).objective.unstack())
        yield Axis(panel, "log", "log")


def _margin(run: Run):
    names = {"scaled": "steps scaled by the loss", "gd": "gradient descent", "adam": "Adam"}
    flow = run.to_frame().query("part == 'flow' and margin_ratio > 0")
    for setting in range(3):
        for method, name in names.items():
            for seed in run.config["seeds"]:
                own = flow[(flow.setting == setting) & (flow.method == method) & (flow.seed == seed)]
                label = name if seed == run.config["seeds"][0] else None
                yield Line(setting, label, own.minus_log_loss, np.maximum(1 - own.margin_ratio, FLOOR))
        yield Axis(setting, "log", "log")


EXPECTED = {
    "minimum_reached": _minimum,
    "collapse_threshold": _threshold,
    "saddle_escape": _saddles,
    "unregularized_margin": _margin,
}
