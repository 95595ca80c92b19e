"""How the networks of this experiment are made and trained, several at once."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import cast

import torch
from torch import Tensor

from ncbook import data, models, trainers
from ncbook.experiments.grokking.config import Config

PAIR, NANDA = "pair_mlp", "nanda"
Network = models.PairMLP | models.NandaTransformer


def build(config: Config, seed: int) -> Network:
    """The untrained network of one seed."""
    with models.seeded(seed):
        if config.network == NANDA:
            return models.NandaTransformer(config.p, config.dim, width=config.width)
        return models.PairMLP(config.p, config.dim, config.width)


def datasets(config: Config, seeds: Sequence[int], device: str) -> list[data.Dataset]:
    """All pairs, split anew for each seed."""
    return [
        data.modular(config.p, fraction=config.fraction, split=config.split, seed=seed).to(device) for seed in seeds
    ]


def recipe_of(config: Config, steps: int) -> trainers.Recipe:
    """Full-batch AdamW with the settings of Nanda et al. (2023), but for the learning rate."""
    return trainers.Recipe(
        steps, config.learning_rate, optimizer="adamw", betas=(0.9, config.beta2),
        schedule=trainers.WarmUp(config.warm_up), loss=trainers.CrossEntropy(float64=True),
    )  # fmt: skip


def probe_steps(steps: int, every: int) -> list[int]:
    """0, 10, ..., 100, then every `every` steps, and the last one."""
    chosen = {*range(0, min(100, steps) + 1, 10), *range(every, steps + 1, every), steps}
    return sorted(chosen)


def accuracies(ensemble: trainers.Ensemble, splits: Sequence[data.Split]) -> Tensor:
    """[S]: share of right answers of each member on its own split."""
    outputs = ensemble.outputs(splits)
    right = (outputs.logits.argmax(2) == outputs.labels).double()
    return right.mean(1) if outputs.mask is None else (right * outputs.mask).sum(1) / outputs.mask.sum(1)


def phase_cells(config: Config) -> list[tuple[float, float, int]]:
    """(weight decay, fraction, seed) of every cell, the seed running fastest."""
    return [
        (decay, fraction, seed)
        for decay in config.phase_decays
        for fraction in config.phase_fractions
        for seed in config.phase_seeds
    ]


def train_phase(config: Config, device: str) -> tuple[list[int], Tensor, Tensor]:
    """All cells of the phase diagram as one ensemble: probed steps [P], and train and test accuracy [P, cells]."""
    cells = phase_cells(config)
    sets = [datasets(replace(config, fraction=fraction), [seed], device)[0] for _, fraction, seed in cells]
    splits = [each.train for each in sets], [each.test for each in sets]
    members = [trainers.Member(seed, weight_decay=decay) for decay, _, seed in cells]
    steps = [*range(0, config.phase_steps + 1, config.phase_every)]

    def probe(ensemble: trainers.Ensemble, step: int) -> list[Tensor]:
        return [accuracies(ensemble, each) for each in splits]

    recipe = recipe_of(config, config.phase_steps)
    fitted = trainers.fit_ensemble(partial(build, config), splits[0], recipe, members, probe, steps)
    fitted.whole()
    train, test = (torch.stack(each).cpu() for each in zip(*fitted.measured, strict=True))
    return steps, train, test


def networks(ensemble: trainers.Ensemble) -> list[Network]:
    """Copies of all members, which `build` made."""
    return cast(list[Network], ensemble.models())
