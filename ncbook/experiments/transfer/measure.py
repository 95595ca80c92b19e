"""What the two families share: a training that is measured, layer by layer, on the way."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.readings.transfer import LAST

Row = dict[str, Any]
Points = tuple[Tensor, Tensor]  # features [N, d] and labels [N]
BATCH = 2000  # images in one forward pass while measuring


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


def errors(model: models.Classifier, seen: Points, fresh: Points) -> Row:
    """Training and test error of the head on the last layer's outputs."""
    return {
        name: (model.head(features).argmax(1) != labels).double().mean().item()
        for name, (features, labels) in (("train_error", seen), ("test_error", fresh))
    }


def layer_row(name: str, seen: Points, fresh: Points, moved: Points) -> Row:
    """Collapse of one layer: of the classes that were trained, on training and test points, and of those to move to."""
    return {
        "layer": name,
        "variance_ratio_train": metrics.variance_ratio(*seen).item(),
        "cdnv_train": metrics.cdnv(*seen).item(),
        "cdnv_test": metrics.cdnv(*fresh).item(),
        "cdnv_target": metrics.cdnv(*moved).item(),
    }


def fitted(
    model: models.Classifier,
    train: data.Split,
    recipe: trainers.Recipe,
    seed: int,
    probe: Callable[[models.Classifier, int], list[Row]],
    steps: Iterable[int],
) -> list[Row]:
    """The rows of all probes of one training."""
    done = trainers.fit(model, train, recipe, seed, probe, tuple(steps), on_step=lambda step: None)
    return [row for rows in done.whole() for row in rows]
