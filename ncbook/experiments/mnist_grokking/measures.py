"""What is measured of one network at a probe."""

import torch
from torch import Tensor

from ncbook import data, metrics, models, trainers


def measure(network: models.Classifier, dataset: data.Dataset) -> dict[str, float]:
    """The columns of the history for one network; relative flatness is that of the squared error."""
    train, test, head = dataset.train, dataset.test, network.head
    features, unseen = network.features(train.inputs), network.features(test.inputs)
    logits, means = head(features), metrics.class_means(features, train.labels, dataset.num_classes)
    seen = metrics.collapse(features, train.labels, head.weight, head.bias)
    weights = torch.cat([parameter.flatten() for parameter in network.parameters()])
    outputs = trainers.Outputs(features, logits, train.labels, head.weight)
    return {
        "train_acc": _accuracy(logits, train.labels),
        "test_acc": _accuracy(head(unseen), test.labels),
        "train_loss": trainers.SquaredError()(outputs).item(),
        "relative_flatness": metrics.relative_flatness_mse(features, head.weight).item(),
        "weight_norm": weights.double().norm().item(),
        "nc1_train": seen.nc1,
        "cdnv_train": seen.cdnv,
        "variance_ratio_train": seen.variance_ratio,
        "variance_ratio_test": metrics.variance_ratio(unseen, test.labels).item(),
        "rnc1_train": metrics.rnc1(features, train.labels).item(),
        "ncc_acc_test": 1 - metrics.nearest_class_center_error(unseen, test.labels, means),
    }


def _accuracy(logits: Tensor, labels: Tensor) -> float:
    return (logits.argmax(1) == labels).double().mean().item()
