"""Beyond the test set: unseen classes, attacked images and confidence of collapsed networks."""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows, Sample
from ncbook.experiments._sweep import sweep
from ncbook.experiments.reliability import networks
from ncbook.experiments.reliability.claims import CLAIMS
from ncbook.experiments.reliability.config import Config
from ncbook.readings.reliability import ATTACK, KEYS, SCALING

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """A row a seed of part "pixels", one a probed step of "training", one a change of "attack", one a scale of

    "scaling"; arrays of the first seed, as in `attacked.plane`.
    """
    trained = sweep(partial(networks.train, config, device), networks.trainings(config))
    rows = [*(networks.pixels(config, seed) for seed in config.seeds), *(row for own, _ in trained for row in own)]
    return rows, {name: array for _, arrays in trained for name, array in arrays.items()}


EXPERIMENT = Experiment(
    "reliability", "Beyond the test set", 1, Config, train, keys=KEYS, claims=CLAIMS,
    sample=Sample(apart=(ATTACK, SCALING)),
)  # fmt: skip
run, load = EXPERIMENT.run, EXPERIMENT.load
