"""What is measured of a network at a probe: one convention for all arms and all epochs."""

from collections.abc import Callable

import torch
from torch import Tensor

from ncbook import data, models, trainers

# column -> function of `Outputs`, on the training images
_ON_TRAIN: dict[str, Callable[[trainers.Outputs], Tensor]] = {
    "train_loss": trainers.CrossEntropy(float64=True),
    "kappa": trainers.relative_flatness,
    "kappa_bound": trainers.FlatnessBound(),
    "uncertainty": trainers.uncertainty,
    "variance_ratio_train": trainers.variance_ratio,
    "cdnv_train": trainers.cdnv,
}
_CHUNK = 2048  # images at a time, which any GPU holds


def measured(
    model: models.Classifier, train: data.Split, val: data.Split, paper: trainers.FlatnessBound
) -> dict[str, float]:
    """Columns of one probe; `paper` is the regularizer of anti-flatness, whose value is the column paper_kappa."""
    seen, new = outputs(model, train), outputs(model, val)
    columns = {name: float(measure(seen)) for name, measure in _ON_TRAIN.items()}
    columns["paper_kappa"] = float(paper(seen))
    columns["head_norm"] = float(seen.weight.norm())
    columns["feature_norm"] = float(seen.features.norm(dim=1).mean())
    columns["train_acc"], columns["val_acc"] = _accuracy(seen), _accuracy(new)
    return columns


def outputs(model: models.Classifier, split: data.Split) -> trainers.Outputs:
    """Of all images, in float64: a confident softmax has entries of 1e-12 that kappa is made of."""
    features = torch.cat([model.features(inputs) for inputs in split.inputs.split(_CHUNK)])
    logits = model.head(features)
    return trainers.Outputs(features.double(), logits.double(), split.labels, model.head.weight.double())


def _accuracy(outputs: trainers.Outputs) -> float:
    return float((outputs.logits.argmax(1) == outputs.labels).double().mean())
