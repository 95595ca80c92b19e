"""What is measured of a network at every probe."""

from collections.abc import Mapping
from dataclasses import fields

import torch
import torch.nn.functional as F
from torch import Tensor

from ncbook import data, metrics, models, trainers
from ncbook.experiments.grokking.training import Network

Pair = Mapping[str, data.Split]


def measure(model: Network, splits: Pair) -> dict[str, float]:
    """Accuracy, loss (nats), collapse, flatness, confidence, norms and Fourier measures of one network.

    `splits` are "train" and "test"; columns that belong to a split end in its name, where accuracy and loss begin
    with it. Collapse takes the class means of the split itself, but for ncc_acc and nc4_test_train_means, which take
    those of the training set. relative_flatness and its bound are of the training set.
    """
    features = {name: model.features(split.inputs) for name, split in splits.items()}
    row = _norms(model) | _fourier(model)
    for name, split in splits.items():
        row |= _split(model, name, split, features[name])
    return row | _flatness(model, features["train"]) | _by_training_means(model, splits, features)


def _split(model: models.Classifier, name: str, split: data.Split, features: Tensor) -> dict[str, float]:
    logits, weight = model.head(features), model.head.weight
    found = metrics.collapse(features, split.labels, weight)
    row = {
        f"{name}_acc": (logits.argmax(1) == split.labels).double().mean().item(),
        f"{name}_loss": F.cross_entropy(logits.double(), split.labels).item(),
        f"rnc1_{name}": metrics.rnc1(features, split.labels).item(),
        f"uncertainty_{name}": trainers.uncertainty(
            trainers.Outputs(features, logits.double(), split.labels, weight)
        ).item(),
    }
    columns = (entry.name for entry in fields(found) if not entry.name.startswith("num_classes"))  # all p
    return row | {f"{column}_{name}": float(getattr(found, column)) for column in columns}


def _by_training_means(model: models.Classifier, splits: Pair, features: Mapping[str, Tensor]) -> dict[str, float]:
    means = metrics.class_means(features["train"], splits["train"].labels, len(model.head.weight))
    right = {
        f"ncc_acc_{name}": 1 - metrics.nearest_class_center_error(features[name], split.labels, means)
        for name, split in splits.items()
    }
    mismatch = metrics.nearest_mean_mismatch(features["test"], means, model.head.weight)
    return right | {"nc4_test_train_means": float(mismatch)}


def _flatness(model: models.Classifier, features: Tensor) -> dict[str, float]:
    return {
        "relative_flatness": metrics.relative_flatness(features, model.head.weight).item(),
        "relative_flatness_bound": metrics.relative_flatness_bound(features, model.head.weight).item(),
        "feature_norm": features.double().norm(dim=1).mean().item(),
    }


def _norms(model: models.Classifier) -> dict[str, float]:
    parameters = [parameter.double().square().sum() for parameter in model.parameters()]
    return {
        "weight_norm": torch.stack(parameters).sum().sqrt().item(),
        "head_norm": model.head.weight.double().norm().item(),
    }


def _fourier(model: Network) -> dict[str, float]:
    power = metrics.fourier_spectrum(model.embedding)[1:].square()
    return {
        "fourier_gini": metrics.fourier_gini(model.embedding).item(),
        "fourier_gini_head": metrics.fourier_gini(model.head.weight).item(),
        "fourier_top_share": (power.max() / power.sum()).item(),
        "fourier_frequencies": float(len(metrics.fourier_key_frequencies(model.embedding))),
    }
