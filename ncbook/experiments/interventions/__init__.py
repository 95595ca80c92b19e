"""Is collapse necessary? Is flatness? Each pushed up or down while a network groks, with controls.

Modular addition from the same seeds in every arm; `readings.interventions.ARMS` names them, `recipes.changes` says what
each changes.
"""

from functools import partial

from ncbook import trainers
from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.interventions.claims import CLAIMS
from ncbook.experiments.interventions.config import Config
from ncbook.experiments.interventions.measure import measured
from ncbook.experiments.interventions.recipes import recipe_of

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "recipe_of", "run"]


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every arm, its seeds as one ensemble: a row a probe and seed, with `measured`. No arrays."""
    results = sweep(partial(_rows, config, device), config.arms)
    return [row for rows in results for row in rows], {}


def _rows(config: Config, device: str, arm: str) -> Rows:
    """Train one arm; one history row a probe and seed."""
    recipe = recipe_of(config, arm)
    sets = config.sets(config.seeds, device)
    train, test = [each.train for each in sets], [each.test for each in sets]

    def probe(ensemble: trainers.Ensemble, step: int) -> Rows:
        columns = {name: values.tolist() for name, values in measured(ensemble, train, test).items()}
        return [
            {"arm": arm, "seed": seed, "step": step} | {name: values[index] for name, values in columns.items()}
            for index, seed in enumerate(config.seeds)
        ]

    members = [trainers.Member(seed) for seed in config.seeds]
    steps = range(0, recipe.steps + 1, config.probe_every)
    fitted = trainers.fit_ensemble(config.build, train, recipe, members, probe, steps, lambda step: None)
    return [row for rows in fitted.whole() for row in rows]


EXPERIMENT = Experiment(
    "interventions", "Is collapse necessary? Is flatness?", 1, Config, train, keys=("arm", "seed"), claims=CLAIMS
)
run, load = EXPERIMENT.run, EXPERIMENT.load
