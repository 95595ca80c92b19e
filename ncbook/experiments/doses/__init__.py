"""How much sharpness can a network bear? One quantity at a time is held up while a network learns modular addition.

Kappa at five levels, and beside it what comes with it: the norms, the training loss and the uncertainty at the levels
that they have there, and the spread within classes at three. The same seeds at every dose. At the end the learning rate
falls to 0 with the dose kept up, which shows what of the damage goes with the step size.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from torch import Tensor

from ncbook import trainers
from ncbook.experiments._experiment import Arrays, Experiment, Rows
from ncbook.experiments._sweep import sweep
from ncbook.experiments.doses.claims import CLAIMS
from ncbook.experiments.doses.config import Config
from ncbook.experiments.interventions.measure import history
from ncbook.readings.doses import BASELINE, COLLAPSE, CONFIDENCE, KAPPA, KEYS, LOSS, NORMS

__all__ = ["CLAIMS", "EXPERIMENT", "Config", "load", "recipe_of", "run"]

HELD: dict[str, Callable[[trainers.Outputs], Tensor]] = {
    KAPPA: trainers.relative_flatness,
    NORMS: trainers.squared_norms,
    CONFIDENCE: trainers.uncertainty,
    COLLAPSE: trainers.variance_ratio,
}


def train(config: Config, device: str) -> tuple[Rows, Arrays]:
    """Train every dose, its seeds as one ensemble: a row a probe and seed, as in `interventions`. No arrays."""
    results = sweep(partial(_rows, config, device), config.doses)
    return [row for rows in results for row in rows], {}


def recipe_of(config: Config, kind: str, level: float) -> trainers.Recipe:
    """The recipe of one dose; raises ValueError for a kind that is unknown."""
    base = trainers.Recipe(
        steps=config.steps + config.settle, optimizer="adamw", betas=(0.9, 0.98), learning_rate=config.learning_rate,
        weight_decay=config.weight_decay, loss=trainers.CrossEntropy(float64=True),
        schedule=trainers.WarmUp(config.warm_up, trainers.Cosine(config.steps + config.settle, start=config.steps)),
    )  # fmt: skip
    if kind == BASELINE:
        return base
    if kind == LOSS:
        return replace(base, loss=trainers.Flooded(base.loss, level))
    if kind not in HELD:
        raise ValueError(f"kind: {kind!r} is unknown; use one of {', '.join((BASELINE, LOSS, *HELD))}")
    strength = config.collapse_strength if kind == COLLAPSE else config.strength
    held = trainers.Regularizer(HELD[kind], strength, trainers.Floor(level))
    return replace(base, regularizers=(held,), head_norm=config.head_cap if kind == CONFIDENCE else None)


def _rows(config: Config, device: str, dose: tuple[str, float, float]) -> Rows:
    """Train one dose from all seeds; one history row a probe and seed."""
    about = dict(zip(KEYS, dose, strict=False))
    return history(config, device, config.seeds, recipe_of(config, *dose[:2]), config.probe_every, about)


EXPERIMENT = Experiment(
    "doses", "How much sharpness can a network bear?", 1, Config, train, keys=KEYS, claims=CLAIMS, exact=("like",)
)
run, load = EXPERIMENT.run, EXPERIMENT.load
