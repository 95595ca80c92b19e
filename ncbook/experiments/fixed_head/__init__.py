"""A classifier that is not trained: the last layer fixed at a simplex, beside a learned one and other fixed ones.

Every arm of one seed has the same images, starting weights and batches, and the same number of steps; what differs is
the head, and how many features it reads. Beside the trainings, the parameters of torchvision's networks are counted.
"""

from functools import partial

import numpy as np

from ncbook import models
from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.fixed_head import training
from ncbook.experiments.fixed_head.claims import CLAIMS
from ncbook.experiments.fixed_head.config import Config
from ncbook.readings.fixed_head import KEYS

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """A row a training and probed step; as arrays the numbers of parameters [architectures, class counts]."""
    found = sweep(partial(training.train, config, device), training.arms(config))
    return [row for rows in found for row in rows], counted(config)


def counted(config: Config) -> Arrays:
    """total, head and narrowed [A, C], as in `models.Parameters`, narrowed -1 for None; feature_dim [A]."""
    table = [[models.count_parameters(name, count) for count in config.class_counts] for name in config.architectures]
    return {
        "total": np.array([[each.total for each in row] for row in table]),
        "head": np.array([[each.head for each in row] for row in table]),
        "narrowed": np.array([[-1 if each.narrowed is None else each.narrowed for each in row] for row in table]),
        "feature_dim": np.array([row[0].feature_dim for row in table]),
    }


EXPERIMENT = Experiment(
    "fixed_head", "A classifier that is not trained", 1, Config, train, keys=KEYS, claims=CLAIMS,
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
