"""What is measured of a network at a probe: one convention for all arms and all epochs."""

from collections.abc import Callable

import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers

# column -> function of `Outputs`, on the training images
_ON_TRAIN: dict[str, Callable[[trainers.Outputs], Tensor]] = {
    "train_loss": trainers.CrossEntropy(float64=True),
    "relative_flatness": trainers.relative_flatness,
    "relative_flatness_bound": trainers.FlatnessBound(),
    "uncertainty_train": trainers.uncertainty,
    "variance_ratio_train": trainers.variance_ratio,
    "cdnv_train": trainers.cdnv,
}
_CHUNK = 2048  # images at a time, which any GPU holds


def measured(
    model: models.Classifier, train: data.Split, test: data.Split, temperature: float, centers: bool = False
) -> dict[str, float]:
    """Columns of one probe; `temperature` is that of the regularizer of anti-flatness and of its value.

    centers: also how many test images the nearest mean of the training features decides rightly.
    """
    seen, new = outputs(model, train), outputs(model, test)
    columns = {name: float(measure(seen)) for name, measure in _ON_TRAIN.items()}
    columns["unit_flatness_bound"] = float(trainers.FlatnessBound(temperature, unit_features=True)(seen))
    columns["head_norm"] = float(seen.weight.norm())
    columns["feature_norm"] = float(seen.features.norm(dim=1).mean())
    columns["train_acc"], columns["test_acc"] = _accuracy(seen), _accuracy(new)
    if centers:
        means = metrics.class_means(seen.features, seen.labels, len(seen.weight))
        columns["ncc_acc_test"] = 1 - metrics.nearest_class_center_error(new.features, new.labels, means)
    return columns


def outputs(model: models.Classifier, split: data.Split) -> trainers.Outputs:
    """Of all images, in float64: a confident softmax has entries of 1e-12 that kappa is made of."""
    features = torch.cat([model.features(inputs) for inputs in split.inputs.split(_CHUNK)])
    logits = model.head(features)
    return trainers.Outputs(features.double(), logits.double(), split.labels, model.head.weight.double())


def _accuracy(outputs: trainers.Outputs) -> float:
    return float((outputs.logits.argmax(1) == outputs.labels).double().mean())
