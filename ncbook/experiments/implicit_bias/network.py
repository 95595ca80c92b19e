"""Perceptrons on digits, without biases or with batch norm, true or random labels, with or without weight decay."""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ncbook import data, metrics, models, trainers
from ncbook.experiments._experiment import Row, Rows
from ncbook.experiments.implicit_bias.arm import Arm, Result
from ncbook.experiments.implicit_bias.config import Config


def network(config: Config, device: str, arm: Arm) -> Result:
    """Rows of all seeds, trained in full batches on the labels and with the weight decay of `arm`."""
    sets = [dataset(config, arm.labels, seed).to(device) for seed in config.seeds]
    recipe = trainers.Recipe(
        config.network_steps, config.learning_rate, momentum=config.momentum, weight_decay=arm.weight_decay
    )

    def probe(ensemble: trainers.Ensemble, step: int) -> Rows:
        return [
            vars(arm) | {"seed": seed, "step": step} | measure(model, own)
            for seed, model, own in zip(config.seeds, ensemble.models(), sets, strict=True)
        ]

    fitted = trainers.fit_ensemble(
        partial(build, config), [own.train for own in sets], recipe, [trainers.Member(seed) for seed in config.seeds],
        probe, trainers.log_spaced(config.network_steps, config.network_probes), lambda step: None,
    )  # fmt: skip
    return [row for seed_rows in zip(*fitted.whole(), strict=True) for row in seed_rows], {}


def batch_norm(config: Config, device: str, arm: Arm) -> Result:
    """Rows of a perceptron with batch norm from every seed, trained in small batches; it has no normalized margin."""
    rows: list[Row] = []
    for seed in config.seeds:
        own = dataset(config, arm.labels, seed).to(device)
        recipe = norm_recipe(config, len(own.train), arm.weight_decay)
        with models.seeded(seed):
            model = models.mlp((1, 8, 8), 10, config.width, config.norm_hidden)
        about = vars(arm) | {"seed": seed}
        probes = trainers.log_spaced(recipe.steps, config.network_probes)
        rows += _fitted(model.to(device), own, recipe, seed, about, probes)
    return rows, {}


def norm_recipe(config: Config, points: int, weight_decay: float) -> trainers.Recipe:
    """Of the perceptron with batch norm: a rate that falls to 0, so that no burst comes late in the terminal phase."""
    steps = config.norm_epochs * trainers.steps_per_epoch(points, config.norm_batch)
    return trainers.Recipe(
        steps, config.norm_rate, batch_size=config.norm_batch, momentum=config.momentum, weight_decay=weight_decay,
        schedule=trainers.Cosine(steps),
    )  # fmt: skip


def _fitted(
    model: models.Classifier,
    own: data.Dataset,
    recipe: trainers.Recipe,
    seed: int,
    about: dict[str, Any],
    probes: tuple[int, ...],
) -> Rows:
    def probe(model: models.Classifier, step: int) -> Row:
        return about | {"step": step} | measure(model, own) | {"normalized_margin": float("nan")}

    fitted = trainers.fit(model, own.train, recipe, seed, probe, probes, on_step=lambda step: None)
    return fitted.whole()


def dataset(config: Config, labels: str, seed: int) -> data.Dataset:
    """`train_per_class` digits of each class; with "random" labels each training label is drawn anew."""
    digits = data.digits(config.train_per_class, seed)
    return digits if labels == "true" else data.LabelNoise(1.0, seed)(digits)


def build(config: Config, seed: int) -> models.Classifier:
    """The perceptron of one seed. Without biases its logits are homogeneous: theta times c gives c^L times them."""
    with models.seeded(seed):
        model = models.mlp((1, 8, 8), 10, config.width, config.hidden, batch_norm=False)
    for layer in model.modules():
        if isinstance(layer, nn.Linear):
            layer.register_parameter("bias", None)
    return model


def theta_norm(model: nn.Module) -> float:
    """||theta||, over all parameters together."""
    return torch.cat([part.detach().flatten() for part in model.parameters()]).double().norm().item()


def normalized_margin(model: nn.Module, logits: Tensor, labels: Tensor) -> float:
    """The smallest margin over ||theta||^L, with L layers; it does not change when theta is scaled."""
    layers = len(list(model.parameters()))
    return metrics.margins(logits, labels).min().item() / theta_norm(model) ** layers


@torch.no_grad()
def measure(model: models.Classifier, own: data.Dataset) -> dict[str, float]:
    """The columns of a network."""
    train, test = own.train, own.test
    features = model.features(train.inputs)
    logits = model.head(features).double()
    losses = torch.nn.functional.cross_entropy(logits, train.labels)
    return {
        "train_loss": losses.item(),
        "weight_norm": theta_norm(model),
        "normalized_margin": normalized_margin(model, logits, train.labels),
        "nc1_train": float(metrics.nc1(features, train.labels)),
        "variance_ratio_train": float(metrics.variance_ratio(features, train.labels)),
        "train_error": (logits.argmax(1) != train.labels).double().mean().item(),
        "test_error": (model(test.inputs).argmax(1) != test.labels).double().mean().item(),
    }
