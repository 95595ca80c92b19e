"""Classes of unequal size: free features, whose minimum is known, and networks with and without a remedy."""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.imbalance import free, networks
from ncbook.experiments.imbalance.claims import CLAIMS
from ncbook.experiments.imbalance.config import Config
from ncbook.readings.imbalance import KEYS

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """A row a minimization of parts "free" and "limit", and one a probed step of each network; no arrays."""
    minima = sweep(partial(free.row, config), free.problems(config))
    trained = sweep(partial(networks.train, config, device), networks.trainings(config))
    return [*minima, *(row for rows in trained for row in rows)], {}


EXPERIMENT = Experiment("imbalance", "Classes of unequal size", 2, Config, train, keys=KEYS, claims=CLAIMS)
run, load = EXPERIMENT.run, EXPERIMENT.load
