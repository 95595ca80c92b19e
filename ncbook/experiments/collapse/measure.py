"""What is measured of a network at a probe."""

from dataclasses import fields

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import data, metrics, models

_BATCH = 2000  # images in one forward pass
_SAME_ALWAYS = ("num_classes_empty", "num_classes_single")  # no column: the dataset says it


def features_of(model: models.Classifier, inputs: Tensor) -> Tensor:
    """[N, d]: last-layer features of inputs [N, ...]."""
    return torch.cat([model.features(batch) for batch in inputs.split(_BATCH)])


def measure(head: torch.nn.Linear, dataset: data.Dataset, train: Tensor, test: Tensor) -> dict[str, float]:
    """Losses, errors and collapse metrics of last-layer features train [N, d] and test [M, d].

    Columns: train_loss, test_loss, cross-entropies in nats; train_error, test_error; every measure of `metrics.Collapse`
    with the suffixes _train and _test, each set with its own class means; nc4_test_train_means.
    """
    row: dict[str, float] = {}
    for name, split, features in (("train", dataset.train, train), ("test", dataset.test, test)):
        logits = head(features)
        row[f"{name}_loss"] = F.cross_entropy(logits.double(), split.labels).item()
        row[f"{name}_error"] = (logits.argmax(1) != split.labels).double().mean().item()
        measured = metrics.collapse(features, split.labels, head.weight, head.bias)
        columns = (entry.name for entry in fields(measured) if entry.name not in _SAME_ALWAYS)
        row |= {f"{column}_{name}": getattr(measured, column) for column in columns}
    means = metrics.class_means(train, dataset.train.labels, dataset.num_classes)
    row["nc4_test_train_means"] = metrics.nearest_mean_mismatch(test, means, head.weight, head.bias)
    return row
