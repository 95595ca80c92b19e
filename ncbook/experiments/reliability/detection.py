"""How well scores tell images of unseen classes from new images of trained ones."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ncbook import data, metrics, models


def auroc(known: Tensor, unseen: Tensor) -> float:
    """How often an unseen point has a lower score than a known one; scores [N] and [M], ties count half."""
    from sklearn.metrics import roc_auc_score  # slow to import, and every chapter imports this module

    scores = torch.cat([known, unseen]).double().cpu().numpy()
    return float(roc_auc_score(np.arange(len(scores)) >= len(known), -scores))


def of_features(model: models.Classifier, known: data.Dataset, unseen: Tensor) -> dict[str, Any]:
    """Columns of one network: the five scores, and NC5 from the origin and from the mean of the class means."""
    seen, new, foreign = (model.features(inputs) for inputs in (known.train.inputs, known.test.inputs, unseen))
    labels = known.train.labels
    means = metrics.class_means(seen, labels, known.num_classes)
    center = means.mean(0)
    pairs = [scores(model, each, seen, labels, means) for each in (new, foreign)]
    row: dict[str, Any] = {f"auroc_{name}": auroc(pairs[0][name], pairs[1][name]) for name in pairs[0]}
    moved, other = seen.double() - center, foreign.double() - center
    return row | {
        "nc1_train": metrics.nc1(seen, labels),
        "nc5": metrics.nc5(seen, labels, foreign).item(),
        "nc5_centered": metrics.nc5(moved, labels, other).item(),
    }


def scores(model: models.Classifier, points: Tensor, seen: Tensor, labels: Tensor, means: Tensor) -> dict[str, Tensor]:
    """Five scores [M] of features [M, d], each high for a point that looks as if its class had been trained."""
    logits, center = model.head(points).double(), means.mean(0)
    rays = [torch.nn.functional.normalize(each - center, dim=1) for each in (points.double(), means)]
    return {
        "msp": logits.log_softmax(1).amax(1),  # in logarithms, which do not round to 1
        "energy": logits.logsumexp(1),
        "mahalanobis": -metrics.mahalanobis(points, seen, labels),
        "neco": metrics.neco(points, seen, len(means) - 1),
        "cosine": (rays[0] @ rays[1].T).amax(1),
    }


def of_pixels(known: data.Dataset, unseen: Tensor) -> dict[str, Any]:
    """Columns of the baselines, which take pixels for features: Mahalanobis, and the nearest training image."""
    seen, new, foreign = (each.flatten(1).double() for each in (known.train.inputs, known.test.inputs, unseen))
    found = [
        {
            "mahalanobis": -metrics.mahalanobis(each, seen, known.train.labels),
            "nearest": -torch.cdist(each, seen).amin(1),
        }
        for each in (new, foreign)
    ]
    return {f"auroc_{name}": auroc(found[0][name], found[1][name]) for name in found[0]}
