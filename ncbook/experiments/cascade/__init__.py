"""Cascading collapse: what happens in the layers before the last.

Deep, narrow networks on digits, measured in every layer along training: as they are, with less weight decay, without
batch norm, without activations, with random labels, twice as wide, and on six digits of ten, with linear probes for the
others.
"""

from functools import partial
from itertools import product

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.cascade.claims import CLAIMS
from ncbook.experiments.cascade.config import ARMS, Config
from ncbook.experiments.cascade.probes import probe_accuracy
from ncbook.experiments.cascade.training import train_arm

__all__ = [
    "ARMS",
    "CLAIMS",
    "EXPERIMENT",
    "Config",
    "load",
    "probe_accuracy",
    "run",
]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train and measure every network.

    history has two `part`s:
    layer   a row an arm, seed, probed step and layer (0 is the input): collapse on both splits, test images with their
            own means except where the column says otherwise; the network's train_error
    probe   a row a seed and layer before and after training on six digits: accuracies of linear probes, effective rank
    """
    found = sweep(partial(train_arm, config, device), product(config.seeds, ARMS))
    return [row for rows in found for row in rows], {}


EXPERIMENT = Experiment("cascade", "Cascading collapse", 2, Config, train, keys=("part", "arm", "seed"), claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
