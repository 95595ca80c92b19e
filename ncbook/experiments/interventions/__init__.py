"""Is collapse necessary? Is flatness? Each pushed up or down while a network groks, with controls.

Modular addition from the same seeds in every arm; `readings.interventions.ARMS` names them, `recipes.changes` says what
each changes.
"""

from functools import partial

from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.interventions.claims import CLAIMS
from ncbook.experiments.interventions.config import Config
from ncbook.experiments.interventions.measure import history
from ncbook.experiments.interventions.recipes import recipe_of

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "recipe_of", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm, its seeds as one ensemble: a row a probe and seed, with `measure.measured`. No arrays."""
    results = sweep(partial(_rows, config, device), config.arms)
    return [row for rows in results for row in rows], {}


def _rows(config: Config, device: str, arm: str) -> Rows:
    """Train one arm; one history row a probe and seed."""
    return history(config, device, config.seeds, recipe_of(config, arm), config.probe_every, {"arm": arm})


EXPERIMENT = Experiment(
    "interventions", "Is collapse necessary? Is flatness?", 1, Config, train, keys=("arm", "seed"), claims=CLAIMS
)
run, load = EXPERIMENT.run, EXPERIMENT.load
