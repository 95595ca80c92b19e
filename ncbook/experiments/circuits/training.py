"""How the networks are made and trained, and what is kept of them at every probed step."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import torch
from torch import Tensor, nn

from ncbook import data, models, trainers
from ncbook.experiments.circuits.config import NANDA, POWER, Arm, Config

Network = models.PairMLP | models.NandaTransformer | models.PowerTransformer


@dataclass(frozen=True)
class Snapshot:
    """A network at one step: logits [pairs, p] float32 on all pairs, embedding [p, d], sum of squared weights."""

    step: int
    logits: Tensor
    embedding: Tensor
    squares: float


def build(arm: Arm, seed: int) -> Network:
    """The untrained network of one seed."""
    with models.seeded(seed):
        if arm.network == NANDA:
            return models.NandaTransformer(arm.p, arm.dim, width=arm.width)
        if arm.network == POWER:
            return models.PowerTransformer(arm.p, arm.dim)
        return models.PairMLP(arm.p, arm.dim, arm.width)


def datasets(config: Config, arm: Arm, device: str) -> list[data.Dataset]:
    """All pairs, split anew for each seed."""
    return [
        data.modular(arm.p, arm.operation, arm.fraction, config.split, seed=seed).to(device) for seed in config.seeds
    ]


def recipe_of(config: Config, arm: Arm) -> trainers.Recipe:
    """AdamW with the settings of Nanda et al. (2023), which are also those of Power et al. (2022)."""
    return trainers.Recipe(
        arm.steps, arm.learning_rate, batch_size=arm.batch or None, optimizer="adamw", betas=(0.9, config.beta2),
        weight_decay=config.weight_decay, schedule=trainers.WarmUp(config.warm_up),
        loss=trainers.CrossEntropy(float64=True),
    )  # fmt: skip


def probe_steps(arm: Arm) -> list[int]:
    """0, 10, ..., 100, where a network learns by heart, then every `every` steps, and the last one."""
    return sorted({*range(0, min(100, arm.steps) + 1, 10), *range(arm.every, arm.steps + 1, arm.every), arm.steps})


def train_arm(config: Config, arm: Arm, sets: Sequence[data.Dataset], device: str) -> list[list[Snapshot]]:
    """The snapshots of each seed. All seeds at once, or one after the other where steps take a batch of the pairs."""
    pairs = data.modular_pairs(arm.p, arm.operation).inputs.to(device)
    if arm.batch:
        return [_alone(config, arm, pairs, *each) for each in zip(sets, config.seeds, strict=True)]

    def probe(ensemble: trainers.Ensemble, step: int) -> list[Snapshot]:
        return [_snapshot(network, pairs, step) for network in ensemble.models()]

    members = [trainers.Member(seed) for seed in config.seeds]
    splits, recipe = [each.train for each in sets], recipe_of(config, arm)
    fitted = trainers.fit_ensemble(partial(build, arm), splits, recipe, members, probe, probe_steps(arm))
    fitted.whole()
    return [list(own) for own in zip(*fitted.measured, strict=True)]


def _alone(config: Config, arm: Arm, pairs: Tensor, dataset: data.Dataset, seed: int) -> list[Snapshot]:
    model = build(arm, seed).to(pairs.device)
    probe = partial(_of_one, pairs)
    fitted = trainers.fit(model, dataset.train, recipe_of(config, arm), seed, probe, probe_steps(arm))
    fitted.whole()
    return fitted.measured


def _of_one(pairs: Tensor, model: nn.Module, step: int) -> Snapshot:
    return _snapshot(model, pairs, step)


def _snapshot(model: nn.Module, pairs: Tensor, step: int) -> Snapshot:
    """Of a network that `build` made."""
    network = cast(Network, model)
    with torch.no_grad():
        logits = network(pairs).float().cpu()
    embedding = network.embedding.detach().double().cpu()
    squares = sum(parameter.detach().double().square().sum().item() for parameter in network.parameters())
    return Snapshot(step, logits, embedding, squares)
