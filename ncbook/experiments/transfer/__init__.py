"""Transfer: what features that were trained on some classes are worth for others.

Two families of pretrainings. In the first, networks learn m source classes of glyphs and are judged on ten classes
that none has seen, from five images of each. In the second, networks learn the super-classes of digits, for long, and
are judged on the digits, layer by layer along the training.
"""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.transfer import groups, source
from ncbook.experiments.transfer.claims import CLAIMS
from ncbook.experiments.transfer.config import Config
from ncbook.experiments.transfer.probing import few_shot, linear_probe, recovered

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "few_shot", "linear_probe", "load", "recovered", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every network of both families: a row a layer of each probe, and one of the pixels at the start.

    part is "source" or "groups"; layer "input" are the pixels, "last" is what the head sees. Errors, variance ratio and
    CDNV are those of the classes that were trained, but for the columns "..._target".
    """
    found = sweep(partial(source.rows, config, device), source.arms(config))
    found += sweep(partial(groups.rows, config, device), groups.arms(config))
    return [row for rows in found for row in rows], {}


EXPERIMENT = Experiment(
    "transfer", "Transfer", 1, Config, train, keys=("part", "arm", "num_classes", "seed"), claims=CLAIMS
)
run, load = EXPERIMENT.run, EXPERIMENT.load
