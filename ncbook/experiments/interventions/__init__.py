"""Is collapse necessary? Is flatness? Each pushed up or down while a network groks, with controls.

Modular addition from the same seeds in every arm; `config.ARMS` names them, `recipes.changes` says what each changes.
"""

import sys
from functools import partial

import torch

from ncbook import data, models, runs, trainers
from ncbook.experiments import _history, _loading
from ncbook.experiments._sweep import sweep
from ncbook.experiments.interventions.claims import CLAIMS, loss_correlations
from ncbook.experiments.interventions.config import ARMS, Config
from ncbook.experiments.interventions.measure import measured
from ncbook.experiments.interventions.outcomes import by_arm, outcomes
from ncbook.experiments.interventions.recipes import recipe_of

NAME = "interventions"
TITLE = "Is collapse necessary? Is flatness?"
VERSION = 1

__all__ = [
    "ARMS", "CLAIMS", "NAME", "TITLE", "VERSION", "Config", "by_arm", "load", "loss_correlations", "outcomes",
    "recipe_of", "run",
]  # fmt: skip


def load(preset: str | None = None, live: bool | None = None, device: str | None = None) -> runs.Run:
    """The run of a preset: recorded, else cached, else trained now with a progress bar. `live=True` always trains."""
    return _loading.load(sys.modules[__name__], preset, live, device)


def run(config: Config, device: str | None = None) -> runs.Run:
    """Train every arm from every seed, the seeds of an arm as one ensemble.

    history columns: arm, seed, step; train_acc, test_acc, train_loss in nats without regularizers or smoothing;
    kappa and kappa_bound, relative flatness, exact and as the paper computes it; uncertainty, mean 1 - ||p||^2;
    variance_ratio_train, variance_ratio_test, cdnv_train; head_norm ||W||_F, feature_norm, mean ||phi||, and
    squared_norms, ||W||_F^2 mean ||phi||^2; test_centre_acc, accuracy of the nearest training class mean. All but
    the accuracies and variance_ratio_test are of the training pairs. No arrays.
    """
    watch, place = _loading.Stopwatch(), trainers.pick_device(device)
    results = sweep(partial(_rows, config, str(place)), config.arms)
    rows = [row for rows in results for row in rows]
    history = _history.columns(rows)
    return runs.Run(_loading.plain(config), history, {}, watch.provenance(NAME, VERSION, config, place))


def _rows(config: Config, device: str, arm: str) -> list[dict]:
    """Train one arm; one history row a probe and seed."""
    recipe = recipe_of(config, arm)
    sets = [data.modular(config.p, fraction=config.fraction, seed=seed).to(device) for seed in config.seeds]
    train, test = [each.train for each in sets], [each.test for each in sets]

    def probe(ensemble: trainers.Ensemble, step: int) -> list[dict]:
        columns = {name: values.tolist() for name, values in measured(ensemble, train, test).items()}
        return [
            {"arm": arm, "seed": seed, "step": step} | {name: values[at] for name, values in columns.items()}
            for at, seed in enumerate(config.seeds)
        ]

    members = [trainers.Member(seed) for seed in config.seeds]
    steps = range(0, recipe.steps + 1, config.probe_every)
    fitted = trainers.fit_ensemble(partial(_build, config), train, recipe, members, probe, steps, lambda step: None)
    if fitted.ended == trainers.INTERRUPTED:
        raise KeyboardInterrupt
    return [row for rows in fitted.measured for row in rows]


def _build(config: Config, seed: int) -> models.Classifier:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return models.PairMLP(config.p, config.embedding_dim, config.width)
