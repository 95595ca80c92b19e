"""Cascading collapse: what happens in the layers before the last.

Deep, narrow networks on digits, measured in every layer along training: as they are, with less weight decay, without
batch norm, without activations, with random labels, twice as wide, and on six digits of ten, with linear probes for the
others. Beside them the theory of deep unconstrained features, solved numerically.
"""

from functools import partial
from itertools import product

from ncbook.experiments._experiment import Arrays, Experiment, Rows, Sample
from ncbook.experiments._sweep import sweep
from ncbook.experiments.cascade.claims import CLAIMS
from ncbook.experiments.cascade.config import ARMS, Config
from ncbook.experiments.cascade.deep import (
    Deep,
    collapsed,
    collapsed_point,
    deep_rows,
    descend,
    lowest_curvature,
    schatten,
)
from ncbook.experiments.cascade.probes import probe_accuracy
from ncbook.experiments.cascade.training import train_arm
from ncbook.readings.cascade import MODELS

__all__ = [
    "ARMS",
    "CLAIMS",
    "EXPERIMENT",
    "Config",
    "Deep",
    "collapsed",
    "collapsed_point",
    "descend",
    "load",
    "lowest_curvature",
    "probe_accuracy",
    "run",
    "schatten",
]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train and measure every network, and solve the theory.

    history has three `part`s:
    layer   a row an arm, seed, probed step and layer (0 is the input): collapse on both splits, test images with their
            own means except where the column says otherwise; the network's train_error
    probe   a row a seed and layer before and after training on six digits: accuracies of linear probes, effective rank
    deep    a row a model (`arm`), number of classes and of weight matrices, start and seed: loss and ranks of what a
            descent found, loss and curvature of the collapsed solution
    """
    found = sweep(partial(train_arm, config, device), product(config.seeds, ARMS))
    found += sweep(partial(deep_rows, config), product(MODELS, config.classes, config.layers))
    return [row for rows in found for row in rows], {}


EXPERIMENT = Experiment(
    "cascade", "Cascading collapse", 2, Config, train, keys=("part", "arm", "seed"), claims=CLAIMS,
    exact=("regularized_loss", "collapsed_loss", "lowest_curvature"),
    # Here all starts find one end. Where they find several, it hangs on the last digit which of them one start finds.
    sample=Sample({"classes": (4,), "layers": (1, 2), "starts": 1}),
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
