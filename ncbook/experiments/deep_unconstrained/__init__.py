"""Deep unconstrained features: whether collapse in every layer is the cheapest way to fit the labels."""

from functools import partial
from itertools import product

from ncbook.experiments._experiment import Arrays, Experiment, Rows, Sample
from ncbook.experiments._sweep import sweep
from ncbook.experiments.deep_unconstrained.claims import CLAIMS
from ncbook.experiments.deep_unconstrained.config import Config
from ncbook.experiments.deep_unconstrained.descents import (
    Deep,
    collapsed,
    collapsed_point,
    deep_rows,
    descend,
    lowest_curvature,
    schatten,
)
from ncbook.readings.deep_unconstrained import MODELS

__all__ = [
    "CLAIMS",
    "EXPERIMENT",
    "Config",
    "Deep",
    "collapsed",
    "collapsed_point",
    "descend",
    "load",
    "lowest_curvature",
    "run",
    "schatten",
]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Solve every problem, on a CPU whatever the device: every tensor is tiny.

    history has a row a model (`arm`), number of classes and of weight matrices, start and seed: loss and ranks of what
    a descent found, loss and curvature of the collapsed solution.
    """
    found = sweep(partial(deep_rows, config), product(MODELS, config.classes, config.layers))
    return [row for rows in found for row in rows], {}


EXPERIMENT = Experiment(
    "deep_unconstrained", "Deep unconstrained features", 1, Config, train, keys=("arm", "seed"), claims=CLAIMS,
    exact=("regularized_loss", "collapsed_loss", "lowest_curvature"),
    # Here all starts find one end. Where they find several, it hangs on the last digit which of them one start finds.
    sample=Sample({"classes": (4,), "layers": (1, 2)}),
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
