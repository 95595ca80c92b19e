"""Collapse and flatness pushed up and down while networks learn images: the paper's intervention, with controls.

Noisy digits and glyphs, all arms of a seed from the same network and batches; `readings.image_interventions.ARMS` names
the arms, `recipes.phases_of` says what each does before and after the release.
"""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows, Sample
from ncbook.experiments._sweep import sweep
from ncbook.experiments.image_interventions.claims import CLAIMS
from ncbook.experiments.image_interventions.config import Config
from ncbook.experiments.image_interventions.recipes import phases_of
from ncbook.experiments.image_interventions.training import trained

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "phases_of", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm of every task from every seed: a row a probe, with `measured`. No arrays."""
    results = sweep(partial(trained, config, device), config.trainings)
    return [row for rows in results for row in rows], {}


def _first_of_each_task(config: Config) -> tuple[int, ...]:
    return tuple(config.seeds_of(index)[0] for index in range(len(config.tasks)))


def _one_a_task(config: Config) -> tuple[int, ...]:
    return (1,) * len(config.tasks)


EXPERIMENT = Experiment(
    "image_interventions",
    "The interventions on images",
    1,
    Config,
    train,
    keys=("task", "arm", "seed"),
    claims=CLAIMS,
    sample=Sample({"seeds": _first_of_each_task, "seeds_of_task": _one_a_task}),
)
run, load = EXPERIMENT.run, EXPERIMENT.load
