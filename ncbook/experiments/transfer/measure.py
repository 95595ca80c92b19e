"""What the two families share: a training that is measured, layer by layer, on the way."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers

BATCH = 2000  # images in one forward pass while measuring
LAST, INPUT = "last", "input"


def network(name: str, dataset: data.Dataset, width: int, depth: int, seed: int) -> models.Classifier:
    with models.seeded(seed):
        if name == "mlp":
            return models.mlp(dataset.input_shape, dataset.num_classes, width, depth)
        return models.build(name, dataset.input_shape, dataset.num_classes, width)


def layers(model: models.Classifier, inputs: Tensor, only_last: bool = False) -> dict[str, Tensor]:
    """Outputs [N, d_l] of the blocks, or of the last one alone; the last is called "last"."""
    found = [model.layers(batch) for batch in inputs.split(BATCH)]
    names = list(found[0])[-1:] if only_last else list(found[0])
    return {LAST if name == list(found[0])[-1] else name: torch.cat([each[name] for each in found]) for name in names}


def errors(model: models.Classifier, features: Tensor, labels: Tensor) -> float:
    return (model.head(features).argmax(1) != labels).double().mean().item()


def ratio(features: Tensor, labels: Tensor) -> float:
    """Tr Sigma_W / Tr Sigma_B of the classes that were trained."""
    return metrics.variance_ratio(features, labels).item()


def fitted(
    model: models.Classifier,
    train: data.Split,
    recipe: trainers.Recipe,
    seed: int,
    probe: Callable[[models.Classifier, int], list[dict]],
    steps: Iterable[int],
) -> list[dict]:
    """The rows of all probes of one training."""
    done = trainers.fit(model, train, recipe, seed, probe, tuple(steps), on_step=lambda step: None)
    return [row for rows in done.whole() for row in rows]
