"""Networks whose targets are numbers, and what is measured of them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ncbook import metrics, trainers
from ncbook.experiments._experiment import Arrays, Row, Rows
from ncbook.experiments.targets.config import Config
from ncbook.experiments.targets.networks import Networks, descend
from ncbook.experiments.targets.points import Numbers, numbers
from ncbook.readings.targets import DIGITS, REGRESSION

SQUARED = "squared error"


def train(config: Config, device: str, arm: tuple[str, float]) -> tuple[Rows, Arrays]:
    """The networks of all seeds on one data set with one decay: a row a seed and probed step, and what is pictured."""
    dataset, decay = arm
    each = [numbers(config, dataset, seed) for seed in config.seeds]
    rows, networks = fit(config, device, each, dataset, decay)
    return rows, {} if dataset == DIGITS else _pictured(networks, each, device)


def fit(config: Config, device: str, each: Sequence[Numbers], dataset: str, decay: float) -> tuple[Rows, Networks]:
    """Train a network of each seed on its own numbers: a row a seed and probed step, and the networks at the end."""
    about = {"part": REGRESSION, "dataset": dataset, "arm": SQUARED, "weight_decay": decay, "regularization": 0.0}
    inputs, targets, test_inputs, test_targets = (
        torch.stack([getattr(one, name) for one in each]).to(device)
        for name in ("inputs", "targets", "test_inputs", "test_targets")
    )
    networks = Networks(config, inputs.shape[2:], targets.shape[2], config.seeds, device)
    linear = [linear_unexplained(one) for one in each]

    def loss(outputs: Tensor) -> Tensor:
        return (outputs - targets).square().sum(2).mean(1) / 2

    def probe(networks: Networks, step: int) -> Rows:
        sides = networks(inputs), networks(test_inputs)
        rows = []
        for at, seed in enumerate(config.seeds):
            own = [(features[at], outputs[at]) for features, outputs in sides]
            row = measure(networks.weight[at], own[0], own[1], targets[at], test_targets[at])
            rows.append({**about, "seed": seed, "step": step, "linear_unexplained_test": linear[at], **row})
        return rows

    probed = trainers.log_spaced(config.steps, config.probes)
    return descend(networks, inputs, loss, recipe_of(config, decay), probe, probed), networks


def _pictured(networks: Networks, each: Sequence[Numbers], device: str) -> Arrays:
    """Of the first seed: features [N, 3] in their first three principal components, over their size, and targets."""
    with torch.no_grad():
        features = networks(torch.stack([one.inputs for one in each]).to(device))[0][0]
    left, values, _ = torch.linalg.svd(features - features.mean(0), full_matrices=False)
    found = left[:, :3] * values[:3] / values.square().sum().sqrt() * len(left) ** 0.5
    return {"features": found.cpu().numpy(), "targets": each[0].targets.numpy()}


def recipe_of(config: Config, decay: float) -> trainers.Recipe:
    """Half a cosine after a constant rate for half of the steps."""
    return trainers.Recipe(
        steps=config.steps, learning_rate=config.learning_rate, momentum=config.momentum, weight_decay=decay,
        schedule=trainers.Cosine(config.steps, start=config.steps // 2),
    )  # fmt: skip


def measure(
    weight: Tensor, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], targets: Tensor, test_targets: Tensor
) -> Row:
    """The columns of one network; train and test are its features and outputs."""
    count, mean = targets.shape[1], targets.mean(0)
    root = root_of(targets)
    return {
        "unexplained_train": unexplained(train[1], targets, mean),
        "unexplained_test": unexplained(test[1], test_targets, mean),
        "outside_components_train": metrics.outside_components(train[0], count),
        "outside_components_test": metrics.outside_components(test[0], count, train[0]),
        "outside_rows_train": metrics.outside_rows(train[0], weight),
        "outside_rows_test": metrics.outside_rows(test[0], weight, train[0]),
        "gram_root": metrics.gram_distance(weight, root),
        "gram_covariance": metrics.gram_distance(weight, root @ root),
        "gram_identity": metrics.gram_distance(weight, torch.eye(count, device=weight.device)),
    }


def root_of(targets: Tensor) -> Tensor:
    """[m, m] float64: the root of the covariance of targets [N, m]."""
    eigenvalues, directions = torch.linalg.eigh(torch.cov(targets.double().T, correction=0))
    return directions * eigenvalues.clamp(min=0).sqrt() @ directions.T


def unexplained(outputs: Tensor, targets: Tensor, mean: Tensor) -> float:
    """Squared error [N, m] over that of the mean of the training targets: 1 - R^2."""
    return ((outputs - targets).double().square().sum() / (targets - mean).double().square().sum()).item()


def linear_unexplained(each: Numbers) -> float:
    """`unexplained` of new points by the linear map of least squares, with a constant."""
    inputs, test_inputs = (
        torch.cat([side.flatten(1).double(), torch.ones(len(side), 1, dtype=torch.float64)], 1)
        for side in (each.inputs, each.test_inputs)
    )
    solution = torch.linalg.lstsq(inputs, each.targets.double(), driver="gelsd").solution
    return unexplained(test_inputs @ solution, each.test_targets, each.targets.mean(0))
