"""Digits seen by four losses in the same batches: cross-entropy, contrastive with and without labels, rate reduction.

A batch is the whole training set twice, each copy with its own shifts: two views of each image. The arms differ in the
loss, and in what counts as one class: the images of a given label, or the views of an image.
"""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.contrastive import training
from ncbook.experiments.contrastive.claims import CLAIMS
from ncbook.experiments.contrastive.config import Config
from ncbook.readings.contrastive import KEYS

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """A row a training, probed step and label noise by which the features are read; no arrays."""
    found = sweep(partial(training.train, config, device), training.trainings(config))
    return [row for rows in found for row in rows], {}


EXPERIMENT = Experiment(
    "contrastive", "Contrastive learning", 1, Config, train, keys=KEYS, claims=CLAIMS, exact=("label_noise",)
)
run, load = EXPERIMENT.run, EXPERIMENT.load
