"""How the networks are made and trained, and what is kept of them at every probed step."""

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ncbook import data, metrics, models, trainers
from ncbook.experiments.circuits.config import Arm, Config
from ncbook.experiments.grokking.training import probe_steps
from ncbook.readings.circuits import POWER
from ncbook.readings.grokking import NANDA

Network = models.PairMLP | models.NandaTransformer | models.PowerTransformer


class Snapshot(NamedTuple):
    """A network at one step: the history row of `measure`, logits [pairs, p] float32 on all pairs, embedding [p, d]."""

    row: dict[str, Any]
    logits: Tensor
    embedding: Tensor


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


def training_mask(dataset: data.Dataset, arm: Arm) -> Tensor:
    """[pairs] bool, in the order of `data.modular_pairs`: the training pairs."""
    pairs, chosen = data.modular_pairs(arm.p, arm.operation).inputs, dataset.train.inputs.cpu()
    known = torch.zeros(arm.p, arm.p, dtype=torch.bool)
    known[chosen[:, 0], chosen[:, 1]] = True
    return known[pairs[:, 0], pairs[:, 1]]


def recipe_of(config: Config, arm: Arm) -> trainers.Recipe:
    """AdamW with the settings of Nanda et al. (2023), which are also those of Power et al. (2022)."""
    return trainers.Recipe(
        arm.steps, arm.learning_rate, batch_size=arm.batch or None, optimizer="adamw", betas=(0.9, config.beta2),
        weight_decay=config.weight_decay, schedule=trainers.WarmUp(config.warm_up),
        loss=trainers.CrossEntropy(float64=True),
    )  # fmt: skip


def train_arm(config: Config, arm: Arm, sets: Sequence[data.Dataset]) -> list[list[Snapshot]]:
    """The snapshots of each seed. All seeds at once, or one after the other where steps take a batch of the pairs."""
    pairs, recipe = data.modular_pairs(arm.p, arm.operation), recipe_of(config, arm)
    probes = [
        partial(_snapshot, {"network": arm.network, "operation": arm.operation, "seed": seed}, pairs, mask)
        for seed, mask in zip(config.seeds, (training_mask(dataset, arm) for dataset in sets), strict=True)
    ]
    splits, steps = [dataset.train for dataset in sets], probe_steps(arm.steps, arm.every)
    if arm.batch:
        device = splits[0].inputs.device
        return [
            trainers.fit(build(arm, seed).to(device), split, recipe, seed, probe, steps).whole()
            for seed, split, probe in zip(config.seeds, splits, probes, strict=True)
        ]

    def probe(ensemble: trainers.Ensemble, step: int) -> list[Snapshot]:
        return [own(network, step) for own, network in zip(probes, ensemble.models(), strict=True)]

    members = [trainers.Member(seed) for seed in config.seeds]
    fitted = trainers.fit_ensemble(partial(build, arm), splits, recipe, members, probe, steps)
    return [list(own) for own in zip(*fitted.whole(), strict=True)]


def _snapshot(about: dict[str, Any], pairs: data.Split, train: Tensor, model: nn.Module, step: int) -> Snapshot:
    """Of a network that `build` made."""
    network = cast(Network, model)
    with torch.no_grad():
        logits = network(pairs.inputs.to(network.embedding.device)).float().cpu()
    row = about | {"step": step} | measure(network, logits, pairs.labels, train)
    return Snapshot(row, logits, _embedding(network))


def _embedding(network: Network) -> Tensor:
    return network.embedding.detach().double().cpu()


def measure(network: Network, logits: Tensor, labels: Tensor, train: Tensor) -> dict[str, float]:
    """What needs no hindsight: accuracy and loss (nats) on both parts of all pairs, and measures of the weights."""
    right = (logits.argmax(1) == labels).double()
    losses = F.cross_entropy(logits.double(), labels, reduction="none")
    squares = [parameter.detach().double().square().sum().item() for parameter in network.parameters()]
    return {
        "train_acc": right[train].mean().item(), "test_acc": right[~train].mean().item(),
        "train_loss": losses[train].mean().item(), "test_loss": losses[~train].mean().item(),
        "squared_weights": sum(squares), "fourier_gini": metrics.fourier_gini(_embedding(network)).item(),
    }  # fmt: skip
